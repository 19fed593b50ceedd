"""Maintenance: plans of work that recurs, and the jobs that are made of them ahead of time."""

from dispatch.maintenance.jobs import Made, make_jobs
from dispatch.maintenance.plans import Terms, add_plan, change_plan, plan_by_code, plans, preview, set_plan_active

__all__ = [
    "Made",
    "Terms",
    "add_plan",
    "change_plan",
    "make_jobs",
    "plan_by_code",
    "plans",
    "preview",
    "set_plan_active",
]
