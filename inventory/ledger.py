"""
The ledger of movements, and the only writer of ``on_hand``.

What a place has on hand changes by booking movements and in no other way, so the running totals and the ledger agree by
construction; ``find_differences`` looks whether they really do.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from inventory.levels import LevelKey, find_level, insert_missing, level_ids
from inventory.locking import FRESH, all_or_none, undisturbed
from inventory.models import (
    STOCKED,
    Movement,
    MovementKind,
    Place,
    PlaceKind,
    Reservation,
    ReservationState,
    StockLevel,
)

__all__ = [
    "Difference",
    "Promise",
    "book",
    "consume",
    "correct",
    "entry",
    "find_differences",
    "place_of_kind",
    "receive",
    "transfer",
]


class Promise(NamedTuple):
    """A change of what is reserved of a part at a place; negative when a promise ends there."""

    place_id: int
    part_id: int
    quantity: int


def receive(
    session: Session, *, place_id: int, pieces: Mapping[int, int], reference: str, actor_id: int | None
) -> list[Movement]:
    """Put a delivery (pieces per part id) on the shelf."""
    if not pieces:
        raise NothingWanted
    check_quantities(pieces.values())
    check_parts(session, pieces)
    place = find_place(session, place_id)
    supplier = place_of_kind(session, PlaceKind.SUPPLIER)
    movements = [
        entry(
            MovementKind.RECEIPT,
            part_id=part_id,
            quantity=quantity,
            from_place_id=supplier.id,
            to_place_id=place.id,
            reference=reference,
            actor_id=actor_id,
        )
        for part_id, quantity in sorted(pieces.items())
    ]
    book(session, movements=movements)
    return movements


def transfer(
    session: Session,
    *,
    part_id: int,
    quantity: int,
    from_place_id: int,
    to_place_id: int,
    reference: str,
    actor_id: int | None,
) -> Movement:
    """Bring pieces that are not reserved from one warehouse or trunk to another."""
    check_quantities([quantity])
    check_parts(session, [part_id])
    find_place(session, from_place_id)
    destination = find_place(session, to_place_id)
    if from_place_id == to_place_id:
        raise SamePlace(place=destination.code)
    movement = entry(
        MovementKind.TRANSFER,
        part_id=part_id,
        quantity=quantity,
        from_place_id=from_place_id,
        to_place_id=to_place_id,
        reference=reference,
        actor_id=actor_id,
    )
    book(session, movements=[movement])
    return movement


def consume(
    session: Session, *, part_id: int, quantity: int, place_id: int, reference: str, actor_id: int | None
) -> Movement:
    """Use up pieces that are not reserved; ``reservations.use`` is for those that are."""
    check_quantities([quantity])
    check_parts(session, [part_id])
    find_place(session, place_id)
    movement = entry(
        MovementKind.CONSUMPTION,
        part_id=part_id,
        quantity=quantity,
        from_place_id=place_id,
        to_place_id=place_of_kind(session, PlaceKind.CUSTOMER).id,
        reference=reference,
        actor_id=actor_id,
    )
    book(session, movements=[movement])
    return movement


def correct(
    session: Session, *, place_id: int, part_id: int, counted: int, reason: str, actor_id: int | None
) -> list[Reservation]:
    """
    Set what is on hand to what was counted.

    Where the count falls below what is reserved, the newest reservations are released until the rest is covered; they
    are returned, so that the caller can tell those who had counted on the pieces.
    """
    check_quantities([counted], least=0)
    reason = check_text("reason", reason, REASON_LENGTH)
    check_parts(session, [part_id])
    find_place(session, place_id)

    def set_to_count() -> list[Reservation]:
        level = find_level(session, place_id, part_id)
        movements = _corrections(session, level, counted, reason=reason, actor_id=actor_id)
        newest = _newest_beyond(session, level, counted)
        released = close_reservations(session, newest, ReservationState.RELEASED)
        # The level is written even when the count agrees: held, it still agrees when the transaction ends.
        held = Promise(place_id, part_id, 0)
        ended = [Promise(freed.place_id, freed.part_id, -freed.quantity) for freed in released]
        try:
            book(session, movements=movements, promises=[held, *ended])
        except InsufficientStock as overtaken:
            raise StockBusy from overtaken
        if level.on_hand != counted or any(freed.place_id != place_id for freed in released):
            raise StockBusy
        return released

    return undisturbed(session, set_to_count)


def _corrections(
    session: Session, level: StockLevel, counted: int, *, reason: str, actor_id: int | None
) -> list[Movement]:
    """Return the one entry that makes up the difference, or none when there is no difference."""
    difference = counted - level.on_hand
    if not difference:
        return []
    correction_id = place_of_kind(session, PlaceKind.CORRECTION).id
    found = difference > 0
    movement = entry(
        MovementKind.CORRECTION,
        part_id=level.part_id,
        quantity=abs(difference),
        from_place_id=correction_id if found else level.place_id,
        to_place_id=level.place_id if found else correction_id,
        reference=f"COUNT {level.place.code}",
        actor_id=actor_id,
    )
    movement.reason = reason
    return [movement]


def _newest_beyond(session: Session, level: StockLevel, counted: int) -> list[int]:
    """Return the newest open reservations that must go for ``counted`` pieces to cover the others."""
    excess = level.reserved - counted
    newest_first = (
        sa.select(Reservation.id, Reservation.quantity)
        .where(
            Reservation.place_id == level.place_id,
            Reservation.part_id == level.part_id,
            Reservation.state == ReservationState.OPEN,
        )
        .order_by(Reservation.created_at.desc(), Reservation.id.desc())
    )
    ids: list[int] = []
    for reservation_id, quantity in session.execute(newest_first).all():
        if excess <= 0:
            break
        ids.append(reservation_id)
        excess -= quantity
    return ids


def place_of_kind(session: Session, kind: PlaceKind) -> Place:
    """Return the ledger's other side: the supplier, the customer or the correction. Made on first use."""
    if kind in STOCKED:
        raise ValueError(
            f"Expected supplier, customer, scrap or correction, got {kind.value}: there are many of those."
        )
    made = sa.select(Place).where(Place.kind == kind).order_by(Place.id).limit(1)
    place = session.scalar(made)
    if place is None:
        # The at sign keeps the code out of the way of the firm's own place codes.
        insert_missing(session, Place, [{"code": f"@{kind.value}", "name": kind.value.capitalize(), "kind": kind}])
        place = session.scalars(made).one()
    return place


