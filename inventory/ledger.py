"""
The ledger of movements, and the only writer of ``on_hand``.

What a place has on hand changes by booking entries and in no other way, so the running totals and the ledger agree by
construction; ``find_differences`` looks whether they really do. Entries of serial-tracked parts name their pieces, and
where each of them is changes along with the totals.
"""

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from inventory.audit import Difference, find_differences
from inventory.checks import (
    REASON_LENGTH,
    check_parts,
    check_quantities,
    check_reference,
    check_text,
    find_place,
)
from inventory.closing import close_reservations
from inventory.errors import InsufficientStock, NothingWanted, SamePlace, ShortLine, StockBusy
from inventory.levels import HeldLevel, LevelKey, find_level, find_levels, hold_levels
from inventory.locking import FRESH, all_or_none, undisturbed
from inventory.models import (
    STOCKED,
    Movement,
    MovementKind,
    Part,
    PlaceKind,
    Reservation,
    ReservationState,
    Serial,
    StockLevel,
)
from inventory.places import place_of_kind, place_of_owner
from inventory.serials import Pieces, check_named_once, check_numbers, check_pieces_there, move_pieces

__all__ = [
    "Adjustment",
    "Difference",
    "Entry",
    "Promise",
    "adjust",
    "book",
    "consume",
    "correct",
    "entry",
    "find_differences",
    "place_of_kind",
    "place_of_owner",
    "receive",
    "transfer",
]

