"""What planning refuses."""

from collections.abc import Sequence

from core.errors import N_, DomainError, Kind
from dispatch.models import Plan

# In the sentence; the facts name every job.
JOBS_NAMED = 5


class NobodyWorks(DomainError):
    code = "nobody_works"
    kind = Kind.CONFLICT
    sentence = N_("Nobody has working time left on %(day)s. Add shifts for that day or plan another day.")


class NothingToPlan(DomainError):
    code = "nothing_to_plan"
    kind = Kind.CONFLICT
    sentence = N_(
        "There is no job that could be planned on %(day)s. Jobs that wait for something say what on their page."
    )


class UnknownEngine(DomainError):
    code = "unknown_engine"
    sentence = N_("There is no planning engine %(engine)s. Choose one of: %(engines)s.")


class BudgetOutOfRange(DomainError):
    code = "budget_out_of_range"
    sentence = N_("A plan may search for %(low)s to %(high)s seconds, not for %(seconds)s.")


class PlanningUnderWay(DomainError):
    code = "planning_under_way"
    kind = Kind.CONFLICT
    sentence = N_("A plan for %(day)s is already being computed (run %(run_id)s). Wait for it or cancel it first.")


class UnknownRun(DomainError):
    code = "unknown_plan_run"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no plan run %(run_id)s.")


class RunIsOver(DomainError):
    code = "plan_run_is_over"
    kind = Kind.CONFLICT
    sentence = N_("Plan run %(run_id)s is already over (%(state)s); there is nothing to cancel.")


class RunKeepsFailing(DomainError):
    code = "plan_run_keeps_failing"
    kind = Kind.UNEXPECTED
    sentence = N_("The worker died %(attempts)s times during this run, so it was given up. Tell your administrator.")


class PlanningFailed(DomainError):
    code = "planning_failed"
    kind = Kind.UNEXPECTED
    sentence = N_("The plan could not be computed. Your administrator finds the cause in the worker's log.")


class TravelTimesUnavailable(DomainError):
    code = "travel_times_unavailable"
    kind = Kind.UNAVAILABLE
    sentence = N_("The travel times are not available: %(cause)s")


class PlanBreaksRules(DomainError):
    code = "plan_breaks_rules"
    kind = Kind.UNEXPECTED
    sentence = N_("The computed plan breaks %(count)s rules and was thrown away: %(first)s Tell your administrator.")


class UnknownPlan(DomainError):
    code = "unknown_plan"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no plan %(plan_id)s.")


class NotADraft(DomainError):
    code = "not_a_draft"
    kind = Kind.CONFLICT
    sentence = N_("Plan %(version)s of %(day)s is %(state)s, not a draft. Compute a new plan.")


class PlanOutdated(DomainError):
    """``jobs`` lists ``{"number", "change"}`` of what no longer is as it was planned."""

    code = "plan_outdated"
    kind = Kind.CONFLICT
    sentence = N_("Plan %(version)s of %(day)s no longer fits: %(summary)s. Nothing was published; compute a new plan.")

    def __init__(self, plan: Plan, changed: Sequence[dict[str, str]]) -> None:
        named = ", ".join(f"{one['number']} ({one['change']})" for one in changed[:JOBS_NAMED])
        more = f" +{len(changed) - JOBS_NAMED}" if len(changed) > JOBS_NAMED else ""
        super().__init__(version=plan.version, day=plan.day.isoformat(), summary=named + more, jobs=list(changed))
