"""What the stock room refuses, and what to do about it."""

from collections.abc import Sequence
from typing import TypedDict

from core.errors import N_, DomainError, Kind


class ShortLine(TypedDict):
    """One part of which there are too few pieces."""

    part_id: int
    sku: str
    # Code of the one place that was asked; empty when several were.
    place: str
    wanted: int
    # Over all places that were asked.
    available: int
    # The most that one of them has, because a line comes whole from one place.
    at_one_place: int


class InsufficientStock(DomainError):
    code = "insufficient_stock"
    kind = Kind.CONFLICT
    sentence = N_(
        "There are not enough pieces. Wanted / most at one place / available in all: %(short)s. "
        "Receive a delivery, transfer pieces to one place, or ask for fewer."
    )

    def __init__(self, *, shortages: Sequence[ShortLine]) -> None:
        super().__init__(shortages=list(shortages), short="; ".join(_numbers(line) for line in shortages))


def _numbers(line: ShortLine) -> str:
    where = f" @ {line['place']}" if line["place"] else ""
    return f"{line['sku']}{where} {line['wanted']} / {line['at_one_place']} / {line['available']}"


class StockBusy(DomainError):
    code = "stock_busy"
    kind = Kind.CONFLICT
    sentence = N_("Somebody else kept changing the same stock. Nothing was booked; try again.")


class QuantityOutOfRange(DomainError):
    code = "quantity_out_of_range"
    sentence = N_("%(quantity)s is no quantity of pieces. Give a whole number from %(least)s to %(most)s.")


class TextNotUsable(DomainError):
    code = "text_not_usable"
    sentence = N_("The %(field)s must have 1 to %(most)s characters; it has %(length)s. Write what was done and why.")


class SerialsNotTracked(DomainError):
    code = "serials_not_tracked"
    sentence = N_("%(sku)s is kept by quantity, not by serial number. Leave the serial numbers out.")


class WrongNumberOfSerials(DomainError):
    code = "wrong_number_of_serials"
    sentence = N_(
        "%(sku)s is tracked by serial number: %(quantity)s pieces were to be booked and %(named)s serial numbers were "
        "named. Scan each piece once."
    )


class SerialNamedTwice(DomainError):
    code = "serial_named_twice"
    sentence = N_("Serial number %(serial)s of %(sku)s was named twice. Scan each piece once.")


class SerialUnknown(DomainError):
    code = "serial_unknown"
    kind = Kind.NOT_FOUND
    sentence = N_(
        "There is no piece of %(sku)s with the serial number %(serial)s. Look at the label again; receive or count the "
        "piece first if it is new."
    )


class SerialElsewhere(DomainError):
    code = "serial_elsewhere"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(sku)s with the serial number %(serial)s is at %(place)s, not at %(expected)s. "
        "Book it from there, or look at the label again."
    )


class SerialReceivedTwice(DomainError):
    code = "serial_received_twice"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(sku)s with the serial number %(serial)s was received before and is at %(place)s. Look at the label again."
    )


class ScanUnknown(DomainError):
    code = "scan_unknown"
    kind = Kind.NOT_FOUND
    sentence = N_("No part and no piece has the code %(scanned)s. Scan the label again, or type the part number.")


class ScanAmbiguous(DomainError):
    code = "scan_ambiguous"
    kind = Kind.CONFLICT
    sentence = N_("Pieces of several parts have the serial number %(scanned)s: %(skus)s. Scan the part number first.")


class NothingWanted(DomainError):
    code = "nothing_wanted"
    sentence = N_("No part was named. Name at least one part with its quantity.")


class UnknownPart(DomainError):
    code = "unknown_part"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no part %(part)s. Look the part up in the list of parts.")


class NoWarehouse(DomainError):
    code = "no_warehouse"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no warehouse yet. Add one in the catalogue, or import the file of warehouses.")


class UnknownPlace(DomainError):
    code = "unknown_place"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no place %(place)s. Name a warehouse or a trunk from the list of places.")


class PlaceOfWrongKind(DomainError):
    code = "place_of_wrong_kind"
    sentence = N_("%(place)s is a %(kind)s. This needs a place of the kind: %(needed)s.")


