"""Marks differ after what people want to hear of, and only then; on both databases."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from dispatch.live import facts
from dispatch.live.pulse import read_marks, topics_changed
from dispatch.models import Position
from dispatch.planning.requests import request_plan
from dispatch.viewers import note_viewer
from tests.dispatch.live.conftest import Day
from tests.factories import MONDAY, add_person, at


@pytest.fixture
def published(day: Day) -> Day:
    day.add_job(east=-8)
    day.publish()
    return day


def test_reading_twice_finds_no_change(published: Day) -> None:
    assert topics_changed(read_marks(published.session), read_marks(published.session)) == frozenset()


def late(day: Day) -> None:
    ana = day.technicians[0]
    facts.tell_late(day.session, technician_id=ana.id, until=at(11), note="", publish=False, actor_id=None)


def expected_later(day: Day) -> None:
    for visit in day.visits().values():
        visit.expected_at = visit.planned_arrival + dt.timedelta(minutes=7)


def seen(day: Day) -> None:
    day.session.add(Position(technician_id=day.technicians[0].id, at=at(7), lat=41.15, lon=-8.6))


def drafted(day: Day) -> None:
    day.draft()


def asked_for_two_days(day: Day) -> None:
    tuesday = MONDAY + dt.timedelta(days=1)
    request_plan(day.session, day=MONDAY, last_day=tuesday, engine="greedy", seconds=1, actor_id=None)


def set_off(day: Day) -> None:
    for visit in day.visits().values():
        day.set_off(visit)


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (late, {"events@2026-11-23", "visits@2026-11-23"}),
        (expected_later, {"visits@2026-11-23"}),
        (seen, {"positions"}),
        (drafted, {"plan@2026-11-23", "run@2026-11-23"}),
        (asked_for_two_days, {"run@2026-11-23", "run@2026-11-24"}),
        (set_off, {"visits@2026-11-23", "jobs"}),
    ],
)
def test_what_happens_changes_the_marks_of_its_topics(
    published: Day, happens: Callable[[Day], None], told: set[str]
) -> None:
    before = read_marks(published.session)

    happens(published)
    published.session.flush()

    assert told <= topics_changed(before, read_marks(published.session))


def test_who_looks_at_a_job_is_a_mark_of_that_job_alone(published: Day) -> None:
    session: Session = published.session
    (visit,) = published.visits().values()
    before = read_marks(session)

    note_viewer(session, job_id=visit.job_id, user_id=add_person(session).id, edits=True)

    assert topics_changed(before, read_marks(session)) == {f"viewers:{visit.job.number}"}
