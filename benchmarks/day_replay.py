"""
A stochastic day replayed through the use cases: what the living day is worth, and that nothing breaks on the way.

The same day, drawn from a seed, happens under three ways of dispatching. Work takes longer or shorter than planned,
some shops are locked, somebody falls ill, urgent calls come in. Technicians go through ``fieldwork`` on a real database
with the clock moved by hand.

- *ours*: the morning's plan; each urgent call goes to the first of ``who_can``, each event is answered by the repaired
  plan, which is published.
- *nearest free*: no plan; whenever a technician is free they take the nearest job they can do.
- *first come, first served*: no plan; whenever a technician is free they take the job reported first that they can do.

Under all three the skills, parts, promises and opening hours are the same. Run from the project's root:
``python -m benchmarks replay``.
"""

import datetime as dt
import heapq
import itertools
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from benchmarks.live import publish_day
from benchmarks.town import DAY, Firmament, Town, job_of, moment, new_job, town_of
from core.errors import DomainError
from customers.models import Priority, Site
from dispatch import fieldwork, jobs
from dispatch.distances import metres_between
from dispatch.jobs import take_in_job
from dispatch.lifecycle import Action
from dispatch.live import answers, choices
from dispatch.live.facts import tell_absent, tell_overrun
from dispatch.models import ClockEvent, DayEvent, Job, Promise, Shift, Technician, Visit
from dispatch.models.clocks import ClockSign
from dispatch.models.jobs import JobStatus
from dispatch.models.promises import PromiseState
from dispatch.models.visits import UNDER_WAY, CannotComplete, VisitStatus
from dispatch.models.workforce import AbsenceReason
from dispatch.planning import publish
from dispatch.planning.errors import PromisesWouldBreak
from inventory import picking
from inventory.audit import find_differences
from inventory.models import PickList, PickState, PlaceKind, ReservationState
from routing.travel import Point, travel_times

TECHNICIANS, JOBS, URGENT = 10, 70, 7
SEEDS = (1, 2)
ROADS = travel_times("great_circle")
PICK_UP = dt.timedelta(minutes=10)
OVERTIME = dt.timedelta(hours=1)
NO_ACCESS = 0.04
WAYS = ("ours", "nearest free", "first come, first served")


@dataclass(frozen=True)
class Fate:
    """What would happen at a job, whoever comes: the share of the planned time that work takes; if it is locked."""

    factor: float
    locked: bool


@dataclass
class Outcome:
    """What became of a day."""

    due: int = 0
    met: int = 0
    urgent: int = 0
    urgent_met: int = 0
    completed: int = 0
    promises: int = 0
    kept: int = 0
    travel_minutes: float = 0.0
    plans: int = 0
    problems: list[str] = field(default_factory=list)


