"""The day's plan: asked for, computed in the background, checked, written as a draft, published."""

from dispatch.planning.leases import worker_is_alive
from dispatch.planning.publish import discard, publish, published_plan
from dispatch.planning.requests import cancel_run, request_plan

__all__ = ["cancel_run", "discard", "publish", "published_plan", "request_plan", "worker_is_alive"]
