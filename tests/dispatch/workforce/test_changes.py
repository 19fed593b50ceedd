"""Facts about changing technicians, shifts by hand, certificates that end, and leaving."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from customers.errors import UnknownZone
from dispatch.models import Technician
from dispatch.models.visits import VisitStatus
from dispatch.planning.snapshot import take_snapshot
from dispatch.workforce import errors, put_shift, set_skills, skills_on, working_time_of
from dispatch.workforce.changes import TechnicianChanges, change_technician, let_go, take_back
from dispatch.workforce.shifts import Hours
from dispatch.workforce.technicians import expiring_skills
from tests.factories import MONDAY, add_person, add_shift, add_technician, add_visit, at

DAY = dt.timedelta(days=1)


def change(session: Session, technician: Technician, changes: TechnicianChanges, *, version: int | None = None) -> None:
    change_technician(
        session, code=technician.code, version=version or technician.version, changes=changes, actor_id=None
    )
    session.flush()


def test_a_skill_counts_on_its_last_day_and_no_longer(session: Session) -> None:
    technician = add_technician(session)

    set_skills(technician, {"printer": 2, "power": 3}, valid_until={"power": MONDAY})

    assert skills_on(technician, MONDAY) == {"printer": 2, "power": 3}
    assert skills_on(technician, MONDAY + DAY) == {"printer": 2}


def test_the_planner_counts_on_a_skill_until_its_last_day(session: Session) -> None:
    technician = add_technician(session)
    for later in range(2):
        add_shift(session, technician, day=MONDAY + later * DAY)
    set_skills(technician, {"printer": 2, "power": 3}, valid_until={"power": MONDAY})
    session.flush()

    first, second = (take_snapshot(session, MONDAY + later * DAY).shifts[0] for later in range(2))

    assert (first.skills, second.skills) == ({"printer": 2, "power": 3}, {"printer": 2})


def test_skills_that_are_written_anew_keep_their_last_days_unless_others_are_given(session: Session) -> None:
    technician = add_technician(session)
    set_skills(technician, {"power": 3}, valid_until={"power": MONDAY})

    set_skills(technician, {"power": 2})
    kept = technician.skills[0].valid_until
    set_skills(technician, {"power": 2}, valid_until={})

    assert (kept, technician.skills[0].valid_until) == (MONDAY, None)


def test_certificates_that_end_within_thirty_days_are_listed_and_so_are_those_that_ended(session: Session) -> None:
    technician = add_technician(session, code="T-1")
    left = add_technician(session, code="T-2")
    last_days = {"a": MONDAY - DAY, "b": MONDAY + 30 * DAY, "c": MONDAY + 31 * DAY}
    for one in (technician, left):
        set_skills(one, dict.fromkeys([*last_days, "d"], 1), valid_until=dict(last_days))
    left.active = False
    session.flush()

    found = expiring_skills(session, today=MONDAY)

    assert [(row.technician.code, row.skill) for row in found] == [("T-1", "a"), ("T-1", "b")]


def test_a_change_is_counted_and_names_who_made_it(session: Session) -> None:
    person = add_person(session, name="Bea")
    technician = add_technician(session, code="T-1")
    seen = technician.version
    change_technician(session, code="T-1", version=seen, changes={"phone": "1"}, actor_id=person.id)

    with pytest.raises(
        errors.TechnicianChanged, match=r"Technician T-1 was changed by Bea at 2026-11-23 07:30 UTC\. Reload"
    ):
        change(session, technician, {"phone": "2"}, version=seen)

    assert technician.phone == "1"


def test_plans_made_before_notice_another_skill(session: Session) -> None:
    technician = add_technician(session)
    yesterday, today = (add_shift(session, technician, day=MONDAY + later * DAY) for later in (-1, 0))

    change(session, technician, {"skills": {"printer": 3}})

    assert (yesterday.version, today.version) == (1, 2)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"zone": "Europe/Atlantis"}, UnknownZone),
        ({"skills": {"printer": 9}}, errors.SkillLevelOutOfRange),
        ({"skills": {"": 1}}, errors.SkillNameNotUsable),
        ({"home_lat": 91.0}, errors.HomeNotOnEarth),
        ({"name": " "}, errors.NameMissing),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    session: Session, changes: TechnicianChanges, refusal: type[Exception]
) -> None:
    technician = add_technician(session)

    with pytest.raises(refusal):
        change(session, technician, changes)


def test_who_leaves_is_no_longer_planned_and_their_work_is_told(session: Session) -> None:
    technician = add_technician(session, code="T-1")
    add_shift(session, technician)
    done = add_visit(session, technician=technician, status=VisitStatus.COMPLETED)
    today = add_visit(session, technician=technician, position=2)
    tomorrow = add_visit(session, technician=technician, day=MONDAY + DAY)

    ahead = let_go(session, code="T-1", version=technician.version, actor_id=None)

    assert ahead == [today, tomorrow]
    assert done.technician is technician
    assert take_snapshot(session, MONDAY).shifts == ()
    take_back(session, code="T-1", version=technician.version, actor_id=None)
    assert technician.active


def test_nobody_leaves_in_the_middle_of_a_visit(session: Session) -> None:
    technician = add_technician(session, code="T-1")
    visit = add_visit(session, technician=technician, status=VisitStatus.ON_SITE)

    with pytest.raises(errors.TechnicianUnderWay, match=f"T-1 is under way for {visit.job.number}"):
        let_go(session, code="T-1", version=technician.version, actor_id=None)


def test_a_shift_by_hand_stands_in_for_the_one_that_was(session: Session) -> None:
    technician = add_technician(session, code="T-1")
    shift = add_shift(session, technician)

    put_shift(session, technician, Hours(at(9), at(12)), version=1)
    session.flush()

    time = working_time_of(session, technician, MONDAY)
    assert time is not None
    assert (time.starts_at, time.ends_at, shift.version, shift.is_exception) == (at(9), at(12), 2, True)
    with pytest.raises(errors.ShiftChanged, match="T-1 on 2026-11-23 was changed meanwhile"):
        put_shift(session, technician, Hours(at(10), at(12)), version=1)


def test_a_day_that_is_over_and_one_of_somebody_who_left_are_refused(session: Session) -> None:
    technician = add_technician(session, code="T-1")
    yesterday = Hours(at(9, day=MONDAY - DAY), at(12, day=MONDAY - DAY))

    with pytest.raises(errors.DayIsOver, match="2026-11-22 is over"):
        put_shift(session, technician, yesterday)
    technician.active = False
    with pytest.raises(errors.TechnicianIsInactive, match="T-1 has left"):
        put_shift(session, technician, Hours(at(9), at(12)))
