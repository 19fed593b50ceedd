"""The parts of a plan that is published: promised where it takes them from, and on the pick lists of the vans."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from dispatch.jobs import renew_promises
from dispatch.models import Job, JobPart, Plan, PlannedRoute, PlannedStop
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, StopKind
from dispatch.parts import needed_at, note_waiting
from dispatch.planning.errors import PlanOutdated
from inventory import picking, reservations
from inventory.errors import InsufficientStock, ShortLine
from inventory.locking import lock_rows
from inventory.models import BackOrder, PickLine, PickList, PickState, Place, Reservation, ReservationState
from inventory.queries import availability
from inventory.replenishment import top_up_lines
from inventory.reservations import Wanted


class _Move(NamedTuple):
    """A line of a planned job that is not promised where the plan takes it from."""

    line: JobPart
    wanted: Wanted


def promise_parts(session: Session, plans: Sequence[Plan], stops: Sequence[PlannedStop], actor_id: int | None) -> None:
    """
    Promise every part of some days at the place from which their plans take it.

    1. Release what the planned jobs hold elsewhere, so that the plans may swap pieces between jobs.
    2. Release what other jobs hold of these pieces: those that were left out for them, or that are to be done on
       another day of the same run, whose plan is still a draft.
    3. Promise, and let those jobs seek their parts anew; who finds none waits.

    Raises PlanOutdated when pieces are gone that the plans counted on.
    """
    moves = _moves(session, stops)
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


def withdraw_pick_lists(session: Session, plan: Plan) -> None:
    """
    Cancel what is still to be picked for the plan before; what fills trunks up was not drawn up by a plan and stays.

    For a job under way it stays too: the new plan knows nothing of it, and its technician may stop at the warehouse
    first.
    """
    for_jobs = PickList.lines.any(PickLine.reservation_id.is_not(None))
    open_lists = session.scalars(
        sa.select(PickList.id).where(PickList.day == plan.day, PickList.state == PickState.OPEN, for_jobs)
    ).all()
    under_way = session.scalars(
        sa.select(Reservation.id)
        .join(JobPart, JobPart.reservation_id == Reservation.id)
        .join(JobPart.job)
        .where(Job.status.in_((JobStatus.EN_ROUTE, JobStatus.ON_SITE)), Reservation.state == ReservationState.OPEN)
    ).all()
    picking.cancel_open(session, pick_list_ids=open_lists, kept_reservations=under_way)


def hold_places(session: Session, plans: Sequence[Plan]) -> None:
    """Hold the vans of plans and the warehouses that they call at until the transaction ends: places come first."""
    routes = [route for plan in plans for route in plan.routes]
    trunks = {route.technician.trunk_id for route in routes}
    lock_rows(session, Place, trunks.union(*(_called_at(route) for route in routes)))


def draw_up_pick_lists(session: Session, plan: Plan, route: PlannedRoute) -> None:
    """
    Draw up one list per warehouse that the van calls at: the promises that wait for it there, and what fills it up.

    A list that is open for that morning already goes on.
    """
    called_at = _called_at(route)
    if not called_at:
        return
    job_ids = [stop.job_id for stop in route.stops if stop.kind is StopKind.VISIT]
    waiting = session.scalars(
        sa.select(Reservation)
        .join(JobPart, JobPart.reservation_id == Reservation.id)
        .where(
            JobPart.job_id.in_(job_ids),
            Reservation.state == ReservationState.OPEN,
            Reservation.place_id.in_(called_at),
        )
        .order_by(JobPart.id)
    )
    by_warehouse: dict[int, list[picking.PickWanted]] = defaultdict(list)
    for held in waiting:
        by_warehouse[held.place_id].append(
            picking.PickWanted(
                part_id=held.part_id, quantity=held.quantity, reservation_id=held.id, reference=held.reference
            )
        )
    trunk_id = route.technician.trunk_id
    for warehouse_id in sorted(called_at):
        lines = [
            *by_warehouse[warehouse_id],
            *top_up_lines(session, trunk_id=trunk_id, warehouse_id=warehouse_id),
        ]
        if lines:
            picking.add_to_list(session, warehouse_id=warehouse_id, trunk_id=trunk_id, day=plan.day, lines=lines)


def _called_at(route: PlannedRoute) -> set[int]:
    called_at = (stop.warehouse_id for stop in route.stops if stop.kind is StopKind.DEPOT)
    return {warehouse_id for warehouse_id in called_at if warehouse_id is not None}


def _moves(session: Session, stops: Sequence[PlannedStop]) -> list[_Move]:
    sources = {(stop.job_id, part["part_id"]): part for stop in stops for part in stop.parts}
    lines = session.scalars(
        sa.select(JobPart)
        .where(JobPart.job_id.in_({job_id for job_id, _ in sources}))
        .options(joinedload(JobPart.reservation), joinedload(JobPart.job))
        .order_by(JobPart.id)
        .execution_options(populate_existing=True)
    )
    planned = [(line, sources[line.job_id, line.part_id]) for line in lines if (line.job_id, line.part_id) in sources]
    return [
        _Move(line, Wanted(line.part_id, source["quantity"], source["place_id"], line.job.number, needed_at(line.job)))
        for line, source in planned
        if not _is_held_at(line, source)
    ]


def _is_held_at(line: JobPart, source: Mapping[str, int]) -> bool:
    held = line.reservation
    # A count may have taken the promise back since.
    if held is None or held.state is not ReservationState.OPEN:
        return False
    return (held.place_id, held.quantity) == (source["place_id"], source["quantity"])


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
