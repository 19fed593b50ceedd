"""What pages and programs read: stock, pick lists, movements, places. Nothing here changes anything."""

import datetime as dt
from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from core.base import is_open
from inventory.checks import check_parts, find_place
from inventory.errors import NoWarehouse, UnknownPart, UnknownPickList, UnknownPlace
from inventory.models import (
    Movement,
    Part,
    PartFamily,
    PartFit,
    PickLine,
    PickList,
    PickState,
    Place,
    PlaceKind,
    StockLevel,
    Substitute,
    Transfer,
    TransferLine,
    TransferState,
)


def stock_of(session: Session, *, place_id: int) -> list[StockLevel]:
    """Return all levels of a warehouse or trunk, by SKU."""
    return levels(session, place_id=place_id)


def levels(
    session: Session,
    *,
    text: str = "",
    family: PartFamily | None = None,
    place_id: int | None = None,
    part_id: int | None = None,
    limit: int | None = None,
) -> list[StockLevel]:
    """Return the levels whose SKU or name contains ``text``, by SKU and place."""
    found = (
        sa.select(StockLevel)
        .join(StockLevel.part)
        .join(StockLevel.place)
        .options(joinedload(StockLevel.part), joinedload(StockLevel.place))
        .order_by(Part.sku, Place.code)
        .limit(limit)
    )
    if text.strip():
        found = found.where(is_named(text))
    if family is not None:
        found = found.where(Part.family == family)
    if place_id is not None:
        found = found.where(StockLevel.place_id == find_place(session, place_id).id)
    if part_id is not None:
        found = found.where(StockLevel.part_id == part_id)
    return list(session.scalars(found))


def availability(
    session: Session, *, part_ids: Collection[int] | None = None, place_ids: Collection[int] | None = None
) -> dict[tuple[int, int], int]:
    """
    Return the available pieces per ``(place_id, part_id)``; where nothing is available there is no entry.

    Without ``part_ids`` or ``place_ids`` of every part or at every place.
    """
    pieces = StockLevel.on_hand - StockLevel.reserved
    found = sa.select(StockLevel.place_id, StockLevel.part_id, pieces).where(pieces > 0)
    if part_ids is not None:
        found = found.where(StockLevel.part_id.in_(part_ids))
    if place_ids is not None:
        found = found.where(StockLevel.place_id.in_(place_ids))
    return {(place_id, part_id): available for place_id, part_id, available in session.execute(found).all()}


def open_pick_lists(session: Session, *, day: dt.date) -> list[PickList]:
    """Return the open pick lists of one day with what a page shows of them, by trunk."""
    return _open_pick_lists(session, PickList.day == day)


def overdue_pick_lists(session: Session, *, before: dt.date) -> list[PickList]:
    """Return the pick lists of earlier days that were neither confirmed nor cancelled, oldest first."""
    return _open_pick_lists(session, PickList.day < before)


def _open_pick_lists(session: Session, of_days: sa.ColumnElement[bool]) -> list[PickList]:
    found = (
        sa.select(PickList)
        .join(PickList.trunk)
        .where(is_open(PickList.state), of_days)
        .options(*_PICK_LIST_WHOLE)
        .order_by(PickList.day, Place.code, PickList.id)
    )
    return list(session.scalars(found))


def pick_lists_of_day(session: Session, *, day: dt.date) -> list[PickList]:
    """Return the pick lists of a day that were not cancelled, the open ones first, by trunk."""
    found = (
        sa.select(PickList)
        .join(PickList.trunk)
        .where(PickList.state != PickState.CANCELLED, PickList.day == day)
        .options(*_PICK_LIST_WHOLE)
        .order_by(PickList.state != PickState.OPEN, Place.code, PickList.id)
    )
    return list(session.scalars(found))


def pick_list_by_id(session: Session, pick_list_id: int) -> PickList:
    """Return one pick list with its lines and parts."""
    found = session.get(PickList, pick_list_id, options=_PICK_LIST_WHOLE)
    if found is None:
        raise UnknownPickList(pick_list_id=pick_list_id)
    return found


def next_pick_list(session: Session, done: PickList) -> PickList | None:
    """Return the open pick list of the same warehouse and day whose turn comes after one that is done, by trunk."""
    found = (
        sa.select(PickList)
        .join(PickList.trunk)
        .where(is_open(PickList.state), PickList.day == done.day, PickList.warehouse_id == done.warehouse_id)
        # Those after it in the order of the vans, then from the beginning again.
        .order_by(Place.code < done.trunk.code, Place.code, PickList.id)
        .limit(1)
    )
    return session.scalar(found)


_PICK_LIST_WHOLE = (
    joinedload(PickList.warehouse),
    joinedload(PickList.trunk),
    selectinload(PickList.lines).joinedload(PickLine.part),
)


