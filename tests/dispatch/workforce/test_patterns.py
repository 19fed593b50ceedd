"""Facts about working weeks and the shifts that are made of them."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller

from customers.calendars import WeeklyHours
from customers.errors import HoursNotUnderstood, UnknownHolidayCountry
from dispatch.models import Shift, Technician, WeeklyPattern
from dispatch.workforce import errors, patterns
from dispatch.workforce.changes import let_go, take_back
from dispatch.workforce.patterns import Week, make_shifts, remove_week, set_week
from dispatch.workforce.shifts import Hours, hand_back_to_pattern, put_shift
from tests.factories import MONDAY, add_technician, at

DAY = dt.timedelta(days=1)
FRIDAY = MONDAY + 4 * DAY
EIGHT_TO_FIVE = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def week(
    valid_from: dt.date = MONDAY,
    valid_until: dt.date | None = None,
    *,
    hours: object = EIGHT_TO_FIVE,
    rest: tuple[int, str, str] | None = None,
    overtime: int = 0,
    holidays: str | None = None,
) -> Week:
    minutes, earliest, latest = rest or (0, "12:00", "12:00")
    return Week(
        valid_from=valid_from,
        valid_until=valid_until,
        hours=WeeklyHours.parse(hours),
        break_minutes=minutes,
        break_earliest=dt.time.fromisoformat(earliest) if rest else None,
        break_latest=dt.time.fromisoformat(latest) if rest else None,
        overtime_minutes=overtime,
        holidays=holidays,
    )


def put(session: Session, technician: Technician, wanted: Week) -> None:
    set_week(session, code=technician.code, week=wanted, actor_id=None)
    session.flush()


def shifts(session: Session, technician: Technician) -> dict[dt.date, Shift]:
    rows = session.scalars(sa.select(Shift).where(Shift.technician_id == technician.id))
    return {shift.day: shift for shift in rows}


def spans(session: Session, technician: Technician) -> list[tuple[dt.date, dt.date | None]]:
    return [(one.valid_from, one.valid_until) for one in patterns.patterns_of(session, technician)]


def test_shifts_are_made_for_four_weeks(session: Session) -> None:
    technician = add_technician(session)

    put(session, technician, week(rest=(45, "12:00", "13:30"), overtime=60))

    made = shifts(session, technician)
    assert len(made) == 20
    assert max(made) == MONDAY + 25 * DAY
    monday = made[MONDAY]
    assert (monday.starts_at, monday.ends_at, monday.overtime_seconds) == (at(8), at(17), 3600)
    assert (monday.break_seconds, monday.break_earliest, monday.break_latest) == (2700, at(12), at(13, 30))


def test_a_night_later_one_more_day_is_made_and_nothing_else_is_touched(
    session: Session, seven_thirty: Traveller
) -> None:
    technician = add_technician(session)
    put(session, technician, week())
    versions = {day: shift.version for day, shift in shifts(session, technician).items()}
    assert make_shifts(session) == 0

    seven_thirty.move_to(at(2, day=MONDAY + DAY))
    assert make_shifts(session) == 1
    session.flush()

    later = shifts(session, technician)
    assert {day: later[day].version for day in versions} == versions
    assert later.keys() - versions.keys() == {MONDAY + 28 * DAY}


def test_a_short_saturday_has_no_break(session: Session) -> None:
    technician = add_technician(session)

    put(session, technician, week(hours=EIGHT_TO_FIVE | {"sat": [["09:00", "12:00"]]}, rest=(45, "12:00", "13:30")))

    made = shifts(session, technician)
    assert (made[FRIDAY].break_seconds, made[FRIDAY + DAY].break_seconds) == (2700, 0)


def test_wall_times_stay_over_a_change_of_the_clocks(session: Session, seven_thirty: Traveller) -> None:
    seven_thirty.move_to(dt.datetime(2026, 3, 27, 7, tzinfo=dt.UTC))
    technician = add_technician(session)

    # Lisbon's clocks go forward on Sunday, 29 March 2026.
    put(session, technician, week(dt.date(2026, 3, 27)))

    made = shifts(session, technician)
    assert made[dt.date(2026, 3, 27)].starts_at == dt.datetime(2026, 3, 27, 8, tzinfo=dt.UTC)
    assert made[dt.date(2026, 3, 30)].starts_at == dt.datetime(2026, 3, 30, 7, tzinfo=dt.UTC)


def test_public_holidays_are_free_and_make_up_days_are_worked(session: Session, seven_thirty: Traveller) -> None:
    seven_thirty.move_to(dt.datetime(2026, 9, 14, 0, tzinfo=dt.UTC))
    technician = add_technician(session, zone="Asia/Shanghai")

    # China's National Day holiday of 2026: 1 to 7 October free, Sunday, 20 September worked instead.
    put(session, technician, week(dt.date(2026, 9, 14), holidays="CN"))

    made = shifts(session, technician)
    zone = ZoneInfo("Asia/Shanghai")
    sunday = made[dt.date(2026, 9, 20)]
    assert sunday.starts_at == dt.datetime(2026, 9, 20, 8, tzinfo=zone)
    assert not {dt.date(2026, 10, day) for day in range(1, 8)} & made.keys()
    assert dt.date(2026, 10, 8) in made


def test_what_a_person_wrote_is_not_overruled(session: Session) -> None:
    technician = add_technician(session)
    put(session, technician, week())
    put_shift(session, technician, Hours(at(10), at(14)))
    put_shift(session, technician, Hours(at(9, day=MONDAY + 5 * DAY), at(12, day=MONDAY + 5 * DAY)))
    session.flush()

    put(session, technician, week(hours={"mon": [["06:00", "12:00"]]}))

    made = shifts(session, technician)
    assert (made[MONDAY].starts_at, made[MONDAY].ends_at) == (at(10), at(14))
    assert made[MONDAY + 5 * DAY].is_exception
    assert made[MONDAY + 7 * DAY].starts_at == at(6, day=MONDAY + 7 * DAY)


def test_a_day_can_be_handed_back_to_the_pattern(session: Session) -> None:
    technician = add_technician(session)
    put(session, technician, week())
    put_shift(session, technician, Hours(at(10), at(14)))
    session.flush()
    before = shifts(session, technician)[MONDAY].version

    hand_back_to_pattern(session, technician, MONDAY)
    make_shifts(session, technicians=[technician])

    monday = shifts(session, technician)[MONDAY]
    assert (monday.starts_at, monday.is_exception) == (at(8), False)
    assert monday.version > before


def test_another_week_changes_the_shifts_to_come_and_counts_it(session: Session) -> None:
    technician = add_technician(session)
    put(session, technician, week())
    before = {day: shift.version for day, shift in shifts(session, technician).items()}

    put(session, technician, week(FRIDAY, hours={"fri": [["12:00", "20:00"]]}))

    made = shifts(session, technician)
    assert spans(session, technician) == [(MONDAY, FRIDAY - DAY), (FRIDAY, None)]
    assert made[FRIDAY].starts_at == at(12, day=FRIDAY)
    assert made[FRIDAY].version > before[FRIDAY]
    assert made[MONDAY].version == before[MONDAY]
    assert MONDAY + 7 * DAY not in made


def test_a_week_with_an_end_interrupts_the_one_before(session: Session) -> None:
    technician = add_technician(session)
    put(session, technician, week())

    put(session, technician, week(MONDAY + 7 * DAY, MONDAY + 13 * DAY, hours={"mon": [["06:00", "12:00"]]}))

    made = shifts(session, technician)
    assert spans(session, technician) == [
        (MONDAY, MONDAY + 6 * DAY),
        (MONDAY + 7 * DAY, MONDAY + 13 * DAY),
        (MONDAY + 14 * DAY, None),
    ]
    assert made[MONDAY + 7 * DAY].starts_at == at(6, day=MONDAY + 7 * DAY)
    assert made[MONDAY + 14 * DAY].starts_at == at(8, day=MONDAY + 14 * DAY)


def test_a_week_over_the_beginning_of_another_is_refused(session: Session) -> None:
    technician = add_technician(session, code="T-1")
    put(session, technician, week(MONDAY + 7 * DAY, MONDAY + 13 * DAY))

    with pytest.raises(errors.PatternsOverlap, match="T-1 has another working week from 2026-11-30 until 2026-12-06"):
        put(session, technician, week(MONDAY))

    # Up to the day before it fits.
    put(session, technician, week(MONDAY, MONDAY + 6 * DAY))
    assert len(spans(session, technician)) == 2


def test_removing_a_week_removes_the_shifts_to_come(session: Session) -> None:
    technician = add_technician(session)
    put(session, technician, week())
    put_shift(session, technician, Hours(at(10), at(14)))
    session.flush()
    [pattern] = session.scalars(sa.select(WeeklyPattern)).all()

    remove_week(session, code=technician.code, pattern_id=pattern.id, actor_id=None)
    session.flush()

    # What a person wrote stays.
    assert list(shifts(session, technician)) == [MONDAY]


def test_who_left_gets_no_shifts_until_taken_back(session: Session) -> None:
    technician = add_technician(session)
    put(session, technician, week())

    let_go(session, code=technician.code, version=technician.version, actor_id=None)
    make_shifts(session, technicians=[technician])
    session.flush()
    assert shifts(session, technician) == {}

    take_back(session, code=technician.code, version=technician.version, actor_id=None)
    session.flush()
    assert len(shifts(session, technician)) == 20


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        (lambda: week(hours={}), errors.PatternWithoutHours),
        (lambda: week(hours={"mon": [["08:00", "12:00"], ["13:00", "17:00"]]}), errors.PatternDayInParts),
        (lambda: week(hours={"mon": [["17:00", "08:00"]]}), HoursNotUnderstood),
        (lambda: week(hours={"mon": [["00:00", "24:00"]]}), errors.ShiftTooLong),
        (lambda: week(overtime=400), errors.OvertimeTooLong),
        (lambda: week(rest=(30, "18:00", "19:00")), errors.PatternBreakNowhere),
        (lambda: week(MONDAY, MONDAY - DAY), errors.PatternOutOfOrder),
        (lambda: week(dt.date(2036, 1, 1)), errors.PatternInPast),
        (lambda: week(holidays="XX"), UnknownHolidayCountry),
    ],
)
def test_a_week_that_cannot_be_is_refused(session: Session, wanted: object, refusal: type[Exception]) -> None:
    technician = add_technician(session)

    with pytest.raises(refusal):
        put(session, technician, wanted())  # type: ignore[operator]

    assert shifts(session, technician) == {}


def test_two_who_change_a_week_are_told_of_each_other(session: Session) -> None:
    technician = add_technician(session, code="T-1")
    seen = technician.version
    put(session, technician, week())

    with pytest.raises(errors.TechnicianChanged, match="T-1 was changed by"):
        set_week(session, code="T-1", week=week(FRIDAY), version=seen, actor_id=None)
