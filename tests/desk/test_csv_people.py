"""Facts about importing weeks, certificates, territories and partners of technicians."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.models import Site
from dispatch.models import Shift, Technician
from dispatch.workforce.partners import Terms, add_partner
from dispatch.workforce.patterns import patterns_of
from dispatch.workforce.territories import add_territory
from tests.desk.test_csv_import import accept, lines, refused, where
from tests.factories import MONDAY, add_contract, add_shift, add_technician

HEADER = "code,name,home_lat,home_lon,zone,skills,partner,territories,week_from,week_hours,week_holidays"
TECHNICIAN = "T-1,Rui,41.1,-8.6,Europe/Lisbon"


def test_a_week_makes_shifts_and_a_second_import_changes_nothing(session: Session) -> None:
    text = lines(HEADER, f"{TECHNICIAN},printer:2,,,{MONDAY},mon-fri 08:00-17:00,PT")

    accept(session, "technicians", text)
    versions = dict(session.execute(sa.select(Shift.day, Shift.version)).all())
    [technician] = session.scalars(sa.select(Technician)).all()
    [pattern] = patterns_of(session, technician)

    assert (pattern.valid_from, pattern.holidays) == (MONDAY, "PT")
    assert versions
    accept(session, "technicians", text)
    assert dict(session.execute(sa.select(Shift.day, Shift.version)).all()).keys() == versions.keys()


def test_certificates_territories_and_partner_come_along(session: Session) -> None:
    add_territory(session, code="N", name="North")
    add_partner(session, code="BH", terms=Terms("Hands", 0, 1, 1))

    accept(session, "technicians", lines(HEADER, f"{TECHNICIAN},printer:2;power:3@2027-05-31,BH,N,,,"))

    [technician] = session.scalars(sa.select(Technician)).all()
    assert {row.skill: (row.level, row.valid_until) for row in technician.skills} == {
        "printer": (2, None),
        "power": (3, dt.date(2027, 5, 31)),
    }
    assert technician.partner is not None
    assert (technician.partner.code, [one.code for one in technician.territories]) == ("BH", ["N"])


def test_a_file_counts_as_a_change_that_forms_and_plans_notice(session: Session) -> None:
    technician = add_technician(session, code="T-1")
    shift = add_shift(session, technician, day=dt.date(2099, 1, 5))

    accept(session, "technicians", lines(HEADER, f"{TECHNICIAN},printer:2,,,,,"))
    session.refresh(shift)

    assert (technician.version, shift.version) == (2, 2)


def test_what_is_not_known_or_half_is_refused(session: Session) -> None:
    for cells, problem in (
        ("printer:2,XX,,,,", ("partner", "unknown_partner")),
        ("printer:2,,XX,,,", ("", "unknown_territory")),
        ("printer:2,,,2026-11-23,,", ("week_hours", "half_week")),
        ("printer:2,,,,mon 08:00-17:00,", ("week_from", "half_week")),
        ("printer:2,,,2026-11-23,mon 17:00-08:00,", ("week_hours", "closing_not_after_opening")),
        ("printer:2,,,2026-11-23,mon 08:00-17:00,XX", ("week_holidays", "unknown_holiday_country")),
        ("printer:2@soon,,,,,", ("skills", "not_a_date")),
        ("printer:2@,,,,,", ("skills", "not_skills")),
        ("@2027-05-31,,,,,", ("skills", "not_skills")),
        ("a:1;a:2@2027-05-31,,,,,", ("skills", "named_twice")),
    ):
        assert where(refused(session, "technicians", lines(HEADER, f"{TECHNICIAN},{cells}"))) == [(2, *problem)]


def test_a_site_lies_in_a_territory(session: Session) -> None:
    add_contract(session, code="C")
    territory = add_territory(session, code="N", name="North")
    header = "code,name,contract,address,zone,opening_hours,territory"

    accept(session, "sites", lines(header, "S-1,Shop,C,Street,Europe/Lisbon,mon 08:00-17:00,N"))

    [site] = session.scalars(sa.select(Site)).all()
    assert site.territory_id == territory.id
    problems = refused(session, "sites", lines(header, "S-1,Shop,C,Street,Europe/Lisbon,mon 08:00-17:00,X"))
    assert where(problems) == [(2, "territory", "unknown_territory")]
    accept(session, "sites", lines(header, "S-1,Shop,C,Street,Europe/Lisbon,mon 08:00-17:00,"))
    session.refresh(site)
    assert site.territory_id is None