# Serial numbers per part id.
Serials = Mapping[int, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of the ledger that is to be booked; ``entry`` makes it out."""

    kind: MovementKind
    part_id: int
    quantity: int
    from_place_id: int
    to_place_id: int
    reference: str
    reason: str
    actor_id: int | None
    serials: tuple[str, ...]
    # Of one piece; None for what the catalogue says.
    unit_cost_cents: int | None


@dataclass(frozen=True)
class Adjustment:
    """Pieces of a part that were found somewhere or, with ``by`` below zero, are missing there."""

    part_id: int
    by: int
    serials: Sequence[str] = ()


class Promise(NamedTuple):
    """A change of what is reserved of a part at a place; negative when a promise ends there."""

    place_id: int
    part_id: int
    quantity: int


def receive(
    session: Session,
    *,
    place_id: int,
    pieces: Mapping[int, int],
    reference: str,
    actor_id: int | None,
    serials: Serials | None = None,
    prices: Mapping[int, int] | None = None,
    supplier_place_id: int | None = None,
) -> list[Movement]:
    """
    Put a delivery (pieces per part id) on the shelf, from a supplier's place or from one that nobody named.

    ``prices`` are what one piece cost, in cents, where that differs from the catalogue.
    """
    if not pieces:
        raise NothingWanted
    check_quantities(pieces.values())
    check_parts(session, pieces)
    place = find_place(session, place_id)
    if supplier_place_id is None:
        supplier = place_of_kind(session, PlaceKind.SUPPLIER)
    else:
        supplier = find_place(session, supplier_place_id, [PlaceKind.SUPPLIER])
    entries = [
        entry(
            MovementKind.RECEIPT,
            part_id=part_id,
            quantity=quantity,
            from_place_id=supplier.id,
            to_place_id=place.id,
            reference=reference,
            actor_id=actor_id,
            serials=(serials or {}).get(part_id, ()),
            unit_cost_cents=(prices or {}).get(part_id),
        )
        for part_id, quantity in sorted(pieces.items())
    ]
    return book(session, entries=entries)


def transfer(
    session: Session,
    *,
    part_id: int,
    quantity: int,
    from_place_id: int,
    to_place_id: int,
    reference: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> Movement:
    """Bring pieces that are not reserved from one warehouse or trunk to another."""
    check_quantities([quantity])
    check_parts(session, [part_id])
    find_place(session, from_place_id)
    destination = find_place(session, to_place_id)
    if from_place_id == to_place_id:
        raise SamePlace(place=destination.code)
    carried = entry(
        MovementKind.TRANSFER,
        part_id=part_id,
        quantity=quantity,
        from_place_id=from_place_id,
        to_place_id=to_place_id,
        reference=reference,
        actor_id=actor_id,
        serials=serials,
    )
    [movement] = book(session, entries=[carried])
    return movement


def consume(
    session: Session,
    *,
    part_id: int,
    quantity: int,
    place_id: int,
    reference: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> Movement:
    """Use up pieces that are not reserved; ``reservations.use`` is for those that are."""
    check_quantities([quantity])
    check_parts(session, [part_id])
    find_place(session, place_id)
    used = entry(
        MovementKind.CONSUMPTION,
        part_id=part_id,
        quantity=quantity,
        from_place_id=place_id,
        to_place_id=place_of_kind(session, PlaceKind.CUSTOMER).id,
        reference=reference,
        actor_id=actor_id,
        serials=serials,
    )
    [movement] = book(session, entries=[used])
    return movement


def adjust(
    session: Session,
    *,
    place_id: int,
    adjustments: Sequence[Adjustment],
    reference: str,
    reason: str,
    actor_id: int | None,
) -> list[Reservation]:
    """
    Add what was found at a place and take away what is missing there, as corrections: all of them or none.

    Where too few are left for what is reserved, the least urgent reservations are released until the rest is covered;
    they are returned, so that the caller can tell those who had counted on the pieces.
    """
    check_quantities(abs(adjustment.by) for adjustment in adjustments)
    check_parts(session, (adjustment.part_id for adjustment in adjustments))
    find_place(session, place_id, STOCKED)
    corrections = [
        _correction(session, place_id, adjustment, reference=reference, reason=reason, actor_id=actor_id)
        for adjustment in adjustments
    ]
    more = Counter[int]()
    for adjustment in adjustments:
        more[adjustment.part_id] += adjustment.by

    def book_differences() -> list[Reservation]:
        levels = find_levels(session, ((place_id, part_id) for part_id in more))
        return _settle(session, corrections, [(level, level.on_hand + more[level.part_id]) for level in levels])

    return undisturbed(session, book_differences)


def correct(
    session: Session,
    *,
    place_id: int,
    part_id: int,
    counted: int,
    reason: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> list[Reservation]:
    """
    Set what is on hand to what was counted; of a serial-tracked part ``serials`` names each piece.

    Returns the reservations that had to be released, as ``adjust`` does.
    """
    check_quantities([counted], least=0)
    reason = check_text("reason", reason, REASON_LENGTH)
    check_parts(session, [part_id])
    place = find_place(session, place_id)
    part = session.get_one(Part, part_id)
    check_numbers(part, counted, serials)

    def set_to_count() -> list[Reservation]:
        level = find_level(session, place_id, part_id)
        entries = [
            _correction(session, place_id, found, reference=f"COUNT {place.code}", reason=reason, actor_id=actor_id)
            for found in _differences(session, level, counted, serials)
        ]
        return _settle(session, entries, [(level, counted)])

    return undisturbed(session, set_to_count)


def set_aside(
    session: Session,
    *,
    part_id: int,
    quantity: int,
    from_place_id: int,
    to_place_id: int,
    reference: str,
    reason: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> list[Reservation]:
    """
    Bring pieces that turned out to be of no use to where such pieces are kept, promised ones too, worth nothing.

    Returns the reservations that had to be released, as ``adjust`` does.
    """
    check_quantities([quantity])
    check_parts(session, [part_id])
    check_numbers(session.get_one(Part, part_id), quantity, serials)
    moved = entry(
        MovementKind.TRANSFER,
        part_id=part_id,
        quantity=quantity,
        from_place_id=from_place_id,
        to_place_id=to_place_id,
        reference=reference,
        reason=check_text("reason", reason, REASON_LENGTH),
        actor_id=actor_id,
        serials=serials,
        unit_cost_cents=0,
    )

    def book_without_them() -> list[Reservation]:
        level = find_level(session, from_place_id, part_id)
        return _settle(session, [moved], [(level, level.on_hand - quantity)])

    return undisturbed(session, book_without_them)


def _differences(session: Session, level: StockLevel, counted: int, serials: Sequence[str]) -> list[Adjustment]:
    """Return which pieces are missing and which were found."""
    if not level.part.serial_tracked:
        return [Adjustment(level.part_id, counted - level.on_hand)] if counted != level.on_hand else []
    here = set(
        session.scalars(
            sa.select(Serial.number).where(Serial.part_id == level.part_id, Serial.place_id == level.place_id)
        )
    )
    missing, found = sorted(here - set(serials)), sorted(set(serials) - here)
    return [
        Adjustment(level.part_id, sign * len(numbers), numbers)
        for sign, numbers in ((-1, missing), (1, found))
        if numbers
    ]


def _correction(
    session: Session, place_id: int, found: Adjustment, *, reference: str, reason: str, actor_id: int | None
) -> Entry:
    correction_id = place_of_kind(session, PlaceKind.CORRECTION).id
    return entry(
        MovementKind.CORRECTION,
        part_id=found.part_id,
        quantity=abs(found.by),
        from_place_id=correction_id if found.by > 0 else place_id,
        to_place_id=place_id if found.by > 0 else correction_id,
        reference=reference,
        reason=reason,
        actor_id=actor_id,
        serials=found.serials,
    )


def _settle(session: Session, entries: Sequence[Entry], settled: Sequence[tuple[StockLevel, int]]) -> list[Reservation]:
    """
    Book corrections and release what the pieces that are left on each level cannot cover.

    Raises StockBusy when overtaken.
    """
    least_urgent = [id_ for level, left in settled for id_ in _least_urgent_beyond(session, level, left)]
    released = close_reservations(session, least_urgent, ReservationState.RELEASED)
    # The levels are written even where the count agrees: held, they still agree when the transaction ends. They must be
    # as they were read; noticed later, it would have to be undone after others have queued up behind them.
    expected = {(level.place_id, level.part_id): level.on_hand for level, _ in settled}
    if any((freed.place_id, freed.part_id) not in expected for freed in released):
        raise StockBusy
    held = [Promise(*key, 0) for key in expected]
    ended = [Promise(freed.place_id, freed.part_id, -freed.quantity) for freed in released]
    try:
        book(session, entries=entries, promises=[*held, *ended], expected=expected)
    except InsufficientStock as overtaken:
        if any(left < 0 for _, left in settled):
            raise
        raise StockBusy from overtaken
    return released


def _least_urgent_beyond(session: Session, level: StockLevel, left: int) -> list[int]:
    """Return the open reservations that must go for ``left`` pieces to cover the others: needed last, made last."""
    excess = level.reserved - max(left, 0)
    if excess <= 0:
        return []
    least_urgent_first = (
        sa.select(Reservation.id, Reservation.quantity)
        .where(
            Reservation.place_id == level.place_id,
            Reservation.part_id == level.part_id,
            Reservation.state == ReservationState.OPEN,
        )
        .order_by(
            Reservation.needed_at.is_not(None),
            Reservation.needed_at.desc(),
            Reservation.created_at.desc(),
            Reservation.id.desc(),
        )
    )
    ids: list[int] = []
    for reservation_id, quantity in session.execute(least_urgent_first).all():
        if excess <= 0:
            break
        ids.append(reservation_id)
        excess -= quantity
    return ids


def entry(
    kind: MovementKind,
    *,
    part_id: int,
    quantity: int,
    from_place_id: int,
    to_place_id: int,
    reference: str,
    actor_id: int | None,
    reason: str = "",
    serials: Sequence[str] = (),
    unit_cost_cents: int | None = None,
) -> Entry:
    """Make out an entry of the ledger; ``book`` writes it, dated then."""
    return Entry(
        kind=kind,
        part_id=part_id,
        quantity=quantity,
        from_place_id=from_place_id,
        to_place_id=to_place_id,
        reference=check_reference(reference),
        reason=check_text("reason", reason, REASON_LENGTH) if reason.strip() else "",
        actor_id=actor_id,
        serials=tuple(number.strip() for number in serials),
        unit_cost_cents=unit_cost_cents,
    )


def book(
    session: Session,
    *,
    entries: Sequence[Entry] = (),
    promises: Iterable[Promise] = (),
    expected: Mapping[LevelKey, int] | None = None,
) -> list[Movement]:
    """
    Write entries and change the levels that they and ``promises`` touch, all or none.

    1. Look whether each entry of a serial-tracked part names its pieces, and whether they are where it says.
    2. Add up what each level gains and loses: on hand follows from the entries alone, reserved from the promises.
    3. Take the levels in id order, refuse what they do not have unreserved, and change all of them by one UPDATE.
    4. Move the named pieces, and write the entries.

    Raises InsufficientStock with every level that had too few, StockBusy when one of those in ``expected`` has not the
    pieces on hand that it names, and the errors of ``inventory.serials``.
    """
    parts = _parts_of(session, entries)
    pieces = _named_pieces(entries, parts)
    check_pieces_there(session, pieces)
    on_hand, reserved = Counter[LevelKey](), Counter[LevelKey]()
    for line in entries:
        on_hand[line.from_place_id, line.part_id] -= line.quantity
        on_hand[line.to_place_id, line.part_id] += line.quantity
    for promise in promises:
        reserved[promise.place_id, promise.part_id] += promise.quantity
    # Nothing is written before the levels are known to suffice; only a piece that somebody else takes away meanwhile
    # is noticed later.
    with all_or_none(session) if pieces else contextlib.nullcontext():
        # Suppliers, customers and corrections have no levels: their side of an entry is the entry itself.
        levels = hold_levels(session, on_hand.keys() | reserved.keys())
        if any(levels[key].on_hand != found for key, found in (expected or {}).items()):
            raise StockBusy
        wanted = {key: reserved[key] - on_hand[key] for key in levels}
        if short := [key for key, level in levels.items() if level.available < wanted[key]]:
            raise InsufficientStock(shortages=[_short_line(session, key, wanted[key]) for key in short])
        _change_levels(session, levels, on_hand, reserved)
        moved = move_pieces(session, pieces)
        movements = [_movement(line, parts[line.part_id], moved) for line in entries]
        session.add_all(movements)
        # Callers look where the pieces went.
        session.flush()
        return movements


def _parts_of(session: Session, entries: Sequence[Entry]) -> dict[int, Part]:
    if not entries:
        return {}
    # Held as the entries themselves will hold them, a little earlier: tracking must not begin or end in between.
    named = (
        sa.select(Part)
        .where(Part.id.in_({line.part_id for line in entries}))
        .order_by(Part.id)
        .with_for_update(read=True, key_share=True)
        .execution_options(populate_existing=True)
    )
    return {part.id: part for part in session.scalars(named)}


def _named_pieces(entries: Sequence[Entry], parts: Mapping[int, Part]) -> list[Pieces]:
    by_part: dict[int, list[str]] = {}
    for line in entries:
        check_numbers(parts[line.part_id], line.quantity, line.serials)
        by_part.setdefault(line.part_id, []).extend(line.serials)
    for part_id, numbers in by_part.items():
        check_named_once(parts[part_id], numbers)
    return [
        Pieces(parts[line.part_id], line.serials, line.from_place_id, line.to_place_id)
        for line in entries
        if line.serials
    ]


def _movement(line: Entry, part: Part, moved: Mapping[tuple[int, str], Serial]) -> Movement:
    return Movement(
        at=clock.now(),
        kind=line.kind,
        part_id=line.part_id,
        quantity=line.quantity,
        from_place_id=line.from_place_id,
        to_place_id=line.to_place_id,
        reference=line.reference,
        reason=line.reason,
        user_id=line.actor_id,
        unit_cost_cents=part.unit_cost_cents if line.unit_cost_cents is None else line.unit_cost_cents,
        serials=[moved[line.part_id, number] for number in line.serials],
    )


def _change_levels(
    session: Session,
    levels: Mapping[LevelKey, HeldLevel],
    on_hand: Mapping[LevelKey, int],
    reserved: Mapping[LevelKey, int],
) -> None:
    """Add to levels that are held; the CHECK constraint stands behind what was looked up before."""
    changed = {level.id: key for key, level in levels.items() if on_hand[key] or reserved[key]}
    if not changed:
        return
    more, more_reserved = (
        sa.case({level_id: change[key] for level_id, key in changed.items()}, value=StockLevel.id)
        for change in (on_hand, reserved)
    )
    change = (
        sa.update(StockLevel)
        .where(StockLevel.id.in_(changed))
        .values(on_hand=StockLevel.on_hand + more, reserved=StockLevel.reserved + more_reserved)
        .returning(StockLevel)
    )
    session.scalars(change, execution_options=FRESH).all()


def _short_line(session: Session, key: LevelKey, wanted: int) -> ShortLine:
    level = find_level(session, *key)
    return ShortLine(
        part_id=level.part_id,
        sku=level.part.sku,
        place=level.place.code,
        wanted=wanted,
        available=level.available,
        at_one_place=level.available,
    )
