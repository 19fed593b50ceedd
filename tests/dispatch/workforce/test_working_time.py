"""Facts about what absences leave of a shift."""

import datetime as dt
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.calendars import Interval
from dispatch.models import Shift
from dispatch.workforce.working_time import left_of
from tests.factories import MONDAY, at


def shift(*, overtime_minutes: int = 0, rest: tuple[dt.datetime, dt.datetime] | None = (at(12), at(13, 30))) -> Shift:
    """Eight to five, with a break of half an hour."""
    earliest, latest = rest if rest is not None else (None, None)
    return Shift(
        day=MONDAY,
        starts_at=at(8),
        ends_at=at(17),
        break_seconds=1800 if rest else 0,
        break_earliest=earliest,
        break_latest=latest,
        overtime_seconds=overtime_minutes * 60,
    )


@pytest.mark.parametrize(
    ("absences", "starts_at", "ends_at", "away"),
    [
        ([], at(8), at(17), ()),  # none
        ([(at(6), at(10))], at(10), at(17), ()),  # over the start
        ([(at(15), at(20))], at(8), at(15), ()),  # over the end
        ([(at(10), at(11))], at(8), at(17), ((at(10), at(11)),)),  # in the middle
        ([(at(6), at(8))], at(8), at(17), ()),  # over before it begins
        ([(at(17), at(20))], at(8), at(17), ()),  # begins when it is over
        ([(at(8), at(10)), (at(10), at(11))], at(11), at(17), ()),  # two that touch are one
        ([(at(9), at(10)), (at(9, 30), at(11))], at(8), at(17), ((at(9), at(11)),)),  # two that overlap are one
        ([(at(8), at(9)), (at(10), at(11)), (at(16), at(17))], at(9), at(16), ((at(10), at(11)),)),  # all three kinds
    ],
)
def test_an_absence_takes_its_time_out_of_the_shift(
    absences: Sequence[Interval], starts_at: dt.datetime, ends_at: dt.datetime, away: tuple[Interval, ...]
) -> None:
    left = left_of(shift(), absences)

    assert left is not None
    assert (left.starts_at, left.ends_at, left.away) == (starts_at, ends_at, away)


@pytest.mark.parametrize("absences", [[(at(0), at(23))], [(at(8), at(17))], [(at(7), at(12)), (at(12), at(18))]])
def test_an_absence_over_the_whole_shift_leaves_nothing(absences: Sequence[Interval]) -> None:
    assert left_of(shift(), absences) is None


@pytest.mark.parametrize(
    ("absences", "minutes"),
    [
        ([], 60),  # all of it
        ([(at(17, 20), at(19))], 20),  # as far as the absence
        ([(at(16), at(19))], 0),  # the end itself is cut
        ([(at(10), at(11))], 60),  # nowhere near
    ],
)
def test_overtime_goes_as_far_as_the_next_absence(absences: Sequence[Interval], minutes: int) -> None:
    left = left_of(shift(overtime_minutes=60), absences)

    assert left is not None
    assert left.overtime_seconds == minutes * 60


@pytest.mark.parametrize(
    ("absences", "window"),
    [
        ([], (at(12), at(13, 30))),
        ([(at(12), at(12, 30))], (at(12, 30), at(13, 30))),  # begins later
        ([(at(13), at(16))], (at(12), at(12, 30))),  # is over by one
        ([(at(12, 45), at(13))], (at(13), at(13, 30))),  # the longer part of the two
        ([(at(11, 45), at(14))], None),  # falls into the absence
        ([(at(8), at(13))], (at(13), at(13, 30))),  # begins with the work
        ([(at(12, 15), at(17))], None),  # no room before the end
    ],
)
def test_the_break_keeps_clear_of_absences(absences: Sequence[Interval], window: Interval | None) -> None:
    left = left_of(shift(), absences)

    assert left is not None
    assert (left.rest and (left.rest.earliest, left.rest.latest)) == window


moments = st.integers(0, 24 * 60).map(lambda minutes: at(0) + dt.timedelta(minutes=minutes))
spans = st.tuples(moments, moments).filter(lambda span: span[0] < span[1])


@given(st.lists(spans, max_size=6))
def test_no_minute_of_an_absence_is_worked_and_no_other_is_lost(absences: list[Interval]) -> None:
    left = left_of(shift(), absences)

    def works(minute: dt.datetime) -> bool:
        return (
            left is not None
            and left.starts_at <= minute < left.ends_at
            and not any(begins <= minute < ends for begins, ends in left.away)
        )

    for number in range(24 * 60):
        minute = at(0) + dt.timedelta(minutes=number)
        absent = any(begins <= minute < ends for begins, ends in absences)
        assert works(minute) == (at(8) <= minute < at(17) and not absent)


@given(st.lists(spans, max_size=6))
def test_the_break_never_meets_an_absence(absences: list[Interval]) -> None:
    left = left_of(shift(), absences)

    if left is not None and left.rest is not None:
        length = dt.timedelta(seconds=left.rest.seconds)
        for begin in (left.rest.earliest, left.rest.latest):
            assert left.starts_at <= begin
            assert begin + length <= left.ends_at
            assert not any(begin < ends and begins < begin + length for begins, ends in left.away)
