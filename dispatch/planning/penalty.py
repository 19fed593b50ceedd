"""What contracts will ask for if a plan is carried out: in money, job by job."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.firm import read_firm
from dispatch.clocks import Pause
from dispatch.clockwork import owed_by
from dispatch.models import ClockPause, Job, LeftOut, Plan, PlannedRoute, PlannedStop, PlanRun, Shift, Technician
from dispatch.objective import Penalty, Stake

# Where nobody has a shift after the last day yet, the next chance is this time of the day after it.
MORNING = dt.time(8)


@dataclass(frozen=True)
class JobPenalty:
    """What one job will cost by contract; ``begins_at`` is None for a job that the plan leaves out."""

    job: Job
    due: dt.datetime
    begins_at: dt.datetime | None
    penalty: Penalty


@dataclass(frozen=True)
class PlanPenalty:
    """
    What a plan will cost by contract, and which jobs cost it, the dearest first.

    Those that are left out cost what they will have collected by ``next_chance``. Jobs that cost nothing are absent.
    """

    jobs: list[JobPenalty]
    next_chance: dt.datetime

    @property
    def cents(self) -> int:
        return sum(one.penalty.cents for one in self.jobs)

    @property
    def lateness_cents(self) -> int:
        return sum(one.penalty.lateness_cents for one in self.jobs)

    @property
    def breach_cents(self) -> int:
        return sum(one.penalty.breach_cents for one in self.jobs)

    @property
    def left_out_cents(self) -> int:
        return sum(one.penalty.cents for one in self.jobs if one.begins_at is None)


def stake_of(job: Job, pause: Pause | None, now: dt.datetime) -> Stake:
    """What is owed for a job now; ``pause`` is the one in which its clocks stand still, or None."""
    return Stake(
        priority=job.priority,
        due=owed_by(job, pause, now),
        late_cents_per_minute=job.late_cents_per_minute,
        breach_cents=job.breach_cents,
    )


def next_chance(session: Session, last_day: dt.date) -> dt.datetime:
    """When a job that is left out until the end of a day can be served: at the first shift after it."""
    begins = session.scalar(
        sa.select(sa.func.min(Shift.starts_at)).join(Shift.technician).where(Shift.day > last_day, Technician.active)
    )
    return begins or _morning_after(last_day, read_firm(session).zone)


def expected_penalty(session: Session, plan: Plan) -> PlanPenalty:
    """
    What contracts will ask for if a plan is carried out as it stands, from what is owed now.

    The plans of one run leave the same jobs out; the first of them is asked for those.
    """
    last_day = session.scalar(sa.select(PlanRun.last_day).where(PlanRun.id == plan.run_id)) if plan.run_id else None
    chance, now = next_chance(session, last_day or plan.day), clock.now()
    costs = [
        _cost(job, stake_of(job, Pause(paused_at, None) if paused_at else None, now), begins_at, chance)
        for job, begins_at, paused_at in session.execute(_jobs_of(plan))
    ]
    dear = sorted((cost for cost in costs if cost.penalty.cents), key=lambda cost: (-cost.penalty.cents, cost.job.id))
    return PlanPenalty(dear, chance)


def _jobs_of(plan: Plan) -> sa.Select[Job, dt.datetime | None, dt.datetime | None]:
    """The jobs of a plan, planned or left out: when each begins, and since when its clocks are paused."""
    planned = (
        sa.select(PlannedStop.job_id, PlannedStop.starts_at)
        .join(PlannedStop.route)
        .where(PlannedRoute.plan_id == plan.id, PlannedStop.job_id.is_not(None))
    )
    out = sa.select(LeftOut.job_id, sa.cast(sa.null(), PlannedStop.starts_at.type)).where(LeftOut.plan_id == plan.id)
    weighed = sa.union_all(planned, out).subquery("weighed")
    return (
        sa.select(Job, weighed.c.starts_at, ClockPause.began_at)
        .join(weighed, weighed.c.job_id == Job.id)
        .outerjoin(ClockPause, sa.and_(ClockPause.job_id == Job.id, ClockPause.ended_at.is_(None)))
        .options(joinedload(Job.site), joinedload(Job.contract))
    )


def _cost(job: Job, stake: Stake, begins_at: dt.datetime | None, chance: dt.datetime) -> JobPenalty:
    return JobPenalty(job, stake.due, begins_at, stake.penalty(begins_at or chance))


def _morning_after(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.combine(day + dt.timedelta(days=1), MORNING, zone).astimezone(dt.UTC)
