"""Bad input and broken surroundings: a sentence that says what to do, as JSON and as a page; nothing half-written."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from customers.models import Device, Site
from dispatch.models import Job
from tests.stories.demonstration import demonstration_in, session_on
from tests.stories.people import (
    DISPATCHER,
    WAREHOUSE,
    Firm,
    Program,
    ask_for_plan,
    draft,
    everything_written,
)
from tests.web.conftest import Page, Visitor
from tests.web.page_forms import forms_to, send

pytestmark = pytest.mark.xdist_group("the day over HTTP")

SITES = "code,name,contract,address,lat,lon,zone,opening_hours,contact_name,phone"
GOOD_SITE = "S-9001,Good,LAR-24,Rua A 1,41.15,-8.61,,,,"
BAD_SITE = "S-9002,Bad,LAR-24,Rua B 2,north,-8.61,,,,"


@pytest.fixture(scope="module")
def firm(loaded_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """The firm at half past seven, shared by everybody who is refused."""
    folder = tmp_path_factory.mktemp("refusing")
    with demonstration_in(folder, copy_of=loaded_folder) as app, session_on(app) as session:
        yield Firm(app, session)


@pytest.fixture(scope="module")
def dispatcher(firm: Firm) -> Visitor:
    return firm.page_of(DISPATCHER)


@pytest.fixture(scope="module")
def clerk(firm: Firm) -> Visitor:
    return firm.page_of(WAREHOUSE)


@pytest.fixture(scope="module")
def program(firm: Firm) -> Program:
    return firm.program_of(DISPATCHER)


@pytest.fixture(scope="module")
def store_program(firm: Firm) -> Program:
    return firm.program_of(WAREHOUSE)


@pytest.fixture
def nothing_written(
    firm: Firm, dispatcher: Visitor, clerk: Visitor, program: Program, store_program: Program
) -> Iterator[None]:
    """After the test every row of the database is as it was when everybody had signed in."""
    before = everything_written(firm.session)
    yield
    assert everything_written(firm.session) == before


@pytest.fixture
def fresh_firm(demonstration: Flask) -> Iterator[Firm]:
    """A firm of one's own, to write in."""
    with session_on(demonstration) as session:
        yield Firm(demonstration, session)


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize(
    ("path", "sent", "title"),
    [
        # Cut off in the middle.
        ("/jobs", b'{"device_serial": "TV2-', "Bad Request"),
        # Not text at all.
        ("/jobs", b"\xff\xfe\x00", "Bad Request"),
        # A list where an object is expected.
        ("/jobs", b"[1, 2]", "Unprocessable Entity"),
        # Values of another kind.
        ("/plan-runs", b'{"seconds": "soon", "day": "someday"}', "Unprocessable Entity"),
        ("/jobs", b'{"device_serial": 7, "fault_code": null}', "Unprocessable Entity"),
    ],
)
def test_malformed_json_is_refused(program: Program, path: str, sent: bytes, title: str) -> None:
    answer = program.send("POST", path, data=sent, content_type="application/json")

    assert answer.mimetype == "application/problem+json"
    assert (answer.json["title"], answer.json["status"]) == (title, answer.status_code), answer.text
    assert answer.json["detail"]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize(
    ("sent", "told"),
    [
        # A good row before a bad one: neither is written.
        (f"{SITES}\n{GOOD_SITE}\n{BAD_SITE}", 3),
        # A quotation mark that never ends.
        (f'{SITES}\n"{GOOD_SITE}', 2),
        # Columns that nobody knows.
        ("colour,taste\nred,sweet", 1),
    ],
)
def test_a_file_with_a_bad_line_is_refused_whole_and_names_the_line(
    program: Program, dispatcher: Visitor, sent: str, told: int
) -> None:
    answer = program.send("POST", "/imports/sites", data=sent.encode(), content_type="text/csv")
    page = _send_file(dispatcher, "sites", sent.encode())

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert told in [error["line"] for error in answer.json["errors"]]
    assert page.status == 422
    assert f">{told}<" in page.html


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/jobs", {"device_serial": "NO-SUCH", "fault_code": "PRINTER-JAM"}),
        ("/jobs/J-999999/cancel", {"reason": "gone"}),
        ("/plan-runs/999/cancel", {}),
        ("/plans/999/publish", {}),
    ],
)
def test_an_unknown_id_is_refused_by_the_api(program: Program, path: str, body: dict[str, Any]) -> None:
    problem = program.refused(path, body, status=404)

    assert problem["title"].startswith("unknown_")
    assert problem["detail"]


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("path", ["/jobs/J-999999", "/plan-runs/999/progress", "/nowhere"])
def test_an_unknown_address_is_a_page_that_leads_on(dispatcher: Visitor, path: str) -> None:
    page = dispatcher.get(path)

    assert page.status == 404
    assert "There is nothing here" in page.text
    assert 'href="/"' in page.html


