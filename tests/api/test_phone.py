"""A phone that was offline, and what becomes of what it tells."""

import hashlib
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from time_machine import Traveller

from core.accounts import RoleName
from dispatch.jobs import cancel_job
from dispatch.models import Job, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from inventory.models import Part, StockLevel
from tests import factories as make
from tests.api.conftest import Caller, World
from tests.factories import at

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


class Phone:
    """Rui's phone: a visit at nine, and three batteries in the van."""

    def __init__(self, world: World) -> None:
        session = world.session
        user = make.add_person(session, name="Rui", roles=[RoleName.TECHNICIAN])
        self.technician: Technician = make.add_technician(session, user=user)
        self.battery: Part = make.add_part(session, sku="P-1042")
        make.add_stock(session, self.technician.trunk, self.battery, 3)
        self.visit: Visit = make.add_visit(session, technician=self.technician)
        self.visit_id, self.number = self.visit.id, self.visit.job.number
        self.caller: Caller = world.caller_for(user)
        self._world = world

    def command(self, action: str, hour: int, minute: int = 0, **values: Any) -> dict[str, Any]:
        return {
            "id": uuid.uuid4().hex,
            "action": action,
            "visit": self.visit_id,
            "happened_at": at(hour, minute).isoformat(),
            "values": values,
        }

    def send(self, *commands: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        answer = self.caller.post("/day/commands", {"commands": list(commands), **more})
        assert answer.status_code == 200, answer.text
        self._world.session.expire_all()
        results: list[dict[str, Any]] = answer.get_json()["results"]
        return results

    def whole_visit(self) -> list[dict[str, Any]]:
        return [
            self.command("set_off", 8, 30),
            self.command("arrive", 8, 55),
            self.command("use_part", 9, 5, sku="P-1042", quantity=1),
            self.command("complete", 9, 20, note="New battery", signed_by="王芳"),
        ]

    @property
    def job(self) -> Job:
        return self._world.session.scalars(sa.select(Job).where(Job.number == self.number)).one()

    def on_hand(self) -> int:
        return self._world.session.scalars(sa.select(StockLevel.on_hand)).one()


@pytest.fixture
def phone(world: World, seven_thirty: Traveller) -> Phone:
    made = Phone(world)
    seven_thirty.move_to(at(12))
    return made


def outcomes(results: list[dict[str, Any]]) -> list[str]:
    return [result["outcome"] for result in results]


def test_a_whole_visit_that_was_offline_arrives_at_once_and_only_once(phone: Phone) -> None:
    commands = phone.whole_visit()

    first = phone.send(*commands)
    again = phone.send(*commands)

    assert outcomes(first) == ["done"] * 4
    assert outcomes(again) == ["done_before"] * 4
    assert (phone.job.status, phone.job.responded_at, phone.job.completed_at) == (
        JobStatus.COMPLETED,
        at(8, 55),
        at(9, 20),
    )
    assert phone.on_hand() == 2


def test_each_command_of_a_batch_stands_by_itself(phone: Phone) -> None:
    results = phone.send(
        phone.command("arrive", 9),
        phone.command("use_part", 9, 5, sku="P-NONE", quantity=1),
        phone.command("complete", 9, 20),
    )

    assert outcomes(results) == ["merged", "refused", "done"]
    assert results[1]["problem"]["title"] == "scan_unknown"
    assert phone.job.status is JobStatus.COMPLETED


def test_a_phone_whose_clock_is_wrong_is_corrected(phone: Phone) -> None:
    phone.send(phone.command("arrive", 10, 0), phone_now=at(13).isoformat())

    assert phone.job.responded_at == at(9)


def test_a_command_that_cannot_be_understood_is_refused_and_the_others_go_on(phone: Phone) -> None:
    results = phone.send(
        phone.command("cannot_complete", 9, reason="bored"),
        phone.command("arrive", 9),
        phone.command("add_charge", 9, kind="travel", reason="Far away"),
        phone.command("correct_times", 9, arrived_at="8:61", reason="Tapped late"),
    )

    assert outcomes(results) == ["refused", "merged", "refused", "refused"]
    assert [list(results[n]["problem"]["errors"]) for n in (0, 2, 3)] == [["reason"], ["kind"], ["arrived_at"]]


def test_the_same_id_for_something_else_is_refused(phone: Phone) -> None:
    arrive = phone.command("arrive", 9)
    phone.send(arrive)

    (result,) = phone.send(phone.command("complete", 9, 30) | {"id": arrive["id"]})

    assert (result["outcome"], result["problem"]["title"]) == ("refused", "command_id_reused")


@pytest.mark.parametrize(
    "batch",
    [
        {},
        {"commands": []},
        {"commands": [{"id": "1", "action": "dance", "visit": 1, "happened_at": "2026-11-23T09:00:00Z"}]},
        {"commands": [{"id": "1", "action": "arrive", "visit": 1, "happened_at": "2026-11-23T09:00:00"}]},
    ],
)
def test_a_batch_that_is_none_is_refused_as_a_whole(phone: Phone, batch: dict[str, Any]) -> None:
    assert phone.caller.post("/day/commands", batch).status_code == 422


def test_a_conflict_is_seen_and_decided_and_the_technician_hears_of_it(world: World, phone: Phone) -> None:
    cancel_job(world.session, job_id=phone.job.id, reason="Works again", actor_id=None)
    assert outcomes(phone.send(*phone.whole_visit())) == ["conflict"] * 4

    listed = world.dispatcher.get("/conflicts").get_json()
    assert [line["action"] for line in listed["conflicts"]] == ["set_off", "arrive", "use_part", "complete"]
    assert listed["conflicts"][0]["refusal"]["code"] == "visit_withdrawn"
    last = listed["conflicts"][-1]["id"]
    accepted = world.dispatcher.post(f"/conflicts/{last}/accept", key="accept-1")
    assert (accepted.status_code, len(accepted.get_json()["conflicts"])) == (200, 4), accepted.text
    assert world.dispatcher.post(f"/conflicts/{last}/accept", key="accept-1").status_code == 200

    results = phone.caller.get("/day/commands/results").get_json()["results"]
    assert [line["conflict"]["state"] for line in results] == ["accepted"] * 4
    world.session.expire_all()
    assert (phone.job.status, phone.job.completed_at, phone.on_hand()) == (JobStatus.COMPLETED, at(9, 20), 2)
    again = world.dispatcher.post(f"/conflicts/{last}/dismiss", {"reason": "late"})
    assert (again.status_code, again.get_json()["title"]) == (409, "conflict_decided")


def test_a_dismissed_conflict_tells_its_reason(world: World, phone: Phone) -> None:
    cancel_job(world.session, job_id=phone.job.id, reason="Works again", actor_id=None)
    (result,) = phone.send(phone.command("complete", 9, 20))

    answer = world.dispatcher.post(f"/conflicts/{result['conflict']['id']}/dismiss", {"reason": "Another shop"})

    assert answer.status_code == 200, answer.text
    (told,) = phone.caller.get("/day/commands/results").get_json()["results"]
    assert (told["conflict"]["state"], told["conflict"]["note"]) == ("dismissed", "Another shop")


def test_a_photo_is_kept_once_and_read_by_those_it_concerns(world: World, phone: Phone) -> None:
    digest = hashlib.sha256(PNG).hexdigest()
    path = f"/visits/{phone.visit_id}/files/{digest}?name=till.png&kind=photo"

    answers = [phone.caller.send("PUT", path, data=PNG, content_type="image/png") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    assert answers[0].get_json() == answers[1].get_json()
    file_id = answers[0].get_json()["id"]
    shown = world.dispatcher.get(f"/visits/{phone.visit_id}/files/{file_id}")
    assert (shown.status_code, shown.data, shown.mimetype) == (200, PNG, "image/png")
    eva = make.add_technician(world.session, user=make.add_person(world.session, roles=[RoleName.TECHNICIAN]))
    assert eva.user is not None
    other = world.caller_for(eva.user)
    assert other.get(f"/visits/{phone.visit_id}/files/{file_id}").status_code == 403
    assert other.send("PUT", path, data=PNG, content_type="image/png").status_code == 403


def test_a_file_that_was_cut_off_is_noticed(phone: Phone) -> None:
    digest = hashlib.sha256(PNG + b"more").hexdigest()

    answer = phone.caller.send("PUT", f"/visits/{phone.visit_id}/files/{digest}", data=PNG, content_type="image/png")

    assert (answer.status_code, answer.get_json()["title"]) == (422, "file_changed_on_the_way")


def test_the_report_of_a_visit_tells_all_that_was_done(world: World, phone: Phone) -> None:
    phone.send(*phone.whole_visit())

    report = world.dispatcher.get(f"/visits/{phone.visit_id}/report").get_json()

    assert (report["arrived_at"], report["work_seconds"]) == (at(8, 55).isoformat(), 25 * 60)
    assert (report["note"], report["signed_by"], report["implied"]) == ("New battery", "王芳", [])
    assert [(part["sku"], part["quantity"]) for part in report["parts"]] == [("P-1042", 1)]
    assert report["status"] == VisitStatus.COMPLETED
