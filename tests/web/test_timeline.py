"""Facts about where things lie on the board's timeline."""

import datetime as dt

import pytest

from dispatch.lanes import Lane, LaneStop
from dispatch.models import Job, Shift, Technician
from dispatch.models.plans import StopKind
from dispatch.week import DayOfWeek, WeekView
from tests.factories import MONDAY, at
from web.timeline import Scale, placed, scale_of, strip, week_scales


@pytest.mark.parametrize(
    ("hour", "minute", "percent"),
    [
        (8, 0, 0.0),
        (13, 0, 50.0),
        (18, 0, 100.0),
        # What lies outside is held at the edge, so that it stays on the page.
        (6, 0, 0.0),
        (20, 30, 100.0),
    ],
)
def test_moments_lie_in_proportion(hour: int, minute: int, percent: float) -> None:
    assert Scale(at(8), at(18)).at(at(hour, minute)) == percent


def test_a_scale_names_its_full_hours() -> None:
    assert Scale(at(8), at(10)).hours == [at(8), at(9), at(10)]


def test_a_day_without_shifts_shows_the_usual_hours() -> None:
    assert scale_of([], at(0)) == Scale(at(8), at(18))


def test_a_scale_holds_whole_hours_around_shifts_and_overtime() -> None:
    assert scale_of([_lane(departs_at=at(7, 40), returns_at=at(17, 20))], at(0)) == Scale(at(7), at(18))


def test_a_scale_that_ends_on_the_hour_adds_none() -> None:
    assert scale_of([_lane()], at(0)) == Scale(at(8), at(17))


def _lane(*, departs_at: dt.datetime | None = None, returns_at: dt.datetime | None = None) -> Lane:
    """A lane with a shift from 8 to 17; nothing of it needs a database."""
    return Lane(Technician(), Shift(starts_at=at(8), ends_at=at(17)), departs_at, returns_at, 0, ())


def test_a_stop_says_where_its_bar_its_window_and_its_due_time_lie() -> None:
    job = Job(window_start=at(10), window_end=at(12), response_due=at(13), responded_at=None)
    stop = LaneStop(StopKind.VISIT, arrives_at=at(9, 30), starts_at=at(10), ends_at=at(11), job=job)

    assert placed(stop, Scale(at(8), at(18))) == "--l:20;--w:10;--q:15;--a:20;--b:20;--d:50"


def test_what_lies_beyond_the_scale_is_not_drawn() -> None:
    job = Job(window_start=at(19), window_end=at(20), response_due=at(19), responded_at=None)
    stop = LaneStop(StopKind.VISIT, arrives_at=at(10), starts_at=at(10), ends_at=at(11), job=job)

    assert placed(stop, Scale(at(8), at(18))) == "--l:20;--w:10"


def test_a_days_work_is_one_outline() -> None:
    assert strip([(at(8), at(9)), (at(13), at(18))], Scale(at(8), at(18))) == "M0 0h10v10h-10zM50 0h50v10h-50z"


def test_all_days_of_a_week_share_their_hours() -> None:
    tuesday = MONDAY + dt.timedelta(days=1)
    days = [
        DayOfWeek(MONDAY, None, (), 1, 0, 1800, [(at(6, 30), at(7))]),
        DayOfWeek(tuesday, None, (), 1, 0, 1800, [(at(19, day=tuesday), at(19, 30, day=tuesday))]),
    ]
    week = WeekView([MONDAY, tuesday], [(Technician(name="Rui"), days)], {})

    scales = week_scales(week, {MONDAY: at(0), tuesday: at(0, day=tuesday)})

    assert scales == {MONDAY: Scale(at(6), at(20)), tuesday: Scale(at(6, day=tuesday), at(20, day=tuesday))}
