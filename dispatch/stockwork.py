"""
Warehouse work that jobs have a part in: a delivery makes waiting jobs ready, a short count takes promises back.

Whoever works on a job holds it before its parts. So does the work here that may take promises back: it holds the jobs
first that could lose theirs. Whoever took the stock first would wait for a job whose holder waits for the stock.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from dispatch.jobs import lock_jobs, renew_promises, retry_waiting
from dispatch.models import Job
from dispatch.models.jobs import JobStatus
from inventory import arrivals, counts, ledger, picking, purchasing, reservations, returns, transfers
from inventory.errors import StockBusy
from inventory.locking import undisturbed
from inventory.models import (
    Count,
    CountLine,
    PickLine,
    PickList,
    Reservation,
    ReservationState,
    StockLevel,
    TransferLine,
)
from inventory.queries import part_by_sku, place_by_code

# Somebody counts on the parts of these jobs.
ON_PLAN = (JobStatus.PLANNED, JobStatus.DISPATCHED, JobStatus.EN_ROUTE, JobStatus.ON_SITE)


@dataclass(frozen=True)
class DeliveryLine:
    """Pieces of a part on a delivery note."""

    sku: str
    quantity: int
    # Of each piece, when the part is tracked by them.
    serials: Sequence[str] = ()


@dataclass(frozen=True)
class Received:
    """How many pieces came in, and which waiting jobs are ready now."""

    pieces: int
    ready: Sequence[Job]


@dataclass(frozen=True)
class Counted:
    """What is on hand after a count, and the documents whose promises it could not keep."""

    on_hand: int
    references: Sequence[str]


def receive_delivery(
    session: Session, *, warehouse_code: str, reference: str, lines: Sequence[DeliveryLine], actor_id: int | None
) -> Received:
    """Put a delivery on the shelf and give jobs that waited for its parts their promises."""
    pieces: Counter[int] = Counter()
    serials: dict[int, list[str]] = defaultdict(list)
    for line in lines:
        part = part_by_sku(session, line.sku)
        pieces[part.id] += line.quantity
        serials[part.id] += line.serials
    place = place_by_code(session, warehouse_code)
    ledger.receive(session, place_id=place.id, pieces=pieces, serials=serials, reference=reference, actor_id=actor_id)
    return Received(pieces.total(), retry_waiting(session, actor_id=actor_id))


def receive_order(
    session: Session, *, order_id: int, delivered: Sequence[purchasing.Delivered], actor_id: int | None
) -> Received:
    """Put what arrived in good order on the shelf and give jobs that waited for it their promises."""
    purchasing.receive(session, order_id=order_id, delivered=delivered, actor_id=actor_id)
    good = sum(arrived.quantity for arrived in delivered)
    return Received(good, retry_waiting(session, actor_id=actor_id))


def receive_transfer(
    session: Session,
    *,
    transfer_id: int,
    arrived: Sequence[arrivals.Arrived] = (),
    turned_back: bool = False,
    actor_id: int | None,
) -> Received:
    """
    Take a transfer in, and give jobs that waited for its pieces their promises.

    Jobs whose pieces did not all arrive look for them elsewhere, or wait.
    """
    carried = Reservation.id.in_(
        sa.select(TransferLine.reservation_id).where(
            TransferLine.transfer_id == transfer_id, TransferLine.reservation_id.is_not(None)
        )
    )
    _take_promises_back(
        session,
        carried,
        lambda: (
            arrivals.receive(
                session, transfer_id=transfer_id, arrived=arrived, turned_back=turned_back, actor_id=actor_id
            ).released
        ),
        actor_id=actor_id,
    )
    pieces = sum(line.received for line in transfers.transfer_by_id(session, transfer_id).lines)
    return Received(pieces, retry_waiting(session, actor_id=actor_id))


def record_count(
    session: Session,
    *,
    place_code: str,
    sku: str,
    counted: int,
    reason: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> Counted:
    """
    Set the stock of a part at a place to what was counted; of a serial-tracked part ``serials`` names each piece.

    Jobs whose promises the count could not keep look for the part elsewhere, or wait for it.
    """
    place, part = place_by_code(session, place_code), part_by_sku(session, sku)
    references = _take_promises_back(
        session,
        sa.and_(Reservation.place_id == place.id, Reservation.part_id == part.id),
        lambda: ledger.correct(
            session,
            place_id=place.id,
            part_id=part.id,
            counted=counted,
            reason=reason,
            actor_id=actor_id,
            serials=serials,
        ),
        actor_id=actor_id,
    )
    on_hand = session.scalar(
        sa.select(StockLevel.on_hand).where(StockLevel.place_id == place.id, StockLevel.part_id == part.id)
    )
    return Counted(on_hand or 0, references)


def finish_count(session: Session, *, count_id: int, actor_id: int | None) -> Sequence[str]:
    """End a counting, as ``inventory.counts.finish`` does; returns the documents whose promises it could not keep."""
    return _end_count(
        session, count_id, lambda: counts.finish(session, count_id=count_id, actor_id=actor_id), actor_id=actor_id
    )


def approve_count(session: Session, *, count_id: int, actor_id: int) -> Sequence[str]:
    """Approve a count and post it; returns the documents whose promises it could not keep."""
    return _end_count(
        session, count_id, lambda: counts.approve(session, count_id=count_id, actor_id=actor_id), actor_id=actor_id
    )


def _end_count(
    session: Session, count_id: int, end: Callable[[], Sequence[Reservation]], *, actor_id: int | None
) -> Sequence[str]:
    """End a count; jobs that lost a promise look elsewhere, and waiting jobs for what was found."""
    counted = (
        sa.exists()
        .where(CountLine.count_id == count_id, CountLine.part_id == Reservation.part_id)
        .where(Count.id == count_id, Count.place_id == Reservation.place_id)
    )
    references = _take_promises_back(session, counted, end, actor_id=actor_id)
    retry_waiting(session, actor_id=actor_id)
    return references


def record_short_pick(
    session: Session,
    *,
    line_id: int,
    found: int,
    reason: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> Sequence[str]:
    """
    Record that too few pieces lie on the shelf for a line of a pick list; what there is goes along.

    Returns the documents whose promises that ended. Jobs among them look for the part elsewhere, or wait for it.
    """
    on_shelf = (
        sa.exists()
        .where(PickLine.id == line_id, PickLine.part_id == Reservation.part_id)
        .where(PickList.id == PickLine.pick_list_id, PickList.warehouse_id == Reservation.place_id)
    )
    return _take_promises_back(
        session,
        on_shelf,
        lambda: picking.pick_short(
            session, line_id=line_id, found=found, reason=reason, actor_id=actor_id, serials=serials
        ),
        actor_id=actor_id,
    )


def set_aside(
    session: Session,
    *,
    place_id: int,
    part_id: int,
    quantity: int,
    reason: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> Sequence[str]:
    """
    Take pieces that were found damaged out of the stock of a place; they wait to be tested.

    Returns the documents whose promises that ended. Jobs among them look for the part elsewhere, or wait for it.
    """
    return _take_promises_back(
        session,
        sa.and_(Reservation.place_id == place_id, Reservation.part_id == part_id),
        lambda: returns.set_aside(
            session,
            place_id=place_id,
            part_id=part_id,
            quantity=quantity,
            reason=reason,
            actor_id=actor_id,
            serials=serials,
        ),
        actor_id=actor_id,
    )


def _take_promises_back(
    session: Session,
    possible: sa.ColumnElement[bool],
    act: Callable[[], Sequence[Reservation]],
    *,
    actor_id: int | None,
) -> Sequence[str]:
    """
    Carry out what may release some of the ``possible`` promises, with the jobs held that could lose them.

    Those that did lose one look for their parts elsewhere; returns the documents that lost one.
    """
    open_promises = sa.select(Reservation.reference).where(possible, Reservation.state == ReservationState.OPEN)

    def act_with_jobs_held() -> Sequence[Reservation]:
        held = set(session.scalars(open_promises))
        lock_jobs(session, held)
        released = act()
        if any(promise.reference not in held for promise in released):
            # Promised while we looked. Its job must not be waited for now, but before the stock: once more.
            raise StockBusy
        return released

    return tell_jobs(session, undisturbed(session, act_with_jobs_held), actor_id=actor_id)


def tell_jobs(session: Session, released: Iterable[Reservation], *, actor_id: int | None) -> Sequence[str]:
    """Let the jobs that lost a promise look for their parts elsewhere; returns the documents that lost one."""
    references = sorted({reservation.reference for reservation in released})
    renew_promises(session, references=references, actor_id=actor_id)
    return references


def end_expired_promises(session: Session) -> Sequence[str]:
    """
    End the promises whose time is over, and return the documents that lost theirs.

    Waiting jobs are asked first, the most urgent before the others; then those that lost a promise look again. A job
    that is on a plan keeps its parts, however late it is.
    """
    over = reservations.expired(session, at=clock.now())
    held = lock_jobs(session, {promise.reference for promise in over})
    on_plan = {job.number for job in held if job.status in ON_PLAN}
    ending = [promise.id for promise in over if promise.reference not in on_plan]
    if not ending:
        return []
    released = reservations.release(session, ending)
    retry_waiting(session, actor_id=None)
    return tell_jobs(session, released, actor_id=None)
