"""A technician's stops of a day, as the phone shows them."""

import datetime as dt
import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from customers.models import Site
from dispatch.models import Job, JobPart, Plan, PlannedRoute, PlannedStop, Technician, Visit
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from inventory.models import Part, PickLine, PickList, PickState, Place, PlaceKind, Reservation, ReservationState


class Whereabouts(enum.StrEnum):
    """Where the pieces of a job are, seen from the van."""

    IN_TRUNK = "in_trunk"
    AT_WAREHOUSE = "at_warehouse"
    IN_OTHER_TRUNK = "in_other_trunk"
    NOT_RESERVED = "not_reserved"
    USED = "used"


@dataclass(frozen=True)
class PartLine:
    """A part of a job; ``place`` is where its pieces are promised, or None if they are not."""

    part: Part
    quantity: int
    used: int
    whereabouts: Whereabouts
    place: Place | None


@dataclass(frozen=True)
class VisitStop:
    """A visit with its job, site, device and fault loaded."""

    visit: Visit
    parts: tuple[PartLine, ...]

    kind = StopKind.VISIT

    @property
    def arrives_at(self) -> dt.datetime:
        return self.visit.planned_arrival

    @property
    def leaves_at(self) -> dt.datetime:
        return self.visit.planned_end


@dataclass(frozen=True)
class PickUpStop:
    """A stop at a warehouse, with the pick lists for this van there that were not cancelled."""

    warehouse: Place
    pick_lists: tuple[PickList, ...]
    arrives_at: dt.datetime
    leaves_at: dt.datetime

    kind = StopKind.DEPOT

    @property
    def is_loaded(self) -> bool:
        return all(pick_list.state is PickState.CONFIRMED for pick_list in self.pick_lists)


@dataclass(frozen=True)
class BreakStop:
    """Time to rest, wherever the technician is."""

    arrives_at: dt.datetime
    leaves_at: dt.datetime

    kind = StopKind.BREAK


Stop = VisitStop | PickUpStop | BreakStop


def stops_of_day(session: Session, *, technician_id: int, day: dt.date) -> list[Stop]:
    """
    Return what a technician does on a day, in order.

    Visits are those that were dispatched and not withdrawn, also when a newer plan no longer knows them because they
    are over; pick-ups and breaks are those of the published plan.
    """
    technician = session.get_one(Technician, technician_id)
    stops: list[Stop] = [
        VisitStop(visit, _part_lines(visit, technician)) for visit in _visits(session, technician, day)
    ]
    stops += _planned_stops(session, technician, day)
    return sorted(stops, key=lambda stop: (stop.arrives_at, stop.leaves_at))


def _visits(session: Session, technician: Technician, day: dt.date) -> Sequence[Visit]:
    job = joinedload(Visit.job)
    return session.scalars(
        sa.select(Visit)
        .where(Visit.technician_id == technician.id, Visit.day == day, Visit.status != VisitStatus.WITHDRAWN)
        .options(
            selectinload(Visit.files),
            job.joinedload(Job.site).joinedload(Site.customer),
            job.joinedload(Job.device),
            job.joinedload(Job.fault),
            job.selectinload(Job.parts).options(
                joinedload(JobPart.part), joinedload(JobPart.reservation).joinedload(Reservation.place)
            ),
        )
        .order_by(Visit.position)
    ).all()


def _part_lines(visit: Visit, technician: Technician) -> tuple[PartLine, ...]:
    return tuple(_part_line(line, technician) for line in visit.job.parts)


def _part_line(line: JobPart, technician: Technician) -> PartLine:
    whereabouts, place = Whereabouts.NOT_RESERVED, None
    if line.reservation is not None and line.reservation.state is ReservationState.OPEN:
        place = line.reservation.place
        whereabouts = _seen_from(technician, place)
    elif line.used:
        whereabouts = Whereabouts.USED
    return PartLine(line.part, line.quantity, line.used, whereabouts, place)


def _seen_from(technician: Technician, place: Place) -> Whereabouts:
    if place.id == technician.trunk_id:
        return Whereabouts.IN_TRUNK
    return Whereabouts.AT_WAREHOUSE if place.kind is PlaceKind.WAREHOUSE else Whereabouts.IN_OTHER_TRUNK


def _planned_stops(session: Session, technician: Technician, day: dt.date) -> Iterator[PickUpStop | BreakStop]:
    planned = session.scalars(
        sa.select(PlannedStop)
        .join(PlannedStop.route)
        .join(PlannedRoute.plan)
        .where(
            PlannedRoute.technician_id == technician.id,
            Plan.day == day,
            Plan.state == PlanState.PUBLISHED,
            PlannedStop.kind != StopKind.VISIT,
        )
        .order_by(PlannedStop.position)
    ).all()
    pick_lists = _pick_lists(session, technician, day)
    for stop in planned:
        if stop.warehouse_id is None:
            yield BreakStop(stop.starts_at, stop.leaves_at)
        else:
            here = tuple(known for known in pick_lists if known.warehouse_id == stop.warehouse_id)
            warehouse = session.get_one(Place, stop.warehouse_id)
            yield PickUpStop(warehouse, here, stop.arrives_at, stop.leaves_at)


def _pick_lists(session: Session, technician: Technician, day: dt.date) -> Sequence[PickList]:
    return session.scalars(
        sa.select(PickList)
        .where(PickList.trunk_id == technician.trunk_id, PickList.day == day, PickList.state != PickState.CANCELLED)
        .options(selectinload(PickList.lines).joinedload(PickLine.part))
        .order_by(PickList.id)
    ).all()
