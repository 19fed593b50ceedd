"""What the living day refuses."""

from core.errors import N_, DomainError, Kind


class NoDayToRepair(DomainError):
    code = "no_day_to_repair"
    kind = Kind.CONFLICT
    sentence = N_("No plan is published for %(day)s, so there is nothing to change by hand. Plan the day first.")


class DayMovesOn(DomainError):
    code = "day_moves_on"
    kind = Kind.CONFLICT
    sentence = N_("The day of %(day)s changed while the answer was computed, and nothing was done. Ask once more.")


class JobNotAssignable(DomainError):
    code = "job_not_assignable"
    kind = Kind.CONFLICT
    sentence = N_("Nobody can be sent to job %(number)s on %(day)s: it is %(status)s. Look at what it waits for.")


class NotYetAssignable(DomainError):
    code = "not_yet_assignable"
    kind = Kind.CONFLICT
    sentence = N_(
        "Nobody could be sent there on %(day)s: the job would be “%(status)s”. "
        "Take it in, and its page says what helps."
    )


class TechnicianCannot(DomainError):
    """The fact ``obstacle`` is the code of ``routing.solution.ReasonCode``."""

    code = "technician_cannot"
    kind = Kind.CONFLICT
    sentence = N_("%(technician)s cannot take job %(number)s on %(day)s. The list says why, and who can.")


class RepairFirst(DomainError):
    code = "repair_first"
    kind = Kind.CONFLICT
    sentence = N_(
        "The published plan of %(day)s cannot be carried out any more: %(numbers)s cannot be made by those who "
        "were to make them. Repair the day first."
    )


class LateInPast(DomainError):
    code = "late_in_past"
    sentence = N_("%(until)s is not after now (%(now)s). Say from when on somebody can go on.")


class NotUnderWay(DomainError):
    code = "not_under_way"
    kind = Kind.CONFLICT
    sentence = N_("Nobody is at job %(number)s now, so it cannot take longer. Change the duration of the job instead.")


class PartNotNeeded(DomainError):
    code = "part_not_needed"
    kind = Kind.CONFLICT
    sentence = N_("No piece of %(sku)s is promised to job %(number)s. Choose a part that is.")


class CountThePieces(DomainError):
    code = "count_the_pieces"
    kind = Kind.CONFLICT
    sentence = N_(
        "The pieces of %(sku)s carry serial numbers. Count what is left at %(place)s, so that it is known which one "
        "is gone."
    )


class PositionInFuture(DomainError):
    code = "position_in_future"
    sentence = N_("The position is of %(at)s, which is still to come (it is %(now)s). Check the clock of the phone.")


class UnknownDayEvent(DomainError):
    code = "unknown_day_event"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no event %(event_id)s. Load the day again.")


class FixGone(DomainError):
    code = "fix_gone"
    kind = Kind.CONFLICT
    sentence = N_("This no longer helps job %(number)s: the day has changed. Look at what would help now.")