@pytest.mark.usefixtures("nothing_written")
def test_an_unknown_device_is_told_beside_its_field_and_what_was_typed_stays(dispatcher: Visitor) -> None:
    page = send(
        dispatcher,
        dispatcher.get("/jobs/new"),
        "/jobs",
        device_serial="NO-SUCH",
        fault_code="PRINTER-JAM",
        description="chews paper",
    )

    assert page.status == 404
    assert "NO-SUCH" in page.part('id="e-device_serial"', "</p>")
    assert "chews paper" in page.html


@pytest.mark.usefixtures("nothing_written")
@pytest.mark.parametrize("quantity", [-3, 0])
def test_pieces_that_are_not_at_least_one_are_refused(store_program: Program, clerk: Visitor, quantity: int) -> None:
    line = {"sku": "PAP-58", "quantity": quantity}
    typed = {"warehouse": "WH-N", "reference": "DN 1", "sku-0": "PAP-58", "quantity-0": str(quantity)}

    problem = store_program.refused(
        "/deliveries", {"warehouse": "WH-N", "reference": "DN 1", "lines": [line]}, status=422
    )
    page = send(clerk, clerk.get("/warehouse/deliveries/new"), "/warehouse/deliveries", **typed)

    assert "quantity" in str(problem["errors"])
    assert page.status == 422
    assert "is not a whole number of at least 1" in page.part('id="e-quantity-0"', "</p>")
    assert 'value="DN 1"' in page.html


@pytest.mark.usefixtures("nothing_written")
def test_a_count_below_nothing_is_refused(store_program: Program, clerk: Visitor) -> None:
    body = {"place": "WH-N", "sku": "PAP-58", "counted": -1, "reason": "counted"}

    problem = store_program.refused("/counts", body, status=422)
    page = send(
        clerk,
        clerk.get("/warehouse/parts/PAP-58"),
        "/warehouse/parts/PAP-58/count",
        place="WH-N",
        counted="-1",
        reason="counted",
    )

    assert "counted" in str(problem["errors"])
    assert page.status == 422
    assert "-1 is not a whole number of at least 0." in page.text


@pytest.mark.usefixtures("nothing_written")
def test_a_promise_in_the_past_is_refused(firm: Firm, program: Program, dispatcher: Visitor) -> None:
    serial = _serial_on_the_map(firm)
    window = {"start": f"{firm.day}T06:00:00Z", "end": f"{firm.day}T07:00:00Z"}

    problem = program.refused(
        "/jobs", {"device_serial": serial, "fault_code": "PRINTER-JAM", "window": window}, status=422
    )
    page = send(
        dispatcher,
        dispatcher.get("/jobs/new"),
        "/jobs",
        device_serial=serial,
        fault_code="PRINTER-JAM",
        window_day=firm.day.isoformat(),
        window_from="06:00",
        window_to="07:00",
    )

    assert problem["title"] == "window_in_past"
    assert page.status == 422
    assert "began before now" in page.part('id="e-window_from"', "</p>")


@pytest.mark.usefixtures("nothing_written")
def test_a_promise_in_the_past_is_refused_in_a_file(firm: Firm, program: Program, dispatcher: Visitor) -> None:
    row = f"{_serial_on_the_map(firm)},PRINTER-JAM,{firm.day} 06:00,{firm.day} 07:00"
    sent = f"device,fault,window_start,window_end\n{row}\n".encode()

    answer = program.send("POST", "/imports/jobs", data=sent, content_type="text/csv")
    page = _send_file(dispatcher, "jobs", sent)

    assert (answer.status_code, page.status) == (422, 422)
    assert [(error["line"], error["code"]) for error in answer.json["errors"]] == [(2, "window_in_past")]
    assert answer.json["errors"][0]["reason"] in page.text


@pytest.mark.usefixtures("nothing_written")
def test_whoever_is_not_signed_in_is_led_to_the_sign_in_and_programs_are_told(firm: Firm) -> None:
    stranger = firm.app.test_client()

    answer = stranger.get("/api/v1/jobs")

    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert stranger.get("/board").location == "/login?next=/board"


