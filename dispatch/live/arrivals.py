"""
When technicians are expected, from where they are and how the day went.

No travel time is computed here: the published plan holds the drives between its stops, and what it does not hold is
estimated as the crow flies. So a phone's command is answered in a moment, and the estimate is as good as the plan.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.accounts import RoleName
from dispatch.models import Job, Notice, Plan, PlannedRoute, PlannedStop, Position, Visit
from dispatch.models.clocks import NoticeKind
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from dispatch.notices import close_notices, raise_notice
from dispatch.whereabouts import told_late, told_overruns, whereabouts
from routing.travel import Point, travel_times

# Smaller changes of an estimate are noise.
WORTH_TELLING = dt.timedelta(minutes=1)
AS_THE_CROW_FLIES = travel_times("great_circle")
PROMISE, RESPONSE = "promise", "response"


@dataclass(frozen=True)
class Leg:
    """The drive to a stop, not before when work there may begin, and how long it lasts; ``visit`` if it is one."""

    drive: dt.timedelta
    lasts: dt.timedelta
    not_before: dt.datetime | None = None
    visit: Visit | None = None


@dataclass(frozen=True)
class Expected:
    """When a technician is expected to arrive for a visit and to begin."""

    visit: Visit
    arrives_at: dt.datetime
    starts_at: dt.datetime


@dataclass(frozen=True)
class Renewed:
    """What became of the expected arrivals: visits expected at another time, and what is at risk since just now."""

    moved: list[Visit]
    at_risk: "list[AtRisk]"


@dataclass(frozen=True)
class AtRisk:
    """A visit that is expected too late: for its promise, or for the response target of its contract."""

    visit: Visit
    what: str
    due: dt.datetime
    expected: dt.datetime

    @property
    def late_seconds(self) -> int:
        return int((self.expected - self.due).total_seconds())


def expect(ready: dt.datetime, legs: Sequence[Leg]) -> Iterator[Expected]:
    """Follow one stop after the other, from when a technician is ready to drive to the first."""
    now = ready
    for leg in legs:
        arrives = now + leg.drive
        starts = max(arrives, leg.not_before or arrives)
        if leg.visit is not None:
            yield Expected(leg.visit, arrives, starts)
        now = starts + leg.lasts


def renew_arrivals(session: Session, *, day: dt.date, technician_ids: Collection[int] | None = None) -> Renewed:
    """
    Write down when each technician is expected at the visits to come.

    Promises and response targets that can no longer be met raise a notice to the dispatchers, once; what is in time
    again takes it back.
    """
    expected = list(_expected(session, day, clock.now().replace(microsecond=0), technician_ids))
    moved = []
    for one in expected:
        visit = one.visit
        if abs(one.arrives_at - (visit.expected_at or visit.planned_arrival)) >= WORTH_TELLING:
            visit.expected_at = one.arrives_at
            moved.append(visit)
    return Renewed(moved, _tell_risks(session, expected))


def risks_of(visit: Visit, starts_at: dt.datetime) -> list[AtRisk]:
    """What a visit that begins then misses."""
    job, found = visit.job, []
    if job.window_end is not None and starts_at > job.window_end:
        found.append(AtRisk(visit, PROMISE, job.window_end, starts_at))
    if job.responded_at is None and starts_at > job.response_due:
        found.append(AtRisk(visit, RESPONSE, job.response_due, starts_at))
    return found


def expected_start(visit: Visit) -> dt.datetime:
    """When work is expected to begin at a visit that nobody has arrived for."""
    if visit.expected_at is None:
        return visit.planned_start
    return max(visit.expected_at, visit.planned_start) if _waits(visit) else visit.expected_at


def _waits(visit: Visit) -> bool:
    """Whether the plan lets the technician wait at the door until the shop opens or the promise begins."""
    return visit.planned_start > visit.planned_arrival


def _expected(
    session: Session, day: dt.date, now: dt.datetime, technician_ids: Collection[int] | None
) -> Iterator[Expected]:
    visits = _visits(session, day, technician_ids)
    plans = _planned_stops(session, day, visits.keys())
    driving = {technician for technician, own in visits.items() if _on_the_way(own) is not None}
    seen = session.scalars(sa.select(Position).where(Position.technician_id.in_(driving)))
    positions = {row.technician_id: row for row in seen}
    places = whereabouts(session, day, now, technician_ids=technician_ids)
    late, overruns = told_late(session, day), told_overruns(session, day)
    for technician_id, own in visits.items():
        place = places.get(technician_id)
        ready = max(place[1] if place is not None else now, late.get(technician_id, now))
        drive = _on_the_way(own)
        if drive is not None:
            arrives = _arrival(drive, own, positions.get(technician_id), now)
            starts = max(arrives, drive.planned_start) if _waits(drive) else arrives
            yield Expected(drive, arrives, starts)
            ready = max(starts + _work(drive), overruns.get(drive.job_id, now))
        yield from expect(*_legs(own, plans.get(technician_id, []), ready, place))


def _on_the_way(visits: Sequence[Visit]) -> Visit | None:
    return next((visit for visit in visits if visit.status is VisitStatus.EN_ROUTE), None)


def _visits(session: Session, day: dt.date, technician_ids: Collection[int] | None) -> dict[int, list[Visit]]:
    wanted = sa.select(Visit).where(Visit.day == day, Visit.status != VisitStatus.WITHDRAWN)
    if technician_ids is not None:
        wanted = wanted.where(Visit.technician_id.in_(technician_ids))
    rows = session.scalars(
        wanted.options(joinedload(Visit.job).joinedload(Job.site), joinedload(Visit.technician)).order_by(
            Visit.position
        )
    )
    found: dict[int, list[Visit]] = defaultdict(list)
    for visit in rows:
        found[visit.technician_id].append(visit)
    return found


def _planned_stops(session: Session, day: dt.date, technicians: Collection[int]) -> dict[int, list[PlannedStop]]:
    rows = session.scalars(
        sa.select(PlannedStop)
        .join(PlannedStop.route)
        .join(PlannedRoute.plan)
        .where(Plan.day == day, Plan.state == PlanState.PUBLISHED, PlannedRoute.technician_id.in_(technicians))
        .options(joinedload(PlannedStop.route).defer(PlannedRoute.path))
        .order_by(PlannedStop.position)
    )
    found: dict[int, list[PlannedStop]] = defaultdict(list)
    for stop in rows:
        found[stop.route.technician_id].append(stop)
    return found


def _legs(
    visits: Sequence[Visit],
    stops: Sequence[PlannedStop],
    ready: dt.datetime,
    here: tuple[Point, dt.datetime] | None,
) -> tuple[dt.datetime, list[Leg]]:
    """When the technician can set off, and what is still to be done after that."""
    waiting = {visit.job_id: visit for visit in visits if visit.status is VisitStatus.DISPATCHED}
    begun = {visit.job_id for visit in visits if visit.set_off_at is not None}
    done = max((i for i, stop in enumerate(stops) if stop.job_id in begun), default=-1)
    legs: list[Leg] = []
    for i, stop in enumerate(stops):
        visit = waiting.get(stop.job_id) if stop.job_id is not None else None
        if visit is None and (stop.kind is StopKind.VISIT or i <= done):
            # Begun, over or taken off; and what lay before the last visit that was begun is over too.
            continue
        drive = _planned_drive(stops, i) if legs or i == done + 1 else _rough_drive(here, visit)
        legs.append(Leg(drive, _lasts(stop, visit), _not_before(stop), visit))
    if legs and not begun and stops:
        # Nobody leaves home earlier than planned without being told to.
        ready = max(ready, stops[0].route.departs_at)
    return ready, legs


def _planned_drive(stops: Sequence[PlannedStop], i: int) -> dt.timedelta:
    left = stops[i - 1].leaves_at if i else stops[i].route.departs_at
    return max(dt.timedelta(0), stops[i].arrives_at - left)


def _rough_drive(here: tuple[Point, dt.datetime] | None, visit: Visit | None) -> dt.timedelta:
    there = _place_of(visit) if visit is not None else None
    return dt.timedelta(0) if here is None or there is None else _as_the_crow_flies(here[0], there)


def _as_the_crow_flies(here: Point, there: Point) -> dt.timedelta:
    return dt.timedelta(seconds=int(AS_THE_CROW_FLIES.table([here], [there]).seconds[0, 0]))


def _not_before(stop: PlannedStop) -> dt.datetime | None:
    return stop.starts_at if stop.starts_at > stop.arrives_at else None


def _lasts(stop: PlannedStop, visit: Visit | None) -> dt.timedelta:
    return _work(visit) if visit is not None else stop.leaves_at - stop.starts_at


def _arrival(drive: Visit, own: Sequence[Visit], seen: Position | None, now: dt.datetime) -> dt.datetime:
    """When somebody who is on the way arrives: from where the phone was seen on the way, else from the place before."""
    there, set_off = _place_of(drive), drive.set_off_at
    if there is None or set_off is None:
        return max(now, drive.planned_arrival)
    if seen is not None and seen.at >= set_off:
        return max(now, seen.at + _as_the_crow_flies(Point(seen.lat, seen.lon), there))
    before = [visit for visit in own if visit.ended_at is not None and visit.ended_at <= set_off]
    home = Point(drive.technician.home_lat, drive.technician.home_lon)
    last = _place_of(max(before, key=lambda visit: visit.ended_at or set_off)) if before else None
    return max(now, set_off + _as_the_crow_flies(last or home, there))


def _place_of(visit: Visit) -> Point | None:
    site = visit.job.site
    return None if site.lat is None or site.lon is None else Point(site.lat, site.lon)


def _work(visit: Visit) -> dt.timedelta:
    return dt.timedelta(seconds=visit.job.duration_seconds)


def _tell_risks(session: Session, expected: Sequence[Expected]) -> list[AtRisk]:
    """Raise a notice for what will be missed, and close those that have become pointless; returns what is new."""
    fresh = []
    told = _told(session, [one.visit.job_id for one in expected])
    for one in expected:
        risks = risks_of(one.visit, one.starts_at)
        known = told.get(one.visit.job_id, set())
        for risk in risks:
            _tell(session, risk)
        fresh += [risk for risk in risks if risk.what not in known]
        for what in known - {risk.what for risk in risks}:
            close_notices(session, job_id=one.visit.job_id, kinds=[NoticeKind.PROMISE_AT_RISK], about=what)
    return fresh


def _told(session: Session, job_ids: Collection[int]) -> dict[int, set[str]]:
    """What is open already, by job."""
    rows = session.scalars(
        sa.select(Notice).where(
            Notice.kind == NoticeKind.PROMISE_AT_RISK, Notice.closed_at.is_(None), Notice.job_id.in_(job_ids)
        )
    )
    told: dict[int, set[str]] = defaultdict(set)
    for notice in rows:
        if notice.job_id is not None:
            told[notice.job_id].add(notice.about)
    return told


def _tell(session: Session, risk: AtRisk) -> None:
    raise_notice(
        session,
        kind=NoticeKind.PROMISE_AT_RISK,
        role=RoleName.DISPATCHER,
        job_id=risk.visit.job_id,
        about=risk.what,
        facts={
            "number": risk.visit.job.number,
            "technician": risk.visit.technician.name,
            "due": risk.due.isoformat(),
            "expected": risk.expected.isoformat(),
        },
    )
