"""The living day at a glance: who is where, what is late, who is absent, what waits, and what happened."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.firm import read_firm
from customers.models import Site
from dispatch.lifecycle import WAITING
from dispatch.live.arrivals import AtRisk, expected_start, risks_of
from dispatch.live.log import events_of_day
from dispatch.models import Absence, DayEvent, Job, Plan, Position, Shift, Technician, Visit
from dispatch.models.plans import PlanState
from dispatch.models.visits import UNDER_WAY, VisitStatus
from dispatch.whereabouts import told_late, told_overruns

OVER = frozenset({VisitStatus.COMPLETED, VisitStatus.INCOMPLETE})
# Work that lasts this much longer than planned is worth asking about.
WORTH_ASKING = dt.timedelta(minutes=5)
URGENT_SHOWN = 30


@dataclass(frozen=True)
class Now:
    """One technician at this moment: at work on ``current``, expected next at ``upcoming``."""

    technician: Technician
    shift: Shift | None
    current: Visit | None
    upcoming: Visit | None
    done: int
    to_do: int
    seen_at: dt.datetime | None
    late_until: dt.datetime | None
    overruns_until: dt.datetime | None
    # How much longer than planned the work at hand has taken already.
    over_seconds: int = 0

    @property
    def behind_seconds(self) -> int:
        """How much later than planned the next visit is expected to begin."""
        if self.upcoming is None:
            return 0
        return max(0, int((expected_start(self.upcoming) - self.upcoming.planned_start).total_seconds()))


@dataclass(frozen=True)
class LiveDay:
    """Everything that the page of the living day shows."""

    day: dt.date
    plan: Plan | None
    draft: Plan | None
    team: Sequence[Now]
    at_risk: Sequence[AtRisk]
    absences: Sequence[Absence]
    # Due today and on nobody's route, the most urgent first.
    waiting: Sequence[Job]
    events: Sequence[DayEvent]

    @property
    def proposal(self) -> DayEvent | None:
        """The event because of which the draft of the day was proposed; None if somebody asked for it."""
        if self.draft is None:
            return None
        proposed = (event for event in self.events if event.facts.get("answer") == "proposed")
        return next((event for event in proposed if event.plan_id == self.draft.id), None)

    @property
    def overruns(self) -> list[Now]:
        return [one for one in self.team if one.over_seconds]


def live_day(session: Session, day: dt.date) -> LiveDay:
    """Read a day as it goes."""
    visits = _visits(session, day)
    open_visits = [visit for visit in visits if visit.status in {VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE}]
    risks = [risk for visit in open_visits for risk in risks_of(visit, expected_start(visit))]
    plans = {
        plan.state: plan
        for plan in session.scalars(
            sa.select(Plan)
            .where(Plan.day == day, Plan.state.in_((PlanState.DRAFT, PlanState.PUBLISHED)))
            .order_by(Plan.version)
        )
    }
    return LiveDay(
        day=day,
        plan=plans.get(PlanState.PUBLISHED),
        draft=plans.get(PlanState.DRAFT),
        team=_team(session, day, visits),
        at_risk=sorted(risks, key=lambda risk: -risk.late_seconds),
        absences=_absences(session, day),
        waiting=_waiting(session, day),
        events=events_of_day(session, day),
    )


def visits_ahead(session: Session, technician_id: int, day: dt.date) -> Sequence[Visit]:
    """Return the visits of a day that a technician has yet to arrive for, in order."""
    return session.scalars(
        sa.select(Visit)
        .where(
            Visit.technician_id == technician_id,
            Visit.day == day,
            Visit.status.in_((VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE)),
        )
        .options(joinedload(Visit.job))
        .order_by(Visit.position)
    ).all()


def names_of_technicians(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the names of technicians by id."""
    return {
        row.id: row.name
        for row in session.execute(sa.select(Technician.id, Technician.name).where(Technician.id.in_(ids)))
    }


def _visits(session: Session, day: dt.date) -> Sequence[Visit]:
    return session.scalars(
        sa.select(Visit)
        .where(Visit.day == day, Visit.status != VisitStatus.WITHDRAWN)
        .options(joinedload(Visit.job).joinedload(Job.site), joinedload(Visit.technician))
        .order_by(Visit.position)
    ).all()


def _team(session: Session, day: dt.date, visits: Sequence[Visit]) -> list[Now]:
    own: dict[int, list[Visit]] = defaultdict(list)
    for visit in visits:
        own[visit.technician_id].append(visit)
    shifts = {shift.technician_id: shift for shift in session.scalars(sa.select(Shift).where(Shift.day == day))}
    seen = {row.technician_id: row.at for row in session.scalars(sa.select(Position))}
    late, overruns = told_late(session, day), told_overruns(session, day)
    people = session.scalars(
        sa.select(Technician)
        .where(sa.or_(Technician.id.in_(own), sa.and_(Technician.id.in_(shifts), Technician.active)))
        .order_by(Technician.code)
    )
    return [
        _now(technician, shifts.get(technician.id), own[technician.id], seen, late, overruns) for technician in people
    ]


def _now(  # noqa: PLR0917 -- what is known of one technician, from six places
    technician: Technician,
    shift: Shift | None,
    visits: Sequence[Visit],
    seen: dict[int, dt.datetime],
    late: dict[int, dt.datetime],
    overruns: dict[int, dt.datetime],
) -> Now:
    now = clock.now()
    current = next((visit for visit in visits if visit.status in UNDER_WAY), None)
    until = overruns.get(current.job_id) if current is not None else None
    held_up = late.get(technician.id)
    return Now(
        technician,
        shift,
        current,
        upcoming=next((visit for visit in visits if visit.status is VisitStatus.DISPATCHED), None),
        done=sum(visit.status in OVER for visit in visits),
        to_do=len(visits),
        seen_at=seen.get(technician.id),
        late_until=held_up if held_up is not None and held_up > now else None,
        overruns_until=until if until is not None and until > now else None,
        over_seconds=_over(current, now) if current is not None else 0,
    )


def _over(visit: Visit, now: dt.datetime) -> int:
    if visit.arrived_at is None:
        return 0
    over = now - visit.arrived_at - dt.timedelta(seconds=visit.job.duration_seconds)
    return int(over.total_seconds()) if over >= WORTH_ASKING else 0


def _absences(session: Session, day: dt.date) -> Sequence[Absence]:
    zone = read_firm(session).zone
    begins = dt.datetime.combine(day, dt.time(), zone)
    return session.scalars(
        sa.select(Absence)
        .where(
            Absence.withdrawn_at.is_(None),
            Absence.starts_at < begins + dt.timedelta(days=1),
            Absence.ends_at > begins,
        )
        .options(joinedload(Absence.technician))
        .order_by(Absence.starts_at)
    ).all()


def _waiting(session: Session, day: dt.date) -> Sequence[Job]:
    ends = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), read_firm(session).zone)
    return session.scalars(
        sa.select(Job)
        .where(
            Job.status.in_(WAITING),
            sa.or_(Job.response_due < ends, Job.window_start < ends),
        )
        .options(joinedload(Job.site).joinedload(Site.customer))
        .order_by(Job.priority, Job.response_due, Job.id)
        .limit(URGENT_SHOWN)
    ).all()
