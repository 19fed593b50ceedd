"""What is refused of a count, and what to do about it."""

from core.errors import N_, DomainError, Kind


class UnknownCount(DomainError):
    code = "unknown_count"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no count %(count)s. Look it up in the list of counts.")


class CountNotInState(DomainError):
    code = "count_not_in_state"
    kind = Kind.CONFLICT
    sentence = N_(
        "Count %(count)s at %(place)s is %(state)s; this needs one that is %(needed)s. "
        "Open the count again to see what comes next."
    )


class CountedElsewhere(DomainError):
    code = "counted_elsewhere"
    kind = Kind.CONFLICT
    sentence = N_("%(sku)s at %(place)s is on count %(count)s already. Finish or cancel that one first.")


class NotOnCount(DomainError):
    code = "not_on_count"
    sentence = N_("%(sku)s is not on count %(count)s, or need not be counted again. Count what the list shows.")


class NotCountedYet(DomainError):
    code = "not_counted_yet"
    kind = Kind.CONFLICT
    sentence = N_("Count %(count)s is not finished: %(skus)s are still to be counted. Write 0 where there is nothing.")


class OwnCount(DomainError):
    code = "own_count"
    kind = Kind.FORBIDDEN
    sentence = N_("You counted %(count)s yourself. Somebody who did not count must approve it.")