def report() -> None:
    """Print the figures as Markdown."""
    print(
        f"{TECHNICIANS} technicians, {JOBS} jobs in the morning, {URGENT} urgent calls, one absence; seeds {SEEDS}.\n"
    )
    print(
        "| way | response targets met | urgent ones | promises kept | jobs done | driving | per job | plans | sound |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    for way in WAYS:
        days = [replay(way, seed) for seed in SEEDS]
        print(_row(way, days), flush=True)


def replay(way: str, seed: int, town: Town | None = None, *, plan_seconds: float = 4.0) -> Outcome:
    """Let one day happen under one way of dispatching; the morning's plan gets so many seconds."""
    town = town or Town(TECHNICIANS, JOBS, spare_shops=URGENT, seed=seed)
    with tempfile.TemporaryDirectory() as folder, town_of(town, Path(folder)) as firm:
        day = _Replay(firm, way, seed, plan_seconds)
        day.run()
        return day.outcome()


class _Replay:
    """One day: a queue of things that happen, each at its time."""

    def __init__(self, firm: Firmament, way: str, seed: int, plan_seconds: float) -> None:
        self.firm, self.way, self.plan_seconds = firm, way, plan_seconds
        self.dice = random.Random(f"replay {seed}")  # noqa: S311
        self.queue: list[tuple[dt.datetime, int, Callable[[], None]]] = []
        self.turn = itertools.count()
        self.travel = 0.0
        self.problems: list[str] = []
        with firm.session() as session:
            technicians = session.scalars(sa.select(Technician).order_by(Technician.id)).all()
            self.technicians = [technician.id for technician in technicians]
            self.homes = {one.id: Point(one.home_lat, one.home_lon) for one in technicians}
            self.trunks = {one.id: one.trunk_id for one in technicians}
            self.skills = {one.id: {skill.skill: skill.level for skill in one.skills} for one in technicians}
            shifts = session.scalars(sa.select(Shift).where(Shift.day == DAY)).all()
            self.hours = {shift.technician_id: [shift.starts_at, shift.ends_at] for shift in shifts}
        self.places = dict(self.homes)
        self.driving: set[int] = set()

    def run(self) -> None:
        """From half past seven until everybody is home."""
        if self.way == "ours":
            publish_day(self.firm, seconds=self.plan_seconds, engine="hybrid")
        for technician_id in self.technicians:
            self._at(self.hours[technician_id][0], lambda who=technician_id: self._next(who))
        ill = self.dice.choice(self.technicians)
        self._at(moment(10 + self.dice.random()), lambda: self._falls_ill(ill))
        for site_id in self.firm.spare_sites:
            self._at(moment(8.5 + 6 * self.dice.random()), lambda site=site_id: self._calls(site))
        while self.queue:
            when, _, happen = heapq.heappop(self.queue)
            if when > moment(20):
                break
            self.firm.clock.move_to(when)
            happen()

    def outcome(self) -> Outcome:
        """Count what became of the day, and look for what must never be."""
        found = Outcome(travel_minutes=self.travel / 60, problems=self.problems)
        with self.firm.session() as session:
            for job in session.scalars(sa.select(Job)):
                if job.response_due > moment(18):
                    continue
                met = job.responded_at is not None and job.responded_at <= job.response_due
                urgent = job.site_id in self.firm.spare_sites
                found.due += 1
                found.met += met
                found.urgent += urgent
                found.urgent_met += met and urgent
            statuses = Counter(session.scalars(sa.select(Job.status)))
            found.completed = statuses[JobStatus.COMPLETED]
            found.plans = (
                session.scalar(sa.select(sa.func.count(DayEvent.id)).where(DayEvent.plan_id.is_not(None))) or 0
            )
            found.promises, found.kept = _promises(session)
            found.problems += _unsound(session, self.firm.town)
        return found

    # Things that happen.

    def _calls(self, site_id: int) -> None:
        with self.firm.session() as session:
            site = session.get_one(Site, site_id)
            dice = random.Random(f"call {site_id}")  # noqa: S311
            new = new_job(site, self.firm.part_ids, dice, self.firm.town, Priority.P1)
            take_in_job(session, new=new, actor_id=self.firm.dispatcher_id)
            job = job_of(session, site_id)
            job_id, ready = job.id, job.status is JobStatus.READY
            session.commit()
        if self.way == "ours" and ready:
            self._send_best(job_id)
        self._wake()

    def _send_best(self, job_id: int) -> None:
        for _ in range(2):
            try:
                choice = choices.who_can(self.firm.bench, job_id, DAY).choices[0]
                if not choice.is_possible:
                    return
                prepared = choices.prepare_assignment(self.firm.bench, job_id, choice.technician_id, DAY)
                with self.firm.session() as session:
                    choices.assign(session, prepared, actor_id=self.firm.dispatcher_id)
                    session.commit()
                return
            except DomainError as refusal:
                if refusal.code != "repair_first":
                    self.problems.append(f"{refusal.code}: {refusal}")
                    return
                self._repair()

    def _falls_ill(self, technician_id: int) -> None:
        now = self._now()
        self.hours[technician_id][1] = now
        with self.firm.session() as session:
            event = tell_absent(
                session,
                technician_id=technician_id,
                starts_at=now,
                ends_at=moment(23),
                reason=AbsenceReason.SICK,
                actor_id=self.firm.dispatcher_id,
            )
            session.commit()
            event_id = event.id
        if self.way == "ours":
            self._answer(event_id)

    def _answer(self, event_id: int) -> None:
        """Answer an event and publish the repaired plan; customers are called where it breaks a promise."""
        event = answers.answer(self.firm.bench, event_id)
        if event.facts.get("answer") != "draft" or event.plan_id is None:
            return
        self._publish(event.plan_id)
        self._wake()

    def _repair(self) -> None:
        repair = answers.prepare_repair(self.firm.bench, DAY)
        if repair is None:
            return
        with self.firm.session() as session:
            plan = answers.write_repair(session, repair, actor_id=self.firm.dispatcher_id)
            session.commit()
            plan_id = plan.id
        self._publish(plan_id)

    def _publish(self, plan_id: int) -> None:
        consent: frozenset[str] = frozenset()
        for _ in range(2):
            with self.firm.session() as session:
                try:
                    publish(session, plan_id=plan_id, consent=consent, actor_id=self.firm.dispatcher_id)
                    session.commit()
                    return
                except PromisesWouldBreak as refusal:
                    consent = frozenset(one["number"] for one in refusal.facts["jobs"])
                    session.rollback()

    def _next(self, technician_id: int) -> None:
        """A technician looks at what is next; if nothing is, the phone is looked at again when something changes."""
        if technician_id in self.driving or self._now() >= self.hours[technician_id][1]:
            return
        with self.firm.session() as session:
            visit = (
                self._planned(session, technician_id) if self.way == "ours" else self._picked(session, technician_id)
            )
            if visit is None:
                return
            there = _point(visit.job.site)
            waits = self._not_yet(visit, technician_id, there)
            if waits is not None:
                session.rollback()
                self._at(waits, lambda: self._next(technician_id))
                return
            way_there = self._drive(technician_id, there, self._load(session, visit, technician_id))
            fieldwork.set_off(session, visit_id=visit.id, technician_id=technician_id, actor_id=None)
            visit_id = visit.id
            session.commit()
        self.driving.add(technician_id)
        self._at(self._now() + way_there, lambda: self._arrives(technician_id, visit_id))

    def _arrives(self, technician_id: int, visit_id: int) -> None:
        with self.firm.session() as session:
            visit = session.get_one(Visit, visit_id)
            if visit.status is not VisitStatus.EN_ROUTE:
                self.driving.discard(technician_id)
                self._next(technician_id)
                return
            fieldwork.arrive(session, visit_id=visit_id, technician_id=technician_id, actor_id=None)
            job, fate = visit.job, _fate(visit.job)
            planned, job_id = job.duration_seconds, job.id
            session.commit()
        takes = dt.timedelta(minutes=5) if fate.locked else dt.timedelta(seconds=planned * fate.factor)
        over = takes - dt.timedelta(seconds=planned)
        if self.way == "ours" and not fate.locked and over > dt.timedelta(minutes=10):
            # Half way through, the technician says how long it will take.
            until = self._now() + takes
            self._at(self._now() + takes / 2, lambda: self._overruns(job_id, until))
        self._at(self._now() + takes, lambda: self._ends(technician_id, visit_id, fate))

    def _overruns(self, job_id: int, until: dt.datetime) -> None:
        with self.firm.session() as session:
            event_id = tell_overrun(session, job_id=job_id, until=until, actor_id=None).id
            session.commit()
        self._answer(event_id)

    def _ends(self, technician_id: int, visit_id: int, fate: Fate) -> None:
        who = {"visit_id": visit_id, "technician_id": technician_id, "actor_id": None}
        with self.firm.session() as session:
            visit = session.get_one(Visit, visit_id)
            if fate.locked and not _was_locked(session, visit.job):
                fieldwork.cannot_complete(session, reason=CannotComplete.NO_ACCESS, **who)
            else:
                for line in visit.job.parts:
                    if line.used < line.quantity:
                        self._use(session, line.part_id, line.quantity - line.used, who)
                fieldwork.complete(session, **who)
            session.commit()
        self.driving.discard(technician_id)
        self._next(technician_id)
        self._wake()

    def _use(self, session: Session, part_id: int, quantity: int, who: dict[str, int | None]) -> None:
        try:
            fieldwork.use_part(session, part_id=part_id, quantity=quantity, **who)  # type: ignore[arg-type]
        except DomainError as refusal:
            self.problems.append(f"{refusal.code}: {refusal}")

    # Ways of dispatching.

    def _planned(self, session: Session, technician_id: int) -> Visit | None:
        return session.scalar(
            sa.select(Visit)
            .where(Visit.technician_id == technician_id, Visit.day == DAY, Visit.status == VisitStatus.DISPATCHED)
            .options(joinedload(Visit.job).joinedload(Job.site))
            .order_by(Visit.planned_start)
            .limit(1)
        )

    def _picked(self, session: Session, technician_id: int) -> Visit | None:
        """Without a plan: the nearest, or the first reported, of the jobs that this technician can do now."""
        ready = session.scalars(
            sa.select(Job).where(Job.status == JobStatus.READY).options(joinedload(Job.site)).order_by(Job.id)
        ).all()
        able = [job for job in ready if self._can(technician_id, job)]
        if not able:
            return None
        here = self.places[technician_id]
        nearest = self.way == "nearest free"
        job = min(able, key=lambda job: metres_between(here, _point(job.site)) if nearest else job.id)
        return _visit_by_hand(session, job, technician_id, self._now())

    def _can(self, technician_id: int, job: Job) -> bool:
        held, now = self.skills[technician_id], self._now()
        if any(held.get(skill, 0) < level for skill, level in job.skills.items()):
            return False
        held_at = [line.reservation.place for line in job.parts if line.reservation is not None]
        if any(place.kind is PlaceKind.TRUNK and place.id != self.trunks[technician_id] for place in held_at):
            return False
        arrives = now + _seconds(self.places[technician_id], _point(job.site))
        # Nobody waits at a door for an hour, and nobody comes after the promise.
        early, late = job.window_start or arrives, job.window_end or arrives
        if not early - dt.timedelta(minutes=20) <= arrives <= late:
            return False
        home = _seconds(_point(job.site), self.homes[technician_id])
        return arrives + dt.timedelta(seconds=job.duration_seconds) + home <= self.hours[technician_id][
            1
        ] + dt.timedelta(hours=1)

    # The road.

    def _load(self, session: Session, visit: Visit, technician_id: int) -> Point | None:
        """Fetch what the visit needs from a warehouse on the way, if it is not in the van; where that is."""
        trunk = self.trunks[technician_id]
        waiting = [
            line.reservation
            for line in visit.job.parts
            if line.reservation is not None
            and line.reservation.state is ReservationState.OPEN
            and line.reservation.place_id != trunk
        ]
        if not waiting:
            return None
        place = waiting[0].place
        lists = session.scalars(
            sa.select(PickList).where(PickList.trunk_id == trunk, PickList.state == PickState.OPEN)
        ).all()
        if not lists:
            wanted = [picking.PickWanted(held.part_id, held.quantity, held.id, held.reference) for held in waiting]
            lists = [picking.draw_up(session, warehouse_id=place.id, trunk_id=trunk, day=DAY, lines=wanted)]
        for one in lists:
            fieldwork.load_pick_list(session, pick_list_id=one.id, technician_id=technician_id, actor_id=None)
        return Point(place.lat, place.lon) if place.lat is not None and place.lon is not None else None

    def _drive(self, technician_id: int, there: Point, via: Point | None) -> dt.timedelta:
        here = self.places[technician_id]
        self.places[technician_id] = there
        legs = [(here, there)] if via is None else [(here, via), (via, there)]
        length = sum((_seconds(one, other) for one, other in legs), dt.timedelta(0))
        self.travel += length.total_seconds()
        return length + (PICK_UP if via is not None else dt.timedelta(0))

    def _not_yet(self, visit: Visit, technician_id: int, there: Point) -> dt.datetime | None:
        """When to set off if it is too early: nobody stands at a closed door."""
        opens = visit.job.window_start or moment(8)
        leave = opens - _seconds(self.places[technician_id], there)
        return leave if leave > self._now() + dt.timedelta(minutes=1) else None

    # The queue.

    def _at(self, when: dt.datetime, happen: Callable[[], None]) -> None:
        heapq.heappush(self.queue, (max(when, self._now()), next(self.turn), happen))

    def _wake(self) -> None:
        """Those who are waiting look at their phones again."""
        for technician_id in self.technicians:
            if technician_id not in self.driving and self._now() >= self.hours[technician_id][0]:
                self._at(self._now() + dt.timedelta(seconds=1), lambda who=technician_id: self._next(who))

    def _now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)


