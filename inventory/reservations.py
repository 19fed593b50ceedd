"""Promises of parts: making them, moving them, using them up and letting them go."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.base import is_open
from inventory.checks import check_parts, check_places, check_quantities, check_reference, find_place
from inventory.closing import cancel_lines, close_reservations
from inventory.errors import (
    AlreadyOnPickList,
    InsufficientStock,
    PromiseNamedTwice,
    ReservationDiffers,
    ReservationElsewhere,
    ReservationNotOpen,
    ShortLine,
    StockBusy,
    UnknownReservation,
)
from inventory.ledger import Promise, book, entry
from inventory.locking import FRESH, all_or_none, lock_rows, undisturbed
from inventory.models import (
    Movement,
    MovementKind,
    Part,
    PickLine,
    PickState,
    Place,
    PlaceKind,
    Reservation,
    ReservationState,
)
from inventory.places import place_of_kind
from inventory.queries import availability
from inventory.sourcing import Shortage, choose_places


@dataclass(frozen=True)
class Wanted:
    """Pieces of a part that the document ``reference`` wants from one certain place."""

    part_id: int
    quantity: int
    place_id: int
    reference: str
    # When the document needs them, and when the promise ends by itself; None means last of all, and never.
    needed_at: dt.datetime | None = None
    expires_at: dt.datetime | None = None


def reserve_all(
    session: Session,
    *,
    wants: Mapping[int, int],
    place_ids: Sequence[int],
    reference: str,
    needed_at: dt.datetime | None = None,
    expires_at: dt.datetime | None = None,
) -> dict[int, Reservation]:
    """
    Promise pieces (per part id) to the document ``reference``: all lines or none.

    Each line comes whole from the first of the places, in order of preference, that has it available. Returns the
    reservation of each part; raises InsufficientStock with every line that no place can serve.
    """
    check_quantities(wants.values())
    reference = check_reference(reference)
    check_places(session, place_ids)

    def reserve() -> dict[int, Reservation]:
        available = availability(session, part_ids=wants, place_ids=place_ids)
        # What lies somewhere exists.
        check_parts(session, wants.keys() - {part_id for _, part_id in available})
        chosen = choose_places(wants, available, place_ids)
        if isinstance(chosen, list):
            raise InsufficientStock(shortages=_named(session, chosen))
        wanted = [
            Wanted(part_id, wants[part_id], place_id, reference, needed_at, expires_at)
            for part_id, place_id in chosen.items()
        ]
        try:
            reservations = _promise(session, wanted)
        except InsufficientStock as overtaken:
            raise StockBusy from overtaken
        return dict(zip(chosen, reservations, strict=True))

    return undisturbed(session, reserve)


def reserve_at(session: Session, wanted: Sequence[Wanted]) -> list[Reservation]:
    """
    Promise each line at the very place that it names: all lines or none.

    Returns their reservations in the same order; raises InsufficientStock with every level that has too few.
    """
    check_quantities(line.quantity for line in wanted)
    check_parts(session, (line.part_id for line in wanted))
    for reference in {line.reference for line in wanted}:
        check_reference(reference)
    check_places(session, (line.place_id for line in wanted))
    with all_or_none(session):
        return _promise(session, wanted)


def _promise(session: Session, wanted: Sequence[Wanted]) -> list[Reservation]:
    book(session, promises=[Promise(line.place_id, line.part_id, line.quantity) for line in wanted])
    reservations = [
        Reservation(
            part_id=line.part_id,
            place_id=line.place_id,
            quantity=line.quantity,
            state=ReservationState.OPEN,
            reference=line.reference,
            created_at=clock.now(),
            needed_at=line.needed_at,
            expires_at=line.expires_at,
        )
        for line in wanted
    ]
    session.add_all(reservations)
    # Callers keep the ids.
    session.flush()
    return reservations


def _named(session: Session, shortages: Sequence[Shortage]) -> list[ShortLine]:
    part_ids = {shortage.part_id for shortage in shortages}
    skus = {part.id: part.sku for part in session.scalars(sa.select(Part).where(Part.id.in_(part_ids)))}
    return [
        ShortLine(
            part_id=shortage.part_id,
            sku=skus[shortage.part_id],
            place="",
            wanted=shortage.wanted,
            available=shortage.available,
            at_one_place=shortage.at_one_place,
        )
        for shortage in shortages
    ]


def release(session: Session, reservation_ids: Collection[int]) -> list[Reservation]:
    """Let promises go, and with them their open pick lines; returns those that were still open."""
    known = set(session.scalars(sa.select(Reservation.id).where(Reservation.id.in_(reservation_ids))))
    for reservation_id in sorted(set(reservation_ids) - known):
        raise UnknownReservation(reservation_id=reservation_id)
    with all_or_none(session):
        released = close_reservations(session, reservation_ids, ReservationState.RELEASED)
        book(session, promises=[Promise(freed.place_id, freed.part_id, -freed.quantity) for freed in released])
    return released


def expired(session: Session, *, at: dt.datetime) -> list[Reservation]:
    """Return the open promises whose time is over, for the caller to release or to leave alone."""
    over = (
        sa.select(Reservation)
        .where(Reservation.expires_at <= at, is_open(Reservation.state))
        .order_by(Reservation.id)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(over))


def use(
    session: Session, *, reservation_id: int, quantity: int, actor_id: int | None, serials: Sequence[str] = ()
) -> Movement:
    """
    Use up pieces that were promised and release the rest of the promise.

    No more than what was promised is used; the movement says how many that were. The reservation is used afterwards
    and its quantity is that of the movement.
    """
    check_quantities([quantity])
    find_reservation(session, reservation_id)
    with all_or_none(session):
        closed = close_reservations(session, [reservation_id], ReservationState.USED)
        if not closed:
            raise _not_open(find_reservation(session, reservation_id))
        [reservation] = closed
        promised, reservation.quantity = reservation.quantity, min(quantity, reservation.quantity)
        used = entry(
            MovementKind.CONSUMPTION,
            part_id=reservation.part_id,
            quantity=reservation.quantity,
            from_place_id=reservation.place_id,
            to_place_id=place_of_kind(session, PlaceKind.CUSTOMER).id,
            reference=reservation.reference,
            actor_id=actor_id,
            serials=serials,
        )
        ended = Promise(reservation.place_id, reservation.part_id, -promised)
        [movement] = book(session, entries=[used], promises=[ended])
    return movement


def move(session: Session, *, reservation_id: int, to_place_id: int) -> Reservation:
    """
    Take the promised pieces from another place instead; none of them moves.

    Raises InsufficientStock when the other place has too few. Open pick lines for the promise are cancelled, for the
    pieces they speak of are free again.
    """
    find_place(session, to_place_id)
    reservation = find_reservation(session, reservation_id)
    if reservation.state is ReservationState.OPEN and reservation.place_id == to_place_id:
        return reservation
    with all_or_none(session):
        cancel_lines(session, PickLine.reservation_id == reservation_id)
        promises = follow(session, [reservation_id], from_place_id=reservation.place_id, to_place_id=to_place_id)
        book(session, promises=promises)
    return reservation


def follow(
    session: Session, reservation_ids: Collection[int], *, from_place_id: int, to_place_id: int
) -> list[Promise]:
    """
    Make open promises point at another place.

    Returns what that changes in the levels of both places; the caller books it in the same breath. Refuses all of them
    when one is closed or is not at ``from_place_id``.
    """
    lock_rows(session, Reservation, reservation_ids)
    following = (
        sa.update(Reservation)
        .where(
            Reservation.id.in_(reservation_ids),
            Reservation.state == ReservationState.OPEN,
            Reservation.place_id == from_place_id,
        )
        .values(place_id=to_place_id)
        .returning(Reservation)
    )
    followed = session.scalars(following, execution_options=FRESH).all()
    for reservation_id in sorted(set(reservation_ids) - {reservation.id for reservation in followed}):
        raise _not_followed(session, find_reservation(session, reservation_id), from_place_id)
    return [
        Promise(place_id, reservation.part_id, sign * reservation.quantity)
        for reservation in followed
        for place_id, sign in ((from_place_id, -1), (to_place_id, 1))
    ]


class Carrying(Protocol):
    """A line of a pick list or a transfer that is to bring pieces, for a reservation or for nobody in particular."""

    @property
    def part_id(self) -> int: ...

    @property
    def quantity(self) -> int: ...

    @property
    def reservation_id(self) -> int | None: ...


def check_carried(session: Session, lines: Iterable[Carrying], origin: Place) -> dict[int, Reservation]:
    """
    Return the reservations that lines carry away from a place, by id.

    Refuses one that is named twice, is not open, is promised elsewhere or for other pieces, or is on a pick list.
    """
    named = [(line.reservation_id, line) for line in lines if line.reservation_id is not None]
    promises = find_reservations(session, {reservation_id for reservation_id, _ in named})
    for position, (reservation_id, line) in enumerate(named):
        promise = promises[reservation_id]
        if any(reservation_id == other for other, _ in named[:position]):
            raise PromiseNamedTwice(reference=promise.reference)
        _check_carries(session, line, promise, origin)
    _check_on_no_list(session, promises)
    return promises


def _check_carries(session: Session, line: Carrying, promise: Reservation, origin: Place) -> None:
    """Refuse a line that would not carry exactly the pieces which are promised where it leaves."""
    if promise.state is not ReservationState.OPEN:
        raise _not_open(promise)
    if promise.place_id != origin.id:
        raise ReservationElsewhere(reference=promise.reference, place=promise.place.code, expected=origin.code)
    if (promise.part_id, promise.quantity) != (line.part_id, line.quantity):
        raise ReservationDiffers(
            reference=promise.reference,
            reserved=promise.quantity,
            sku=promise.part.sku,
            quantity=line.quantity,
            other=session.get_one(Part, line.part_id).sku,
        )


def _check_on_no_list(session: Session, promises: Mapping[int, Reservation]) -> None:
    """Refuse the first promise that an open pick line fulfils already."""
    if not promises:
        return
    elsewhere = session.execute(
        sa.select(PickLine.reservation_id, PickLine.pick_list_id)
        .where(PickLine.reservation_id.in_(promises), PickLine.state == PickState.OPEN)
        .order_by(PickLine.id)
        .limit(1)
    ).first()
    if elsewhere is not None:
        raise AlreadyOnPickList(
            reference=promises[elsewhere.reservation_id].reference, pick_list_id=elsewhere.pick_list_id
        )


def find_reservations(session: Session, reservation_ids: Collection[int]) -> dict[int, Reservation]:
    """Return reservations by id, as the database has them now; raises UnknownReservation."""
    if not reservation_ids:
        return {}
    named = sa.select(Reservation).where(Reservation.id.in_(reservation_ids)).execution_options(populate_existing=True)
    found = {reservation.id: reservation for reservation in session.scalars(named)}
    for reservation_id in sorted(set(reservation_ids) - found.keys()):
        raise UnknownReservation(reservation_id=reservation_id)
    return found


def find_reservation(session: Session, reservation_id: int) -> Reservation:
    """Return the reservation as the database has it now."""
    reservation = session.get(Reservation, reservation_id, populate_existing=True)
    if reservation is None:
        raise UnknownReservation(reservation_id=reservation_id)
    return reservation


def _not_open(reservation: Reservation) -> ReservationNotOpen:
    return ReservationNotOpen(
        reservation_id=reservation.id, reference=reservation.reference, state=reservation.state.value
    )


def _not_followed(
    session: Session, reservation: Reservation, expected_place_id: int
) -> ReservationNotOpen | ReservationElsewhere:
    if reservation.state is not ReservationState.OPEN:
        return _not_open(reservation)
    return ReservationElsewhere(
        reference=reservation.reference,
        place=reservation.place.code,
        expected=session.get_one(Place, expected_place_id).code,
    )
