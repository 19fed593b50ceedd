"""Two people on one job: they see each other, and what the other did meanwhile."""

import datetime as dt

import pytest
from time_machine import Traveller

from core.accounts import RoleName
from dispatch.models import Job
from dispatch.models.jobs import JobStatus
from tests.factories import add_job, add_person
from tests.web.conftest import Page, Visitor, World, ask, topics_after
from tests.web.page_forms import send
from web.stream import EXTENSION, Pace


@pytest.fixture
def job(world: World) -> Job:
    world.app.extensions[EXTENSION].pace = Pace(fresh_seconds=0.0)
    return add_job(world.session, status=JobStatus.READY)


@pytest.fixture
def ben(world: World) -> Visitor:
    return world.visitor(add_person(world.session, name="Ben Costa", roles=[RoleName.DISPATCHER]))


def others(visitor: Visitor, job: Job) -> str:
    return visitor.get(f"/jobs/{job.number}/viewers").text


def sign(visitor: Visitor, job: Job, **fields: str) -> Page:
    return visitor.post(f"/jobs/{job.number}/viewers", **fields)


def test_who_looks_at_a_job_is_told_to_the_others_and_not_to_themselves(
    dispatcher: Visitor, ben: Visitor, job: Job
) -> None:
    answer = sign(ben, job)

    assert answer.status == 200
    assert answer.text == ""
    assert others(dispatcher, job) == "Ben Costa is looking at this job"


def test_typing_is_told_and_that_it_was_given_up(dispatcher: Visitor, ben: Visitor, job: Job) -> None:
    sign(ben, job, edits="1")
    assert others(dispatcher, job) == "Ben Costa is editing this job"

    sign(ben, job)
    assert others(dispatcher, job) == "Ben Costa is looking at this job"


def test_leaving_is_told_at_once(dispatcher: Visitor, ben: Visitor, job: Job) -> None:
    sign(ben, job, edits="1")

    sign(ben, job, gone="1")

    assert others(dispatcher, job) == ""


def test_whoever_gives_no_sign_for_25_seconds_is_gone(
    dispatcher: Visitor, ben: Visitor, job: Job, seven_thirty: Traveller
) -> None:
    sign(ben, job)
    before = ask(dispatcher, jobs=job.number)

    seven_thirty.shift(dt.timedelta(seconds=24))
    assert others(dispatcher, job) != ""
    assert topics_after(dispatcher, before, jobs=job.number) == []

    seven_thirty.shift(dt.timedelta(seconds=1))
    assert others(dispatcher, job) == ""
    assert topics_after(dispatcher, before, jobs=job.number) == [f"viewers:{job.number}"]


def test_a_second_viewer_is_news_for_those_who_look_at_the_job(dispatcher: Visitor, ben: Visitor, job: Job) -> None:
    before = ask(dispatcher, jobs=job.number)

    sign(ben, job)

    assert topics_after(dispatcher, before, jobs=job.number) == [f"viewers:{job.number}"]
    assert topics_after(dispatcher, before, jobs="J-other") == []


def test_the_slower_of_two_reads_what_the_faster_did_and_keeps_what_was_typed(
    dispatcher: Visitor, ben: Visitor, job: Job
) -> None:
    address = f"/jobs/{job.number}/change"
    shown, shown_to_ben = dispatcher.get(f"/jobs/{job.number}"), ben.get(f"/jobs/{job.number}")
    send(ben, shown_to_ben, address, duration_minutes="50")

    refused = send(dispatcher, shown, address, description="The lid is broken.")

    assert refused.status == 409
    meanwhile = refused.part('<div class="meanwhile">', "</form>")
    assert "Duration in minutes 30 · now: 50" in meanwhile
    assert "Description The lid is broken. · now: –" in meanwhile
    assert "Ben Costa" in meanwhile
    assert "The lid is broken.</textarea>" in refused.html
