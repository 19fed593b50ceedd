"""What planning refuses."""

from collections.abc import Sequence
from typing import Any

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
    """``jobs`` lists ``{"number", "change"}``, ``technicians`` ``{"code", "name", "change"}`` of what has changed."""

    code = "plan_outdated"
    kind = Kind.CONFLICT
    sentence = N_("Plan %(version)s of %(day)s no longer fits: %(summary)s. Nothing was published; compute a new plan.")

    def __init__(self, plan: Plan, jobs: Sequence[dict[str, str]], technicians: Sequence[dict[str, str]] = ()) -> None:
        named = [f"{one['number']} ({one['change']})" for one in jobs]
        named += [f"{one['name']} ({one['change']})" for one in technicians]
        more = f" +{len(named) - JOBS_NAMED}" if len(named) > JOBS_NAMED else ""
        super().__init__(
            version=plan.version,
            day=plan.day.isoformat(),
            summary=", ".join(named[:JOBS_NAMED]) + more,
            jobs=list(jobs),
            technicians=list(technicians),
        )


class PromisesWouldBreak(DomainError):
    """``promises`` lists ``{"number", "site", "promised", "planned"}`` of those that nobody has agreed to break."""

    code = "promises_would_break"
    kind = Kind.CONFLICT
    sentence = N_(
        "Plan %(version)s of %(day)s would break what was promised to the customers of %(summary)s. "
        "Agree to each of these, or keep the plan in force."
    )

    def __init__(self, plan: Plan, promises: Sequence[dict[str, Any]]) -> None:
        summary = ", ".join(one["number"] for one in promises)
        super().__init__(version=plan.version, day=plan.day.isoformat(), summary=summary, promises=list(promises))


class NotInComparison(DomainError):
    code = "not_in_comparison"
    sentence = N_("%(numbers)s are not among the changes of this plan. Reload the page and choose again.")


class NothingChosen(DomainError):
    code = "nothing_chosen"
    sentence = N_("No change is chosen. Choose at least one, or discard the draft.")


class ChoiceClashes(DomainError):
    """``clashes`` lists ``{"number", "reason"}`` of the jobs that do not fit when only the chosen changes are made."""

    code = "choice_clashes"
    kind = Kind.CONFLICT
    sentence = N_(
        "The chosen changes do not work without the others: %(summary)s would no longer fit. "
        "Choose what belongs together, or publish the whole plan."
    )

    def __init__(self, clashes: Sequence[dict[str, str]]) -> None:
        super().__init__(summary=", ".join(one["number"] for one in clashes), clashes=list(clashes))


class HorizonOutOfRange(DomainError):
    code = "horizon_out_of_range"
    sentence = N_("A plan covers 1 to %(most)s days, not %(days)s.")


class DayIsOver(DomainError):
    code = "day_is_over"
    kind = Kind.CONFLICT
    sentence = N_("%(day)s is over; nothing can be planned for it any more. Choose today or a later day.")


class LimitOutOfRange(DomainError):
    code = "promise_limit_out_of_range"
    sentence = N_("From 0 to %(most)s promises may be moved, not %(number)s.")


class NothingToPublish(DomainError):
    code = "nothing_to_publish"
    kind = Kind.CONFLICT
    sentence = N_("Run %(run_id)s has no draft that could be published. Compute a new plan.")


class PinSaysNothing(DomainError):
    code = "pin_says_nothing"
    sentence = N_("Nothing is tied: choose a technician, a start or a window for job %(number)s.")


class PinReasonMissing(DomainError):
    code = "pin_reason_missing"
    sentence = N_("Write in 1 to %(most)s characters why job %(number)s is tied, so that others can read it later.")


class PinOutOfOrder(DomainError):
    code = "pin_out_of_order"
    sentence = N_("Tie job %(number)s to a start or to a window that ends after it begins, not to both.")


class PinInPast(DomainError):
    code = "pin_in_past"
    sentence = N_("Job %(number)s cannot be tied to a time that was over at %(ends)s. Choose a time still to come.")


class PinContradicts(DomainError):
    """A pin that cannot be kept; the sentence has the facts."""

    code = "pin_contradicts"
    kind = Kind.CONFLICT
    sentence = N_("Job %(number)s cannot be tied like this.")


class PinnedTechnicianGone(PinContradicts):
    code = "pinned_technician_gone"
    sentence = N_(
        "%(technician)s no longer works here, so job %(number)s cannot be tied to them. Choose somebody else."
    )


class PinnedTechnicianUnwelcome(PinContradicts):
    code = "pinned_technician_unwelcome"
    sentence = N_(
        "%(technician)s is not sent to %(site)s: excluded by the customer, or of another territory. "
        "Choose somebody else for job %(number)s."
    )


class PinnedTechnicianLacksSkill(PinContradicts):
    code = "pinned_technician_lacks_skill"
    sentence = N_("%(technician)s lacks on %(day)s what job %(number)s needs: %(skills)s. Choose somebody who has it.")


class PinnedTechnicianAbsent(PinContradicts):
    code = "pinned_technician_absent"
    sentence = N_(
        "%(technician)s is absent %(away)s, so job %(number)s cannot be tied to them at %(time)s. "
        "Choose another time or somebody else."
    )


class PinnedOutsideShift(PinContradicts):
    code = "pinned_outside_shift"
    sentence = N_(
        "Job %(number)s at %(time)s does not fit into the shift of %(technician)s on that day (%(hours)s). "
        "Choose another time or change the shift first."
    )


class PinWhileClosed(PinContradicts):
    code = "pin_while_closed"
    sentence = N_(
        "%(site)s is not open long enough at %(time)s for job %(number)s; it is open %(hours)s. Choose another time."
    )


class PinAgainstPromise(PinContradicts):
    code = "pin_against_promise"
    sentence = N_(
        "The customer of job %(number)s was promised %(window)s, which %(time)s would break. "
        "Agree on another window first."
    )
