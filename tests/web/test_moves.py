"""Visits moved by hand, on pages: what it costs, doing it, undoing it."""

import datetime as dt
import html
import re

import pytest
import sqlalchemy as sa
from time_machine import Traveller

from dispatch import fieldwork
from dispatch.models import Job, Override, Plan, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.models.visits import VisitStatus
from tests.factories import MONDAY, add_shift, add_technician, at
from tests.monday import draft_monday, publish_monday
from tests.web.conftest import Page, Visitor, World, carried_by, job_at


@pytest.fixture
def team(world: World) -> dict[str, Technician]:
    """Ana in the west and Ben in the east."""
    people = {}
    for name, lon in (("Ana", -8.70), ("Ben", -8.50)):
        people[name] = add_technician(world.session, code=name.upper(), name=name, home=(41.15, lon))
        add_shift(world.session, people[name])
    return people


def form_of(page: Page) -> dict[str, str]:
    """What the form of a weighed move would send, with its command id."""
    fields = dict(
        re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.html.partition('class="move"')[2])
    )
    return {name: html.unescape(value) for name, value in fields.items() if name != "csrf_token"}


def weighed(dispatcher: Visitor, job: Job, technician: Technician | None = None, before: str = "") -> Page:
    return dispatcher.post(
        "/board/moves/weigh",
        day=MONDAY.isoformat(),
        number=job.number,
        technician=str(technician.id) if technician else "",
        before=before,
    )


def test_a_move_is_shown_made_and_undone(world: World, dispatcher: Visitor, team: dict[str, Technician]) -> None:
    job, other = job_at(world, -8.70), job_at(world, -8.50)
    publish_monday(world.app, world.session)

    shown = weighed(dispatcher, job, team["Ben"], other.number)
    assert shown.status == 200
    assert "<html" not in shown.html
    assert "Ana" in shown.text
    assert "Arrivals that shift" in shown.text
    assert other.site.name in shown.text
    assert carried_by(world, job) == team["Ana"].id

    made = dispatcher.post("/board/moves", **form_of(shown))
    assert made.status == 303
    assert carried_by(world, job) == team["Ben"].id
    board = dispatcher.follow(made)
    assert f"Job {job.number} goes to Ben at" in board.text
    # Its cost is that of now; what it is to be compared with is not the price that the plan before once had.
    assert re.search(r"Cost €[\d.,]+ \+€[\d.,]+ to what was in force then", board.text)
    plan = re.search(r'action="/board/moves/undo".*?name="plan" value="(\d+)"', board.html, re.DOTALL)
    assert plan is not None

    assert 'name="day" value="2026-11-23"' in plan[0] + board.html[plan.end() :].partition("</form>")[0]

    undone = dispatcher.post("/board/moves/undo", command_id="u1", plan=plan[1])
    assert f"Job {job.number} is back where it was." in dispatcher.follow(undone).text
    assert carried_by(world, job) == team["Ana"].id


def test_a_double_click_moves_once_and_offers_to_undo(
    world: World, dispatcher: Visitor, team: dict[str, Technician]
) -> None:
    job = job_at(world, -8.70)
    publish_monday(world.app, world.session)
    form = form_of(weighed(dispatcher, job, team["Ben"]))

    dispatcher.post("/board/moves", **form)
    again = dispatcher.post("/board/moves", **form)

    assert again.status == 303
    assert "/board/moves/undo" in dispatcher.follow(again).html
    assert world.session.scalar(sa.select(sa.func.count(Plan.id)).where(Plan.engine == "move")) == 1


