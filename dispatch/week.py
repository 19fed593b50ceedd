"""A week on the board: what each technician's days hold, in numbers and in spans."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, raiseload

from dispatch import workforce
from dispatch.lanes import moved_elsewhere
from dispatch.models import Absence, Job, Plan, PlannedRoute, PlannedStop, Shift, Technician
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, StopKind
from dispatch.workforce import WorkingTime

DAYS = 7


@dataclass(frozen=True)
class DayOfWeek:
    """One technician's day in short: who works when, and what is planned."""

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


def working_seconds(working: WorkingTime) -> int:
    """How long somebody works on a day without the break and what lies in absences."""
    whole = working.ends_at - working.starts_at - sum((end - start for start, end in working.away), dt.timedelta(0))
    rest = working.rest.seconds if working.rest is not None else 0
    return max(60, int(whole.total_seconds()) - rest)


def week_of(session: Session, day: dt.date, *, published: bool = False) -> WeekView:
    """Return the week that a day lies in, from its Monday; plans as the board chooses them for each day."""
    first = day - dt.timedelta(days=day.weekday())
    days = [first + dt.timedelta(days=later) for later in range(DAYS)]
    plans = _plans(session, days, published=published)
    stops = _stops(session, plans)
    busy = _routes(session, plans)
    working = {(one.technician.id, one.day): one for one in workforce.working_times(session, first, days[-1])}
    absences = _absences(session, days)
    people = _people(session, {technician_id for technician_id, _ in {**working, **busy, **absences}})
    rows = [
        (
            technician,
            [_day(technician.id, one, working, absences, stops=stops, busy=busy) for one in days],
        )
        for technician in people
    ]
    return WeekView(days, rows, plans)


def _day(
    technician_id: int,
    day: dt.date,
    working: Mapping[tuple[int, dt.date], WorkingTime],
    absences: Mapping[tuple[int, dt.date], Sequence[Absence]],
    *,
    stops: Mapping[tuple[int, dt.date], Sequence[Any]],
    busy: Mapping[tuple[int, dt.date], int],
) -> DayOfWeek:
    key = technician_id, day
    visits = [stop for stop in stops.get(key, ()) if stop.kind is StopKind.VISIT]
    worked = [stop for stop in stops.get(key, ()) if stop.kind is not StopKind.BREAK]
    at_stops = sum((stop.leaves_at - stop.starts_at for stop in worked), dt.timedelta(0))
    return DayOfWeek(
        day=day,
        working=working.get(key),
        absences=absences.get(key, ()),
        visits=len(visits),
        late=sum(_is_late(stop) for stop in visits),
        busy_seconds=int(at_stops.total_seconds()) + (busy.get(key, 0) if worked else 0),
        spans=[(stop.starts_at, stop.leaves_at) for stop in worked],
    )


def _is_late(stop: Any) -> bool:
    """As on the lanes of the day: against the response, or the resolution if somebody was there before."""
    first = stop.responded_at is None or stop.responded_at >= stop.starts_at
    return bool(stop.starts_at > (stop.response_due if first else stop.resolution_due))


def _plans(session: Session, days: Sequence[dt.date], *, published: bool) -> dict[dt.date, Plan]:
    rows = session.scalars(
        sa.select(Plan)
        .where(Plan.day.between(days[0], days[-1]), Plan.state.in_((PlanState.DRAFT, PlanState.PUBLISHED)))
        .options(raiseload("*"))
        .order_by(Plan.version)
    ).all()
    preferred = PlanState.PUBLISHED if published else PlanState.DRAFT
    # The preferred one comes last and stays.
    return {plan.day: plan for plan in sorted(rows, key=lambda plan: plan.state is preferred)}


def _stops(session: Session, plans: Mapping[dt.date, Plan]) -> dict[tuple[int, dt.date], list[Any]]:
    """The stops of the plans that still stand, by technician and day."""
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
            Job.response_due,
            Job.resolution_due,
            Job.responded_at,
        )
        .join(Plan.routes)
        .join(PlannedRoute.stops)
        .outerjoin(PlannedStop.job)
        .where(Plan.id.in_([plan.id for plan in plans.values()]))
        .order_by(PlannedStop.starts_at)
    )
    found: dict[tuple[int, dt.date], list[Any]] = defaultdict(list)
    for row in rows:
        if row.status is not JobStatus.CANCELLED and (row.plan_id, row.job_id) not in moved:
            found[row.technician_id, row.day].append(row)
    return found


def _routes(session: Session, plans: Mapping[dt.date, Plan]) -> dict[tuple[int, dt.date], int]:
    """The seconds on the road, by technician and day."""
    rows = session.execute(
        sa.select(Plan.day, PlannedRoute.technician_id, PlannedRoute.travel_seconds)
        .join(Plan.routes)
        .where(Plan.id.in_([plan.id for plan in plans.values()]))
    )
    return {(row.technician_id, row.day): row.travel_seconds for row in rows}


def _absences(session: Session, days: Sequence[dt.date]) -> dict[tuple[int, dt.date], list[Absence]]:
    """The absences that touch the shifts of the days, by technician and day."""
    found: dict[tuple[int, dt.date], list[Absence]] = {}
    shifts = session.execute(
        sa.select(Shift.technician_id, Shift.day, Shift.starts_at, Shift.ends_at).where(
            Shift.day.between(days[0], days[-1])
        )
    ).all()
    if not shifts:
        return found
    begins, ends = min(shift.starts_at for shift in shifts), max(shift.ends_at for shift in shifts)
    away: dict[int, list[Absence]] = defaultdict(list)
    for absence in workforce.absences_between(session, begins, ends):
        away[absence.technician_id].append(absence)
    for shift in shifts:
        if touching := _touching(away[shift.technician_id], shift.starts_at, shift.ends_at):
            found[shift.technician_id, shift.day] = touching
    return found


def _touching(absences: Iterable[Absence], begins: dt.datetime, ends: dt.datetime) -> list[Absence]:
    return [absence for absence in absences if absence.starts_at < ends and absence.ends_at > begins]


def _people(session: Session, technician_ids: Collection[int]) -> Sequence[Technician]:
    return session.scalars(
        sa.select(Technician).where(Technician.id.in_(technician_ids)).options(raiseload("*")).order_by(Technician.code)
    ).all()
