"""A day of the demonstration over HTTP: reported, planned, published, driven and restocked, at pages and by the API."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest
import sqlalchemy as sa
from flask import Flask

from customers.models import Device, Site
from dispatch.models import Job, Technician
from dispatch.models.jobs import JobStatus
from inventory.ledger import find_differences
from tests.stories.demonstration import session_on
from tests.stories.people import (
    DISPATCHER,
    WAREHOUSE,
    Firm,
    Json,
    Program,
    TechnicianOnTheRoad,
    draft,
    everything_written,
    in_order,
    pieces_on_hand,
    row_counts,
)
from tests.web.conftest import Visitor
from tests.web.page_forms import forms_to, send

pytestmark = pytest.mark.xdist_group("the day over HTTP")

# What no warehouse of the demonstration has left in the morning, and a symptom that needs it on this model.
MODEL = "Orbal R10"
MISSING_PART = "SCR-R10"
SYMPTOM = "SCREEN-CRACKED"


@pytest.fixture
def firm(demonstration: Flask) -> Iterator[Firm]:
    """The firm at half past seven."""
    with session_on(demonstration) as session:
        yield Firm(demonstration, session)


@pytest.fixture
def firm_on_the_road(demonstration_on_the_road: Flask) -> Iterator[Firm]:
    """The firm with its plan published."""
    with session_on(demonstration_on_the_road) as session:
        yield Firm(demonstration_on_the_road, session)


def test_a_fault_reported_by_form_or_by_program_is_a_job_with_due_times_and_parts(firm: Firm) -> None:
    dispatcher, program = firm.page_of(DISPATCHER), firm.program_of(DISPATCHER)
    serials = _serials(firm, "Tavora T200")

    taken_in = send(
        dispatcher,
        dispatcher.get("/jobs/new"),
        "/jobs",
        device_serial=serials[0],
        fault_code="SOFTWARE-LOGIN",
        description="asks for a password nobody has",
    )
    page = dispatcher.follow(taken_in)
    by_program = program.post("/jobs", {"device_serial": serials[1], "fault_code": "SOFTWARE-LOGIN"})

    assert "is taken in" in page.text
    assert "asks for a password nobody has" in page.text
    assert by_program["status"] == "ready"
    assert by_program["reported_at"] < by_program["response_due"] < by_program["resolution_due"]
    queue = dispatcher.get("/board").text
    assert by_program["number"] in queue


def test_a_job_whose_part_is_nowhere_waits_and_names_the_part(firm: Firm) -> None:
    dispatcher, program = firm.page_of(DISPATCHER), firm.program_of(DISPATCHER)

    job = _report_waiting_job(firm, program)

    assert job["status"] == "waiting_parts"
    page = dispatcher.get(f"/jobs/{job['number']}")
    assert "Waiting for parts" in page.text
    assert MISSING_PART in page.part('aria-labelledby="parts"')
    assert "missing" in page.part('aria-labelledby="parts"')
    assert job["number"] in dispatcher.get("/board?status=waiting_parts").text


@pytest.mark.parametrize(("engine", "seconds"), [("greedy", 1), ("ortools", 3), ("hybrid", 2)])
def test_the_button_asks_for_a_plan_and_the_draft_tells_who_is_late_and_who_is_left_out(
    firm: Firm, engine: str, seconds: int
) -> None:
    dispatcher, program = firm.page_of(DISPATCHER), firm.program_of(DISPATCHER)

    plan_id = draft(firm, dispatcher, engine=engine, seconds=seconds)

    plan = program.get(f"/plans/{plan_id}")
    planned = [stop["job"] for route in plan["routes"] for stop in route["stops"] if stop["kind"] == "visit"]
    assert len(planned) == len(set(planned)) > 120
    board = dispatcher.get("/board")
    assert f"{len(planned)} planned" in board.text
    assert forms_to(board, f"/plans/{plan_id}/publish")
    left_out = dispatcher.get("/board?list=left_out").text
    assert plan["left_out"]
    for left in plan["left_out"]:
        assert left["job"] in left_out
    assert "Its parts are not there yet." in left_out
    assert "The shop has no position on the map." in left_out
    late = dispatcher.get("/board?list=late")
    assert late.html.count('class="job"') == _number_before(board.text, "late")
    assert len(dispatcher.client.get("/board/map.json").json["routes"]) == sum(bool(r["stops"]) for r in plan["routes"])


def test_a_published_plan_is_each_technicians_own_day_in_its_order(firm_on_the_road: Firm) -> None:
    firm = firm_on_the_road
    plan = _published_plan(firm.program_of(DISPATCHER))
    route, other = [one for one in plan["routes"] if _visits_of(one)][:2]
    technician, code = _email(firm, route["technician"]), other["technician"]
    program, phone = firm.program_of(technician), firm.page_of(technician)

    stops = TechnicianOnTheRoad(program).stops()

    assert [stop["visit"]["job"] for stop in stops if stop["kind"] == "visit"] == _visits_of(route)
    assert [stop["arrives_at"] for stop in stops] == sorted(stop["arrives_at"] for stop in stops)
    page = phone.get("/day")
    assert in_order(page, [stop["visit"]["site"] for stop in stops if stop["kind"] == "visit"])
    assert not set(_visits_of(other)) & set(page.text.split())
    assert phone.get(f"/day?technician={code}").status == 403


def test_somebody_elses_visit_is_refused_at_the_page_and_by_the_api(firm_on_the_road: Firm) -> None:
    firm = firm_on_the_road
    plan = _published_plan(firm.program_of(DISPATCHER))
    mine, theirs = [_email(firm, route["technician"]) for route in plan["routes"] if _visits_of(route)][:2]
    visit = TechnicianOnTheRoad(firm.program_of(theirs)).stops("visit")[0]["visit"]
    phone = firm.page_of(mine)

    problem = firm.program_of(mine).refused(f"/visits/{visit['id']}/set-off", status=403)
    page = phone.post(f"/visits/{visit['id']}/set-off", command_id="somebody-elses")

    assert problem["title"] == "not_your_visit"
    assert page.status == 403
    assert f"The visit for job {visit['job']} is not yours." in page.text


def test_stock_falls_by_what_was_used_and_the_ledger_names_the_jobs(firm_on_the_road: Firm) -> None:
    firm = firm_on_the_road
    office = firm.program_of(DISPATCHER)
    email = _email(firm, _technician_with_pick_up(office))
    technician, phone = TechnicianOnTheRoad(firm.program_of(email)), firm.page_of(email)
    before = pieces_on_hand(office)

    # At the warehouse, then at every shop in turn.
    pick_up = next(stop for stop in technician.stops() if stop["kind"] == "depot")
    loaded = phone.follow(send(phone, phone.get("/day"), "/day/load"))
    assert "in your van" in loaded.text
    assert pick_up["pick_list_ids"]
    for stop in technician.stops("visit"):
        technician.repair(stop)

    assert technician.used
    assert f"{len(technician.completed)} of {len(technician.completed)} visits done" in phone.get("/day").text
    assert _fallen(before, pieces_on_hand(office)) == technician.used
    sku, job = _a_used_part(office, technician)
    movements = firm.page_of(WAREHOUSE).get(f"/warehouse/parts/{sku}").part('id="movements"')
    assert "Used up" in movements
    assert job in movements
    assert find_differences(firm.session) == []


def test_a_visit_that_cannot_be_completed_gives_the_job_back_with_the_reason(firm_on_the_road: Firm) -> None:
    firm = firm_on_the_road
    dispatcher, phone, technician = _first_on_the_road(firm)
    visit = technician.stops("visit")[0]["visit"]
    technician.drive_to(visit["id"])

    ended = send(
        phone,
        phone.get("/day"),
        f"/visits/{visit['id']}/cannot-complete",
        reason="no_access",
        note="shutters down",
    )

    assert "goes back to the dispatcher" in phone.follow(ended).text
    job = dispatcher.get(f"/jobs/{visit['job']}").text
    assert "No access" in job
    assert "shutters down" in job
    assert visit["job"] in dispatcher.get("/board").part('class="job-list"', "</ol>")


def test_a_second_plan_in_the_middle_of_the_day_keeps_what_has_begun_and_takes_the_open_jobs_in(
    firm_on_the_road: Firm,
) -> None:
    firm = firm_on_the_road
    dispatcher, phone, technician = _first_on_the_road(firm)
    technician.load()
    done, failed = technician.stops("visit")[:2]
    technician.repair(done)
    technician.drive_to(failed["visit"]["id"])
    technician.program.post(f"/visits/{failed['visit']['id']}/cannot-complete", {"reason": "no_access"})

    plan_id = draft(firm, dispatcher)
    in_draft = dispatcher.get("/board").html.count(f'data-job="{failed["visit"]["job"]}"')
    send(dispatcher, dispatcher.get("/board"), f"/plans/{plan_id}/publish")

    plan = _published_plan(firm.program_of(DISPATCHER))
    assert plan["id"] == plan_id
    planned = [job for route in plan["routes"] for job in _visits_of(route)]
    assert done["visit"]["job"] not in planned
    assert planned.count(failed["visit"]["job"]) == 1
    assert in_draft == 2, "the visit that failed and the one that is to come"
    # The stops that are done stand last.
    over = html.unescape(phone.get("/day").html.partition('data-stops="done"')[2])
    assert done["visit"]["site"] in over
    assert failed["visit"]["site"] in over
    assert find_differences(firm.session) == []


def test_every_command_of_the_phone_acts_once_though_it_is_sent_twice(firm_on_the_road: Firm) -> None:
    firm = firm_on_the_road
    office = firm.program_of(DISPATCHER)
    email = _email(firm, _technician_with_pick_up(office))
    technician, phone = TechnicianOnTheRoad(firm.program_of(email)), firm.page_of(email)
    stops = technician.stops("visit")
    with_part = next(stop for stop in stops if stop["parts"])
    without = next(stop for stop in stops if stop is not with_part)
    visit, other, sku = with_part["visit"]["id"], without["visit"]["id"], with_part["parts"][0]["sku"]
    commands: list[tuple[str, dict[str, str]]] = [
        ("/day/load", {}),
        (f"/visits/{visit}/set-off", {}),
        (f"/visits/{visit}/arrive", {}),
        (f"/visits/{visit}/parts", {"sku": sku, "quantity": "1"}),
        (f"/visits/{visit}/complete", {"note": "works"}),
        (f"/visits/{other}/set-off", {}),
        (f"/visits/{other}/arrive", {}),
        (f"/visits/{other}/cannot-complete", {"reason": "customer_refused", "note": "later"}),
    ]

    for address, typed in commands:
        page = phone.get("/day")
        assert forms_to(page, address), f"{address} is not on the page: {page.text}"
        form = forms_to(page, address)[0] | typed
        first = phone.post(address, **form)
        rows, pieces = row_counts(firm.session), pieces_on_hand(office)
        second = phone.post(address, **form)

        assert (first.status, second.status) == (303, 303), address
        assert second.location == first.location
        assert (row_counts(firm.session), pieces_on_hand(office)) == (rows, pieces), address
    assert find_differences(firm.session) == []


def test_every_command_of_a_program_acts_once_though_it_is_sent_twice(firm_on_the_road: Firm) -> None:
    firm = firm_on_the_road
    _, _, technician = _first_on_the_road(firm)
    stop = technician.stops("visit")[0]
    visit = f"/visits/{stop['visit']['id']}"

    for path, body in [(f"{visit}/set-off", {}), (f"{visit}/arrive", {}), (f"{visit}/complete", {"note": "works"})]:
        first = technician.program.post(path, body, key=f"key of {path}")
        rows = row_counts(firm.session)

        assert technician.program.post(path, body, key=f"key of {path}") == first
        assert row_counts(firm.session) == rows


def test_a_job_cancelled_after_the_draft_refuses_publication_by_its_number_and_changes_nothing(firm: Firm) -> None:
    dispatcher, program = firm.page_of(DISPATCHER), firm.program_of(DISPATCHER)
    plan_id = draft(firm, dispatcher)
    number = _visits_of(program.get(f"/plans/{plan_id}")["routes"][0])[0]
    board = dispatcher.get("/board")
    send(dispatcher, dispatcher.get(f"/jobs/{number}"), f"/jobs/{number}/cancel", reason="the shop has closed down")
    before = everything_written(firm.session)

    page = send(dispatcher, board, f"/plans/{plan_id}/publish")
    problem = program.refused(f"/plans/{plan_id}/publish", status=409)

    assert page.status == 409
    assert "The draft no longer fits the day" in page.text
    assert f"{number} Cancelled" in page.part("<tbody>", "</tbody>")
    assert problem["jobs"] == [{"number": number, "change": "cancelled"}]
    assert everything_written(firm.session) == before


def test_a_job_cancelled_after_publication_leaves_the_phone_and_the_board(firm_on_the_road: Firm) -> None:
    firm = firm_on_the_road
    dispatcher, phone, technician = _first_on_the_road(firm)
    visit = technician.stops("visit")[1]["visit"]
    planned = _number_before(dispatcher.get("/board").text, "visits")

    job = f"/jobs/{visit['job']}"
    dispatcher.follow(send(dispatcher, dispatcher.get(job), f"{job}/cancel", reason="moved away"))

    assert visit["job"] not in phone.get("/day").text
    board = dispatcher.get("/board").text
    assert visit["job"] not in board
    assert _number_before(board, "visits") == planned - 1
    problem = technician.program.refused(f"/visits/{visit['id']}/set-off", status=409)
    assert problem["title"] == "visit_withdrawn"


def test_the_second_of_two_dispatchers_is_told_who_changed_the_job_and_when(firm: Firm) -> None:
    dispatcher, colleague = firm.page_of(DISPATCHER), firm.page_of("admin@demo.example")
    program = firm.program_of(DISPATCHER)
    number = program.get("/jobs", status="ready")["jobs"][0]["number"]
    opened = dispatcher.get(f"/jobs/{number}")
    read = program.get(f"/jobs/{number}")["job"]["version"]
    send(colleague, colleague.get(f"/jobs/{number}"), f"/jobs/{number}/change", description="ring twice")

    page = send(dispatcher, opened, f"/jobs/{number}/change", description="ring once")
    answer = program.send("PATCH", f"/jobs/{number}", json={"version": read, "description": "ring once"})

    assert page.status == answer.status_code == 409
    assert "Olívia Marques" in page.part('class="notice notice-refused"', "</div>")
    assert "07:3" in page.part('class="notice notice-refused"', "</div>")
    assert "ring once" in page.html, "what was typed is kept"
    assert "Olívia Marques" in answer.json["detail"]
    assert program.get(f"/jobs/{number}")["job"]["description"] == "ring twice"


def test_a_delivery_makes_the_job_ready_that_waited_for_it(firm: Firm) -> None:
    dispatcher, program, clerk = firm.page_of(DISPATCHER), firm.program_of(DISPATCHER), firm.page_of(WAREHOUSE)
    waiting = [job["number"] for job in program.get("/jobs", status="waiting_parts")["jobs"]]
    for_the_screen = [number for number in waiting if MISSING_PART in _skus(program, number)]
    before = pieces_on_hand(program)

    received = send(
        clerk,
        clerk.get("/warehouse/deliveries/new"),
        "/warehouse/deliveries",
        **{"warehouse": "WH-N", "reference": "DN 4711", "sku-0": MISSING_PART, "quantity-0": "5"},
    )

    told = clerk.follow(received).text
    assert "5 pieces are on the shelf." in told
    assert for_the_screen
    for number in for_the_screen:
        assert number in told
        assert program.get(f"/jobs/{number}")["job"]["status"] == "ready"
    assert _fallen(pieces_on_hand(program), before) == {MISSING_PART: 5}
    assert "DN 4711" in clerk.get(f"/warehouse/parts/{MISSING_PART}").part('id="movements"')
    assert dispatcher.get(f"/jobs/{for_the_screen[0]}").text.count("Parts are promised") == 1


def test_the_warehouse_confirms_a_pick_list_line_by_line_and_then_as_a_whole(firm_on_the_road: Firm) -> None:
    firm = firm_on_the_road
    clerk, program = firm.page_of(WAREHOUSE), firm.program_of(WAREHOUSE)
    picked = max(program.get("/pick-lists")["pick_lists"], key=lambda one: len(one["lines"]))
    address, before = f"/warehouse/pick-lists/{picked['id']}", pieces_on_hand(program)

    line = picked["lines"][0]
    send(clerk, clerk.get(address), f"{address}/lines/{line['id']}/confirm")
    after_one = pieces_on_hand(program)
    finished = clerk.follow(send(clerk, clerk.get(address), f"{address}/confirm"))

    assert after_one[picked["trunk"], line["sku"]] == before.get((picked["trunk"], line["sku"]), 0) + line["quantity"]
    assert "Everything on the list is in" in finished.text
    assert _fallen(before, pieces_on_hand(program)) == {}, "pieces only moved"
    assert find_differences(firm.session) == []


def test_a_whole_day_driven_to_its_end_leaves_the_stock_in_agreement_and_says_what_to_restock(
    firm_on_the_road: Firm,
) -> None:
    firm = firm_on_the_road
    office, clerk = firm.program_of(DISPATCHER), firm.page_of(WAREHOUSE)
    before = pieces_on_hand(office)
    used: Counter[str] = Counter()
    completed: list[str] = []

    for route in _published_plan(office)["routes"]:
        technician = TechnicianOnTheRoad(firm.equipped_program_of(_email(firm, route["technician"])))
        technician.load()
        for stop in technician.stops("visit"):
            technician.repair(stop)
        used += Counter(technician.used)
        completed += technician.completed

    states = Counter(firm.session.scalars(sa.select(Job.status)))
    assert states[JobStatus.COMPLETED] == len(completed) > 120
    assert states[JobStatus.DISPATCHED] == 0
    assert _fallen(before, pieces_on_hand(office)) == used
    assert find_differences(firm.session) == []
    restock = clerk.get("/warehouse/restock")
    proposed = firm.program_of(WAREHOUSE).get("/restock")["proposals"]
    assert {proposal["sku"] for proposal in proposed} & set(used)
    drawn_up = clerk.follow(send(clerk, restock, "/warehouse/top-ups"))
    assert "is drawn up" in drawn_up.text


def _serials(firm: Firm, model: str) -> list[str]:
    """Devices of a model whose shops are on the map."""
    query = sa.select(Device.serial).join(Site).where(Device.model == model, Site.lat.is_not(None))
    return list(firm.session.scalars(query.order_by(Device.id)))


def _report_waiting_job(firm: Firm, program: Program) -> Json:
    return program.post("/jobs", {"device_serial": _serials(firm, MODEL)[0], "fault_code": SYMPTOM})


def _published_plan(office: Program) -> Json:
    plan_id = next(plan["id"] for plan in office.get("/plans")["plans"] if plan["state"] == "published")
    return office.get(f"/plans/{plan_id}")


def _visits_of(route: Json) -> list[str]:
    return [stop["job"] for stop in route["stops"] if stop["kind"] == "visit"]


def _email(firm: Firm, technician_code: str) -> str:
    technician = firm.session.scalars(sa.select(Technician).where(Technician.code == technician_code)).one()
    assert technician.user is not None
    return technician.user.email


def _technician_with_pick_up(office: Program) -> str:
    """The first who picks parts up and has a part to build in on the way."""
    for route in _published_plan(office)["routes"]:
        if any(stop["kind"] == "depot" for stop in route["stops"]) and len(_visits_of(route)) > 2:
            return str(route["technician"])
    raise AssertionError("Nobody of the plan calls at a warehouse.")


def _first_on_the_road(firm: Firm) -> tuple[Visitor, Visitor, TechnicianOnTheRoad]:
    """The dispatcher's pages, and the phone and program of the first technician who has stops."""
    routes = _published_plan(firm.program_of(DISPATCHER))["routes"]
    email = _email(firm, next(route["technician"] for route in routes if _visits_of(route)))
    return firm.page_of(DISPATCHER), firm.page_of(email), TechnicianOnTheRoad(firm.program_of(email))


def _a_used_part(office: Program, technician: TechnicianOnTheRoad) -> tuple[str, str]:
    """A part that was used, and the job for which it was."""
    for number in technician.completed:
        for part in office.get(f"/jobs/{number}")["job"]["parts"]:
            if part["used"]:
                return part["sku"], number
    raise AssertionError("No part was used.")


def _skus(program: Program, number: str) -> list[str]:
    return [part["sku"] for part in program.get(f"/jobs/{number}")["job"]["parts"]]


def _fallen(before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]) -> dict[str, int]:
    """By how many pieces the stock of each part has fallen over all places; parts that have not are left out."""
    sums = Counter[str]()
    for levels, sign in ((before, 1), (after, -1)):
        for (_place, sku), pieces in levels.items():
            sums[sku] += sign * pieces
    return {sku: pieces for sku, pieces in sums.items() if pieces}


def _number_before(text: str, word: str) -> int:
    """The number that stands before the first occurrence of a word."""
    found = re.search(rf"(\d+) {word}", text)
    assert found, f"No number before {word}: {text}"
    return int(found.group(1))
