"""What is refused of a transfer, and what to do about it."""

from core.errors import N_, DomainError, Kind


class UnknownTransfer(DomainError):
    code = "unknown_transfer"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no transfer %(transfer)s. Look it up in the list of transfers.")


class UnknownTransferLine(DomainError):
    code = "unknown_transfer_line"
    kind = Kind.NOT_FOUND
    sentence = N_("Transfer %(transfer)s has no line %(line)s. Open the transfer again.")


class UnknownLine(DomainError):
    """A line that is on no transfer at all."""

    code = "unknown_transfer_line"
    kind = Kind.NOT_FOUND
    sentence = N_("No transfer has a line %(line)s. Look the transfer up in the list of transfers.")


class LineNamedTwice(DomainError):
    code = "line_named_twice"
    sentence = N_("Line %(line)s of %(document)s was named twice. Name each line once.")


class AlreadyOnTransfer(DomainError):
    code = "already_on_transfer"
    kind = Kind.CONFLICT
    sentence = N_(
        "The pieces for %(reference)s are on transfer %(transfer)s already. Receive or cancel that one first."
    )


class TransferNotInState(DomainError):
    code = "transfer_not_in_state"
    kind = Kind.CONFLICT
    sentence = N_(
        "Transfer %(transfer)s from %(origin)s to %(destination)s is %(state)s; this needs one that is %(needed)s. "
        "Open the transfer again to see what comes next."
    )


class TransferHasLeft(DomainError):
    code = "transfer_has_left"
    kind = Kind.CONFLICT
    sentence = N_(
        "Transfer %(transfer)s left %(origin)s for %(destination)s with %(pieces)s pieces, so it cannot be cancelled. "
        "Receive it there, or back at %(origin)s."
    )


class NothingPicked(DomainError):
    code = "nothing_picked"
    sentence = N_("Nothing of transfer %(transfer)s was picked. Cancel the transfer if %(origin)s has none of it.")


class PickedTooMany(DomainError):
    code = "picked_too_many"
    sentence = N_(
        "Transfer %(transfer)s asks for %(requested)s of %(sku)s, not for %(quantity)s. Pick what was asked for, "
        "and request another transfer for more."
    )


class PromiseGoesWhole(DomainError):
    code = "promise_goes_whole"
    sentence = N_(
        "The %(requested)s of %(sku)s on transfer %(transfer)s are promised to %(reference)s together: "
        "pick all of them or none, not %(quantity)s."
    )


class RemarkMissing(DomainError):
    code = "remark_missing"
    sentence = N_(
        "%(sku)s on transfer %(transfer)s: %(quantity)s instead of %(expected)s. Say beside the line what happened."
    )


class NotMissing(DomainError):
    code = "not_missing"
    kind = Kind.CONFLICT
    sentence = N_("Of %(sku)s on transfer %(transfer)s %(missing)s are missing, not %(quantity)s. Open it again.")


class NotOnTheWay(DomainError):
    code = "not_on_the_way"
    sentence = N_("Transfer %(transfer)s goes from %(origin)s to %(destination)s, not to %(place)s. Name one of these.")
