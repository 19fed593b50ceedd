"""Facts about the dispatcher's board."""

import datetime as dt
import gzip
import re

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.accounts import RoleName
from core.db import db
from customers.models import Priority, Territory
from dispatch.models import (
    ClockPause,
    Job,
    JobPart,
    Pin,
    Plan,
    PlanRun,
    Position,
    Technician,
    Visit,
    WorkerPulse,
)
from dispatch.models.clocks import PauseReason
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, RunState
from dispatch.models.visits import VisitStatus
from dispatch.models.workforce import AbsenceReason
from dispatch.workforce import note_absence
from inventory.reservations import reserve_all
from tests.factories import (
    MONDAY,
    add_device,
    add_job,
    add_part,
    add_place,
    add_shift,
    add_site,
    add_stock,
    add_technician,
    add_visit,
    at,
)
from tests.web.conftest import Page, Visitor, World, add_plan
from tests.web.page_forms import forms_to, send
from web.map_drawing import thinned


@pytest.fixture
def session(world: World) -> Session:
    return world.session


@pytest.fixture
def rui(session: Session) -> Technician:
    technician = add_technician(session, name="Rui Dias")
    add_shift(session, technician)
    return technician


def add_run(session: Session, state: RunState, **values: object) -> PlanRun:
    run = PlanRun(
        day=MONDAY, last_day=MONDAY, state=state, engine="greedy", seconds=5.0, requested_at=clock.now(), **values
    )
    session.add(run)
    session.flush()
    return run


def test_an_empty_day_says_what_to_do(dispatcher: Visitor) -> None:
    page = dispatcher.get("/board")

    assert page.status == 200
    assert "Nothing waits to be planned" in page.text
    assert "Nobody works on this day" in page.text


def test_the_board_is_there_in_chinese(world: World, rui: Technician) -> None:
    page = world.signed_in(RoleName.DISPATCHER, language="zh_Hans_CN").get("/board")

    assert page.status == 200
    assert "星期一" in page.text


def test_the_queue_is_in_order_of_due_times(dispatcher: Visitor, session: Session) -> None:
    add_job(session, number="J-late", response_due=at(15))
    add_job(session, number="J-soon", response_due=at(9))

    page = dispatcher.get("/board")

    assert page.html.index("J-soon") < page.html.index("J-late")


def test_a_job_whose_due_time_has_passed_is_marked(dispatcher: Visitor, session: Session) -> None:
    add_job(session, response_due=at(7))

    page = dispatcher.get("/board")

    assert "1 unplanned, 1 overdue" in page.text
    assert "overdue since 07:00" in page.text


@pytest.mark.parametrize(
    "question",
    ["status=waiting_parts", "priority=P1", "text=harbour", "text=SN-77", "status=waiting_parts&text=HARBOUR"],
)
def test_filters_leave_only_what_fits(dispatcher: Visitor, session: Session, question: str) -> None:
    device = add_device(session, serial="SN-77", site=add_site(session, name="Harbour Shop"))
    add_job(session, device=device, number="J-in", status=JobStatus.WAITING_PARTS, priority=Priority.P1)
    add_job(session, number="J-out", priority=Priority.P2)

    page = dispatcher.get(f"/board?{question}")

    assert "J-in" in page.text
    assert "J-out" not in page.text
    assert "2 unplanned" in page.text


def test_the_queue_is_narrowed_by_skill_customer_and_territory(dispatcher: Visitor, session: Session) -> None:
    north = Territory(code="N", name="North")
    session.add(north)
    site = add_site(session, name="Harbour Shop")
    site.territory = north
    add_job(session, device=add_device(session, site=site), number="J-in", skills={"printer": 2})
    add_job(session, number="J-out", skills={"battery": 1})
    session.flush()

    for question in (f"customer={site.customer_id}", f"territory={north.id}", "skill=printer"):
        page = dispatcher.get(f"/board?{question}")
        assert "J-in" in page.text, question
        assert "J-out" not in page.text, question
        assert "North" in page.text, question


