"""What is refused of suppliers and purchase orders, and what to do about it."""

from core.errors import N_, DomainError, Kind


class UnknownSupplier(DomainError):
    code = "unknown_supplier"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no supplier %(supplier)s. Look the code up in the list of suppliers.")


class NotSupplied(DomainError):
    code = "not_supplied"
    sentence = N_("%(supplier)s does not sell %(sku)s. Write down price and lead time there first, or ask another one.")


class NotWholePacks(DomainError):
    code = "not_whole_packs"
    sentence = N_(
        "%(supplier)s sells %(sku)s in packs of %(pack_size)s; %(quantity)s pieces are no whole packs. "
        "Order %(whole)s instead."
    )


class PriceOutOfRange(DomainError):
    code = "price_out_of_range"
    sentence = N_("%(price_cents)s is no price in cents. Give a whole number from 0 to %(most)s.")


class LeadTimeOutOfRange(DomainError):
    code = "lead_time_out_of_range"
    sentence = N_("%(days)s is no number of days until delivery. Give a whole number from 0 to %(most)s.")


class UnknownOrder(DomainError):
    code = "unknown_order"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no purchase order %(order)s. Look it up in the list of orders.")


class NotOrdered(DomainError):
    code = "not_ordered"
    sentence = N_("%(sku)s is not on %(order)s from %(supplier)s. Look at the label, or open the order it belongs to.")


class OrderNotInState(DomainError):
    code = "order_not_in_state"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(order)s from %(supplier)s is %(state)s; this needs one that is %(needed)s. "
        "Open the order again to see what comes next."
    )


class OrderReceived(DomainError):
    code = "order_received"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(received)s of %(ordered)s pieces on %(order)s have arrived, so it cannot be cancelled. "
        "Close it if the rest will not come."
    )


class OrderedTwice(DomainError):
    code = "ordered_twice"
    sentence = N_("%(sku)s stands on two lines of the order. Put all its pieces on one line.")


class OrderEmpty(DomainError):
    code = "order_empty"
    kind = Kind.CONFLICT
    sentence = N_("There is nothing on %(order)s. Put a line on it, or cancel it.")


class ReceivedTooMany(DomainError):
    code = "received_too_many"
    kind = Kind.CONFLICT
    sentence = N_(
        "%(order)s, line %(line)s, %(sku)s: %(ordered)s ordered, %(received)s received before, %(tried)s more are too "
        "many. Receive at most %(open)s; the rest goes back to the supplier or on a delivery of its own."
    )