def _visit_by_hand(session: Session, job: Job, technician_id: int, now: dt.datetime) -> Visit:
    """What a dispatcher without a planner does: the job is given to whoever is free."""
    for action in (Action.PLAN, Action.DISPATCH):
        jobs.apply(session, job, action, actor_id=None)
    visit = Visit(
        job=job,
        technician_id=technician_id,
        day=DAY,
        position=1,
        planned_arrival=now,
        planned_start=now,
        planned_end=now + dt.timedelta(seconds=job.duration_seconds),
    )
    session.add(visit)
    session.flush()
    return visit


def _fate(job: Job) -> Fate:
    """The same at a job whoever comes and whenever."""
    dice = random.Random(f"fate {job.id}")  # noqa: S311
    return Fate(min(2.5, max(0.5, dice.lognormvariate(0.0, 0.3))), dice.random() < NO_ACCESS)


def _was_locked(session: Session, job: Job) -> bool:
    before = sa.select(Visit.id).where(Visit.job_id == job.id, Visit.status == VisitStatus.INCOMPLETE)
    return session.scalar(before.limit(1)) is not None


def _point(site: Site) -> Point:
    return Point(site.lat or 0.0, site.lon or 0.0)


def _seconds(here: Point, there: Point) -> dt.timedelta:
    return dt.timedelta(seconds=int(ROADS.table([here], [there]).seconds[0, 0]))


