"""A week on the board: what each technician's days hold, in numbers and in spans."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, raiseload

from dispatch import workforce
from dispatch.dayplans import plans_of_days
from dispatch.lanes import absences_touching, due_of, is_stop_of, moved_elsewhere, unplanned_travel, went
from dispatch.models import Absence, Job, Plan, PlannedRoute, PlannedStop, Shift, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import StopKind
from dispatch.models.visits import VisitStatus
from dispatch.workforce import WorkingTime

DAYS = 7

# A technician, by id, on a day.
Key = tuple[int, dt.date]


@dataclass(frozen=True)
class DayOfWeek:
    """One technician's day in short: who works when, and what is planned or went already."""

    day: dt.date
    working: WorkingTime | None
    absences: Sequence[Absence]
    visits: int
    late: int
    # Time on the road and at stops.
    busy_seconds: int
    # When work is done, in order.
    spans: Sequence[tuple[dt.datetime, dt.datetime]]

    @property
    def load_percent(self) -> int | None:
        """How much of the working time is planned; None if there is none."""
        if self.working is None:
            return None
        return round(100 * self.busy_seconds / working_seconds(self.working))


@dataclass(frozen=True)
class WeekView:
    """Seven days of everybody who works on one of them or has something to do, by code."""

    days: Sequence[dt.date]
    rows: Sequence[tuple[Technician, Sequence[DayOfWeek]]]
    # The plan that is shown of each day: its draft, if there is one, else what is published.
    plans: Mapping[dt.date, Plan]

    def visits_on(self, day: dt.date) -> int:
        """How many visits everybody has on a day."""
        return sum(one.visits for _, days in self.rows for one in days if one.day == day)


@dataclass(frozen=True)
class _Known:
    """What was read once for all days of the week."""

    working: Mapping[Key, WorkingTime]
    absences: Mapping[Key, Sequence[Absence]]
    planned: Mapping[Key, Sequence["_Planned"]]
    begun: Mapping[Key, Sequence[Any]]
    # Seconds on the road, by the plans.
    travel: Mapping[Key, int]


class _Planned(NamedTuple):
    """A stop of a plan, and whether it still stands: its job was not cancelled, nor taken over by another day."""

    stop: Any
    stands: bool


class _Stop(NamedTuple):
    """A stop as planned or as it went."""

    kind: StopKind
    starts_at: dt.datetime
    ends_at: dt.datetime
    is_late: bool


def working_seconds(working: WorkingTime) -> int:
    """How long somebody works on a day without the break and what lies in absences."""
    whole = working.ends_at - working.starts_at - sum((end - start for start, end in working.away), dt.timedelta(0))
    rest = working.rest.seconds if working.rest is not None else 0
    return max(60, int(whole.total_seconds()) - rest)


def week_of(session: Session, day: dt.date, *, published: bool = False) -> WeekView:
    """Return the week that a day lies in, from its Monday; plans as the board chooses them for each day."""
    first = day - dt.timedelta(days=day.weekday())
    days = [first + dt.timedelta(days=later) for later in range(DAYS)]
    choices = plans_of_days(session, days)
    plans = {one: plan for one in days if (plan := choices[one].shown(published=published)) is not None}
    known = _Known(
        working={(one.technician.id, one.day): one for one in workforce.working_times(session, first, days[-1])},
        absences=_absences(session, days),
        planned=_planned(session, plans),
        begun=_begun(session, days),
        travel=_travel(session, plans),
    )
    keys = {*known.working, *known.absences, *known.travel, *known.begun}
    people = _people(session, {technician_id for technician_id, _ in keys})
    rows = [(technician, [_day(known, technician.id, one) for one in days]) for technician in people]
    return WeekView(days, rows, plans)


def _day(known: _Known, technician_id: int, day: dt.date) -> DayOfWeek:
    key = technician_id, day
    planned, begun = known.planned.get(key, ()), known.begun.get(key, ())
    stops = _stops(planned, begun)
    worked = [stop for stop in stops if stop.kind is not StopKind.BREAK]
    at_stops = sum((stop.ends_at - stop.starts_at for stop in worked), dt.timedelta(0))
    travel = (known.travel.get(key, 0) if worked else 0) + unplanned_travel(begun, [one.stop for one in planned])
    return DayOfWeek(
        day=day,
        working=known.working.get(key),
        absences=known.absences.get(key, ()),
        visits=sum(stop.kind is StopKind.VISIT for stop in stops),
        late=sum(stop.is_late for stop in stops),
        busy_seconds=int(at_stops.total_seconds()) + travel,
        spans=[(stop.starts_at, stop.ends_at) for stop in worked],
    )


