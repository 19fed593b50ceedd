"""A published Monday of two technicians, and the tools with which a process answers questions about it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch import fieldwork
from dispatch.jobs import cancel_job
from dispatch.models import Job, JobPart, Plan, Technician, Visit
from dispatch.models.visits import VisitStatus
from dispatch.planning import publish
from dispatch.planning.compute import Workbench
from inventory.models import Part
from tests.dispatch.planning.conftest import ROADS, plan_monday, seven_thirty
from tests.factories import add_device, add_job, add_shift, add_site, add_technician

__all__ = ["Day", "seven_thirty"]


@dataclass
class Day:
    """A day with its technicians; what a test does to it and what became of it."""

    session: Session
    bench: Workbench
    technicians: Sequence[Technician]
    plan: Plan | None = None

    def add_job(self, east: float = 0.0, **values: object) -> Job:
        """A job so many hundredths of a degree east of the town's middle, some 840 metres each."""
        site = add_site(self.session, position=(41.15, -8.61 + east / 100))
        return add_job(self.session, device=add_device(self.session, site=site), **values)  # type: ignore[arg-type]

    def publish(self) -> Plan:
        self.plan = publish(self.session, plan_id=plan_monday(self.session).id, actor_id=None)
        self.session.flush()
        return self.plan

    def draft(self) -> Plan:
        """A plan that a dispatcher had made and that waits."""
        return plan_monday(self.session)

    def publish_empty(self) -> Plan:
        """A published day on which nobody has anything to do yet."""
        passing = self.add_job()
        plan = self.publish()
        cancel_job(self.session, job_id=passing.id, reason="It works again.", actor_id=None)
        self.session.flush()
        return plan

    def need(self, job: Job, part: Part) -> None:
        """Let a job want a piece that nobody has promised it."""
        job.parts.append(JobPart(part=part, quantity=1))
        self.session.flush()

    def visits(self) -> dict[str, Visit]:
        """The visits that somebody makes, by the number of the job."""
        self.session.flush()
        rows = self.session.scalars(sa.select(Visit).where(Visit.status != VisitStatus.WITHDRAWN))
        return {visit.job.number: visit for visit in rows}

    def by(self, technician: Technician) -> list[str]:
        """What a technician is to do, in order."""
        mine = [visit for visit in self.visits().values() if visit.technician_id == technician.id]
        return [visit.job.number for visit in sorted(mine, key=lambda visit: visit.planned_start)]

    def set_off(self, visit: Visit) -> None:
        fieldwork.set_off(self.session, visit_id=visit.id, technician_id=visit.technician_id, actor_id=None)

    def arrive(self, visit: Visit) -> None:
        fieldwork.arrive(self.session, visit_id=visit.id, technician_id=visit.technician_id, actor_id=None)

    def complete(self, visit: Visit) -> None:
        fieldwork.complete(self.session, visit_id=visit.id, technician_id=visit.technician_id, actor_id=None)


def bench_of(session: Session) -> Workbench:
    """Tools that work in the test's own session."""

    @contextmanager
    def sessions() -> Iterator[Session]:
        yield session

    return Workbench(sessions=sessions, travel_times=lambda: ROADS, lease_seconds=60.0)


def team_day(session: Session) -> Day:
    """Ana lives in the west and Ben in the east; both work from 8 to 17."""
    ana = add_technician(session, code="ANA", name="Ana", home=(41.15, -8.70))
    ben = add_technician(session, code="BEN", name="Ben", home=(41.15, -8.50))
    for technician in (ana, ben):
        add_shift(session, technician)
    return Day(session, bench_of(session), (ana, ben))


@pytest.fixture
def day(session: Session) -> Day:
    return team_day(session)
