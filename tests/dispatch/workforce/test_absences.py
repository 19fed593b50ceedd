"""Facts about absences: what they take away, and that they give it back."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from dispatch.board import board
from dispatch.models import Technician
from dispatch.models.workforce import AbsenceReason
from dispatch.planning.snapshot import take_snapshot
from dispatch.workday import workday
from dispatch.workforce import errors, give_day_off, note_absence, withdraw_absence, working_time_of, working_times
from tests.factories import MONDAY, add_person, add_shift, add_technician, at

DAY = dt.timedelta(days=1)
TUESDAY = MONDAY + DAY


@pytest.fixture
def technician(session: Session) -> Technician:
    technician = add_technician(session, code="T-1")
    add_shift(session, technician)
    add_shift(session, technician, day=TUESDAY)
    return technician


def absent(session: Session, technician: Technician, begins: dt.datetime, ends: dt.datetime) -> int:
    absence = note_absence(
        session,
        technician_id=technician.id,
        starts_at=begins,
        ends_at=ends,
        reason=AbsenceReason.SICK,
        actor_id=None,
    )
    return absence.id


def test_an_absence_takes_the_days_away_everywhere(session: Session, technician: Technician) -> None:
    absent(session, technician, at(0), at(0, day=TUESDAY))

    assert working_time_of(session, technician, MONDAY) is None
    assert [time.day for time in working_times(session, MONDAY, TUESDAY)] == [TUESDAY]
    assert take_snapshot(session, MONDAY).shifts == ()
    assert workday(session, technician=technician, day=MONDAY).shift is None
    [lane] = board(session, day=MONDAY).lanes
    assert (lane.shift, [absence.reason for absence in lane.absences]) == (None, [AbsenceReason.SICK])


def test_an_absence_of_hours_is_a_gap_that_the_planner_keeps_free(session: Session, technician: Technician) -> None:
    absent(session, technician, at(10), at(12))

    [shift] = take_snapshot(session, MONDAY).shifts

    assert (shift.starts_at, shift.ends_at, shift.away) == (at(8), at(17), ((at(10), at(12)),))


def test_who_comes_later_starts_later(session: Session, technician: Technician) -> None:
    absent(session, technician, at(7), at(10))

    [shift] = take_snapshot(session, MONDAY).shifts

    assert (shift.starts_at, shift.away) == (at(10), ())


def test_a_withdrawn_absence_brings_the_time_back(session: Session, technician: Technician) -> None:
    absence_id = absent(session, technician, at(0), at(0, day=TUESDAY))

    withdraw_absence(session, absence_id=absence_id, actor_id=None)

    time = working_time_of(session, technician, MONDAY)
    assert time is not None
    assert (time.starts_at, time.ends_at) == (at(8), at(17))
    with pytest.raises(errors.AbsenceWithdrawn, match="T-1 was withdrawn at 2026-11-23 07:30"):
        withdraw_absence(session, absence_id=absence_id, actor_id=None)


def test_plans_made_before_notice_absences_and_their_withdrawal(session: Session, technician: Technician) -> None:
    versions = [time.shift.version for time in working_times(session, MONDAY, TUESDAY)]

    absence_id = absent(session, technician, at(10, day=TUESDAY), at(12, day=TUESDAY))
    noted = [time.shift.version for time in working_times(session, MONDAY, TUESDAY)]
    withdraw_absence(session, absence_id=absence_id, actor_id=None)
    withdrawn = [time.shift.version for time in working_times(session, MONDAY, TUESDAY)]

    assert [noted[0] - versions[0], noted[1] - versions[1]] == [0, 1]
    assert withdrawn[1] == noted[1] + 1


def test_a_day_off_lasts_from_midnight_to_midnight_where_the_technician_lives(session: Session) -> None:
    technician = add_technician(session, zone="America/New_York")

    # On this Sunday New York's clocks go back, and the day has 25 hours.
    absence = give_day_off(session, technician=technician, day=dt.date(2027, 11, 7), actor_id=None)

    assert absence.ends_at - absence.starts_at == dt.timedelta(hours=25)
    assert absence.reason is AbsenceReason.DAY_OFF


@pytest.mark.parametrize(
    ("begins", "ends", "refusal"),
    [
        (at(12), at(10), errors.AbsenceOutOfOrder),
        (at(12), at(12), errors.AbsenceOutOfOrder),
        (at(5), at(7), errors.AbsenceIsOver),
        (at(9), at(9) + 400 * DAY, errors.AbsenceTooLong),
        (at(9) + 400 * DAY, at(12) + 400 * DAY, errors.AbsenceTooLong),
        (at(9) - 400 * DAY, at(9), errors.AbsenceTooLong),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    session: Session, technician: Technician, begins: dt.datetime, ends: dt.datetime, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        absent(session, technician, begins, ends)


def test_an_absence_within_another_is_refused_and_a_longer_one_is_not(session: Session, technician: Technician) -> None:
    absent(session, technician, at(9), at(12))

    with pytest.raises(errors.AbsenceExists, match="T-1 is absent from 2026-11-23 09:00 to 2026-11-23 12:00"):
        absent(session, technician, at(10), at(11))

    absent(session, technician, at(11), at(14))
    [shift] = take_snapshot(session, MONDAY).shifts
    assert shift.away == ((at(9), at(14)),)


def test_an_absence_says_who_noted_it_and_when(session: Session, technician: Technician) -> None:
    person = add_person(session)

    absence = note_absence(
        session,
        technician_id=technician.id,
        starts_at=at(9),
        ends_at=at(12),
        reason=AbsenceReason.TRAINING,
        note=" First aid ",
        actor_id=person.id,
    )

    assert (absence.noted_at, absence.noted_by_id, absence.note) == (at(7, 30), person.id, "First aid")
    assert (technician.changed_by_id, technician.version) == (person.id, 2)