@pytest.mark.parametrize(
    ("order", "first"), [("due", "J-old"), ("priority", "J-new"), ("reported", "J-old"), ("shop", "J-new")]
)
def test_the_queue_can_be_sorted(dispatcher: Visitor, session: Session, order: str, first: str) -> None:
    alpha, zulu = (add_device(session, site=add_site(session, name=name)) for name in ("Alpha", "Zulu"))
    add_job(session, device=zulu, number="J-old", reported_at=at(5), priority=Priority.P3)
    add_job(session, device=alpha, number="J-new", reported_at=at(6), priority=Priority.P1)

    listed = re.findall(r'<li class="job" data-job="([^"]+)"', dispatcher.get(f"/board?order={order}").html)

    assert listed[0] == first


def test_a_filter_that_hides_everything_can_be_taken_away(dispatcher: Visitor, session: Session) -> None:
    add_job(session)

    assert "Take the filter away" in dispatcher.get("/board?text=nowhere").text


def test_an_unknown_status_in_the_address_is_refused_by_name(dispatcher: Visitor) -> None:
    page = dispatcher.get("/board?status=lost")

    assert page.status == 422
    assert "lost is not one of the choices" in page.text


def test_a_draft_is_shown_before_the_published_plan_and_says_so(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    kept, added = add_job(session, number="J-kept"), add_job(session, number="J-added")
    add_plan(session, {rui: [(kept, at(9))]}, state=PlanState.PUBLISHED)
    add_plan(session, {rui: [(kept, at(9)), (added, at(10))]}, version=2)

    draft, published = dispatcher.get("/board"), dispatcher.get("/board?show=published")

    assert "Draft Plan 2" in draft.text
    assert "2 planned" in draft.text
    assert "Published Plan 1" in published.text
    assert "1 planned" in published.text


def test_a_late_visit_is_marked_and_listed_with_how_late(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    job = add_job(session, number="J-1", response_due=at(9))
    add_plan(session, {rui: [(job, at(9, 25))]})

    board, late = dispatcher.get("/board"), dispatcher.get("/board?list=late")

    assert "09:25–09:55, J-1, P3 · normal, Corner Shop, 25 min late" in board.text
    assert "25 min late Rui Dias, 09:25 · due 09:00" in late.text


def test_a_job_left_out_says_why_for_each_technician(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    served, left = add_job(session), add_job(session, number="J-left")
    add_plan(session, {rui: [(served, at(9))]}, left_out={left: "skill"})

    page = dispatcher.get("/board?list=left_out")

    assert "Nobody who works that day has the skill." in page.text
    assert "Rui Dias lacks the skill" in page.text


def test_the_table_lists_every_stop_with_its_address(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    add_plan(session, {rui: [(add_job(session, number="J-1"), at(9))]})

    page = dispatcher.get("/board?view=table")

    assert "09:00 – 09:30 P3 J-1" in page.text
    assert "Rua das Flores 1" in page.text


def test_a_visit_that_began_shows_its_real_times(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    job = add_job(session, number="J-1", status=JobStatus.ON_SITE)
    add_plan(session, {rui: [(job, at(9))]}, state=PlanState.PUBLISHED)
    visit = add_visit(session, technician=rui, job=job, start=at(9), status=VisitStatus.ON_SITE)
    visit.set_off_at, visit.arrived_at = at(9), at(9, 12)

    page = dispatcher.get("/board")

    assert "09:12–09:42, J-1" in page.text
    assert "On site" in page.text


def test_a_visit_tells_clock_parts_ties_and_the_freeze_in_words(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    warned = add_job(session, number="J-warned", reported_at=at(1), response_due=at(9))
    paused = add_job(session, number="J-paused", reported_at=at(7), window=(at(10), at(12)))
    session.add(ClockPause(job_id=paused.id, reason=PauseReason.CUSTOMER_ASKED, began_at=at(7)))
    session.add(Pin(job=warned, technician_id=rui.id, reason="knows the shop", pinned_at=at(7)))
    session.add(JobPart(job=paused, part=add_part(session, sku="P-1"), quantity=1))
    add_plan(session, {rui: [(warned, at(8)), (paused, at(10))]}, state=PlanState.PUBLISHED)
    add_visit(session, technician=rui, job=warned, start=at(8))

    text = dispatcher.get("/board").text

    told = "08:00–08:30, J-warned, P3 · normal, Corner Shop, Dispatched, due 09:00 (clock soon runs out), tied, frozen"
    assert told in text
    assert "due 15:00 (clock paused), parts missing, promised 10:00–12:00" in text


@pytest.mark.parametrize(("place", "words"), [("trunk", "parts in the van"), ("depot", "parts to pick up")])
def test_a_visit_tells_where_its_parts_are(
    dispatcher: Visitor, session: Session, rui: Technician, place: str, words: str
) -> None:
    part, depot = add_part(session), add_place(session)
    stock = rui.trunk if place == "trunk" else depot
    add_stock(session, stock, part, 1)
    job = add_job(session)
    promised = reserve_all(session, wants={part.id: 1}, place_ids=[stock.id], reference=job.number)
    session.add(JobPart(job=job, part=part, quantity=1, reservation=promised[part.id]))
    add_plan(session, {rui: [(job, at(9))]})

    assert words in dispatcher.get("/board").text


@pytest.mark.parametrize(("status", "can_move"), [(VisitStatus.DISPATCHED, True), (VisitStatus.EN_ROUTE, False)])
def test_only_visits_that_nobody_has_set_off_to_can_be_taken_hold_of(
    dispatcher: Visitor, session: Session, rui: Technician, status: VisitStatus, can_move: bool
) -> None:
    job = add_job(session, number="J-1", status=JobStatus(status.value))
    add_plan(session, {rui: [(job, at(9))]}, state=PlanState.PUBLISHED)
    visit = add_visit(session, technician=rui, job=job, start=at(9), status=status)
    visit.set_off_at = None if can_move else at(8, 30)

    bar = re.search(r'<a class="bar[^>]*data-job="J-1"[^>]*>', dispatcher.get("/board").html)

    assert bar
    assert ("data-movable" in bar[0]) is can_move


def test_a_technicians_load_is_told_beside_the_name(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    add_plan(session, {rui: [(add_job(session), at(9))]})

    # Half an hour of work and one of travel, of nine hours.
    assert re.search(r"1 visits · 1[67] %", dispatcher.get("/board").text)


def test_a_week_shows_each_days_visits_and_load_and_leads_to_the_day(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    tuesday = MONDAY + dt.timedelta(days=1)
    add_shift(session, rui, day=tuesday)
    late = add_job(session, response_due=at(8))
    add_plan(session, {rui: [(late, at(9))]}, state=PlanState.PUBLISHED)
    add_plan(
        session, {rui: [(add_job(session), at(9, day=tuesday)), (add_job(session), at(10, day=tuesday))]}, day=tuesday
    )

    page = dispatcher.get("/board?view=week&day=2026-11-26")

    cells = re.findall(r'<a class="week-day[^"]*" href="([^"]+)" aria-label="([^"]+)"', page.html)
    assert [label.partition(": ")[2].split(",")[0] for _, label in cells[:3]] == ["1 visits", "2 visits", "0 visits"]
    assert cells[0][1].endswith("1 late")
    assert cells[1][0].startswith("/board?day=2026-11-24")
    assert "Published" in page.text
    assert "Draft" in page.text


def test_a_week_without_anybody_says_so(dispatcher: Visitor) -> None:
    assert "Nobody works in this week" in dispatcher.get("/board?view=week").text


def test_a_day_that_somebody_is_absent_from_says_why_in_the_week(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    note_absence(
        session, technician_id=rui.id, starts_at=at(0), ends_at=at(23), reason=AbsenceReason.SICK, actor_id=None
    )

    assert "Sick" in dispatcher.get("/board?view=week").text


def bulk(dispatcher: Visitor, act: str, *numbers: str, **typed: str) -> Page:
    answer = send(dispatcher, dispatcher.get("/board"), "/board/bulk", act=act, number=list(numbers), **typed)
    return dispatcher.follow(answer)


def test_several_jobs_are_tied_at_once_and_those_that_refuse_say_why(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    one, other = add_job(session, number="J-1"), add_job(session, number="J-2", skills={"printer": 3})

    page = bulk(dispatcher, "technician", "J-1", "J-2", technician=str(rui.id), reason="knows them")

    assert "Done with J-1." in page.text
    assert "J-2" in page.part('class="notice', "</div>")
    assert one.pin is not None
    assert one.pin.technician_id == rui.id
    assert other.pin is None


def test_several_jobs_are_tied_to_a_day_and_let_go_again(dispatcher: Visitor, session: Session) -> None:
    jobs = [add_job(session, number=f"J-{number}") for number in (1, 2)]

    tied = bulk(dispatcher, "day", "J-1", "J-2", on="2026-11-24", reason="with the delivery")
    windows = [(job.pin.window_start, job.pin.window_end) for job in jobs if job.pin is not None]
    freed = bulk(dispatcher, "untie", "J-1", "J-2")

    tuesday = MONDAY + dt.timedelta(days=1)
    assert "Done with 2 jobs: J-1, J-2." in tied.text
    assert windows == [(at(0, day=tuesday), at(23, 59, day=tuesday))] * 2
    assert "Done with 2 jobs" in freed.text
    assert [job.pin for job in jobs] == [None, None]


def test_parts_are_sought_again_for_the_ticked_jobs_alone(dispatcher: Visitor, session: Session) -> None:
    part, depot = add_part(session), add_place(session)
    jobs = [add_job(session, number=f"J-{number}", status=JobStatus.WAITING_PARTS) for number in (1, 2)]
    for job in jobs:
        session.add(JobPart(job=job, part=part, quantity=1))
    add_stock(session, depot, part, 5)

    page = bulk(dispatcher, "parts", "J-2")

    assert "Done with J-2." in page.text
    assert [job.status for job in jobs] == [JobStatus.WAITING_PARTS, JobStatus.READY]


def test_jobs_for_which_parts_are_sought_in_vain_say_why(dispatcher: Visitor, session: Session) -> None:
    session.add(
        JobPart(
            job=add_job(session, number="J-1", status=JobStatus.WAITING_PARTS),
            part=add_part(session, sku="P-1"),
            quantity=2,
        )
    )
    add_job(session, number="J-2")

    page = bulk(dispatcher, "parts", "J-1", "J-2")

    assert "It was done with none of them." in page.text
    assert "Job J-1 still waits for 2 × P-1." in page.text
    assert 'Job J-2 is in status "Ready" and waits for no parts' in page.text


def test_nothing_is_done_when_nothing_is_ticked(dispatcher: Visitor, session: Session) -> None:
    add_job(session)

    page = send(dispatcher, dispatcher.get("/board"), "/board/bulk", act="untie")

    assert page.status == 422
    assert "No job is ticked" in page.part('class="notice', "</div>")


def test_a_refused_act_on_many_leaves_the_board_with_its_ticks(dispatcher: Visitor, session: Session) -> None:
    add_job(session, number="J-1")
    board = dispatcher.get("/board?view=week&priority=P3&day=2026-11-25")
    [form] = forms_to(board, address := "/board/bulk?view=week&priority=P3&day=2026-11-25")

    refused = dispatcher.post(address, **form | {"act": "technician", "number": "J-1", "reason": "knows it"})

    assert form["on"] == "2026-11-26"
    assert refused.status == 422
    assert "Choose the technician to whom the ticked jobs are tied." in refused.text
    [kept] = forms_to(refused, address)
    assert kept["reason"] == "knows it"
    assert 'value="J-1" form="bulk" checked' in refused.html
    done = dispatcher.post(address, **kept | {"act": "untie", "number": "J-1"})
    assert done.location == "/board?view=week&priority=P3&day=2026-11-25"


def test_the_inbox_stands_beside_the_lists(dispatcher: Visitor) -> None:
    assert 'data-module="inbox"' in dispatcher.get("/board?list=inbox").html


def test_asking_for_a_plan_writes_a_run_and_shows_it(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    answer = send(dispatcher, dispatcher.get("/board"), "/plan-runs", engine="greedy", seconds="2")

    run = session.scalars(sa.select(PlanRun)).one()
    assert (run.day, run.engine, run.seconds) == (MONDAY, "greedy", 2.0)
    assert "Waiting for the worker" in dispatcher.follow(answer).text


@pytest.mark.usefixtures("rui")
def test_a_button_that_is_pressed_twice_asks_for_one_plan(dispatcher: Visitor, session: Session) -> None:
    form = forms_to(dispatcher.get("/board"), "/plan-runs")[0]

    first = dispatcher.post("/plan-runs", **form)
    session.scalars(sa.select(PlanRun)).one().state = RunState.DONE
    second = dispatcher.post("/plan-runs", **form)

    assert first.location == second.location == "/board?day=2026-11-23"
    assert session.scalar(sa.select(sa.func.count(PlanRun.id))) == 1


def test_a_run_that_no_worker_takes_says_how_to_start_one(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    add_run(session, RunState.QUEUED)

    assert "No background worker is running" in dispatcher.get("/board").text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"engine": "greedy", "seconds": "soon"}, "soon is not a number of seconds"),
        ({"engine": "magic", "seconds": "5"}, "There is no planning engine magic"),
        ({"engine": "greedy", "seconds": "5", "day": "2026-12-25"}, "Nobody has working time left"),
    ],
)
def test_a_plan_that_cannot_be_asked_for_is_refused_on_the_board(
    dispatcher: Visitor, rui: Technician, fields: dict[str, str], sentence: str
) -> None:
    page = send(dispatcher, dispatcher.get("/board"), "/plan-runs", **fields)

    assert page.status in {409, 422}
    assert sentence in page.text
    assert "Technicians" in page.text
    assert forms_to(page, "/plan-runs")[0]["seconds"] == fields["seconds"]


def test_progress_is_told_in_percent_with_the_best_cost(dispatcher: Visitor, session: Session) -> None:
    session.add(WorkerPulse(id=1, seen_at=clock.now().timestamp()))
    run = add_run(session, RunState.RUNNING, progress=0.4, best_cost=123_450.0)

    page = dispatcher.get(f"/plan-runs/{run.id}/progress")

    assert "40 % of 5 seconds · best cost so far €1,234.50" in page.text
    assert 'data-state="running"' in page.html


def test_a_failed_run_says_why(dispatcher: Visitor, session: Session) -> None:
    problem = {"code": "x", "sentence": "There is no job that could be planned on %(day)s.", "facts": {"day": "Monday"}}
    add_run(session, RunState.FAILED, problem=problem)

    assert "There is no job that could be planned on Monday." in dispatcher.get("/board").text


def test_a_run_that_does_not_exist_is_not_found(dispatcher: Visitor) -> None:
    assert dispatcher.get("/plan-runs/99/progress").status == 404


def test_a_waiting_run_is_cancelled_at_once(dispatcher: Visitor, session: Session) -> None:
    run = add_run(session, RunState.QUEUED)

    answer = send(dispatcher, dispatcher.get(f"/plan-runs/{run.id}/progress"), f"/plan-runs/{run.id}/cancel")

    assert "The planning was cancelled." in dispatcher.follow(answer).text
    assert run.state is RunState.CANCELLED


def test_publishing_makes_visits_and_says_so(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    plan = add_plan(session, {rui: [(add_job(session), at(9))]})

    answer = send(dispatcher, dispatcher.get("/board"), f"/plans/{plan.id}/publish")

    assert "Plan 1 is published." in dispatcher.follow(answer).text
    assert session.get_one(Plan, plan.id).state is PlanState.PUBLISHED


@pytest.mark.parametrize(
    ("action", "words"), [("publish", "Plan 1 is published."), ("discard", "Draft 1 was discarded.")]
)
def test_a_draft_is_published_or_discarded_once_however_often_the_button_is_pressed(
    dispatcher: Visitor, session: Session, rui: Technician, action: str, words: str
) -> None:
    job = add_job(session)
    address = f"/plans/{add_plan(session, {rui: [(job, at(9))]}).id}/{action}"
    form = forms_to(dispatcher.get("/board"), address)[0]

    answers = [dispatcher.post(address, **form) for _ in range(2)]

    assert words in dispatcher.follow(answers[1]).text
    assert session.scalar(sa.select(sa.func.count(Visit.id))) == (1 if action == "publish" else 0)


def test_a_draft_that_no_longer_fits_names_the_changed_jobs(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    job = add_job(session, number="J-1")
    plan = add_plan(session, {rui: [(job, at(9))]})
    board = dispatcher.get("/board")
    job.status = JobStatus.CANCELLED

    page = send(dispatcher, board, f"/plans/{plan.id}/publish")

    assert page.status == 409
    assert "J-1 Cancelled" in page.text
    assert session.get_one(Plan, plan.id).state is PlanState.DRAFT


def test_discarding_leaves_the_published_plan(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    job = add_job(session)
    add_plan(session, {rui: [(job, at(9))]}, state=PlanState.PUBLISHED)
    draft = add_plan(session, {rui: [(job, at(10))]}, version=2)

    board = dispatcher.follow(send(dispatcher, dispatcher.get("/board"), f"/plans/{draft.id}/discard"))

    assert "Draft 2 was discarded." in board.text
    assert "Published Plan 1" in board.text


def test_the_map_draws_planned_and_unplanned_jobs_and_the_routes(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    planned, unplanned = add_job(session), add_job(session)
    add_job(session, device=add_device(session, site=add_site(session, position=None)), number="J-nowhere")
    add_plan(session, {rui: [(planned, at(9))]})
    session.commit()

    drawing = dispatcher.client.get("/board/map.json").get_json()

    by_number = {job["number"]: job["technician"] for job in drawing["jobs"]}
    assert by_number == {planned.number: rui.id, unplanned.number: None}
    assert drawing["routes"] == [{"technician": rui.id, "path": [4_115_000, -861_000, 1_000, -1_000]}]
    assert drawing["attribution"] == "© OpenStreetMap contributors"


def test_the_map_shows_where_technicians_were_last_seen_and_how_long_ago(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    session.add(Position(technician_id=rui.id, at=at(7, 10), lat=41.2, lon=-8.5))
    session.commit()

    today = dispatcher.client.get("/board/map.json").get_json()["positions"]
    tomorrow = dispatcher.client.get("/board/map.json?day=2026-11-24").get_json()["positions"]

    assert today == [
        {"technician": rui.id, "name": "Rui Dias", "at": [41.2, -8.5], "seen": "seen 20 min ago", "old": True}
    ]
    assert tomorrow == []


def test_routes_leave_out_points_that_nobody_could_tell_apart() -> None:
    path = [[41.0, -8.0], [41.00001, -8.0], [41.001, -8.0], [41.00101, -8.0]]

    assert thinned(path) == [4_100_000, -800_000, 100, 0, 1, 0]


def test_without_a_prepared_map_there_are_no_roads(dispatcher: Visitor) -> None:
    dispatcher.get("/board")

    assert dispatcher.client.get("/map/roads.json").get_json() == []


def test_the_prepared_roads_travel_compressed(world: World, dispatcher: Visitor) -> None:
    file = world.app.extensions["wrenchway"].data_dir / "map" / "roads.json"
    file.parent.mkdir()
    file.write_text('[{"class": "primary", "line": [[41.1, -8.6], [41.2, -8.6]]}]')
    dispatcher.get("/board")

    plain = dispatcher.client.get("/map/roads.json")
    packed = dispatcher.client.get("/map/roads.json", headers={"Accept-Encoding": "gzip"})

    assert plain.get_json()[0]["class"] == "primary"
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data


def test_a_bigger_day_asks_the_database_no_more_often(
    world: World, dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    def queries_with(jobs: list[Job]) -> int:
        session.execute(sa.delete(Plan))
        add_plan(session, {rui: [(job, at(9) + n * dt.timedelta(minutes=10)) for n, job in enumerate(jobs)]})
        session.commit()
        asked: list[str] = []
        with world.app.app_context():
            engine = db.engine
        listener = lambda _c, _cursor, statement, *_rest: asked.append(statement)  # noqa: E731
        sa.event.listen(engine, "before_cursor_execute", listener)
        dispatcher.client.get("/board")
        sa.event.remove(engine, "before_cursor_execute", listener)
        return len(asked)

    few = [add_job(session) for _ in range(2)]
    first = queries_with(few)
    many = queries_with([*few, *(add_job(session) for _ in range(20))])

    # Now and then a request also reads the firm's clock, be it the first or the second.
    assert many <= first + 1
    # The page, its surroundings, and the watch over what others change.
    assert first <= 60


def test_names_from_people_never_become_markup(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    site = add_site(session, name="<script>alert(1)</script>")
    add_plan(session, {rui: [(add_job(session, device=add_device(session, site=site)), at(9))]})

    page = dispatcher.get("/board")

    assert not re.search(r"<script>alert", page.html)
