"""The tables of inventory, one file per family."""

from inventory.models.catalogue import Part, PartFamily, PartFit, Substitute, Supplier, Supply
from inventory.models.counts import Count, CountCounter, CountLine, CountState
from inventory.models.loans import Loan
from inventory.models.picking import PickLine, PickList, PickState
from inventory.models.purchasing import OrderState, PastDemand, PurchaseOrder, PurchaseOrderLine, ReorderRule
from inventory.models.returns import Core, CoreState, Rma, RmaState
from inventory.models.stock import (
    SERVING,
    STOCKED,
    BackOrder,
    Movement,
    MovementKind,
    MovementSerial,
    Place,
    PlaceKind,
    Reservation,
    ReservationState,
    Serial,
    StockLevel,
)
from inventory.models.transfers import Transfer, TransferLine, TransferState

__all__ = [
    "SERVING",
    "STOCKED",
    "BackOrder",
    "Core",
    "CoreState",
    "Count",
    "CountCounter",
    "CountLine",
    "CountState",
    "Loan",
    "Movement",
    "MovementKind",
    "MovementSerial",
    "OrderState",
    "Part",
    "PartFamily",
    "PartFit",
    "PastDemand",
    "PickLine",
    "PickList",
    "PickState",
    "Place",
    "PlaceKind",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReorderRule",
    "Reservation",
    "ReservationState",
    "Rma",
    "RmaState",
    "Serial",
    "StockLevel",
    "Substitute",
    "Supplier",
    "Supply",
    "Transfer",
    "TransferLine",
    "TransferState",
]
