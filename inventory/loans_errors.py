"""What is refused of loans, and what to do about it."""

from core.errors import N_, DomainError, Kind


class UnknownLoan(DomainError):
    code = "unknown_loan"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no loan %(loan)s. Look it up in the list of what is lent.")


class NotOut(DomainError):
    code = "not_out"
    kind = Kind.CONFLICT
    sentence = N_(
        "Of loan %(loan)s (%(sku)s at %(site)s) %(out)s pieces are still out, not %(quantity)s. "
        "Load the list again to see what came back."
    )
