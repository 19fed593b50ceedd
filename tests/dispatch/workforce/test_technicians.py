"""Facts about technicians and their shifts."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from core.errors import Kind
from dispatch import workforce
from dispatch.workforce import Break, NewTechnician
from inventory.models import PlaceKind
from tests import factories as make
from tests.factories import MONDAY, at


def joining(code: str = "T-1") -> NewTechnician:
    return NewTechnician(code=code, name="Rui Costa", home_lat=41.16, home_lon=-8.63, zone=make.ZONE)


def test_a_new_technician_gets_a_trunk_of_their_own(session: Session) -> None:
    technician = workforce.add_technician(session, joining("T-1"), skills={"printer": 2})

    assert (technician.trunk.kind, technician.trunk.code) == (PlaceKind.TRUNK, "VAN-T-1")
    assert {row.skill: row.level for row in technician.skills} == {"printer": 2}


def test_a_technicians_code_is_given_once(session: Session) -> None:
    workforce.add_technician(session, joining("T-1"), skills={})

    with pytest.raises(workforce.TechnicianCodeTaken, match="already a technician T-1"):
        workforce.add_technician(session, joining("T-1"), skills={})


def test_a_place_with_the_code_of_the_new_van_is_named(session: Session) -> None:
    make.add_place(session, code="VAN-T-1")

    with pytest.raises(workforce.TrunkCodeTaken, match="VAN-T-1"):
        workforce.add_technician(session, joining("T-1"), skills={})


def test_a_skill_level_above_three_is_refused(session: Session) -> None:
    with pytest.raises(workforce.SkillLevelOutOfRange, match="printer has the level 4"):
        workforce.add_technician(session, joining(), skills={"printer": 4})


def test_setting_skills_replaces_the_ones_before(session: Session) -> None:
    technician = make.add_technician(session, skills={"printer": 2, "battery": 1})

    workforce.set_skills(technician, {"printer": 3, "screen": 1})
    session.commit()
    session.refresh(technician)

    assert {row.skill: row.level for row in technician.skills} == {"printer": 3, "screen": 1}


def test_a_user_finds_the_technician_they_are(session: Session) -> None:
    user = make.add_person(session)
    technician = make.add_technician(session, user=user)

    assert workforce.technician_of_user(session, user.id) is technician


def test_a_user_without_technician_is_told_whom_to_ask(session: Session) -> None:
    user = make.add_person(session)

    with pytest.raises(workforce.NoTechnician, match="Ask the administrator") as refusal:
        workforce.technician_of_user(session, user.id)

    # The role is right, so it is no matter of permission: the account lacks its other half.
    assert refusal.value.kind is Kind.CONFLICT


def test_technicians_who_left_are_listed_only_on_request(session: Session) -> None:
    left = make.add_technician(session, code="T-1")
    stays = make.add_technician(session, code="T-2")
    left.active = False

    assert workforce.technicians(session) == [stays]
    assert workforce.technicians(session, include_inactive=True) == [left, stays]


def test_a_shift_belongs_to_the_day_on_which_it_starts_where_the_technician_is(session: Session) -> None:
    shanghai = make.add_technician(session, zone="Asia/Shanghai")
    # 23:30 UTC on Sunday is half past seven on Monday in Shanghai.
    start = dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC)

    shift = workforce.add_shift(session, shanghai, starts_at=start, ends_at=start + dt.timedelta(hours=9))

    assert shift.day == MONDAY


def test_shifts_of_a_day_come_by_technician_and_leave_out_who_left(session: Session) -> None:
    second = make.add_technician(session, code="T-2")
    first = make.add_technician(session, code="T-1")
    left = make.add_technician(session, code="T-0")
    left.active = False
    for technician in (second, first, left):
        make.add_shift(session, technician)
    make.add_shift(session, first, day=MONDAY + dt.timedelta(days=1))

    assert [shift.technician.code for shift in workforce.shifts_of_day(session, MONDAY)] == ["T-1", "T-2"]


def test_a_shift_that_ends_before_it_starts_is_refused(session: Session) -> None:
    technician = make.add_technician(session, code="T-1")

    with pytest.raises(workforce.ShiftOutOfOrder, match="T-1 on 2026-11-23 ends at 08:00"):
        workforce.add_shift(session, technician, starts_at=at(17), ends_at=at(8))


def test_a_second_shift_on_the_day_is_refused(session: Session) -> None:
    technician = make.add_technician(session)
    workforce.add_shift(session, technician, starts_at=at(8), ends_at=at(12))

    with pytest.raises(workforce.ShiftExists):
        workforce.add_shift(session, technician, starts_at=at(13), ends_at=at(17))


@pytest.mark.parametrize(
    ("earliest", "latest", "seconds"),
    [
        (at(7), at(13), 1800),  # may start before the shift
        (at(12), at(16, 45), 1800),  # may end after the shift
        (at(13), at(12), 1800),  # latest before earliest
        (at(12), at(13), 0),  # takes no time
    ],
)
def test_a_break_that_can_fall_outside_the_shift_is_refused(
    session: Session, earliest: dt.datetime, latest: dt.datetime, seconds: int
) -> None:
    technician = make.add_technician(session)
    rest = Break(seconds, earliest, latest)

    with pytest.raises(workforce.BreakOutsideShift, match="Move or shorten"):
        workforce.add_shift(session, technician, starts_at=at(8), ends_at=at(17), rest=rest)


def test_a_break_may_end_with_the_shift(session: Session) -> None:
    technician = make.add_technician(session)
    rest = Break(1800, at(12), at(16, 30))

    shift = workforce.add_shift(session, technician, starts_at=at(8), ends_at=at(17), rest=rest)

    assert (shift.break_seconds, shift.break_latest) == (1800, at(16, 30))