def test_a_broken_rule_asks_for_a_reason_and_keeps_it(
    world: World, dispatcher: Visitor, team: dict[str, Technician]
) -> None:
    job = job_at(world, -8.70)
    publish_monday(world.app, world.session)
    job.skills = {"screen": 2}
    shown = weighed(dispatcher, job, team["Ben"])
    assert "Breaks rules" in shown.text
    assert "at level 2 is needed, Ben has level 0" in shown.text

    refused = dispatcher.post("/board/moves", **form_of(shown))
    assert refused.status == 409
    assert "breaks rules" in refused.text
    assert "Why must it be so?" in refused.text
    made = dispatcher.post("/board/moves", **(form_of(refused) | {"reason": "Ana helps him on the phone."}))

    assert made.status == 303
    assert world.session.scalars(sa.select(Override.rule)).all() == ["skill"]
    history = dispatcher.get(f"/jobs/{job.number}/history").text
    assert "Moved by hand" in history
    assert "Ana helps him on the phone." in history
    plan_id = world.session.scalars(sa.select(Plan.id).where(Plan.state == PlanState.PUBLISHED)).one()
    assert "Ana helps him on the phone." in dispatcher.get(f"/plans/{plan_id}").text


def test_a_promise_is_broken_only_when_it_is_ticked(
    world: World, dispatcher: Visitor, team: dict[str, Technician]
) -> None:
    promised = job_at(world, -8.50, window=(at(9), at(10)))
    promised.site.zone = "Atlantic/Azores"
    job = job_at(world, -8.70, minutes=120)
    publish_monday(world.app, world.session)
    shown = weighed(dispatcher, job, team["Ben"], promised.number)
    assert "I agree to break this promise" in shown.text
    assert promised.site.phone in shown.text
    # By the clocks of the shop it is promised to, not by those of the shop whose visit moves.
    assert "promised is 08:00–09:00" in shown.part("Breaks rules")

    form = form_of(shown) | {"reason": "They asked for it."}
    assert "Agree to each of these" in dispatcher.post("/board/moves", **form).text
    dispatcher.post("/board/moves", **(form | {"command_id": "c2", "consent": promised.number}))

    assert carried_by(world, job) == team["Ben"].id
    world.session.refresh(promised)
    assert promised.window_start is None


def test_of_two_tabs_the_second_is_told_and_shown_what_it_costs_now(
    world: World, dispatcher: Visitor, team: dict[str, Technician]
) -> None:
    job, other = job_at(world, -8.70), job_at(world, -8.50)
    publish_monday(world.app, world.session)
    first, second = weighed(dispatcher, job, team["Ben"]), weighed(dispatcher, other, team["Ana"])
    dispatcher.post("/board/moves", **form_of(first))

    told = dispatcher.post("/board/moves", **form_of(second))

    assert told.status == 409
    assert "have changed since" in told.text
    assert carried_by(world, other) == team["Ben"].id
    # The page shows the same move as it is now, ready to be made.
    assert dispatcher.post("/board/moves", **form_of(told)).status == 303
    assert carried_by(world, other) == team["Ana"].id


def test_without_script_a_page_leads_through_the_move(
    world: World, dispatcher: Visitor, team: dict[str, Technician]
) -> None:
    job, other = job_at(world, -8.70), job_at(world, -8.50)
    other.site.zone = "Atlantic/Azores"
    publish_monday(world.app, world.session)

    page = dispatcher.get(f"/jobs/{job.number}/move")
    assert page.status == 200
    assert "Ana (has it now)" in page.text
    assert "Move it" not in page.text
    chosen = dispatcher.get(f"/jobs/{job.number}/move?technician={team['Ben'].id}&before={other.number}")
    assert "Move it" in chosen.text
    visit = world.session.scalars(sa.select(Visit).where(Visit.job_id == other.id)).one()
    an_hour_back = visit.planned_arrival - dt.timedelta(hours=1)
    assert f"{an_hour_back:%H:%M} {other.number} {other.site.name}" in chosen.part('id="f-before"', "</select>")
    made = dispatcher.post("/board/moves", **form_of(chosen))

    assert made.status == 303
    assert carried_by(world, job) == team["Ben"].id


