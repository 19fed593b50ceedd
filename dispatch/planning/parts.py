"""The parts of a plan that is published, promised where it takes them from."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from dispatch.jobs import renew_promises
from dispatch.models import Job, JobPart, Plan, PlannedRoute, PlannedStop
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.parts import needed_at, note_waiting
from dispatch.planning.errors import PlanOutdated
from inventory import reservations
from inventory.errors import InsufficientStock, ShortLine
from inventory.models import BackOrder, Place, Reservation, ReservationState
from inventory.queries import availability
from inventory.reservations import Wanted


class PlannedLine(NamedTuple):
    """
    A line of a planned job: for which van, and from which place the plan takes how many pieces.

    ``reservation_id`` is the promise that holds them there; None if there is none.
    """

    id: int
    day: dt.date
    trunk_id: int
    place_id: int
    quantity: int
    reservation_id: int | None


class _Move(NamedTuple):
    """A line of a planned job that is not promised where the plan takes it from."""

    line: JobPart
    wanted: Wanted


def planned_lines(session: Session, plans: Sequence[Plan]) -> list[PlannedLine]:
    """Read the lines of what some days plan, as far as the plans take pieces for them."""
    taken = {
        (stop.job_id, part["part_id"]): (plan.day, route.technician.trunk_id, part["place_id"], part["quantity"])
        for plan in plans
        for route in plan.routes
        for stop in route.stops
        for part in stop.parts
    }
    rows = session.execute(
        sa.select(
            JobPart.id,
            JobPart.job_id,
            JobPart.part_id,
            JobPart.reservation_id,
            Reservation.place_id,
            Reservation.quantity,
        )
        # A count may have taken the promise back since.
        .outerjoin(
            Reservation,
            sa.and_(Reservation.id == JobPart.reservation_id, Reservation.state == ReservationState.OPEN),
        )
        .where(JobPart.job_id.in_({job_id for job_id, _ in taken}))
        .order_by(JobPart.id)
    )
    planned = [(row, taken[row.job_id, row.part_id]) for row in rows if (row.job_id, row.part_id) in taken]
    return [
        PlannedLine(row.id, *source, row.reservation_id if (row.place_id, row.quantity) == source[2:] else None)
        for row, source in planned
    ]


def promise_parts(session: Session, plans: Sequence[Plan], lines: Sequence[PlannedLine], actor_id: int | None) -> None:
    """
    Promise every part of some days at the place from which their plans take it.

    1. Release what the planned jobs hold elsewhere, so that the plans may swap pieces between jobs.
    2. Release what other jobs hold of these pieces: those that were left out for them, or that are to be done on
       another day of the same run, whose plan is still a draft.
    3. Promise, and let those jobs seek their parts anew; who finds none waits.

    Raises PlanOutdated when pieces are gone that the plans counted on.
    """
    moves = _moves(session, lines)
    reservations.release(session, [move.line.reservation_id for move in moves if move.line.reservation_id is not None])
    losers = _release_others(session, plans, [move.wanted for move in moves])
    try:
        held = reservations.reserve_at(session, [move.wanted for move in moves])
    except InsufficientStock as short:
        raise PlanOutdated(plans[0], _changes(session, moves, short.facts["shortages"])) from short
    for move, reservation in zip(moves, held, strict=True):
        move.line.reservation = reservation
    _end_waiting(session, moves)
    renew_promises(session, references=losers, actor_id=actor_id)


def _end_waiting(session: Session, moves: Sequence[_Move]) -> None:
    """Whoever lost a promise while on a plan waits for the part no longer once the plan finds it elsewhere."""
    numbers = {move.wanted.reference for move in moves}
    waiting = session.scalars(sa.select(BackOrder.reference).where(BackOrder.reference.in_(numbers)).distinct())
    jobs = {move.line.job.number: move.line.job for move in moves}
    for number in waiting.all():
        note_waiting(session, jobs[number])


def _moves(session: Session, lines: Sequence[PlannedLine]) -> list[_Move]:
    lacking = {line.id: line for line in lines if line.reservation_id is None}
    rows = session.scalars(
        sa.select(JobPart)
        .where(JobPart.id.in_(lacking))
        .options(joinedload(JobPart.reservation), joinedload(JobPart.job))
        .order_by(JobPart.id)
        .execution_options(populate_existing=True)
    )
    moves = []
    for row in rows:
        planned, job = lacking[row.id], row.job
        wanted = Wanted(row.part_id, planned.quantity, planned.place_id, job.number, needed_at(job))
        moves.append(_Move(row, wanted))
    return moves


def _release_others(session: Session, plans: Sequence[Plan], wanted: Collection[Wanted]) -> set[str]:
    """
    Release what other jobs hold of the pieces that are short, and return the numbers of these jobs.

    Only of jobs that the solver weighed: their pieces were free for it to give to others. Of those that were left out
    it has details to tell of them, and of nobody else.
    """
    pieces = Counter[tuple[int, int]]()
    for line in wanted:
        pieces[line.place_id, line.part_id] += line.quantity
    available = availability(session, part_ids={part_id for _, part_id in pieces})
    short = [level for level, count in pieces.items() if count > available.get(level, 0)]
    if not short:
        return set()
    weighed = {row.job_id for plan in plans for row in plan.left_out if row.details}
    weighed.update(_on_other_days(session, plans))
    holders = session.scalars(
        sa.select(JobPart)
        .join(JobPart.job)
        .join(JobPart.reservation)
        .where(
            Job.id.in_(weighed),
            Job.status == JobStatus.READY,
            Reservation.state == ReservationState.OPEN,
            sa.tuple_(Reservation.place_id, Reservation.part_id).in_(short),
        )
        .options(joinedload(JobPart.job))
        .order_by(Job.id)
        .with_for_update(of=Job, key_share=True)
    ).all()
    reservations.release(session, [line.reservation_id for line in holders if line.reservation_id is not None])
    return {line.job.number for line in holders}


def _on_other_days(session: Session, plans: Sequence[Plan]) -> Sequence[int]:
    """The jobs that the same runs plan for days of which nothing is published yet."""
    runs = {plan.run_id for plan in plans if plan.run_id is not None}
    return [
        job_id
        for job_id in session.scalars(
            sa.select(PlannedStop.job_id)
            .join(PlannedStop.route)
            .join(PlannedRoute.plan)
            .where(Plan.run_id.in_(runs), Plan.state == PlanState.DRAFT, Plan.id.not_in([plan.id for plan in plans]))
        )
        if job_id is not None
    ]


def _changes(session: Session, moves: Sequence[_Move], shortages: Sequence[ShortLine]) -> list[dict[str, str]]:
    """Name the jobs whose pieces are gone, each with the sentence about them."""
    gone = {(short["place"], short["part_id"]): str(InsufficientStock(shortages=[short])) for short in shortages}
    found = []
    for move in moves:
        level = (session.get_one(Place, move.wanted.place_id).code, move.wanted.part_id)
        if level in gone:
            found.append({"number": move.wanted.reference, "change": gone[level]})
    return found
