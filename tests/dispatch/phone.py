"""A technician's phone that was offline, in a small world with one visit."""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.fieldwork.conflicts import Answer, take
from dispatch.fieldwork.late import PhoneAction, PhoneCommand
from dispatch.fieldwork.phone import receive
from dispatch.models import FieldConflict, Job, JobPart, Technician, Visit, VisitPart
from inventory import audit
from inventory.models import Part, Place, StockLevel
from inventory.reservations import reserve_all
from tests import factories as make

_ids = itertools.count(1)


@dataclass
class World:
    """A technician with three batteries in the van, and a visit for a job to which one of them is promised."""

    session: Session
    technician: Technician
    depot: Place
    battery: Part
    visit: Visit
    answers: list[Answer] = field(default_factory=list)

    @classmethod
    def made(cls, session: Session) -> "World":
        technician = make.add_technician(session, user=make.add_person(session, name="Rui"))
        depot = make.add_place(session, name="Depot North")
        battery = make.add_part(session, sku="P-1042")
        make.add_stock(session, depot, battery, 10)
        make.add_stock(session, technician.trunk, battery, 3)
        world = cls(session, technician, depot, battery, make.add_visit(session, technician=technician))
        world.promise()
        return world

    @property
    def job(self) -> Job:
        return self.visit.job

    def promise(self) -> None:
        """Promise one battery of the van to the job."""
        reserved = reserve_all(
            self.session,
            wants={self.battery.id: 1},
            place_ids=[self.technician.trunk_id],
            reference=self.job.number,
            needed_at=self.job.response_due,
        )
        self.job.parts.append(JobPart(part=self.battery, quantity=1, used=0, reservation=reserved[self.battery.id]))
        self.session.flush()

    def tell(self, action: str, at: dt.datetime, visit: Visit | None = None, **values: Any) -> Answer:
        """Send one command with an id of its own."""
        command = PhoneCommand(
            id=f"c{next(_ids)}",
            action=PhoneAction(action),
            happened_at=at,
            visit_id=(visit or self.visit).id,
            values=values,
        )
        return self.send(command)

    def receive(self, command: PhoneCommand) -> str:
        """Send a command as it is, as often as one likes; returns what became of it."""
        user_id = self.technician.user_id
        assert user_id is not None
        outcome: str = receive(self.session, command, self.technician, user_id=user_id)["outcome"]
        return outcome

    def send(self, command: PhoneCommand) -> Answer:
        answer = take(self.session, command, self.technician, actor_id=self.technician.user_id)
        self.session.flush()
        self.answers.append(answer)
        return answer

    def use(self, at: dt.datetime, quantity: int = 1) -> Answer:
        return self.tell("use_part", at, sku=self.battery.sku, quantity=quantity)

    def van(self) -> tuple[int, int]:
        """Batteries on hand in the van, and those of them that are promised."""
        level = self.session.scalars(
            sa.select(StockLevel)
            .where(StockLevel.place_id == self.technician.trunk_id, StockLevel.part_id == self.battery.id)
            .execution_options(populate_existing=True)
        ).one()
        return level.on_hand, level.reserved

    def conflicts(self) -> list[FieldConflict]:
        return list(self.session.scalars(sa.select(FieldConflict).order_by(FieldConflict.id)))

    def used(self) -> int:
        """Pieces that are written down as used at visits."""
        return self.session.scalar(sa.select(sa.func.coalesce(sa.func.sum(VisitPart.quantity), 0))) or 0

    def state(self) -> Mapping[str, Any]:
        """What is on record in the end: of the visit, the job, its parts and the van."""
        self.session.expire_all()
        visit, job = self.visit, self.job
        return {
            "visit": (visit.status, visit.set_off_at, visit.arrived_at, visit.ended_at, visit.cannot_complete),
            "implied": sorted(visit.implied),
            "job": (job.status, job.responded_at, job.completed_at, job.skills),
            "parts": sorted((line.part.sku, line.quantity, line.used) for line in job.parts),
            "van": self.van(),
            "used": self.used(),
        }

    def assert_books_agree(self) -> None:
        self.session.flush()
        assert audit.find_differences(self.session) == []


def told(answers: Iterable[Answer]) -> list[str]:
    return [answer.outcome.value for answer in answers]