def test_whoever_guesses_passwords_is_told_to_wait_as_a_program_and_at_the_page(fresh_firm: Firm) -> None:
    client, guess = fresh_firm.app.test_client(), {"email": DISPATCHER, "password": "no", "name": "guesser"}

    answers = [client.post("/api/v1/tokens", json=guess) for _ in range(21)]
    pages = [client.post("/login", data=guess) for _ in range(21)]

    assert (answers[0].status_code, answers[-1].status_code, pages[-1].status_code) == (401, 429, 429)
    assert "Wait a minute, then try again." in answers[-1].json["detail"]
    assert "Wait a minute, then try again." in pages[-1].text


def test_a_job_whose_shop_has_no_position_is_taken_in_and_every_page_says_what_is_missing(fresh_firm: Firm) -> None:
    firm, dispatcher, program = fresh_firm, fresh_firm.page_of(DISPATCHER), fresh_firm.program_of(DISPATCHER)
    serial = firm.session.scalars(sa.select(Device.serial).join(Site).where(Site.lat.is_(None))).first()
    job = program.post("/jobs", {"device_serial": serial, "fault_code": "SOFTWARE-LOGIN"})

    plan_id = draft(firm, dispatcher)

    reasons = {left["job"]: left["reason"] for left in program.get(f"/plans/{plan_id}")["left_out"]}
    assert reasons[job["number"]] == "no_position"
    assert "no position" in dispatcher.get(f"/board?text={job['number']}").part('class="job-list"', "</ol>")
    assert "The shop has no position on the map" in dispatcher.get(f"/jobs/{job['number']}").text


def test_without_a_worker_the_button_says_how_to_start_one(fresh_firm: Firm) -> None:
    firm, dispatcher, program = fresh_firm, fresh_firm.page_of(DISPATCHER), fresh_firm.program_of(DISPATCHER)
    run_id = ask_for_plan(firm, dispatcher, engine="greedy")

    assert program.get(f"/plan-runs/{run_id}")["worker_is_alive"] is False
    for path in ("/board", f"/plan-runs/{run_id}/progress"):
        assert "No background worker is running" in dispatcher.get(path).text
        assert "make run" in dispatcher.get(path).text


def test_a_second_run_beside_the_first_is_refused(fresh_firm: Firm) -> None:
    firm, dispatcher, program = fresh_firm, fresh_firm.page_of(DISPATCHER), fresh_firm.program_of(DISPATCHER)
    board = dispatcher.get("/board")
    ask_for_plan(firm, dispatcher, engine="greedy")
    before = everything_written(firm.session)

    problem = program.refused("/plan-runs", {"engine": "greedy"}, status=409)
    page = send(dispatcher, board, "/plan-runs")

    assert problem["title"] == "planning_under_way"
    assert page.status == 409
    assert "already being computed" in page.text
    assert everything_written(firm.session) == before


@pytest.mark.parametrize(
    ("file", "told"),
    [
        # Bytes that are no map.
        (b"this is not a map" * 100, "cannot be read"),
        # Nothing there.
        (None, "not"),
    ],
)
def test_a_map_file_that_cannot_be_read_fails_the_run_with_its_name_and_what_to_do(
    loaded_folder: Path, tmp_path: Path, file: bytes | None, told: str
) -> None:
    map_file = tmp_path / "city.osm.pbf"
    if file is not None:
        map_file.write_bytes(file)
    settings: Mapping[str, Any] = {"travel_provider": "osm", "map_file": map_file}
    with demonstration_in(tmp_path, copy_of=loaded_folder, **settings) as app, session_on(app) as session:
        firm = Firm(app, session)
        dispatcher, program = firm.page_of(DISPATCHER), firm.program_of(DISPATCHER)
        before = session.execute(sa.select(Job.id, Job.status)).all()
        run_id = ask_for_plan(firm, dispatcher, engine="greedy")

        firm.work_off(run_id)

        run = program.get(f"/plan-runs/{run_id}")
        assert (run["state"], run["problem"]["code"]) == ("failed", "travel_times_unavailable")
        board = dispatcher.get("/board").part('class="run card"')
        assert "Failed" in board
        assert "city.osm.pbf" in board
        assert told in board
        assert program.get("/plans")["plans"] == []
        assert session.execute(sa.select(Job.id, Job.status)).all() == before


def _send_file(dispatcher: Visitor, kind: str, content: bytes) -> Page:
    """Choose a file on the page of imports and send it."""
    fields = forms_to(dispatcher.get("/imports"), f"/imports/{kind}")[0]
    data = fields | {"file": (io.BytesIO(content), f"{kind}.csv")}
    return Page.of(dispatcher.client.post(f"/imports/{kind}", data=data))


def _serial_on_the_map(firm: Firm) -> str:
    query = sa.select(Device.serial).join(Site).where(Site.lat.is_not(None)).order_by(Device.id)
    return firm.session.scalars(query).first() or ""
