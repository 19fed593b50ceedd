"""
Who can take a job, best first, and sending somebody.

Nothing is planned anew: the published day stays as it is, and the job goes into one route of it.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import reading
from dispatch.errors import UnknownJob
from dispatch.lifecycle import can_be_moved
from dispatch.live.bending import Going, as_it_goes
from dispatch.live.errors import JobNotAssignable, NotYetAssignable, RepairFirst, TechnicianCannot
from dispatch.live.present import Present, read_present, suppose_present
from dispatch.live.reasons import Why, explained
from dispatch.live.writing import write
from dispatch.models import Job, Plan, Technician
from dispatch.planning.compute import Workbench
from dispatch.planning.errors import JOBS_NAMED
from dispatch.planning.publish import publish
from dispatch.planning.record import Computed
from routing.insertion import OpenPlan, Spot
from routing.live import Candidate, LivePlan, timing_of
from routing.loads import loads_of
from routing.objective import cost_by_term
from routing.problem import Problem, Visit
from routing.solution import Solution

ENGINE = "assign"


@dataclass(frozen=True)
class Asked:
    """The job that a question is about."""

    id: int
    number: str


@dataclass(frozen=True)
class Lateness:
    """A planned visit that gets late, or later, because of another one."""

    number: str
    starts_at: dt.datetime
    more_seconds: int
    promised: bool


@dataclass(frozen=True)
class Choice:
    """
    One technician as the one who takes a job, and what that does to the day; or why it cannot be.

    ``cost_cents`` is what the day costs more. ``late_seconds`` is how late the job itself begins, ``lateness`` what it
    does to others, ``fetch_at`` and ``fetches`` the pick-up stop that goes in with it.
    """

    technician_id: int
    technician: str
    code: str
    cost_cents: int = 0
    arrives_at: dt.datetime | None = None
    starts_at: dt.datetime | None = None
    late_seconds: int = 0
    overtime_seconds: int = 0
    lateness: tuple[Lateness, ...] = ()
    # "nothing_needed", "van", "planned_stop" or "new_stop".
    parts: str = "nothing_needed"
    fetch_at: str = ""
    fetches: Mapping[str, int] = field(default_factory=dict)
    why: Why | None = None

    @property
    def is_possible(self) -> bool:
        return self.why is None

    @property
    def promises_touched(self) -> int:
        """How many customers who were promised a window get their visit late."""
        return sum(one.promised for one in self.lateness)


@dataclass(frozen=True)
class Ranking:
    """Everybody who works on a day as somebody who takes a job, best first, those who cannot last."""

    number: str
    day: dt.date
    choices: tuple[Choice, ...]
    # Who has the job now; None if nobody has.
    technician_id: int | None


@dataclass(frozen=True)
class Assignment:
    """
    A day with a job brought into a route, computed and not written yet.

    ``broken`` are promises that it does not keep, of which ``late_anyway`` are late without it, too.
    """

    present: Present
    computed: Computed
    job_id: int
    technician_id: int
    broken: frozenset[str]
    late_anyway: frozenset[str]


def who_can(bench: Workbench, job_id: int, day: dt.date) -> Ranking:
    """
    Rank everybody who works on a day for a job, as the published day stands.

    Raises UnknownJob, NoDayToRepair, and JobNotAssignable if the job waits for something or is over.
    """
    going, visit, holder = _asked(bench, job_id, day)
    return _ranked(bench, going, visit, holder)


def who_could(bench: Workbench, take_in: Callable[[Session], Job], day: dt.date) -> Ranking:
    """
    Rank everybody for a job that is not taken in yet, as if ``take_in`` had been called; nothing of it stays.

    Raises what ``take_in`` refuses, NoDayToRepair, and NotYetAssignable if the job could not be made that day.
    """
    present, job = suppose_present(bench, day, take_in)
    if not can_be_moved(job.status) or present.job(job.id) is None:
        raise NotYetAssignable(day=day.isoformat(), status=job.status.value)
    going = as_it_goes(present)
    problem = going.present.problem
    return _ranked(bench, going, problem.visits[problem.visit_index[job.number]], None)


def _ranked(bench: Workbench, going: Going, visit: Visit, holder: int | None) -> Ranking:
    present, names = going.present, people(bench)
    ranked = LivePlan(present.problem, going.plan).rank(visit)
    choices = tuple(_choice(present, visit, candidate, names) for candidate in ranked)
    return Ranking(visit.id, present.day, choices, holder)


def prepare_assignment(bench: Workbench, job_id: int, technician_id: int, day: dt.date) -> Assignment:
    """
    Bring a job into the route of a technician, where it costs least; outside any transaction.

    Raises what ``who_can`` does, and TechnicianCannot or RepairFirst.
    """
    going, visit, _ = _asked(bench, job_id, day)
    present, base = going.present, going.plan
    if going.lost:
        lost = sorted(going.lost)
        more = f" +{len(lost) - JOBS_NAMED}" if len(lost) > JOBS_NAMED else ""
        raise RepairFirst(day=day.isoformat(), numbers=", ".join(lost[:JOBS_NAMED]) + more)
    shifts = {shift.technician_id: shift for shift in present.snapshot.shifts}
    able = [one for one in LivePlan(present.problem, base).rank(visit) if one.reason is None]
    wanted = shifts.get(technician_id)
    found = next((one for one in able if wanted is not None and one.shift == wanted.id), None)
    if found is None:
        raise _cannot(bench, present, base, visit, technician_id)
    solution = replace(brought_in(present.problem, base, visit, found), engine=ENGINE)
    computed = Computed(present.snapshot, present.problem, solution, base)
    late, before = late_promises(present, solution), late_promises(present, base)
    return Assignment(present, computed, job_id, technician_id, late, late & before)


def assign(session: Session, assignment: Assignment, *, actor_id: int | None) -> Plan:
    """
    Send the technician: the changed day is written as a plan and published in one act.

    Visits, pick lists and promised pieces follow as for every publication. Raises DayMovesOn if the day is no longer
    the one that the assignment was computed from.
    """
    number = assignment.present.number_of(assignment.job_id)
    plan = write(session, assignment.present, assignment.computed, actor_id=actor_id, assigned=number)
    # What is late already is late with or without this job; of what becomes late the page that asked told.
    return publish(
        session,
        plan_id=plan.id,
        consent=assignment.broken,
        late_anyway=assignment.late_anyway,
        actor_id=actor_id,
    )


def _asked(bench: Workbench, job_id: int, day: dt.date) -> tuple[Going, Visit, int | None]:
    """The day without the job, the visit it would be, and who has it now."""
    present = read_present(bench, day, also=[job_id])
    job = present.job(job_id) if _may_be_sent_to(bench, job_id) else None
    if job is None:
        raise _not_assignable(bench, job_id, day)
    holder = job.previous.technician_id if job.previous is not None else None
    going = as_it_goes(present.without(job.number))
    problem = going.present.problem
    return going, problem.visits[problem.visit_index[job.number]], holder


def _may_be_sent_to(bench: Workbench, job_id: int) -> bool:
    with reading(), bench.sessions() as session:
        status = session.scalar(sa.select(Job.status).where(Job.id == job_id))
    return status is not None and can_be_moved(status)


def _not_assignable(bench: Workbench, job_id: int, day: dt.date) -> UnknownJob | JobNotAssignable:
    with reading(), bench.sessions() as session:
        job = session.get(Job, job_id)
        if job is None:
            return UnknownJob(job=job_id)
        return JobNotAssignable(number=job.number, day=day.isoformat(), status=job.status.value)


def people(bench: Workbench) -> dict[int, tuple[str, str]]:
    """Name and code of every technician."""
    with reading(), bench.sessions() as session:
        rows = session.execute(sa.select(Technician.id, Technician.name, Technician.code)).all()
        return {row.id: (row.name, row.code) for row in rows}


def _choice(present: Present, visit: Visit, candidate: Candidate, names: Mapping[int, tuple[str, str]]) -> Choice:
    shift = present.snapshot.shift(candidate.shift)
    name, code = names[shift.technician_id]
    if candidate.reason is not None:
        why = explained(present, visit, candidate.reason)
        return Choice(shift.technician_id, name, code, why=why)
    promised = {job.number for job in present.snapshot.jobs if job.promise is not None}
    pickup = candidate.pickup
    return Choice(
        shift.technician_id,
        name,
        code,
        cost_cents=round(candidate.cost),
        arrives_at=present.at(candidate.arrive),
        starts_at=present.at(candidate.start),
        late_seconds=candidate.late,
        overtime_seconds=candidate.overtime,
        lateness=tuple(
            Lateness(one.visit, present.at(one.start), one.more, one.visit in promised) for one in candidate.delays
        ),
        parts=candidate.parts.value,
        fetch_at=present.warehouse_names[pickup.depot] if pickup is not None else "",
        fetches=dict(pickup.taken) if pickup is not None else {},
    )


def _cannot(bench: Workbench, present: Present, base: Solution, visit: Visit, technician_id: int) -> TechnicianCannot:
    with reading(), bench.sessions() as session:
        technician = session.get(Technician, technician_id)
    name = technician.name if technician is not None else str(technician_id)
    ranked = LivePlan(present.problem, base).rank(visit)
    reason = next(
        (
            one.reason.code.value
            for one in ranked
            if one.reason is not None and technician is not None and one.technician == technician.code
        ),
        "shift",
    )
    return TechnicianCannot(technician=name, number=visit.id, day=present.day.isoformat(), obstacle=reason)


def brought_in(problem: Problem, base: Solution, visit: Visit, candidate: Candidate) -> Solution:
    """A plan with one more visit, where a candidate says."""
    timing = timing_of(problem)
    plan = OpenPlan(timing, timing.orders(base.routes), timing.stated_loads(base.routes))
    pickup = candidate.pickup
    depot = (len(problem.visits) + pickup.depot, pickup.position) if pickup is not None else (-1, -1)
    plan.insert(problem.visit_index[visit.id], problem.shift_index[candidate.shift], Spot(candidate.position, *depot))
    solution = replace(base, routes=plan.routes())
    unserved = tuple(one for one in base.unserved if one.visit != visit.id)
    solution = replace(solution, unserved=unserved, loads=loads_of(problem, solution.routes))
    return replace(solution, cost=cost_by_term(problem, solution))


def late_promises(present: Present, solution: Solution) -> frozenset[str]:
    """The promised jobs that begin outside their window."""
    promised = {job.number: job.promise for job in present.snapshot.jobs if job.promise is not None}
    return frozenset(
        stop.id
        for route in solution.routes
        for stop in route.stops
        if stop.id in promised and not promised[stop.id][0] <= present.at(stop.start) <= promised[stop.id][1]
    )