def _stops(planned: Iterable[_Planned], begun: Sequence[Any]) -> list[_Stop]:
    """What is still to come, and what has begun as it went, which plans made since leave out; in order."""
    to_come = [
        _Stop(stop.kind, stop.starts_at, stop.leaves_at, _is_late(stop, stop.starts_at))
        for stop, stands in planned
        if stands and not any(is_stop_of(visit, stop) for visit in begun)
    ]
    return sorted([*to_come, *(_begun_stop(visit) for visit in begun)], key=lambda stop: stop.starts_at)


def _begun_stop(visit: Any) -> _Stop:
    _, starts, ends, _ = went(visit)
    return _Stop(StopKind.VISIT, starts, ends, _is_late(visit, starts))


def _is_late(row: Any, starts_at: dt.datetime) -> bool:
    return row.job_id is not None and starts_at > due_of(row, starts_at)


# What tells whether a visit of a job is late.
_DUE = (Job.response_due, Job.resolution_due, Job.responded_at)


def _planned(session: Session, plans: Mapping[dt.date, Plan]) -> Mapping[Key, Sequence[_Planned]]:
    """The stops of the plans, by technician and day."""
    moved = moved_elsewhere(session, list(plans.values()))
    rows = session.execute(
        sa.select(
            Plan.id.label("plan_id"),
            Plan.day,
            PlannedRoute.technician_id,
            PlannedStop.kind,
            PlannedStop.job_id,
            PlannedStop.starts_at,
            PlannedStop.leaves_at,
            Job.status,
            *_DUE,
        )
        .join(Plan.routes)
        .join(PlannedRoute.stops)
        .outerjoin(PlannedStop.job)
        .where(Plan.id.in_([plan.id for plan in plans.values()]))
    )
    found: dict[Key, list[_Planned]] = defaultdict(list)
    for row in rows:
        stands = row.status is not JobStatus.CANCELLED and (row.plan_id, row.job_id) not in moved
        found[row.technician_id, row.day].append(_Planned(row, stands))
    return found


def _begun(session: Session, days: Sequence[dt.date]) -> Mapping[Key, Sequence[Any]]:
    """The visits that somebody has set off for, by technician and day."""
    rows = session.execute(
        sa.select(
            Visit.technician_id,
            Visit.day,
            Visit.job_id,
            Visit.status,
            Visit.planned_arrival,
            Visit.planned_start,
            Visit.planned_end,
            Visit.set_off_at,
            Visit.arrived_at,
            Visit.ended_at,
            *_DUE,
        )
        .join(Visit.job)
        .where(
            Visit.day.between(days[0], days[-1]),
            Visit.set_off_at.is_not(None),
            Visit.status != VisitStatus.WITHDRAWN,
        )
    )
    found: dict[Key, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.technician_id, row.day].append(row)
    return found


def _travel(session: Session, plans: Mapping[dt.date, Plan]) -> dict[Key, int]:
    """The seconds on the road by the plans, by technician and day."""
    rows = session.execute(
        sa.select(Plan.day, PlannedRoute.technician_id, PlannedRoute.travel_seconds)
        .join(Plan.routes)
        .where(Plan.id.in_([plan.id for plan in plans.values()]))
    )
    return {(row.technician_id, row.day): row.travel_seconds for row in rows}


def _absences(session: Session, days: Sequence[dt.date]) -> dict[Key, list[Absence]]:
    """The absences that touch the shifts of the days, by technician and day."""
    shifts = sa.select(Shift).where(Shift.day.between(days[0], days[-1])).options(raiseload("*"))
    return absences_touching(session, session.scalars(shifts).all())


def _people(session: Session, technician_ids: Collection[int]) -> Sequence[Technician]:
    return session.scalars(
        sa.select(Technician).where(Technician.id.in_(technician_ids)).options(raiseload("*")).order_by(Technician.code)
    ).all()