def _promises(session: Session) -> tuple[int, int]:
    states = Counter(session.scalars(sa.select(Promise.state).where(Promise.ends_at < moment(18))))
    return states.total(), states[PromiseState.KEPT]


def _unsound(session: Session, town: Town) -> Iterator[str]:
    """What must never be after a day: stock that does not add up, a job that is lost, clocks that contradict visits."""
    for difference in find_differences(session):
        yield f"stock: {difference}"
    all_jobs = session.scalars(sa.select(Job)).all()
    if len(all_jobs) != town.jobs + town.spare_shops:
        yield f"{len(all_jobs)} jobs of {town.jobs + town.spare_shops}"
    waiting = {
        row.job_id: row.status
        for row in session.scalars(sa.select(Visit).where(Visit.status.in_((VisitStatus.DISPATCHED, *UNDER_WAY))))
    }
    stopped = sa.select(ClockEvent.job_id, ClockEvent.clock).where(
        ClockEvent.sign.in_((ClockSign.MET, ClockSign.MISSED))
    )
    signs = Counter((row.job_id, row.clock.value) for row in session.execute(stopped))
    for job in all_jobs:
        if (job.status in {JobStatus.DISPATCHED, JobStatus.EN_ROUTE, JobStatus.ON_SITE}) != (job.id in waiting):
            yield f"{job.number} is {job.status.value}, its visit {waiting.get(job.id)}"
        if (job.responded_at is not None) != (signs[job.id, "response"] == 1):
            yield f"{job.number}: the response clock contradicts the visits"
        if (job.completed_at is not None) != (signs[job.id, "resolution"] == 1):
            yield f"{job.number}: the resolution clock contradicts the visits"


def _row(way: str, days: Sequence[Outcome]) -> str:
    def share(part: Callable[[Outcome], int], whole: Callable[[Outcome], int]) -> str:
        all_of_them = sum(whole(day) for day in days)
        return f"{100 * sum(part(day) for day in days) / all_of_them:.1f} %" if all_of_them else "–"

    done, travel = sum(day.completed for day in days), sum(day.travel_minutes for day in days)
    problems = [problem for day in days for problem in day.problems]
    for problem in problems[:10]:
        print(f"<!-- {problem} -->")
    cells = [
        share(lambda day: day.met, lambda day: day.due),
        share(lambda day: day.urgent_met, lambda day: day.urgent),
        share(lambda day: day.kept, lambda day: day.promises),
        f"{done}",
        f"{travel / 60:.1f} h",
        f"{travel / max(1, done):.1f} min",
        f"{sum(day.plans for day in days)}",
        "yes" if not problems else f"no, {len(problems)}",
    ]
    return f"| {way} | {' | '.join(cells)} |"
