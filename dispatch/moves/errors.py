"""What moving visits by hand refuses."""

from collections.abc import Sequence

from core.errors import N_, DomainError, Kind
from dispatch.planning.errors import JOBS_NAMED


class NotToBeMoved(DomainError):
    code = "not_to_be_moved"
    kind = Kind.CONFLICT
    sentence = N_(
        "Job %(number)s cannot be moved: it is %(status)s. Only work that nobody has set off for moves; "
        "look at the job for what it waits for."
    )


class OnAnotherDay(DomainError):
    code = "move_on_another_day"
    kind = Kind.CONFLICT
    sentence = N_("Job %(number)s is on the plan of %(other)s. Take it off there first, then bring it to %(day)s.")


class NotOfThisDay(DomainError):
    """The fact ``obstacle`` says in one word what stands against it."""

    code = "not_of_this_day"
    kind = Kind.CONFLICT
    sentence = N_(
        "Job %(number)s cannot be brought to %(day)s: its shop is closed, has no position near a road, or it is "
        "promised or tied to another day. Put that right on the page of the job first."
    )


class NobodyToMoveTo(DomainError):
    code = "nobody_to_move_to"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(technician)s has no working time left on %(day)s. Choose somebody else, or give them a shift for that day."
    )


class PlaceGone(DomainError):
    code = "place_gone"
    kind = Kind.CONFLICT
    sentence = N_(
        "Job %(before)s is no visit that %(technician)s has yet to make, so nothing can go in before it. "
        "Reload the board and choose another place."
    )


class NothingMoves(DomainError):
    code = "nothing_moves"
    kind = Kind.CONFLICT
    sentence = N_("Job %(number)s is there already; nothing was changed.")


class NoWayThere(DomainError):
    code = "no_way_there"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(technician)s cannot drive this on %(day)s in that order, whatever rule is bent: no road leads there, or "
        "an absence leaves no time. Choose another place."
    )


class RouteCutOff(DomainError):
    code = "route_cut_off"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(technician)s can no longer drive the route planned for %(day)s: no road leads there, or an absence leaves "
        "no time. Repair the day first, then move visits."
    )


class MoveReasonMissing(DomainError):
    """``rules`` lists ``{"rule", "number", "technician"}`` of what the move breaks."""

    code = "move_reason_missing"
    kind = Kind.CONFLICT
    sentence = N_(
        "Moving job %(number)s breaks rules (%(summary)s). Write in 1 to %(most)s characters why it is to be, "
        "so that others can read it later."
    )

    def __init__(self, number: str, rules: Sequence[dict[str, str]], most: int) -> None:
        summary = ", ".join(dict.fromkeys(one["rule"] for one in rules))
        super().__init__(number=number, summary=summary, most=most, rules=list(rules))


class PromisesNeedConsent(DomainError):
    """``numbers_all`` lists the jobs."""

    code = "promises_need_consent"
    kind = Kind.CONFLICT
    sentence = N_(
        "This breaks what was promised to the customers of %(numbers)s. Agree to each of these, or leave the visit."
    )

    def __init__(self, numbers: Sequence[str]) -> None:
        more = f" +{len(numbers) - JOBS_NAMED}" if len(numbers) > JOBS_NAMED else ""
        super().__init__(numbers=", ".join(numbers[:JOBS_NAMED]) + more, numbers_all=list(numbers))


class MoveOutdated(DomainError):
    code = "move_outdated"
    kind = Kind.CONFLICT
    sentence = N_(
        "Routes have changed since it was told what moving job %(number)s does, or it breaks another rule by now. "
        "Nothing was done; look at what it costs now."
    )


class NoMoveToUndo(DomainError):
    code = "no_move_to_undo"
    kind = Kind.CONFLICT
    sentence = N_("Plan %(version)s of %(day)s was not made by moving a visit, so there is nothing to undo.")


class UndoTooLate(DomainError):
    """The fact ``since`` names what has happened: another plan, jobs, a technician or a warehouse."""

    code = "undo_too_late"
    kind = Kind.CONFLICT
    sentence = N_(
        "The move of job %(number)s cannot be undone any more: %(since)s changed since. Move the visit back by hand."
    )
