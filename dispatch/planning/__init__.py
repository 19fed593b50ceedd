"""The day's plan: asked for, computed in the background, checked, written as a draft, published."""

from dispatch.planning.comparison import Comparison, compare
from dispatch.planning.gate import gate
from dispatch.planning.leases import worker_is_alive
from dispatch.planning.pins import pin_job, unpin_job
from dispatch.planning.publish import (
    discard,
    drafts_of_run,
    history_of,
    plan_by_id,
    plans_of_day,
    publish,
    publish_run,
    published_plan,
)
from dispatch.planning.requests import cancel_run, request_plan, run_by_id

__all__ = [
    "Comparison",
    "cancel_run",
    "compare",
    "discard",
    "drafts_of_run",
    "gate",
    "history_of",
    "pin_job",
    "plan_by_id",
    "plans_of_day",
    "publish",
    "publish_run",
    "published_plan",
    "request_plan",
    "run_by_id",
    "unpin_job",
    "worker_is_alive",
]
