"""A technician's day as a whole: the stops, how far they are, what comes next, and what colleagues noted before."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import clock
from dispatch.models import Absence, Job, Plan, Technician, Visit, VisitPart
from dispatch.models.plans import PlanState
from dispatch.models.visits import UNDER_WAY, VisitStatus
from dispatch.stops import BreakStop, PickUpStop, Stop, VisitStop, stops_of_day
from dispatch.workforce import WorkingTime, absences_between, working_time_of

OVER = frozenset({VisitStatus.COMPLETED, VisitStatus.INCOMPLETE, VisitStatus.WITHDRAWN})

# Beyond these a technician on the doorstep does not read.
EARLIER_VISITS_SHOWN = 5


@dataclass(frozen=True)
class Workday:
    """
    What a technician does on a day.

    ``shift`` is the working time, absences taken out, and None on a day off; ``absences`` touch the day;
    ``is_published`` tells whether the day has a plan; ``earlier`` has the ended visits to the same device or for the
    same job by the visit's id, newest first, with the parts that were used.
    """

    technician: Technician
    day: dt.date
    shift: WorkingTime | None
    absences: Sequence[Absence]
    is_published: bool
    stops: Sequence[Stop]
    earlier: Mapping[int, Sequence[Visit]]

    @property
    def visits(self) -> list[Visit]:
        return [stop.visit for stop in self.stops if isinstance(stop, VisitStop)]

    @property
    def done(self) -> int:
        """How many visits have ended."""
        return sum(visit.status in OVER for visit in self.visits)

    @property
    def under_way(self) -> Visit | None:
        """The visit that the technician drives to or works at; None in between."""
        return next((visit for visit in self.visits if visit.status in UNDER_WAY), None)

    @property
    def next_stop(self) -> Stop | None:
        """The stop under way, else the first that is not done; None when the day is over."""
        for stop in self.stops:
            if isinstance(stop, VisitStop) and stop.visit.status in UNDER_WAY:
                return stop
        return next((stop for stop in self.stops if not is_done(stop)), None)


def workday(session: Session, *, technician: Technician, day: dt.date) -> Workday:
    """Return the day of a technician with everything a phone shows of it."""
    stops = stops_of_day(session, technician_id=technician.id, day=day)
    plan_id = session.scalar(sa.select(Plan.id).where(Plan.day == day, Plan.state == PlanState.PUBLISHED))
    return Workday(
        technician=technician,
        day=day,
        shift=working_time_of(session, technician, day),
        absences=_absences(session, technician, day),
        is_published=plan_id is not None,
        stops=stops,
        earlier=_earlier_visits(session, [stop.visit for stop in stops if isinstance(stop, VisitStop)]),
    )


def is_done(stop: Stop) -> bool:
    """Whether nothing is left to do at a stop; nobody reports a break, so it is over when its time is."""
    match stop:
        case VisitStop():
            return stop.visit.status in OVER
        case PickUpStop():
            return stop.is_loaded
        case BreakStop():
            return stop.leaves_at <= clock.now()


def _absences(session: Session, technician: Technician, day: dt.date) -> list[Absence]:
    begins = dt.datetime.combine(day, dt.time(), ZoneInfo(technician.zone))
    return absences_between(session, begins, begins + dt.timedelta(days=1), technician_ids=[technician.id])


def _earlier_visits(session: Session, visits: Iterable[Visit]) -> Mapping[int, Sequence[Visit]]:
    """Find what happened before to the devices and jobs of these visits."""
    visits = list(visits)
    job_ids = {visit.job_id for visit in visits}
    device_ids = {visit.job.device_id for visit in visits if visit.job.device_id is not None}
    ended = session.scalars(
        sa.select(Visit)
        .join(Visit.job)
        .where(Visit.ended_at.is_not(None), sa.or_(Visit.job_id.in_(job_ids), Job.device_id.in_(device_ids)))
        .options(
            joinedload(Visit.job).joinedload(Job.fault),
            joinedload(Visit.technician),
            selectinload(Visit.parts).joinedload(VisitPart.part),
        )
        .order_by(Visit.ended_at.desc())
    ).all()
    earlier: defaultdict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        for other in ended:
            if other.id != visit.id and len(earlier[visit.id]) < EARLIER_VISITS_SHOWN and _same_work(visit, other):
                earlier[visit.id].append(other)
    return dict(earlier)


def _same_work(visit: Visit, other: Visit) -> bool:
    same_device = visit.job.device_id is not None and visit.job.device_id == other.job.device_id
    return visit.job_id == other.job_id or same_device
