"""Facts about what makes an app of the technician's pages: what a phone may keep, and the account it asks for."""

import json
from typing import Any

import pytest

from core.accounts import RoleName
from dispatch.fieldwork.late import PhoneAction, PhoneCommand
from dispatch.fieldwork.phone import receive
from dispatch.jobs import cancel_job
from dispatch.models import Technician, Visit
from tests import factories as make
from tests.factories import MONDAY, at
from tests.web.conftest import Visitor, World
from tests.web.page_forms import send
from web.phone_app import MARK, phone_files, phone_modules


@pytest.fixture
def visit(world: World, technician: Technician) -> Visit:
    made = make.add_visit(world.session, technician=technician)
    made.job.site.name = "Café Rio"
    return made


def mark(visitor: Visitor, path: str) -> dict[str, Any] | None:
    """What a page says about whether, and as whose, it may be kept."""
    headers = visitor.client.get(path).headers
    return json.loads(headers[MARK]) if MARK in headers else None


def account(phone: Visitor) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(phone.get("/day/sync").html)
    return answer


@pytest.mark.parametrize("path", ["/day", "/day?day=tomorrow", "/day/van", "/day/week", "/day/waiting"])
def test_a_phone_may_keep_its_own_pages(phone: Visitor, technician: Technician, path: str) -> None:
    told = mark(phone, path)

    assert told is not None
    assert (told["user"], told["today"], told["zone"]) == (technician.user_id, MONDAY.isoformat(), "UTC")


def test_a_page_says_which_day_it_shows(phone: Visitor) -> None:
    told = mark(phone, "/day?day=tomorrow")

    assert told is not None
    assert told["day"] == "2026-11-24"


@pytest.mark.parametrize(
    "path", ["/day?technician=T-1", "/day/sync", "/day/van/count", "/day/nothing", "/account", "/offline"]
)
def test_a_phone_may_keep_nothing_else(phone: Visitor, path: str) -> None:
    assert mark(phone, path) is None


def test_a_page_that_tells_what_was_done_is_not_kept(phone: Visitor, visit: Visit) -> None:
    done = send(phone, phone.get("/day"), f"/visits/{visit.id}/set-off")

    assert done.location is not None
    assert mark(phone, done.location) is None
    assert mark(phone, done.location) is not None


def test_a_dispatcher_who_looks_on_keeps_nothing(world: World, technician: Technician) -> None:
    dispatcher = world.signed_in(RoleName.DISPATCHER)

    assert mark(dispatcher, f"/day?technician={technician.code}") is None


def test_nobody_who_is_not_signed_in_gets_a_page_to_keep(world: World) -> None:
    assert mark(world.visitor(), "/day") is None


def test_the_account_says_who_it_is_and_which_visits_there_are(
    phone: Visitor, technician: Technician, visit: Visit
) -> None:
    told = account(phone)

    assert (told["user"], told["day"], told["now"]) == (technician.user_id, MONDAY.isoformat(), at(7, 30).isoformat())
    assert told["csrf_token"]
    [shown] = told["visits"]
    assert (shown["id"], shown["site"], shown["status"]) == (visit.id, "Café Rio", "dispatched")


def test_the_account_tells_what_became_of_a_visit_that_is_gone(world: World, phone: Visitor, visit: Visit) -> None:
    dora = make.add_person(world.session, name="Dora", roles=[RoleName.DISPATCHER])
    cancel_job(world.session, job_id=visit.job_id, reason="The shop closed", actor_id=dora.id)

    told = account(phone)

    assert told["visits"] == []
    [left] = told["left"]
    assert left["id"] == visit.id
    assert "Café Rio" in left["words"]
    assert "cancelled by Dora" in left["words"]
    assert "The shop closed" in left["words"]


def test_the_account_says_in_the_readers_language_why_something_was_refused(
    world: World, phone: Visitor, technician: Technician, visit: Visit
) -> None:
    assert technician.user is not None
    technician.user.language = "zh_Hans_CN"
    command = PhoneCommand(
        id="c1",
        action=PhoneAction.USE_PART,
        happened_at=at(7),
        visit_id=visit.id,
        values={"sku": "P-NONE", "quantity": 1},
    )
    receive(world.session, command, technician, user_id=technician.user.id)
    world.session.commit()

    [answer] = account(phone)["answers"]

    assert (answer["id"], answer["outcome"]) == ("c1", "refused")
    assert "P-NONE" in answer["words"]
    assert "没有" in answer["words"]


def test_the_manifest_makes_an_app_that_begins_with_the_day(world: World) -> None:
    answer = world.visitor().client.get("/manifest.webmanifest")

    manifest = json.loads(answer.text)
    assert answer.headers["Content-Type"].startswith("application/manifest+json")
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/day", "/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]} == {
        (size, purpose) for size in ("192x192", "512x512") for purpose in ("any", "maskable")
    }


def test_without_a_connection_a_page_says_so_to_anybody(world: World) -> None:
    assert "No connection" in world.visitor().get("/offline").text


def test_the_worker_may_serve_every_page_and_is_asked_for_anew(world: World) -> None:
    answer = world.visitor().client.get("/sw.js")

    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.text.startswith("self.phoneFiles = [")


def test_a_phone_gets_the_scripts_of_its_own_pages_and_not_those_of_the_board() -> None:
    manifest = {
        "src/main.ts": {
            "file": "main.js",
            "css": ["main.css"],
            "dynamicImports": ["src/modules/day.ts", "src/modules/map.ts"],
        },
        "src/modules/day.ts": {"file": "day.js", "imports": ["src/main.ts", "_store.js"], "dynamicImports": ["pad.js"]},
        "_store.js": {"file": "store.js"},
        "pad.js": {"file": "pad.js", "assets": ["pad.wasm"]},
        "src/modules/map.ts": {"file": "map.js"},
    }

    files = {file.rpartition("/")[2] for file in phone_files(manifest)}

    assert files == {"main.js", "main.css", "day.js", "store.js", "pad.js", "pad.wasm"}


def test_the_modules_of_the_phone_are_those_that_its_templates_name() -> None:
    assert {"day", "keep-typed", "send-once", "waiting", "photos", "signature"} <= phone_modules()
    assert not {"map", "board"} & phone_modules()
