"""The pages about technicians: what they show, what they do, and what they refuse."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from core.firm import Firm, write_firm
from dispatch.models import Absence, CustomerPreference, Partner, Shift, Technician, WeeklyPattern
from dispatch.models.workforce import AbsenceReason, Preference
from dispatch.workforce import set_skills
from tests.factories import (
    MONDAY,
    ZONE,
    add_job,
    add_person,
    add_shift,
    add_site,
    add_technician,
    add_visit,
    at,
)
from tests.web.conftest import Visitor, World

DAY = dt.timedelta(days=1)
WEEK = {f"{day}-{edge}": time for day in ("mon", "tue") for edge, time in (("begin", "08:00"), ("end", "17:00"))} | {
    "valid_from": "2026-11-23",
    "week_break": "45",
    "week_earliest": "12:00",
    "week_latest": "13:30",
}


@pytest.fixture(autouse=True)
def lisbon(world: World) -> None:
    write_firm(world.session, Firm("Test", ZoneInfo(ZONE)))


@pytest.fixture
def technician(world: World) -> Technician:
    return add_technician(world.session, code="T-1", name="Rui Costa", skills={"printer": 2})


def test_the_list_tells_who_works_today_and_whose_certificates_end(
    world: World, dispatcher: Visitor, technician: Technician
) -> None:
    add_shift(world.session, technician)
    set_skills(technician, {"printer": 2, "power": 3}, valid_until={"power": MONDAY + 9 * DAY})
    absent = add_technician(world.session, code="T-2", name="Ana Lopes")
    world.session.add(
        Absence(technician=absent, starts_at=at(0), ends_at=at(18), reason=AbsenceReason.SICK, noted_at=at(7))
    )

    page = dispatcher.get("/technicians")

    assert page.status == 200
    assert "Rui Costa T-1 works 08:00–17:00" in page.text
    assert "Ana Lopes T-2 Sick until 18:00" in page.text
    assert "power and mainboard 3 Dec 2, 2026 9 days left" in page.text


def test_a_technician_is_added_and_given_a_week(world: World, dispatcher: Visitor) -> None:
    fields = {"code": "T-9", "name": "Eva", "home_lat": "41.15", "home_lon": "-8,61", "zone": ZONE}
    added = dispatcher.post("/technicians", command_id="a", **fields)
    assert added.location == "/technicians/T-9"

    kept = dispatcher.post("/technicians/T-9/week", command_id="b", version="1", **WEEK)

    assert kept.status == 303, kept.text
    page = dispatcher.follow(kept)
    assert "The week is kept" in page.text
    assert "Monday 08:00–17:00" in page.text
    assert world.session.scalar(sa.select(sa.func.count(Shift.id))) == 8


def test_what_cannot_be_is_said_and_what_was_typed_stays(
    world: World, dispatcher: Visitor, technician: Technician
) -> None:
    refused = dispatcher.post(
        "/technicians", command_id="a", code="T-1", name="Eva", home_lat="north", home_lon="1", zone=ZONE
    )
    assert (refused.status, "north is not a number" in refused.text) == (422, True)
    assert 'value="Eva"' in refused.html

    backwards = WEEK | {"mon-begin": "18:00"}
    refused = dispatcher.post("/technicians/T-1/week", command_id="b", version="1", **backwards)
    assert (refused.status, "expected opening before closing" in refused.text) == (422, True)
    refused = dispatcher.post(
        "/technicians/T-1/skills", command_id="c", version="1", **{"skill-0": "x", "level-0": "9"}
    )
    assert "The skill x has the level 9. Use 1, 2 or 3." in refused.text


def test_the_second_of_two_is_told_who_was_first(world: World, dispatcher: Visitor, technician: Technician) -> None:
    fields = {"version": "1", "skill-0": "printer", "level-0": "3", "until-0": "2027-01-31"}
    assert dispatcher.post("/technicians/T-1/skills", command_id="a", **fields).status == 303

    refused = dispatcher.post("/technicians/T-1/skills", command_id="b", **fields | {"level-0": "1"})

    assert refused.status == 409
    assert "Technician T-1 was changed by Alex dispatcher at 2026-11-23 07:30 UTC. Reload" in refused.text
    world.session.refresh(technician)
    [row] = technician.skills
    assert (row.level, row.valid_until) == (3, dt.date(2027, 1, 31))


def test_a_day_is_changed_by_hand_made_free_and_given_back(
    world: World, dispatcher: Visitor, technician: Technician
) -> None:
    dispatcher.post("/technicians/T-1/week", command_id="a", version="1", **WEEK)
    opened = dispatcher.get("/technicians/T-1?day=2026-11-24")
    assert 'name="begin" type="time" value="08:00"' in opened.html

    hours = {"day": "2026-11-24", "opened_for": "2026-11-24", "shift_version": "1", "begin": "10:00", "end": "14:00"}
    page = dispatcher.follow(dispatcher.post("/technicians/T-1/shifts", command_id="b", **hours))
    assert "10:00–14:00 by hand" in page.text
    late = dispatcher.post("/technicians/T-1/shifts", command_id="c", **hours | {"end": "15:00"})
    assert (late.status, "was changed meanwhile" in late.text) == (409, True)

    page = dispatcher.follow(dispatcher.post("/technicians/T-1/shifts", command_id="d", day="2026-11-24", by_week="1"))
    assert "by hand" not in page.text
    page = dispatcher.follow(dispatcher.post("/technicians/T-1/shifts", command_id="e", day="2026-11-24", day_off="1"))
    assert "Tuesday Nov 24, 2026 Day off" in page.text


def test_an_absence_names_the_visits_in_it_and_can_be_withdrawn(
    world: World, dispatcher: Visitor, technician: Technician
) -> None:
    add_shift(world.session, technician)
    add_visit(world.session, technician=technician, start=at(10))
    fields = {"reason": "sick", "first_day": "2026-11-23", "absent_from": "09:00", "absent_until": "12:00"}

    page = dispatcher.follow(dispatcher.post("/technicians/T-1/absences", command_id="a", **fields))

    assert "1 visit is planned in it" in page.text
    assert "08:00–17:00 without 09:00–12:00" in page.text
    [absence] = world.session.scalars(sa.select(Absence)).all()
    assert (absence.starts_at, absence.ends_at) == (at(9), at(12))
    page = dispatcher.follow(dispatcher.post(f"/technicians/T-1/absences/{absence.id}/withdraw", command_id="b"))
    assert "without 09:00" not in page.text
    assert "withdrawn" in page.text


def test_a_whole_day_is_absent_from_midnight_to_midnight(
    world: World, dispatcher: Visitor, technician: Technician
) -> None:
    fields = {"reason": "leave", "first_day": "2026-11-24", "last_day": "2026-11-25"}

    dispatcher.post("/technicians/T-1/absences", command_id="a", **fields)

    [absence] = world.session.scalars(sa.select(Absence)).all()
    assert (absence.starts_at, absence.ends_at) == (at(0, day=MONDAY + DAY), at(0, day=MONDAY + 3 * DAY))


def test_who_leaves_leaves_a_list_of_work_behind(world: World, dispatcher: Visitor, technician: Technician) -> None:
    visit = add_visit(world.session, technician=technician)
    number = visit.job.number

    page = dispatcher.follow(dispatcher.post("/technicians/T-1/leave", command_id="a", version="1"))

    assert f"Find somebody else for: {number}" in page.text
    assert "has left" in page.text
    page = dispatcher.follow(dispatcher.post("/technicians/T-1/return", command_id="b", version="2"))
    assert "They work again" in page.text


def test_territories_partners_and_wishes(world: World, dispatcher: Visitor, technician: Technician) -> None:
    site = add_site(world.session, code="S-1", name="Padaria")
    customer = site.customer.code
    dispatcher.post("/territories", command_id="a", code="N", name="North")
    page = dispatcher.follow(dispatcher.post("/territories/sites", command_id="b", site="S-1", territory="N"))
    assert "1 site is assigned." in page.text
    dispatcher.post("/partners", command_id="c", code="BH", name="Hands", shift="50", travel="72", work="36,50")

    where = {"version": "1", "name": "Rui", "home_lat": "41.1", "home_lon": "-8.6", "zone": ZONE}
    page = dispatcher.follow(dispatcher.post("/technicians/T-1", command_id="d", territory="N", partner="BH", **where))
    assert "The changes are kept." in page.text
    dispatcher.post("/technicians/T-1/preferences", command_id="e", customer=customer, preference="excluded")

    world.session.refresh(technician)
    assert [one.code for one in technician.territories] == ["N"]
    [partner] = world.session.scalars(sa.select(Partner)).all()
    assert (technician.partner, partner.work_cents_per_hour) == (partner, 3650)
    [wish] = world.session.scalars(sa.select(CustomerPreference)).all()
    assert wish.preference is Preference.EXCLUDED
    for path, words in (
        ("/territories", "N 1 Rui"),
        ("/partners", "Hands BH"),
        ("/technicians/T-1", "Not wanted"),
        ("/technicians", "Hands"),
    ):
        assert words in dispatcher.get(path).text
    assert dispatcher.post("/territories/N/remove", command_id="f").status == 409
    assert dispatcher.post("/partners/BH/active", command_id="g", active="0").status == 409
    assert dispatcher.post("/partners/BH", command_id="h", name="Hands!", shift="1", travel="2", work="3").status == 303
    assert dispatcher.post("/territories/N", command_id="i", name="Far north").status == 303


def test_a_manager_reads_and_does_not_change(world: World, technician: Technician) -> None:
    manager = world.signed_in(RoleName.MANAGER)

    for path in ("/technicians", "/technicians/T-1", "/territories", "/partners"):
        page = manager.get(path)
        assert page.status == 200
        assert "Keep" not in page.text
    assert manager.post("/technicians/T-1/leave", command_id="a", version="1").status == 403


def test_a_technician_sees_the_own_week_on_the_phone(world: World) -> None:
    person = add_person(world.session)
    technician = add_technician(world.session, user=person)
    add_shift(world.session, technician)
    add_visit(world.session, technician=technician)

    visitor = world.visitor(person)

    assert "/day/week" in visitor.get("/day").html
    page = visitor.get("/day/week")
    assert "Monday Nov 23, 2026 today 08:00–17:00 1 visit" in page.text
    assert visitor.get("/technicians").status == 403


def test_the_pages_are_whole_in_chinese(world: World, technician: Technician) -> None:
    visitor = world.signed_in(RoleName.DISPATCHER, language="zh_Hans_CN")

    assert "工程师" in visitor.get("/technicians").text
    assert "工作周" in visitor.get("/technicians/T-1").text


def test_a_week_is_removed_with_its_shifts(world: World, dispatcher: Visitor, technician: Technician) -> None:
    dispatcher.post("/technicians/T-1/week", command_id="a", version="1", **WEEK)
    [pattern] = world.session.scalars(sa.select(WeeklyPattern)).all()

    dispatcher.post(f"/technicians/T-1/week/{pattern.id}/remove", command_id="b", version="2")

    assert world.session.scalar(sa.select(sa.func.count(Shift.id))) == 0


def test_absences_stand_on_the_board(world: World, dispatcher: Visitor, technician: Technician) -> None:
    add_shift(world.session, technician)
    add_job(world.session)
    dispatcher.post("/technicians/T-1/absences", command_id="a", reason="sick", first_day="2026-11-23")

    assert "Rui Costa Sick" in dispatcher.get("/board?day=2026-11-23").text
