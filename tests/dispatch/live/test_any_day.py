"""Whatever happens in whatever order: every plan passes the check, no visit under way moves, no job is lost."""

import datetime as dt
from collections.abc import Callable

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from time_machine import Traveller

from core.errors import DomainError
from dispatch.jobs import cancel_job
from dispatch.live import answers, choices
from dispatch.live.facts import tell_absent, tell_late, tell_overrun, tell_part_missing, tell_position
from dispatch.models import DayEvent, Job, Plan, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.models.visits import UNDER_WAY, VisitStatus
from dispatch.models.workforce import AbsenceReason
from dispatch.planning import publish
from dispatch.planning.errors import PromisesWouldBreak
from inventory.audit import find_differences
from tests.dispatch.live.conftest import Day, team_day
from tests.dispatch.planning.conftest import promise
from tests.factories import MONDAY, add_part, add_shift, add_stock, add_technician, at

STEPS = ("go_on", "go_on", "go_on", "urgent", "late", "absent", "cancel", "overrun", "part", "seen", "publish")


def busy_day(session: Session) -> Day:
    """Three technicians with seven visits, some promised, two with a part."""
    day = team_day(session)
    eva = add_technician(session, code="EVA", name="Eva", home=(41.2, -8.6))
    add_shift(session, eva)
    day.technicians = (*day.technicians, eva)
    battery = add_part(session)
    for technician in day.technicians:
        add_stock(session, technician.trunk, battery, 1)
    for k, east in enumerate((-8, -7, -2, 0, 3, 7, 8)):
        window = (at(9 + k), at(11 + k)) if k % 3 == 0 else None
        job = day.add_job(east=east, window=window, minutes=30 + 10 * k)
        if k in {1, 5}:
            promise(session, job, battery, day.technicians[k // 4].trunk)
    day.publish()
    return day


class Story:
    """A day to which things happen."""

    def __init__(self, day: Day, clock: Traveller, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self.day, self.clock, self.draw, self.session = day, clock, draw, day.session
        self.now = at(7, 30)

    def step(self, name: str) -> None:
        self.now += dt.timedelta(minutes=self.draw(st.integers(1, 40)))
        self.clock.move_to(self.now)
        before = self._under_way()
        getattr(self, name)()
        self.session.flush()
        if name != "go_on":
            assert self._under_way() == before

    def go_on(self) -> None:
        """Somebody takes the next step of the day."""
        technician = self._somebody()
        mine = sorted(
            (visit for visit in self.day.visits().values() if visit.technician_id == technician.id),
            key=lambda visit: visit.position,
        )
        current = next((visit for visit in mine if visit.status in UNDER_WAY), None)
        if current is None:
            waiting = next((visit for visit in mine if visit.status is VisitStatus.DISPATCHED), None)
            if waiting is not None:
                self.day.set_off(waiting)
        elif current.status is VisitStatus.EN_ROUTE:
            self.day.arrive(current)
        else:
            self.day.complete(current)

    def urgent(self) -> None:
        job = self.day.add_job(east=self.draw(st.integers(-9, 9)))
        ranking = choices.who_can(self.day.bench, job.id, MONDAY)
        best = ranking.choices[0]
        if best.is_possible:
            prepared = choices.prepare_assignment(self.day.bench, job.id, best.technician_id, MONDAY)
            choices.assign(self.session, prepared, actor_id=None)

    def late(self) -> None:
        until = self.now + dt.timedelta(minutes=self.draw(st.integers(5, 180)))
        self._answer(tell_late(self.session, technician_id=self._somebody().id, until=until, actor_id=None))

    def absent(self) -> None:
        starts = self.now + dt.timedelta(minutes=self.draw(st.integers(0, 120)))
        self._answer(
            tell_absent(
                self.session,
                technician_id=self._somebody().id,
                starts_at=starts,
                ends_at=starts + dt.timedelta(hours=2),
                reason=AbsenceReason.SICK,
                publish=True,
                actor_id=None,
            )
        )

    def cancel(self) -> None:
        waiting = [visit for visit in self.day.visits().values() if visit.status is VisitStatus.DISPATCHED]
        if waiting:
            job_id = waiting[self.draw(st.integers(0, 20)) % len(waiting)].job_id
            cancel_job(self.session, job_id=job_id, reason="It works again.", actor_id=None)

    def overrun(self) -> None:
        at_work = [visit for visit in self.day.visits().values() if visit.status is VisitStatus.ON_SITE]
        if at_work:
            until = self.now + dt.timedelta(minutes=self.draw(st.integers(10, 120)))
            self._answer(tell_overrun(self.session, job_id=at_work[0].job_id, until=until, actor_id=None))

    def part(self) -> None:
        for visit in self.day.visits().values():
            lines = [line for line in visit.job.parts if line.reservation is not None]
            if visit.status is VisitStatus.DISPATCHED and lines:
                self._answer(
                    tell_part_missing(self.session, job_id=visit.job_id, part_id=lines[0].part_id, actor_id=None)
                )
                return

    def seen(self) -> None:
        tell_position(
            self.session,
            technician_id=self._somebody().id,
            at=self.now,
            lat=41.15,
            lon=-8.6 + self.draw(st.integers(-9, 9)) / 100,
            actor_id=None,
        )

    def publish(self) -> None:
        draft = self.session.scalar(sa.select(Plan).where(Plan.state == PlanState.DRAFT))
        if draft is None:
            return
        consent: frozenset[str] = frozenset()
        try:
            publish(self.session, plan_id=draft.id, actor_id=None)
        except PromisesWouldBreak as refusal:
            consent = frozenset(one["number"] for one in refusal.facts["promises"])
        if consent:
            publish(self.session, plan_id=draft.id, consent=consent, actor_id=None)

    def _answer(self, event: DayEvent) -> None:
        answers.answer(self.day.bench, event.id)

    def _somebody(self):  # type: ignore[no-untyped-def]
        return self.day.technicians[self.draw(st.integers(0, 2))]

    def _under_way(self) -> set[tuple[int, int, VisitStatus, dt.datetime]]:
        return {
            (visit.id, visit.technician_id, visit.status, visit.planned_start)
            for visit in self.day.visits().values()
            if visit.status in UNDER_WAY
        }


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_sequence_of_events_leaves_a_sound_day(
    engine: sa.Engine, seven_thirty: Traveller, data: st.DataObject
) -> None:
    seven_thirty.move_to(at(7, 30))
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            day = busy_day(session)
            session.commit()
            story = Story(day, seven_thirty, data.draw)
            for name in data.draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=8)):
                try:
                    # Every plan that is written passes the checker first; that something is refused is part of a day.
                    story.step(name)
                except DomainError:
                    session.rollback()
                    session.expire_all()
                else:
                    session.commit()
            _is_sound(day)
        outer.rollback()


def _is_sound(day: Day) -> None:
    session = day.session
    assert find_differences(session) == []
    visits = day.visits().values()
    for technician in day.technicians:
        under_way = [v for v in visits if v.technician_id == technician.id and v.status in UNDER_WAY]
        assert len(under_way) <= 1
    planned = {visit.job_id for visit in visits if visit.status is VisitStatus.DISPATCHED}
    for job in session.scalars(sa.select(Job)):
        # A job is with somebody exactly if it says so.
        assert (job.status is JobStatus.DISPATCHED) == (job.id in planned), job.status
    per_job = session.execute(
        sa.select(sa.func.count()).where(Visit.status.in_((VisitStatus.DISPATCHED, *UNDER_WAY))).group_by(Visit.job_id)
    )
    assert all(count == 1 for (count,) in per_job)
