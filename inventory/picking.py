"""Pick lists: what leaves a warehouse for a trunk, drawn up, confirmed by scan or by hand, or cancelled."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from inventory.checks import REASON_LENGTH, check_parts, check_quantities, check_reference, check_text, find_place
from inventory.closing import cancel_lines, settle_lists
from inventory.errors import (
    NothingWanted,
    NotShort,
    PickCancelled,
    PickLineClosed,
    ScanNotExpected,
    SerialNotScanned,
    UnknownPickLine,
    UnknownPickList,
)
from inventory.ledger import Entry, book, correct, entry
from inventory.levels import find_level
from inventory.locking import FRESH, all_or_none, lock_rows
from inventory.models import (
    MovementKind,
    Part,
    PickLine,
    PickList,
    PickState,
    Place,
    PlaceKind,
    Reservation,
)
from inventory.queries import bins, in_bin_order, pick_list_by_id
from inventory.reservations import check_carried, follow
from inventory.tracing import scan_all

# Lines that a refused scan names as those to pick next.
NEXT_NAMED = 3


@dataclass(frozen=True)
class PickWanted:
    """A line to be picked: for a reservation or, with ``reservation_id`` None, to fill up the trunk."""

    part_id: int
    quantity: int
    reservation_id: int | None = None
    # The job's number, for instance; empty prints the number of the pick list.
    reference: str = ""


@dataclass(frozen=True)
class ScannedLine:
    """The line that a scan stands for, and whether it was in the van before."""

    line: PickLine
    is_repeat: bool = False


def draw_up(
    session: Session, *, warehouse_id: int, trunk_id: int, day: dt.date, lines: Sequence[PickWanted]
) -> PickList:
    """Draw up a pick list. Nothing moves before it is confirmed."""
    warehouse = find_place(session, warehouse_id, [PlaceKind.WAREHOUSE])
    trunk = find_place(session, trunk_id, [PlaceKind.TRUNK])
    pick_list = PickList(
        warehouse=warehouse,
        trunk=trunk,
        day=day,
        state=PickState.OPEN,
        created_at=clock.now(),
        lines=_checked(session, lines, warehouse),
    )
    session.add(pick_list)
    # Callers keep the id, and the next list must find the reservations of this one.
    session.flush()
    return pick_list


def add_to_list(
    session: Session, *, warehouse_id: int, trunk_id: int, day: dt.date, lines: Sequence[PickWanted]
) -> PickList:
    """Put lines on the open list of a van from a warehouse on a day, and draw one up where there is none."""
    ids = session.scalars(
        sa.select(PickList.id)
        .where(
            PickList.warehouse_id == warehouse_id,
            PickList.trunk_id == trunk_id,
            PickList.day == day,
            PickList.state == PickState.OPEN,
        )
        .order_by(PickList.id)
    ).all()
    lock_rows(session, PickList, ids)
    known = (session.get_one(PickList, list_id, populate_existing=True) for list_id in ids)
    # It may have been confirmed while we waited for it.
    pick_list = next((found for found in known if found.state is PickState.OPEN), None)
    if pick_list is None:
        return draw_up(session, warehouse_id=warehouse_id, trunk_id=trunk_id, day=day, lines=lines)
    pick_list.lines += _checked(session, lines, pick_list.warehouse)
    session.flush()
    return pick_list


def _checked(session: Session, lines: Sequence[PickWanted], warehouse: Place) -> list[PickLine]:
    if not lines:
        raise NothingWanted
    check_quantities(line.quantity for line in lines)
    check_parts(session, (line.part_id for line in lines))
    check_carried(session, lines, warehouse)
    return [_line(line) for line in lines]


def _line(wanted: PickWanted) -> PickLine:
    return PickLine(
        part_id=wanted.part_id,
        quantity=wanted.quantity,
        reservation_id=wanted.reservation_id,
        reference=check_reference(wanted.reference) if wanted.reference else "",
        state=PickState.OPEN,
    )


def confirm_line(session: Session, *, line_id: int, actor_id: int | None, serials: Sequence[str] = ()) -> PickLine:
    """Move the pieces of one line into the trunk, with their promise if they have one. A repeat does nothing."""
    line = _find_line(session, line_id)
    with all_or_none(session):
        lock_rows(session, PickList, [line.pick_list_id])
        if not _confirm(session, line.pick_list, PickLine.id == line_id, {line_id: serials}, actor_id):
            _refuse_cancelled(line.pick_list_id, _state_now(session, line))
    return line


def confirm_list(
    session: Session,
    *,
    pick_list_id: int,
    actor_id: int | None,
    serials: Mapping[int, Sequence[str]] | None = None,
) -> PickList:
    """
    Move the pieces of all open lines into the trunk, all or none. A repeat does nothing.

    ``serials`` names, by the id of their line, the pieces of serial-tracked parts.
    """
    pick_list = session.get(PickList, pick_list_id)
    if pick_list is None:
        raise UnknownPickList(pick_list_id=pick_list_id)
    with all_or_none(session):
        lock_rows(session, PickList, [pick_list_id])
        if not _confirm(session, pick_list, PickLine.pick_list_id == pick_list_id, serials or {}, actor_id):
            _refuse_cancelled(pick_list_id, _state_now(session, pick_list))
    return pick_list


def confirm_scan(session: Session, *, pick_list_id: int, scanned: str, actor_id: int | None) -> ScannedLine:
    """
    Confirm the line of what was scanned: a SKU or a barcode, of serial-tracked parts each piece's serial number.

    Refuses what is not on the list, saying where it belongs and what comes next on the way through the shelves.
    Scanning again what is in the van already does nothing.
    """
    pick_list = pick_list_by_id(session, pick_list_id)
    scans = scan_all(session, scanned)
    part = scans[0].part
    numbers = [found.serial.number for found in scans if found.serial is not None]
    lines = [line for line in pick_list.lines if line.part_id == part.id and line.state is not PickState.CANCELLED]
    if not lines or any(found.part is not part for found in scans):
        raise _not_expected(session, pick_list, part)
    if part.serial_tracked and len(numbers) < len(scans):
        raise SerialNotScanned(sku=part.sku)
    loaded = [line for line in lines if line.state is PickState.CONFIRMED]
    in_van = bool(numbers) and all(found.serial and found.serial.place_id == pick_list.trunk_id for found in scans)
    if loaded and (in_van or (len(loaded) == len(lines) and not part.serial_tracked)):
        return ScannedLine(loaded[0], is_repeat=True)
    if len(loaded) == len(lines):
        raise _not_expected(session, pick_list, part)
    line = next(line for line in lines if line.state is PickState.OPEN)
    serials = numbers if part.serial_tracked else ()
    return ScannedLine(confirm_line(session, line_id=line.id, actor_id=actor_id, serials=serials))


def pick_short(
    session: Session,
    *,
    line_id: int,
    found: int,
    reason: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> list[Reservation]:
    """
    Record that only ``found`` pieces lie on the shelf, which is fewer than a line asks for.

    1. The shelf is corrected to what was found, which releases the least urgent promises that it cannot keep; they are
       returned, so that the caller can tell those who had counted on the pieces.
    2. A line that fills the trunk up goes along with what is left, if anything is. One for a promise does not: a job
       gets all its pieces or looks elsewhere.
    """
    line = _find_line(session, line_id)
    pick_list = line.pick_list
    check_quantities([found], least=0)
    remark = check_text("reason", reason, REASON_LENGTH)
    if found >= line.quantity:
        raise NotShort(sku=line.part.sku, wanted=line.quantity, found=found)
    with all_or_none(session):
        lock_rows(session, PickList, [pick_list.id])
        if _state_now(session, line) is not PickState.OPEN:
            raise PickLineClosed(sku=line.part.sku, pick_list_id=pick_list.id)
        released = correct(
            session,
            place_id=pick_list.warehouse_id,
            part_id=line.part_id,
            counted=found,
            reason=remark,
            actor_id=actor_id,
            serials=serials,
        )
        session.refresh(line, ["state"])
        line.remark = remark
        if line.state is PickState.OPEN:
            _load_the_rest(session, line, serials, actor_id)
    return released


def _load_the_rest(session: Session, line: PickLine, serials: Sequence[str], actor_id: int | None) -> None:
    """Let a line go along with the pieces that nobody else was promised, or cancel it when there are none."""
    pick_list = line.pick_list
    left = find_level(session, pick_list.warehouse_id, line.part_id).available
    if left:
        line.quantity = left
        # Confirming reads the line from the database.
        session.flush()
        _confirm(session, pick_list, PickLine.id == line.id, {line.id: serials[:left]}, actor_id)
    else:
        cancel_lines(session, PickLine.id == line.id)


def _find_line(session: Session, line_id: int) -> PickLine:
    line = session.get(PickLine, line_id)
    if line is None:
        raise UnknownPickLine(line_id=line_id)
    return line


def _not_expected(session: Session, pick_list: PickList, part: Part) -> ScanNotExpected:
    next_lines = [line for line in in_bin_order(session, pick_list) if line.state is PickState.OPEN][:NEXT_NAMED]
    return ScanNotExpected(
        sku=part.sku,
        pick_list_id=pick_list.id,
        bin=bins(session, place_id=pick_list.warehouse_id, part_ids=[part.id])[part.id] or "–",
        expected=", ".join(line.part.sku for line in next_lines) or "–",
    )


def cancel_open(session: Session, *, pick_list_ids: Collection[int], kept_reservations: Collection[int] = ()) -> None:
    """
    Cancel what is still open of these lists, but for lines that fulfil ``kept_reservations``.

    What was confirmed stays in the trunk. The reservations stay: the pieces are still promised, at the warehouse.
    """
    known = set(session.scalars(sa.select(PickList.id).where(PickList.id.in_(pick_list_ids))))
    for pick_list_id in sorted(set(pick_list_ids) - known):
        raise UnknownPickList(pick_list_id=pick_list_id)
    with all_or_none(session):
        kept = sa.and_(PickLine.reservation_id.is_not(None), PickLine.reservation_id.in_(kept_reservations))
        cancel_lines(session, sa.and_(PickLine.pick_list_id.in_(pick_list_ids), ~kept))


def leave_rest(session: Session, *, pick_list_id: int) -> int:
    """Let a van leave without what is still open of its list; returns how many lines that is. A repeat does nothing."""
    pick_list = pick_list_by_id(session, pick_list_id)
    left = sum(line.state is PickState.OPEN for line in pick_list.lines)
    cancel_open(session, pick_list_ids=[pick_list_id])
    return left


def _confirm(
    session: Session,
    pick_list: PickList,
    which: sa.ColumnElement[bool],
    serials: Mapping[int, Sequence[str]],
    actor_id: int | None,
) -> list[PickLine]:
    """Confirm those of the lines that are open, with their pieces by line id, and return them."""
    confirming = (
        sa.update(PickLine)
        .where(which, PickLine.state == PickState.OPEN)
        .values(state=PickState.CONFIRMED, confirmed_at=clock.now(), confirmed_by_id=actor_id)
        .returning(PickLine)
    )
    lines = sorted(session.scalars(confirming, execution_options=FRESH).all(), key=lambda line: line.id)
    if not lines:
        return []
    settle_lists(session, [pick_list.id])
    promised = [line.reservation_id for line in lines if line.reservation_id is not None]
    promises = follow(session, promised, from_place_id=pick_list.warehouse_id, to_place_id=pick_list.trunk_id)
    loaded = [_loading(pick_list, line, serials.get(line.id, ()), actor_id) for line in lines]
    book(session, entries=loaded, promises=promises)
    return lines


def _loading(pick_list: PickList, line: PickLine, serials: Sequence[str], actor_id: int | None) -> Entry:
    return entry(
        MovementKind.TRANSFER,
        part_id=line.part_id,
        quantity=line.quantity,
        from_place_id=pick_list.warehouse_id,
        to_place_id=pick_list.trunk_id,
        reference=line.reference or f"PL-{pick_list.id}",
        actor_id=actor_id,
        serials=serials,
    )


def _state_now(session: Session, row: PickLine | PickList) -> PickState:
    session.refresh(row, ["state"])
    return row.state


def _refuse_cancelled(pick_list_id: int, state: PickState) -> None:
    if state is PickState.CANCELLED:
        raise PickCancelled(pick_list_id=pick_list_id)