class SamePlace(DomainError):
    code = "same_place"
    sentence = N_("The pieces are at %(place)s already. Name another place to send them to.")


class ParLevelOutOfOrder(DomainError):
    code = "par_level_out_of_order"
    sentence = N_("The target %(target)s is below the minimum %(minimum)s. Raise the target or lower the minimum.")


class UnknownReservation(DomainError):
    code = "unknown_reservation"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no reservation %(reservation_id)s. Open the job again to see its reservations.")


class ReservationNotOpen(DomainError):
    code = "reservation_not_open"
    kind = Kind.CONFLICT
    sentence = N_("The reservation %(reservation_id)s for %(reference)s is closed (%(state)s). Reserve the part anew.")


class ReservationElsewhere(DomainError):
    code = "reservation_elsewhere"
    kind = Kind.CONFLICT
    sentence = N_(
        "The pieces for %(reference)s are promised at %(place)s, not at %(expected)s. Cancel this and draw it up anew."
    )


class ReservationDiffers(DomainError):
    code = "reservation_differs"
    sentence = N_(
        "The reservation for %(reference)s is for %(reserved)s of %(sku)s, "
        "the line asks for %(quantity)s of %(other)s. Draw the line up for what is reserved."
    )


class PromiseNamedTwice(DomainError):
    code = "promise_named_twice"
    sentence = N_("The pieces for %(reference)s were named on two lines. Name each promise once.")


class AlreadyOnPickList(DomainError):
    code = "already_on_pick_list"
    kind = Kind.CONFLICT
    sentence = N_("The pieces for %(reference)s are on the open pick list %(pick_list_id)s. Cancel that list first.")


class UnknownPickList(DomainError):
    code = "unknown_pick_list"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no pick list %(pick_list_id)s. Open the pick lists of the day again.")


class UnknownPickLine(DomainError):
    code = "unknown_pick_line"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no pick list line %(line_id)s. Open the pick lists of the day again.")


class PickCancelled(DomainError):
    code = "pick_cancelled"
    kind = Kind.CONFLICT
    sentence = N_("Pick list %(pick_list_id)s was cancelled, wholly or in this line. Put the pieces back on the shelf.")


class PickLineClosed(DomainError):
    code = "pick_line_closed"
    kind = Kind.CONFLICT
    sentence = N_("The line of %(sku)s on pick list %(pick_list_id)s is done or cancelled. Open the pick list again.")


class NotShort(DomainError):
    code = "not_short"
    sentence = N_(
        "%(found)s pieces of %(sku)s were found and %(wanted)s are asked for, so nothing is missing. Confirm the line."
    )


class ScanNotExpected(DomainError):
    code = "scan_not_expected"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(sku)s is not to be picked for pick list %(pick_list_id)s, or no more of it. It belongs into bin %(bin)s. "
        "Expected next: %(expected)s."
    )


class SerialNotScanned(DomainError):
    code = "serial_not_scanned"
    sentence = N_("%(sku)s is tracked by serial number. Scan the serial number of the piece instead.")


class CodeTaken(DomainError):
    code = "code_taken"
    kind = Kind.CONFLICT
    sentence = N_("The code %(code)s is in use already. Choose another one.")


class CostOutOfRange(DomainError):
    code = "cost_out_of_range"
    sentence = N_("%(cents)s cents is no cost of a part. Give a whole number of cents from 0 to %(most)s.")


class SubstituteOfItself(DomainError):
    code = "substitute_of_itself"
    sentence = N_("%(sku)s cannot stand in for itself. Take it off the list of its substitutes.")


class TrackingWithStock(DomainError):
    code = "tracking_with_stock"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(pieces)s pieces of %(sku)s are on hand, at %(place)s and perhaps elsewhere, so tracking by serial number "
        "cannot begin or end now. Count them down to none first, change it, and count them in again."
    )


class PositionIncomplete(DomainError):
    code = "position_incomplete"
    sentence = N_("A position has a latitude from -90 to 90 and a longitude from -180 to 180. Give both or neither.")
