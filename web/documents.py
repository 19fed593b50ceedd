"""The pages of papers that may be looked for by their number: orders, transfers, counts, RMAs and pick lists."""

from dataclasses import replace
from typing import Any

from flask import url_for

from inventory.finding import Anything, Document
from inventory.models import Count, PickList, PurchaseOrder, Rma, Transfer
from web.caller import may_open

# The page of each kind, and what its address calls the id.
PAGES: dict[type[Document], tuple[str, str]] = {
    PurchaseOrder: ("purchasing.show", "order_id"),
    Transfer: ("transfers.show", "transfer_id"),
    Count: ("counts.show", "count_id"),
    Rma: ("returns.rma", "rma_id"),
    PickList: ("warehouse.pick_list", "pick_list_id"),
}


def address_of(document: Document) -> str:
    """Return the address of the page of a document."""
    endpoint, name = PAGES[type(document)]
    named: dict[str, Any] = {name: document.id}
    return url_for(endpoint, **named)


def what_opens(found: Anything) -> Anything:
    """Return what was found without a document whose page is closed to the caller."""
    document = found.document
    closed = document is not None and not may_open(PAGES[type(document)][0])
    return replace(found, document=None) if closed else found