def test_a_visit_goes_back_to_the_queue(world: World, dispatcher: Visitor, team: dict[str, Technician]) -> None:
    job = job_at(world, -8.70)
    publish_monday(world.app, world.session)

    shown = weighed(dispatcher, job)
    assert "the queue" in shown.text
    board = dispatcher.follow(dispatcher.post("/board/moves", **form_of(shown)))

    assert f"Job {job.number} is off the plan and waits in the queue." in board.text
    world.session.refresh(job)
    assert job.status is JobStatus.READY


def test_what_cannot_be_is_said_in_place_of_the_cost(
    world: World, dispatcher: Visitor, team: dict[str, Technician], seven_thirty: Traveller
) -> None:
    job, other = job_at(world, -8.70), job_at(world, -8.50)
    publish_monday(world.app, world.session)
    visit = world.session.scalars(sa.select(Visit).where(Visit.job_id == job.id)).one()
    fieldwork.set_off(world.session, visit_id=visit.id, technician_id=visit.technician_id, actor_id=None)

    shown = weighed(dispatcher, job, team["Ben"])
    assert shown.status == 200
    assert "data-refused" in shown.html
    assert f"Job {job.number} cannot be moved" in shown.text
    assert "nothing can go in before it" in weighed(dispatcher, other, team["Ana"], job.number).text
    assert "There is no job J-999999" in dispatcher.post("/board/moves/weigh", number="J-999999").text
    assert dispatcher.get("/jobs/J-999999/move").status == 404


def test_what_happened_since_stands_against_an_undo(
    world: World, dispatcher: Visitor, team: dict[str, Technician]
) -> None:
    job = job_at(world, -8.70)
    publish_monday(world.app, world.session)
    dispatcher.post("/board/moves", **form_of(weighed(dispatcher, job, team["Ben"])))
    plan_id = world.session.scalars(sa.select(Plan.id).where(Plan.state == PlanState.PUBLISHED)).one()
    visit = world.session.scalars(
        sa.select(Visit).where(Visit.job_id == job.id, Visit.status == VisitStatus.DISPATCHED)
    ).one()
    fieldwork.set_off(world.session, visit_id=visit.id, technician_id=visit.technician_id, actor_id=None)

    answer = dispatcher.post("/board/moves/undo", command_id="u1", plan=str(plan_id), day="2026-11-24")

    # On the board that was shown, whichever day it is.
    assert (answer.status, answer.location) == (303, "/board?day=2026-11-24")
    assert "cannot be undone any more" in dispatcher.follow(answer).text


def test_whoever_moves_a_published_visit_hears_that_a_draft_goes_by_it(
    world: World, dispatcher: Visitor, team: dict[str, Technician]
) -> None:
    job = job_at(world, -8.70)
    publish_monday(world.app, world.session)
    assert "is discarded when you move" not in weighed(dispatcher, job, team["Ben"]).text

    draft = draft_monday(world.app, world.session)
    shown = weighed(dispatcher, job, team["Ben"])
    assert "Draft 2 waits for this day" in shown.text

    dispatcher.post("/board/moves", **form_of(shown))
    assert world.session.get_one(Plan, draft).state is PlanState.DISCARDED


def test_a_draft_is_changed_in_place(world: World, dispatcher: Visitor, team: dict[str, Technician]) -> None:
    job = job_at(world, -8.70)
    publish_monday(world.app, world.session)
    draft = draft_monday(world.app, world.session)

    page = dispatcher.get(f"/jobs/{job.number}/move?plan={draft}&technician={team['Ben'].id}")
    made = dispatcher.post("/board/moves", **form_of(page))

    assert made.status == 303
    assert carried_by(world, job) == team["Ana"].id
    states = dict(world.session.execute(sa.select(Plan.id, Plan.state)).all())
    assert states[draft] is PlanState.DISCARDED
    assert list(states.values()).count(PlanState.DRAFT) == 1
