"""What pages hear of changes: by the stream, and by asking."""

import pytest
from flask import Flask

from core.accounts import RoleName
from core.db import db
from dispatch.live.pulse import Marks
from dispatch.models import FieldConflict, Position
from dispatch.models.clocks import NoticeKind
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.notices import raise_notice, take_on
from tests.factories import MONDAY, add_job, add_person, add_technician, at
from tests.web.conftest import Visitor, World, add_plan, ask, topics_after
from web.stream import EXTENSION, Pace, Watch


@pytest.fixture(autouse=True)
def watch(app: Flask) -> Watch:
    """The watch of the service, which reads at every look."""
    made: Watch = app.extensions[EXTENSION]
    made.pace = Pace(tick_seconds=0.0, fresh_seconds=0.0)
    return made


def stop_after(watch: Watch, readings: int) -> None:
    """Let streams end once the marks were read so often."""
    read, done = watch.read, []

    def counted() -> Marks:
        done.append(read())
        if len(done) == readings:
            watch.stop()
        return done[-1]

    watch.read = counted


def test_whoever_asks_first_hears_of_nothing_and_gets_the_revision(dispatcher: Visitor) -> None:
    answer = ask(dispatcher)

    assert answer["topics"] == []
    assert answer["room"] is True
    assert ask(dispatcher, str(answer["revision"])) == answer


def test_a_changed_job_is_told_to_all_and_by_number_to_those_who_look_at_it(world: World, dispatcher: Visitor) -> None:
    job = add_job(world.session, status=JobStatus.READY)
    before = ask(dispatcher)

    job.description = "the lid is broken"

    assert topics_after(dispatcher, before) == ["jobs"]
    assert topics_after(dispatcher, before, jobs=job.number) == [f"job:{job.number}", "jobs"]


def test_a_new_draft_is_told_to_those_who_look_at_its_day(world: World, dispatcher: Visitor) -> None:
    ana, job = add_technician(world.session), add_job(world.session, status=JobStatus.READY)
    before = ask(dispatcher)

    plan = add_plan(world.session, {ana: [(job, at(9))]})

    assert topics_after(dispatcher, before, day="2026-11-23") == ["plan"]
    assert topics_after(dispatcher, before, day="2026-11-24") == []
    drawn = ask(dispatcher)
    plan.state = PlanState.PUBLISHED
    assert topics_after(dispatcher, drawn, day=MONDAY.isoformat()) == ["plan"]


def test_a_position_and_a_conflict_are_told(world: World, dispatcher: Visitor) -> None:
    ana = add_technician(world.session)
    before = ask(dispatcher)

    world.session.add(Position(technician_id=ana.id, at=at(8), lat=41.1, lon=-8.6))
    world.session.add(
        FieldConflict(
            command_id="c-1",
            technician_id=ana.id,
            action="arrive",
            payload={},
            happened_at=at(7),
            received_at=at(8),
            refusal={"code": "x", "sentence": "x", "facts": {}},
        )
    )

    assert topics_after(dispatcher, before) == ["conflicts", "positions"]


def test_a_revision_that_nobody_knows_means_that_everything_may_have_changed(dispatcher: Visitor) -> None:
    topics = ask(dispatcher, "another-process.7", jobs="J-1")["topics"]

    assert isinstance(topics, list)
    assert {"plan", "jobs", "notices", "job:J-1", "viewers:J-1"} <= set(topics)
    assert ask(dispatcher, "not a revision")["topics"] != []


def test_the_stream_tells_of_a_change_that_came_after_the_page_was_made(
    world: World, watch: Watch, dispatcher: Visitor
) -> None:
    since = str(ask(dispatcher)["revision"])
    add_job(world.session)
    stop_after(watch, 2)

    stream = dispatcher.get(f"/stream?since={since}").html

    assert stream.startswith("retry: ")
    assert 'event: changed\ndata: {"topics": ["jobs"]}\n\n' in stream
    # Without news there are signs of life, by which a window that was closed is noticed.
    assert "\n:\n\n" in stream


def test_a_window_that_comes_back_hears_what_it_missed(world: World, watch: Watch, dispatcher: Visitor) -> None:
    last = str(ask(dispatcher)["revision"])
    add_job(world.session)
    stop_after(watch, 1)

    stream = dispatcher.get("/stream?since=older.1", **{"Last-Event-ID": last}).html

    assert '{"topics": ["jobs"]}' in stream


def test_one_listener_too_many_is_sent_to_ask_instead(watch: Watch, dispatcher: Visitor) -> None:
    watch.room = 1
    first = dispatcher.client.get("/stream")

    assert dispatcher.client.get("/stream").status_code == 503
    assert ask(dispatcher)["room"] is False

    first.close()
    watch.stop()
    assert dispatcher.get("/stream").status == 200
    assert ask(dispatcher)["room"] is True


def test_a_stream_ends_when_the_service_stops(watch: Watch, dispatcher: Visitor) -> None:
    watch.stop()

    assert dispatcher.get("/stream").html.count("\n\n") == 1


def test_who_has_no_page_that_looks_on_hears_nothing(world: World) -> None:
    assert world.signed_in(RoleName.TECHNICIAN).get("/stream/now").status == 403


def test_all_listeners_of_a_second_share_one_reading(watch: Watch, dispatcher: Visitor) -> None:
    watch.pace = Pace(fresh_seconds=3600)
    readings = []
    read = watch.read

    def counted() -> Marks:
        readings.append(read())
        return readings[-1]

    watch.read = counted
    for _ in range(5):
        ask(dispatcher)

    assert len(readings) == 1


@pytest.mark.parametrize("path", ["/stream/now", "/stream"])
def test_whoever_waits_for_the_reading_holds_no_connection(
    app: Flask, watch: Watch, dispatcher: Visitor, path: str
) -> None:
    read, held = watch.read, []

    def counted() -> Marks:
        held.append(db.engine.pool.checkedout())  # type: ignore[attr-defined] -- every pool but the plain base counts
        watch.stop()
        return read()

    watch.read = counted
    dispatcher.get(path)

    assert held == [0]


def test_whoever_is_turned_away_causes_no_reading(world: World, watch: Watch) -> None:
    def refuse() -> Marks:
        raise AssertionError("The marks are read for somebody who may not see the page.")

    watch.read = refuse

    assert world.visitor().get("/board").status == 302
    assert world.signed_in(RoleName.TECHNICIAN).get("/board").status == 403


def test_a_notice_that_somebody_takes_on_is_news(world: World, dispatcher: Visitor) -> None:
    notice = raise_notice(world.session, kind=NoticeKind.JOB_UNPLANNED, role=RoleName.DISPATCHER, facts={})
    ben = add_person(world.session, roles=[RoleName.DISPATCHER])
    before = ask(dispatcher)

    take_on(world.session, notice_id=notice.id, roles=[RoleName.DISPATCHER], actor_id=ben.id)

    assert topics_after(dispatcher, before) == ["notices"]