def entry(
    kind: MovementKind,
    *,
    part_id: int,
    quantity: int,
    from_place_id: int,
    to_place_id: int,
    reference: str,
    actor_id: int | None,
) -> Movement:
    """Make out an entry of the ledger, dated now; ``book`` writes it."""
    return Movement(
        at=clock.now(),
        kind=kind,
        part_id=part_id,
        quantity=quantity,
        from_place_id=from_place_id,
        to_place_id=to_place_id,
        reference=check_reference(reference),
        user_id=actor_id,
    )


def book(session: Session, *, movements: Sequence[Movement] = (), promises: Iterable[Promise] = ()) -> None:
    """
    Write entries and change the levels that they and ``promises`` touch, all or none.

    1. Add up what each level gains and loses: on hand follows from the entries alone, reserved from the promises.
    2. Take the levels in id order, each by one UPDATE that asks for enough unreserved pieces.
    3. Write the entries.

    Raises InsufficientStock with every level that had too few.
    """
    on_hand, reserved = Counter[LevelKey](), Counter[LevelKey]()
    for movement in movements:
        on_hand[movement.from_place_id, movement.part_id] -= movement.quantity
        on_hand[movement.to_place_id, movement.part_id] += movement.quantity
    for promise in promises:
        reserved[promise.place_id, promise.part_id] += promise.quantity
    with all_or_none(session):
        # Suppliers, customers and corrections have no levels: their side of an entry is the entry itself.
        ids = level_ids(session, _at_stocked_places(session, on_hand.keys() | reserved.keys()))
        refused = [
            _short_line(session, key, wanted=reserved[key] - on_hand[key])
            for key, level_id in sorted(ids.items(), key=lambda item: item[1])
            if not _change_level(session, level_id, on_hand=on_hand[key], reserved=reserved[key])
        ]
        if refused:
            raise InsufficientStock(shortages=refused)
        session.add_all(movements)


def _change_level(session: Session, level_id: int, *, on_hand: int, reserved: int) -> bool:
    """Add to a level unless that would promise more than it has; tells whether it was done."""
    change = (
        sa.update(StockLevel)
        .where(StockLevel.id == level_id, StockLevel.on_hand - StockLevel.reserved >= reserved - on_hand)
        .values(on_hand=StockLevel.on_hand + on_hand, reserved=StockLevel.reserved + reserved)
        .returning(StockLevel)
    )
    return bool(session.scalars(change, execution_options=FRESH).all())


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


def _at_stocked_places(session: Session, keys: Iterable[LevelKey]) -> list[LevelKey]:
    keys = list(keys)
    stocked = sa.select(Place.id).where(Place.id.in_({place_id for place_id, _ in keys}), Place.kind.in_(STOCKED))
    stocked_ids = set(session.scalars(stocked))
    return [key for key in keys if key[0] in stocked_ids]