def bins(session: Session, *, place_id: int, part_ids: Collection[int]) -> dict[int, str]:
    """Return where at a place each part lies; empty where nobody has written it down."""
    found = sa.select(StockLevel.part_id, StockLevel.bin).where(
        StockLevel.place_id == place_id, StockLevel.part_id.in_(part_ids)
    )
    known = dict(session.execute(found).all())
    return {part_id: known.get(part_id, "") for part_id in part_ids}


def in_bin_order(session: Session, pick_list: PickList) -> list[PickLine]:
    """Return the lines of a pick list on the way through the shelves; parts without a bin come last."""
    bin_of = bins(session, place_id=pick_list.warehouse_id, part_ids={line.part_id for line in pick_list.lines})
    return sorted(
        pick_list.lines,
        key=lambda line: (not bin_of[line.part_id], bin_of[line.part_id], line.part.sku, line.id),
    )


def lines_carrying(session: Session, reservation_ids: Collection[int]) -> Sequence[TransferLine]:
    """Return the lines of transfers that bring what these reservations promise and have not arrived."""
    under_way = (TransferState.REQUESTED, TransferState.PICKED, TransferState.SHIPPED)
    found = (
        sa.select(TransferLine)
        .join(TransferLine.transfer)
        .where(TransferLine.reservation_id.in_(reservation_ids), Transfer.state.in_(under_way))
        .options(contains_eager(TransferLine.transfer))
        .order_by(TransferLine.id)
    )
    return session.scalars(found).all()


def recent_movements(
    session: Session,
    *,
    place_id: int | None = None,
    part_id: int | None = None,
    reference: str | None = None,
    limit: int = 100,
) -> list[Movement]:
    """Return the latest entries of the ledger, newest first; those of a place are what left it and what arrived."""
    found = (
        sa.select(Movement)
        .options(
            joinedload(Movement.part),
            joinedload(Movement.from_place),
            joinedload(Movement.to_place),
            selectinload(Movement.serials),
        )
        .order_by(Movement.id.desc())
        .limit(limit)
    )
    if place_id is not None:
        place = find_place(session, place_id, PlaceKind)
        found = found.where(sa.or_(Movement.from_place_id == place.id, Movement.to_place_id == place.id))
    if part_id is not None:
        check_parts(session, [part_id])
        found = found.where(Movement.part_id == part_id)
    if reference is not None:
        found = found.where(Movement.reference == reference)
    return list(session.scalars(found))


def warehouses(session: Session) -> list[Place]:
    """Return every warehouse, by code."""
    return _places(session, PlaceKind.WAREHOUSE)


def warehouse_named(session: Session, code: str) -> Place:
    """Return the place with this code or, for no code, the first warehouse; raises UnknownPlace and NoWarehouse."""
    if code:
        return place_by_code(session, code)
    first = next(iter(warehouses(session)), None)
    if first is None:
        raise NoWarehouse
    return first


def trunks(session: Session) -> list[Place]:
    """Return every trunk, by code."""
    return _places(session, PlaceKind.TRUNK)


def _places(session: Session, kind: PlaceKind) -> list[Place]:
    return list(session.scalars(sa.select(Place).where(Place.kind == kind).order_by(Place.code)))


def parts(session: Session, *, device_model: str | None = None, text: str = "", whole: bool = False) -> list[Part]:
    """Return the parts that fit a device model and whose SKU or name contains ``text``, by SKU; else every part."""
    found = sa.select(Part).order_by(Part.sku)
    if device_model is not None:
        found = found.where(Part.fits.any(PartFit.device_model == device_model))
    if text.strip():
        found = found.where(is_named(text))
    if whole:
        found = found.options(selectinload(Part.fits), selectinload(Part.substitutes).joinedload(Substitute.substitute))
    return list(session.scalars(found))


def is_named(text: str) -> sa.ColumnElement[bool]:
    """Say whether SKU, barcode or name of a part contain a text."""
    columns = (Part.sku, Part.barcode, Part.name_en, Part.name_zh)
    return sa.or_(*(column.icontains(text.strip(), autoescape=True) for column in columns))


def part_by_sku(session: Session, sku: str) -> Part:
    """Return the part with this SKU; raises UnknownPart."""
    part = session.scalar(sa.select(Part).where(Part.sku == sku.strip()))
    if part is None:
        raise UnknownPart(part=sku)
    return part


def place_by_code(session: Session, code: str) -> Place:
    """Return the place with this code; raises UnknownPlace."""
    place = session.scalar(sa.select(Place).where(Place.code == code.strip()))
    if place is None:
        raise UnknownPlace(place=code)
    return place
