"""
The pick lists of a plan that is published.

A list that says what its van is to load goes on, with its number and whatever was picked: a warehouse works from
papers, and most of what is published concerns other vans. The lists of the others are withdrawn and drawn up anew.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.models import Job, JobPart, Plan, PlannedRoute
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import StopKind
from dispatch.planning.parts import PlannedLine
from inventory import picking
from inventory.closing import cancel_lines
from inventory.locking import lock_rows
from inventory.models import PickLine, PickList, PickState, Place, Reservation, ReservationState
from inventory.replenishment import top_up_lines

# A technician's trunk on a day.
Van = tuple[dt.date, int]
# The warehouse that a promise is fetched from; without a promise nothing was picked for it yet.
_Fetched = tuple[int, int | None]


def vans_to_load_anew(session: Session, plans: Sequence[Plan], lines: Sequence[PlannedLine]) -> set[Van]:
    """
    Return the vans whose open pick lists do not say what the plans let them load.

    What was picked is promised in the trunk by now and stands on no list any more; what is to be picked for a job under
    way is not the plans' business.
    """
    days = [plan.day for plan in plans]
    to_load: dict[Van, set[_Fetched]] = defaultdict(set)
    for line in lines:
        if line.place_id != line.trunk_id:
            to_load[line.day, line.trunk_id].add((line.place_id, line.reservation_id))
    open_lists = _open_lists(session, days)
    listed = _listed(session, days)
    vans = {van for van in {*to_load, *listed} if to_load.get(van) != listed.get(van)}
    return vans | {
        (plan.day, route.technician.trunk_id)
        for plan in plans
        for route in plan.routes
        if not called_at(route) <= open_lists[plan.day, route.technician.trunk_id]
    }


def _open_lists(session: Session, days: Collection[dt.date]) -> dict[Van, set[int]]:
    """The warehouses from which each van has something to load."""
    found: dict[Van, set[int]] = defaultdict(set)
    rows = session.execute(
        sa.select(PickList.day, PickList.trunk_id, PickList.warehouse_id).where(
            PickList.day.in_(days), PickList.state == PickState.OPEN
        )
    )
    for row in rows:
        found[row.day, row.trunk_id].add(row.warehouse_id)
    return found


def _listed(session: Session, days: Collection[dt.date]) -> dict[Van, set[_Fetched]]:
    """What is still to be picked for jobs that nobody has set off for."""
    found: dict[Van, set[_Fetched]] = defaultdict(set)
    rows = session.execute(
        sa.select(PickList.day, PickList.trunk_id, PickList.warehouse_id, PickLine.reservation_id)
        .join(PickLine.pick_list)
        .where(
            PickList.day.in_(days),
            PickList.state == PickState.OPEN,
            PickLine.state == PickState.OPEN,
            PickLine.reservation_id.is_not(None),
            PickLine.reservation_id.not_in(_under_way()),
        )
    )
    for row in rows:
        found[row.day, row.trunk_id].add((row.warehouse_id, row.reservation_id))
    return found


def _under_way() -> sa.Select[int]:
    return (
        sa.select(Reservation.id)
        .join(JobPart, JobPart.reservation_id == Reservation.id)
        .join(JobPart.job)
        .where(Job.status.in_((JobStatus.EN_ROUTE, JobStatus.ON_SITE)), Reservation.state == ReservationState.OPEN)
    )


def hold_places(session: Session, plans: Sequence[Plan], vans: Collection[Van]) -> None:
    """Hold these vans and the warehouses that they call at until the transaction ends: places come first."""
    trunks = {trunk_id for _, trunk_id in vans}
    warehouses = {place for plan in plans for route in _of_vans(plan, vans) for place in called_at(route)}
    lock_rows(session, Place, trunks | warehouses)


def withdraw_pick_lists(session: Session, vans: Collection[Van], lines: Sequence[PlannedLine]) -> None:
    """
    Cancel what these vans have still to load for jobs, and what other lists, of earlier days too, say of their lines.

    A list that only fills a trunk up was drawn up by no plan and stays. So does what is for a job under way: the new
    plan knows nothing of it, and its technician may stop at the warehouse first.
    """
    for_jobs = PickList.lines.any(PickLine.reservation_id.is_not(None))
    open_lists = session.execute(
        sa.select(PickList.id, PickList.day, PickList.trunk_id).where(
            PickList.day.in_({day for day, _ in vans}), PickList.state == PickState.OPEN, for_jobs
        )
    ).all()
    picking.cancel_open(
        session,
        pick_list_ids=[row.id for row in open_lists if (row.day, row.trunk_id) in vans],
        kept_reservations=session.scalars(_under_way()).all(),
    )
    promised = {line.reservation_id for line in lines if (line.day, line.trunk_id) in vans}
    cancel_lines(session, PickLine.reservation_id.in_(promised - {None}))


def draw_up_pick_lists(session: Session, plan: Plan, vans: Collection[Van]) -> None:
    """
    Draw up a list for each of these vans and warehouse it calls at: the promises that wait there, and what fills it up.

    A list that is open for that morning already goes on.
    """
    for route in _of_vans(plan, vans):
        _draw_up(session, plan, route)


def _draw_up(session: Session, plan: Plan, route: PlannedRoute) -> None:
    places = called_at(route)
    if not places:
        return
    job_ids = [stop.job_id for stop in route.stops if stop.kind is StopKind.VISIT]
    waiting = session.scalars(
        sa.select(Reservation)
        .join(JobPart, JobPart.reservation_id == Reservation.id)
        .where(
            JobPart.job_id.in_(job_ids),
            Reservation.state == ReservationState.OPEN,
            Reservation.place_id.in_(places),
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
    for warehouse_id in sorted(places):
        lines = [
            *by_warehouse[warehouse_id],
            *top_up_lines(session, trunk_id=trunk_id, warehouse_id=warehouse_id),
        ]
        if lines:
            picking.add_to_list(session, warehouse_id=warehouse_id, trunk_id=trunk_id, day=plan.day, lines=lines)


def _of_vans(plan: Plan, vans: Collection[Van]) -> Iterator[PlannedRoute]:
    return (route for route in plan.routes if (plan.day, route.technician.trunk_id) in vans)


def called_at(route: PlannedRoute) -> set[int]:
    """The warehouses that a route calls at."""
    places = (stop.warehouse_id for stop in route.stops if stop.kind is StopKind.DEPOT)
    return {place_id for place_id in places if place_id is not None}
