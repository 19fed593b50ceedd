"""Facts about where things lie on the board's timeline."""

import datetime as dt

import pytest

from dispatch.lanes import Lane
from dispatch.models import Shift, Technician
from tests.factories import at
from web.timeline import Scale, scale_of


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
