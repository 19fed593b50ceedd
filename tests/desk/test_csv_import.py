"""Facts about importing CSV files."""

import dataclasses
import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from customers.models import Contract, Customer, Device, PriceList, Priority, Site
from desk import csv_import
from desk.csv_import import FORMS, TEMPLATES, ImportProblem, ImportRefused, import_csv, table, template_csv
from dispatch.faults import fault_by_code
from dispatch.jobs import apply
from dispatch.lifecycle import Action
from dispatch.models import FaultCode, Job, JobPart, Shift, Technician
from dispatch.models.jobs import JobStatus
from dispatch.parts import reserve_for
from inventory import audit
from inventory.models import Movement, MovementKind, Part, PartFamily, Place, PlaceKind, StockLevel
from tests import factories as make
from tests.factories import at

GUIDE = Path(__file__).parents[2] / "docs" / "csv-import.md"


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def refused(session: Session, kind: str, text: str | bytes) -> list[ImportProblem]:
    with pytest.raises(ImportRefused) as refusal:
        import_csv(session, kind=kind, text=text, actor_id=None)
    return refusal.value.problems


def where(problems: list[ImportProblem]) -> list[tuple[int, str, str]]:
    return [(problem.line, problem.column, problem.code) for problem in problems]


def accept(session: Session, kind: str, text: str | bytes) -> tuple[int, int]:
    result = import_csv(session, kind=kind, text=text, actor_id=None)
    session.flush()
    return result.added, result.updated


# Templates and documentation


@pytest.mark.parametrize("kind", FORMS)
def test_a_template_is_a_header_that_the_import_knows(session: Session, kind: str) -> None:
    assert template_csv(kind) == ",".join(TEMPLATES[kind]) + "\r\n"

    assert where(refused(session, kind, template_csv(kind))) == [(1, "", "no_rows")]


@pytest.mark.parametrize("kind", FORMS)
def test_every_example_of_a_column_can_be_read(kind: str) -> None:
    for column in FORMS[kind].columns:
        column.read(column.example)


@pytest.mark.parametrize("kind", FORMS)
def test_the_guide_shows_every_column_with_its_example(kind: str) -> None:
    guide = GUIDE.read_text(encoding="utf-8")

    for column in FORMS[kind].columns:
        must = "yes" if column.required else "no"
        assert f"| `{column.name}` | {must} | `{column.example}` |" in guide


def test_an_unknown_kind_names_the_known_ones(session: Session) -> None:
    with pytest.raises(csv_import.UnknownImportKind, match="contracts, sites, devices, faults, technicians"):
        import_csv(session, kind="vans", text="", actor_id=None)


# The file as a table

PARTS_HEADER = "sku,name_en,name_zh,family,unit_cost,fits"
GOOD_PART = "P-1,Battery,电池,battery,12.50,A920;V200"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", (1, "", "empty_file")),
        (" \r\n\r\n", (1, "", "empty_file")),
        (b"", (1, "", "empty_file")),
        # Latin-1: the third line holds the first byte that is not UTF-8.
        (lines(PARTS_HEADER, GOOD_PART, "P-2,Écran,x,screen,1,").encode("latin-1", "replace"), (3, "", "not_utf8")),
        (lines(PARTS_HEADER, GOOD_PART).encode("utf-16"), (1, "", "not_utf8")),
        (lines(PARTS_HEADER, GOOD_PART).encode("utf-16-le"), (1, "", "not_text")),
        (b"PK\x03\x04rest of a workbook", (1, "", "workbook")),
        (lines(PARTS_HEADER, GOOD_PART).replace(",", "\t"), (1, "", "wrong_delimiter")),
        (lines(PARTS_HEADER, GOOD_PART).replace(",", "|"), (1, "", "wrong_delimiter")),
        (lines(PARTS_HEADER + ",colour", GOOD_PART + ",red"), (1, "colour", "unknown_column")),
        (lines(PARTS_HEADER + ",sku", GOOD_PART + ",P-1"), (1, "sku", "duplicate_column")),
        (lines("sku,name_en,name_zh,family", "P-1,Battery,电池,battery"), (1, "unit_cost", "missing_column")),
        (lines('"sku,name_en', "P-1,Battery"), (1, "", "bad_quoting")),
        (lines(PARTS_HEADER, "\ud800" + GOOD_PART), (1, "", "not_text")),
        (lines(PARTS_HEADER, GOOD_PART, 'P-2,"never closed'), (3, "", "bad_quoting")),
        (lines(PARTS_HEADER, "P-1,Battery,电池"), (2, "", "wrong_width")),
        (lines(PARTS_HEADER, GOOD_PART + ",more"), (2, "", "wrong_width")),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(
    session: Session, content: str | bytes, problem: tuple[int, str, str]
) -> None:
    assert where(refused(session, "parts", content)) == [problem]


@pytest.mark.parametrize(
    "content",
    [
        lines(PARTS_HEADER, GOOD_PART),
        lines(PARTS_HEADER, GOOD_PART).encode("utf-8-sig"),  # as spreadsheets save it
        lines(PARTS_HEADER, GOOD_PART.replace(";", "|")).replace(",", ";"),
        lines(PARTS_HEADER, GOOD_PART).replace("\n", "\r\n"),
        lines(PARTS_HEADER, GOOD_PART).replace("\n", "\r"),
        lines(PARTS_HEADER.upper(), GOOD_PART),
        lines(PARTS_HEADER + ",,", GOOD_PART + ",,"),  # columns that a spreadsheet left behind
        lines("", PARTS_HEADER, "", GOOD_PART, ",,,,,", ""),
        lines("family,unit_cost,sku,name_zh,name_en", "battery,12.50,P-1,电池,Battery"),
    ],
)
def test_a_table_is_read_in_the_forms_that_programs_write(session: Session, content: str | bytes) -> None:
    assert accept(session, "parts", content) == (1, 0)
    assert session.scalars(sa.select(Part.name_zh)).all() == ["电池"]


def test_too_many_rows_are_refused_with_the_limit(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_ROWS", 2)
    rows = [GOOD_PART.replace("P-1", f"P-{number}") for number in range(3)]

    (problem,) = refused(session, "parts", lines(PARTS_HEADER, *rows))

    assert (problem.line, problem.reason) == (
        4,
        "The file has more than 2 rows. Split it and import one file after the other.",
    )


def test_line_numbers_count_the_lines_inside_quoted_cells(session: Session) -> None:
    text = lines(PARTS_HEADER, 'P-1,"two\nlines",x,battery,1,', "P-2,Battery,x,nothing,1,")

    assert where(refused(session, "parts", text)) == [
        (2, "name_en", "control_character"),
        (4, "family", "not_a_choice"),
    ]


# All or nothing


def test_every_bad_cell_of_every_line_is_listed_and_nothing_is_written(session: Session) -> None:
    text = lines(
        PARTS_HEADER,
        GOOD_PART,
        "P-2,,x,gearbox,-3,",
        "P-3,Screen,屏幕,screen,20,A920",
        "P-1,Battery again,电池,battery,1,",
    )

    problems = refused(session, "parts", text)

    assert where(problems) == [
        (3, "name_en", "empty_cell"),
        (3, "family", "not_a_choice"),
        (3, "unit_cost", "negative"),
        (5, "sku", "duplicate_row"),
    ]
    assert problems[-1].reason == "The same sku stands on line 2 already. Keep one of the two lines."
    assert session.scalar(sa.select(sa.func.count(Part.id))) == 0


def test_a_refusal_carries_line_column_and_reason_as_data(session: Session) -> None:
    with pytest.raises(ImportRefused, match="Problems found in the file: 1") as refusal:
        import_csv(session, kind="parts", text=lines(PARTS_HEADER, GOOD_PART.replace("12.50", "1,250")), actor_id=None)

    (error,) = refusal.value.facts["errors"]
    assert (error["line"], error["code"]) == (2, "wrong_width")
    assert error["reason"].startswith("The line has 7 cells but the header has 6.")


def test_a_row_that_somebody_else_wrote_meanwhile_asks_for_another_try(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.add_part(session, sku="P-1")
    # As if the part had been written just after the import had looked for it.
    monkeypatch.setattr(csv_import, "FORMS", {"parts": dataclasses.replace(FORMS["parts"], known=lambda *_: {})})

    (problem,) = refused(session, "parts", lines(PARTS_HEADER, GOOD_PART))

    assert problem.reason == "Somebody else wrote the same row at this very moment. Import the file again."


def test_text_that_looks_like_a_formula_is_just_text(session: Session) -> None:
    accept(session, "parts", lines(PARTS_HEADER, '=1+1,"=HYPERLINK(""x"")",@x,battery,1,-A920'))

    assert session.scalars(sa.select(Part.sku)).one() == "=1+1"


# Parts


def test_parts_are_added_and_known_ones_written_over(session: Session) -> None:
    make.add_part(session, sku="P-1", family=PartFamily.SCREEN, fits=("OLD", "A920"))

    result = accept(session, "parts", lines(PARTS_HEADER, GOOD_PART, "P-2,Screen,屏幕,Screen,0.05,"))

    battery, screen = session.scalars(sa.select(Part).order_by(Part.sku))
    assert result == (1, 1)
    assert (battery.family, battery.unit_cost_cents) == (PartFamily.BATTERY, 1250)
    assert [fit.device_model for fit in battery.fits] == ["A920", "V200"]
    assert (screen.unit_cost_cents, screen.fits) == (5, [])


def test_a_column_that_the_file_does_not_have_stays_as_it_is(session: Session) -> None:
    part = make.add_part(session, sku="P-1", fits=("A920",))

    accept(session, "parts", lines("sku,name_en,name_zh,family,unit_cost", "P-1,New name,新,battery,1"))

    assert (part.name_en, [fit.device_model for fit in part.fits]) == ("New name", ["A920"])


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ("1.234", "not_money"),  # three decimals, or thousands: nobody knows
        ("1,234.50", "not_money"),
        ("€ 5", "not_money"),
        ("-1", "negative"),
        ("99999999999", "out_of_range"),
        ("NaN", "not_money"),
        ("１２", "not_money"),  # full-width digits
    ],
)
def test_an_amount_that_can_be_misread_is_refused(session: Session, amount: str, code: str) -> None:
    text = lines("sku,name_en,name_zh,family,unit_cost", f'P-1,Battery,电池,battery,"{amount}"')

    assert where(refused(session, "parts", text)) == [(2, "unit_cost", code)]


# Contracts

CONTRACTS_HEADER = (
    "code,customer,customer_name,calendar,zone,service_hours,holidays,"
    "p1_response_minutes,p1_resolution_minutes,p1_late_cents_per_minute,p1_breach_cents,"
    "p3_response_minutes,p3_resolution_minutes,p3_late_cents_per_minute,p3_breach_cents"
)


def contract_line(**cells: str) -> str:
    usual = {
        "code": "CT-1",
        "customer": "CU-1",
        "customer_name": "Ribeiro",
        "calendar": "service_hours",
        "zone": "Europe/Lisbon",
        "service_hours": "mon-fri 08:00-18:00",
        "holidays": "pt",
        "p1_response": "120",
        "p1_resolution": "240",
        "p1_late": "60",
        "p1_breach": "6000",
        **dict.fromkeys(("p3_response", "p3_resolution", "p3_late", "p3_breach"), ""),
    }
    return ",".join((usual | cells).values())


def owed(contract: Contract) -> dict[str, tuple[int, int, int, int]]:
    return {
        target.priority.value: (
            target.response_minutes,
            target.resolution_minutes,
            target.late_cents_per_minute,
            target.breach_cents,
        )
        for target in contract.targets
    }


def test_a_contract_brings_its_customer_and_offers_the_priorities_that_are_filled_in(session: Session) -> None:
    accept(session, "contracts", lines(CONTRACTS_HEADER, contract_line()))

    contract = session.scalars(sa.select(Contract)).one()
    assert (contract.customer.code, contract.customer.name) == ("CU-1", "Ribeiro")
    assert contract.service_hours["fri"] == [["08:00", "18:00"]]
    assert contract.holidays == "PT"
    assert owed(contract) == {"P1": (120, 240, 60, 6000)}


def test_contracts_of_one_customer_share_it(session: Session) -> None:
    customer = make.add_customer(session, code="CU-1", name="Old name")

    text = lines(CONTRACTS_HEADER, contract_line(), contract_line(code="CT-2", p1_late="", p1_breach=""))

    assert accept(session, "contracts", text) == (2, 0)
    assert session.scalars(sa.select(Customer)).all() == [customer]
    assert customer.name == "Ribeiro"
    assert owed(session.scalars(sa.select(Contract).where(Contract.code == "CT-2")).one())["P1"] == (120, 240, 0, 0)


def test_a_known_contract_is_written_over(session: Session) -> None:
    # It offers all four priorities; the file has no columns for P2 and P4, and empty ones for P3.
    contract = make.add_contract(session, code="CT-1")

    assert accept(session, "contracts", lines(CONTRACTS_HEADER, contract_line(p1_response="60"))) == (0, 1)

    assert owed(contract) == {"P1": (60, 240, 60, 6000), "P2": (240, 480, 10, 1000), "P4": (1440, 2880, 10, 1000)}


def test_penalties_that_the_file_has_no_columns_for_stay(session: Session) -> None:
    contract = make.add_contract(session, code="CT-1")
    header = "code,customer,customer_name,calendar,zone,p1_response_minutes,p1_resolution_minutes"

    accept(session, "contracts", lines(header, "CT-1,CU-1,Ribeiro,24x7,Asia/Shanghai,30,60"))

    assert owed(contract)["P1"] == (30, 60, 10, 1000)


def test_a_contract_around_the_clock_keeps_no_hours(session: Session) -> None:
    contract = make.add_contract(session, code="CT-1", holidays="PT")

    accept(session, "contracts", lines(CONTRACTS_HEADER, contract_line(calendar="24x7", service_hours="", holidays="")))

    assert (contract.service_hours, contract.holidays) == ({}, None)


def test_a_contract_that_another_customer_takes_over_brings_its_sites(session: Session) -> None:
    contract = make.add_contract(session, code="CT-1")
    site = make.add_site(session, contract=contract)

    accept(session, "contracts", lines(CONTRACTS_HEADER, contract_line(customer="CU-NEW")))

    session.refresh(site)
    assert contract.customer.code == "CU-NEW"
    assert site.customer_id == contract.customer_id


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"calendar": "weekdays"}, ("calendar", "not_a_choice")),
        ({"zone": "Lisbon"}, ("zone", "unknown_zone")),
        ({"holidays": "Portugal"}, ("holidays", "unknown_holiday_country")),
        ({"service_hours": ""}, ("service_hours", "hours_missing")),
        ({"service_hours": "office hours"}, ("service_hours", "not_weekly_hours")),
        ({"service_hours": ";"}, ("service_hours", "not_weekly_hours")),
        ({"calendar": "24x7", "holidays": ""}, ("service_hours", "unused_when_always")),
        ({"calendar": "24x7", "service_hours": ""}, ("holidays", "unused_when_always")),
        ({"customer": ""}, ("customer", "empty_cell")),
        ({"p1_response": ""}, ("p1_response_minutes", "half_target")),
        ({"p1_resolution": ""}, ("p1_resolution_minutes", "half_target")),
        ({"p3_breach": "5"}, ("p3_response_minutes", "half_target")),  # a price for nothing
        ({"p1_response": "300"}, ("p1_resolution_minutes", "targets_out_of_order")),
        ({"p1_response": "0"}, ("p1_response_minutes", "out_of_range")),
        ({"p1_late": "-1"}, ("p1_late_cents_per_minute", "negative")),
        ({"p1_breach": "12.50"}, ("p1_breach_cents", "not_a_whole_number")),
        (dict.fromkeys(("p1_response", "p1_resolution", "p1_late", "p1_breach"), ""), ("", "no_targets")),
    ],
)
def test_a_bad_cell_of_a_contract_is_named(session: Session, cells: dict[str, str], problem: tuple[str, str]) -> None:
    assert where(refused(session, "contracts", lines(CONTRACTS_HEADER, contract_line(**cells)))) == [(2, *problem)]
    assert session.scalar(sa.select(sa.func.count(Customer.id))) == 0


def test_a_customer_with_two_names_is_refused(session: Session) -> None:
    text = lines(CONTRACTS_HEADER, contract_line(), contract_line(code="CT-2", customer_name="Ribeiro Ltd"))

    (problem,) = refused(session, "contracts", text)

    assert problem.reason == "Line 2 calls customer CU-1 “Ribeiro”. Write the same name on both lines."


# Sites and devices

SITES_HEADER = "code,name,contract,address,lat,lon,zone,opening_hours,contact_name,phone"


def site_line(**cells: str) -> str:
    usual = {
        "code": "S-1",
        "name": "Padaria",
        "contract": "CT-1",
        "address": "Rua 1",
        "lat": "41.1",
        "lon": "-8.6",
        "zone": "Europe/Lisbon",
        "opening_hours": "mon-fri 08:00-18:00",
        "contact_name": "",
        "phone": "",
    }
    return ",".join((usual | cells).values())


def test_a_site_belongs_to_the_customer_of_its_contract(session: Session) -> None:
    contract = make.add_contract(session, code="CT-1")

    accept(
        session,
        "sites",
        lines(SITES_HEADER, site_line(opening_hours="mon-tue 08:00-12:00 14:00-18:00 sat 09:00-13:00")),
    )

    site = session.scalars(sa.select(Site)).one()
    assert (site.customer_id, site.lat, site.lon) == (contract.customer_id, 41.1, -8.6)
    assert site.opening_hours == {
        "mon": [["08:00", "12:00"], ["14:00", "18:00"]],
        "tue": [["08:00", "12:00"], ["14:00", "18:00"]],
        "sat": [["09:00", "13:00"]],
    }


def test_a_site_may_have_no_position_yet(session: Session) -> None:
    make.add_contract(session, code="CT-1")

    accept(session, "sites", lines(SITES_HEADER, site_line(lat="", lon="")))

    assert session.scalars(sa.select(Site.lat)).one() is None


def test_a_known_site_is_written_over(session: Session) -> None:
    site = make.add_site(session, code="S-1", contract=make.add_contract(session, code="CT-0"))
    moved_to = make.add_contract(session, code="CT-1")

    assert accept(session, "sites", lines(SITES_HEADER, site_line(name="New owner", lat="", lon=""))) == (0, 1)
    assert (site.name, site.contract, site.customer_id, site.lat) == ("New owner", moved_to, moved_to.customer_id, None)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        ({"lat": "91"}, ("lat", "not_on_earth")),
        ({"lon": "-180.5"}, ("lon", "not_on_earth")),
        ({"lat": "north"}, ("lat", "not_a_number")),
        ({"lat": "nan"}, ("lat", "not_a_number")),
        ({"lat": "1e5"}, ("lat", "not_a_number")),
        ({"lat": ""}, ("lat", "half_position")),
        ({"lon": ""}, ("lon", "half_position")),
        ({"zone": "Mars/Olympus"}, ("zone", "unknown_zone")),
        ({"zone": "../etc/passwd"}, ("zone", "unknown_zone")),
        ({"contract": "CT-9"}, ("contract", "unknown_contract")),
        ({"code": ""}, ("code", "empty_cell")),
        ({"name": "x" * 161}, ("name", "too_long")),
        ({"opening_hours": "mornings"}, ("opening_hours", "not_weekly_hours")),
        ({"opening_hours": "08:00-18:00"}, ("opening_hours", "not_weekly_hours")),  # times without a day
        ({"opening_hours": "mon-fri"}, ("opening_hours", "not_weekly_hours")),  # days without a time
        ({"opening_hours": "fri-mon 08:00-18:00"}, ("opening_hours", "not_weekly_hours")),
        ({"opening_hours": "mon 08:00-18:00 mon 19:00-20:00"}, ("opening_hours", "named_twice")),
        ({"opening_hours": "mon 18:00-08:00"}, ("opening_hours", "closing_not_after_opening")),
        ({"opening_hours": "mon 08:00-12:00 11:00-13:00"}, ("opening_hours", "hours_overlap")),
        ({"opening_hours": "mon 08:00-25:00"}, ("opening_hours", "time_of_day_not_understood")),
    ],
)
def test_a_bad_cell_of_a_site_is_named(session: Session, cells: dict[str, str], problem: tuple[str, str]) -> None:
    make.add_contract(session, code="CT-1")

    assert where(refused(session, "sites", lines(SITES_HEADER, site_line(**cells)))) == [(2, *problem)]


def test_references_are_looked_up_even_in_lines_that_are_bad_otherwise(session: Session) -> None:
    text = lines(SITES_HEADER, site_line(contract="CT-9", lat="91"))

    assert where(refused(session, "sites", text)) == [(2, "lat", "not_on_earth"), (2, "contract", "unknown_contract")]


def test_devices_are_added_and_moved(session: Session) -> None:
    shop = make.add_site(session, code="S-1")
    known = make.add_device(session, serial="D-1")

    text = lines("serial,model,site,software_version,warranty_until", "D-1,A920,S-1,5.1,", "D-2,V200,S-1,,2027-05-31")

    assert accept(session, "devices", text) == (1, 1)
    assert known.site is shop
    assert session.scalars(sa.select(Device.warranty_until).where(Device.serial == "D-2")).one() == dt.date(2027, 5, 31)


@pytest.mark.parametrize("day", ["31/05/2027", "2027-02-30", "20270531", "2027-W22-1", "0001-01-01"])
def test_a_warranty_that_ends_on_no_day_is_refused(session: Session, day: str) -> None:
    make.add_site(session, code="S-1")
    text = lines("serial,model,site,warranty_until", f"D-1,A920,S-1,{day}")

    ((line, column, _),) = where(refused(session, "devices", text))

    assert (line, column) == (2, "warranty_until")


# Technicians

TECHNICIANS_HEADER = "code,name,home_lat,home_lon,zone,skills"
SHIFT_HEADER = TECHNICIANS_HEADER + ",shift_days,shift_start,shift_end,break_earliest,break_latest,break_minutes"


def technician_line(*more: str, skills: str = "printer:2;battery", zone: str = "Europe/Lisbon") -> str:
    return ",".join(("T-1", "Rui", "41.1", "-8.6", zone, skills, *more))


def test_a_technician_comes_with_trunk_and_skills(session: Session) -> None:
    accept(session, "technicians", lines(TECHNICIANS_HEADER, technician_line()))

    technician = session.scalars(sa.select(Technician)).one()
    assert technician.trunk.kind is PlaceKind.TRUNK
    assert {row.skill: row.level for row in technician.skills} == {"printer": 2, "battery": 1}


def test_a_known_technician_keeps_the_trunk_and_changes_skills(session: Session) -> None:
    technician = make.add_technician(session, code="T-1", name="Old", skills={"screen": 3, "battery": 3})
    trunk = technician.trunk

    assert accept(session, "technicians", lines(TECHNICIANS_HEADER, technician_line())) == (0, 1)

    session.refresh(technician)
    assert (technician.name, technician.trunk) == ("Rui", trunk)
    assert {row.skill: row.level for row in technician.skills} == {"printer": 2, "battery": 1}


def test_shifts_are_told_in_the_technicians_time_and_replace_those_of_the_days(session: Session) -> None:
    technician = make.add_technician(session, code="T-1")
    make.add_shift(session, technician, hours=(10, 12))
    shift = technician_line(
        "2026-11-23..2026-11-24;2026-11-30", "08:00", "17:00", "12:00", "13:30", "45", zone="Asia/Shanghai"
    )

    accept(session, "technicians", lines(SHIFT_HEADER, shift))

    shifts = session.scalars(sa.select(Shift).order_by(Shift.day)).all()
    assert [shift.day.isoformat() for shift in shifts] == ["2026-11-23", "2026-11-24", "2026-11-30"]
    # Eight in Shanghai is midnight UTC.
    assert (shifts[0].starts_at, shifts[0].break_latest) == (at(0), at(5, 30))
    assert shifts[0].break_seconds == 45 * 60


@pytest.mark.parametrize(
    ("shift", "problem"),
    [
        (("2026-11-23", "17:00", "08:00", "", "", ""), ("", "shift_out_of_order")),
        (("2026-11-23", "08:00", "17:00", "07:00", "13:00", "30"), ("", "break_outside_shift")),
        (("2026-11-23", "08:00", "", "", "", ""), ("shift_end", "half_shift")),
        (("", "08:00", "17:00", "", "", ""), ("shift_days", "half_shift")),
        (("2026-11-23", "08:00", "17:00", "12:00", "", "30"), ("break_latest", "half_break")),
        (("", "", "", "12:00", "13:00", "30"), ("shift_days", "break_without_shift")),
        (("2026-11-24..2026-11-23", "08:00", "17:00", "", "", ""), ("shift_days", "days_backwards")),
        (("2026-11-23;2026-11-23", "08:00", "17:00", "", "", ""), ("shift_days", "named_twice")),
        (("2026-01-01..2029-01-01", "08:00", "17:00", "", "", ""), ("shift_days", "too_many_days")),
        (("2026-11-23", "8 am", "17:00", "", "", ""), ("shift_start", "not_a_time")),
        (("2026-11-23", "24:00", "25:00", "", "", ""), ("shift_start", "not_a_time")),
    ],
)
def test_a_shift_that_cannot_be_worked_is_refused(
    session: Session, shift: tuple[str, ...], problem: tuple[str, str]
) -> None:
    problems = refused(session, "technicians", lines(SHIFT_HEADER, technician_line(*shift)))

    assert where(problems)[0] == (2, *problem)
    assert session.scalar(sa.select(sa.func.count(Technician.id))) == 0


@pytest.mark.parametrize(
    ("skills", "code"),
    [("printer:4", "not_skills"), ("printer:high", "not_skills"), (":2", "not_skills"), ("a:1;a:2", "named_twice")],
)
def test_a_skill_without_a_sound_level_is_refused(session: Session, skills: str, code: str) -> None:
    problems = refused(session, "technicians", lines(TECHNICIANS_HEADER, technician_line(skills=skills)))

    assert where(problems) == [(2, "skills", code)]


# Faults


def test_a_part_of_a_fault_has_pieces_and_how_often_it_is_needed(session: Session) -> None:
    header = f"{FAULTS_HEADER},subject,by_damage"
    assert accept(session, "faults", lines(header, "JAM,Jammed,卡纸,35,,,printer:2:40;battery,printer,yes")) == (1, 0)

    fault = fault_by_code(session, "JAM")
    assert (fault.subject, fault.by_damage) == ("printer", True)
    assert {line.family.value: (line.quantity, line.percent) for line in fault.parts} == {
        "printer": (2, 40),
        "battery": (1, 100),
    }


def test_a_price_list_is_read_in_and_written_over(session: Session) -> None:
    header = "code,name,call_out,labour_per_hour,travel_per_km,urgent_percent"

    assert accept(session, "price_lists", lines(header, "STANDARD,Usual,35.00,60,0.45,50")) == (1, 0)
    assert accept(session, "price_lists", lines(header, "STANDARD,Dearer,35.00,66,0.45,")) == (0, 1)

    prices = session.scalars(sa.select(PriceList)).one()
    assert (prices.name, prices.call_out_cents, prices.labour_cents_per_hour) == ("Dearer", 3500, 6600)
    assert (prices.travel_cents_per_km, prices.labour_step_minutes, prices.urgent_percent) == (45, 15, 0)


FAULTS_HEADER = "code,name_en,name_zh,minutes,default_priority,skills,parts"


def test_faults_are_added_with_skills_and_parts(session: Session) -> None:
    text = lines(FAULTS_HEADER, "JAM,Jammed,卡纸,35,p2,printer:2;battery,Printer:2;battery", "SOFT,Login,登录,20,,,")

    assert accept(session, "faults", text) == (2, 0)

    jam, soft = session.scalars(sa.select(FaultCode).order_by(FaultCode.code))
    assert (jam.name_zh, jam.duration_seconds, jam.default_priority) == ("卡纸", 35 * 60, Priority.P2)
    assert {line.skill: line.level for line in jam.skills} == {"printer": 2, "battery": 1}
    assert {line.family: line.quantity for line in jam.parts} == {PartFamily.PRINTER: 2, PartFamily.BATTERY: 1}
    assert (soft.default_priority, soft.skills, soft.parts) == (Priority.P3, [], [])


def test_a_known_fault_changes_what_it_takes(session: Session) -> None:
    parts = {PartFamily.PRINTER: 1, PartFamily.SCREEN: 1}
    fault = make.add_fault(session, code="JAM", skills={"printer": 1, "screen": 3}, parts=parts)

    assert accept(session, "faults", lines(FAULTS_HEADER, "JAM,Jammed,卡纸,35,P1,printer:3,printer:2")) == (0, 1)

    session.expire_all()
    assert [(line.skill, line.level) for line in fault.skills] == [("printer", 3)]
    assert [(line.family, line.quantity) for line in fault.parts] == [(PartFamily.PRINTER, 2)]


def test_skills_and_parts_that_the_file_has_no_columns_for_stay(session: Session) -> None:
    fault = make.add_fault(session, code="JAM", skills={"printer": 1}, parts={PartFamily.PRINTER: 1})

    accept(session, "faults", lines("code,name_en,name_zh,minutes", "JAM,Jammed,卡纸,50"))

    assert (fault.duration_seconds, len(fault.skills), len(fault.parts)) == (3000, 1, 1)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("JAM,Jammed,卡纸,0,,,", ("minutes", "out_of_range")),
        ("JAM,Jammed,卡纸,1441,,,", ("minutes", "out_of_range")),  # more than a day
        ("JAM,Jammed,卡纸,35,urgent,,", ("default_priority", "not_a_choice")),
        ("JAM,Jammed,卡纸,35,,printer:9,", ("skills", "not_skills")),
        ("JAM,Jammed,卡纸,35,,,wheel:1", ("parts", "not_pieces")),
        ("JAM,Jammed,卡纸,35,,,printer:0", ("parts", "not_pieces")),
        ("JAM,Jammed,卡纸,35,,,printer:100", ("parts", "not_pieces")),
        ("JAM,Jammed,卡纸,35,,,printer:", ("parts", "not_pieces")),
        ("JAM,Jammed,卡纸,35,,,printer:1:101", ("parts", "not_pieces")),
        ("JAM,Jammed,卡纸,35,,,printer:1:50:1", ("parts", "not_pieces")),
        ("JAM,Jammed,卡纸,35,,,printer:1;printer:2", ("parts", "named_twice")),
        ("JAM,Jammed,,35,,,", ("name_zh", "empty_cell")),
    ],
)
def test_a_fault_that_cannot_be_is_refused(session: Session, row: str, problem: tuple[str, str]) -> None:
    assert where(refused(session, "faults", lines(FAULTS_HEADER, row))) == [(2, *problem)]


# Warehouses

WAREHOUSES_HEADER = "code,name,address,lat,lon"


def test_warehouses_are_added_and_known_ones_written_over(session: Session) -> None:
    known = make.add_place(session, code="NORTH", name="Old")

    text = lines(WAREHOUSES_HEADER, "NORTH,Depot North,Rua 1,41.2,-8.6", "SOUTH,Depot South,,41.1,-8.6")

    assert accept(session, "warehouses", text) == (1, 1)
    assert (known.name, known.address) == ("Depot North", "Rua 1")
    assert session.scalars(sa.select(Place.kind).where(Place.code == "SOUTH")).one() is PlaceKind.WAREHOUSE


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("VAN-T-1,Depot,,41.2,-8.6", ("", "no_warehouse")),  # the code of a van
        ("NORTH,Depot,,,-8.6", ("lat", "empty_cell")),  # nobody could plan a way there
        ("NORTH,Depot,,41.2,-181", ("lon", "not_on_earth")),
    ],
)
def test_a_warehouse_that_cannot_be_is_refused(session: Session, row: str, problem: tuple[str, str]) -> None:
    make.add_technician(session, code="T-1")

    assert where(refused(session, "warehouses", lines(WAREHOUSES_HEADER, row))) == [(2, *problem)]


# Stock


def stock_world(session: Session) -> tuple[Place, Part]:
    return make.add_place(session, code="DEPOT"), make.add_part(session, sku="P-1")


def test_stock_is_counted_through_the_ledger(session: Session) -> None:
    depot, part = stock_world(session)
    make.add_stock(session, depot, part, 10)
    make.add_part(session, sku="P-2")

    text = lines("place,sku,on_hand,minimum,target,bin", "DEPOT,P-1,7,2,9,A-01", "DEPOT,P-2,4,,,")

    assert accept(session, "stock", text) == (1, 1)
    first, second = session.scalars(sa.select(StockLevel).order_by(StockLevel.id))
    assert (first.on_hand, first.minimum, first.target, first.bin) == (7, 2, 9, "A-01")
    assert (second.on_hand, second.minimum, second.target) == (4, 0, 0)
    # What was kept before is corrected by the difference; what is new comes in as opening stock.
    booked = session.scalars(sa.select(Movement).order_by(Movement.id.desc()).limit(2)).all()
    assert {(movement.kind, movement.quantity) for movement in booked} == {
        (MovementKind.CORRECTION, 3),
        (MovementKind.RECEIPT, 4),
    }
    assert audit.find_differences(session) == []


def test_an_empty_count_leaves_the_pieces_alone(session: Session) -> None:
    depot, part = stock_world(session)
    level = make.add_stock(session, depot, part, 10)

    accept(session, "stock", lines("place,sku,on_hand,minimum,target", "DEPOT,P-1,,2,9"))

    assert (level.on_hand, level.minimum) == (10, 2)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("NOWHERE,P-1,1,0,0", ("place", "unknown_place")),
        ("DEPOT,P-9,1,0,0", ("sku", "unknown_part")),
        ("DEPOT,P-1,-1,0,0", ("on_hand", "negative")),
        ("DEPOT,P-1,1.5,0,0", ("on_hand", "not_a_whole_number")),
        ("DEPOT,P-1,9999999,0,0", ("on_hand", "out_of_range")),
        ("DEPOT,P-1,1,5,2", ("", "par_level_out_of_order")),
        ("SUPPLIER,P-1,1,0,0", ("place", "no_stock_here")),
    ],
)
def test_stock_that_cannot_be_is_refused(session: Session, row: str, problem: tuple[str, str]) -> None:
    stock_world(session)
    make.add_place(session, kind=PlaceKind.SUPPLIER, code="SUPPLIER")

    assert where(refused(session, "stock", lines("place,sku,on_hand,minimum,target", row))) == [(2, *problem)]


def test_a_refused_stock_file_books_nothing(session: Session) -> None:
    depot, part = stock_world(session)
    level = make.add_stock(session, depot, part, 10)

    refused(session, "stock", lines("place,sku,on_hand", "DEPOT,P-1,3", "DEPOT,P-9,1"))

    session.refresh(level)
    assert level.on_hand == 10
    assert audit.find_differences(session) == []


def test_a_count_that_takes_parts_from_a_job_sends_it_to_look_elsewhere(session: Session) -> None:
    depot, part = stock_world(session)
    make.add_stock(session, depot, part, 1)
    job = make.add_job(session, status=JobStatus.NEW)
    job.parts = [JobPart(part=part, quantity=1, used=0)]
    reserve_for(session, job)
    apply(session, job, Action.READY, actor_id=None)
    make.add_place(session, code="SECOND")

    seen = []
    for count in ("DEPOT,P-1,0", "SECOND,P-1,5"):
        accept(session, "stock", lines("place,sku,on_hand", count))
        seen.append(job.status)

    assert seen == [JobStatus.WAITING_PARTS, JobStatus.READY]


def test_the_same_part_twice_at_a_place_is_refused(session: Session) -> None:
    stock_world(session)

    problems = refused(session, "stock", lines("place,sku,on_hand", "DEPOT,P-1,3", "DEPOT,P-1,4"))

    assert problems[0].reason == "The same place + sku stands on line 2 already. Keep one of the two lines."


# Jobs

JOBS_HEADER = "device,fault,priority,description,window_start,window_end,external_id"


def job_world(session: Session) -> None:
    contract = make.add_contract(session)
    make.add_device(session, serial="D-1", site=make.add_site(session, contract=contract))
    make.add_fault(session, code="DEAD", priority=Priority.P2)


@time_machine.travel(at(7), tick=False)
def test_a_job_goes_through_intake(session: Session) -> None:
    job_world(session)

    accept(session, "jobs", lines(JOBS_HEADER, 'D-1,DEAD,p1,"Dead, no light",2026-11-23 14:00,2026-11-23 16:00,X-1'))

    job = session.scalars(sa.select(Job)).one()
    assert (job.external_id, job.priority, job.description) == ("X-1", Priority.P1, "Dead, no light")
    assert (job.window_start, job.window_end) == (at(14), at(16))
    assert job.response_due == at(9)


@time_machine.travel(at(7), tick=False)
def test_a_job_that_was_imported_before_is_refused_by_its_external_id(session: Session) -> None:
    job_world(session)
    accept(session, "jobs", lines(JOBS_HEADER, "D-1,DEAD,,,,,X-1"))
    number = session.scalars(sa.select(Job.number)).one()

    (problem,) = refused(session, "jobs", lines(JOBS_HEADER, "D-1,DEAD,,,,,X-1", "D-1,DEAD,,,,,X-2"))

    assert problem.reason == f"“X-1” was imported before, as job {number}. Remove the line."
    assert session.scalar(sa.select(sa.func.count(Job.id))) == 1


@time_machine.travel(at(7), tick=False)
def test_jobs_without_external_id_may_look_alike(session: Session) -> None:
    job_world(session)

    assert accept(session, "jobs", lines(JOBS_HEADER, "D-1,DEAD,,,,,", "D-1,DEAD,,,,,")) == (2, 0)


@time_machine.travel(at(7), tick=False)
def test_a_window_with_an_offset_needs_no_zone(session: Session) -> None:
    job_world(session)

    accept(session, "jobs", lines(JOBS_HEADER, "D-1,DEAD,,,2026-11-23T15:00+01:00,2026-11-23T16:00Z,"))

    assert session.scalars(sa.select(Job.window_start)).one() == at(14)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("D-9,DEAD,,,,,", ("device", "unknown_device")),
        ("D-1,ALIVE,,,,,", ("fault", "unknown_fault")),
        ("D-1,DEAD,P9,,,,", ("priority", "not_a_choice")),
        ("D-1,DEAD,,,2026-11-23 14:00,,", ("window_end", "half_window")),
        ("D-1,DEAD,,,tomorrow,2026-11-23 14:00,", ("window_start", "not_a_moment")),
        ("D-1,DEAD,,,2026-13-23 14:00,2026-11-23 14:00,", ("window_start", "not_a_moment")),
        # The clocks of Lisbon skip from one to two.
        ("D-1,DEAD,,,2027-03-28 01:30,2027-03-28 03:00,", ("", "skipped_time")),
        ("D-1,DEAD,,,2026-11-23 16:00,2026-11-23 14:00,", ("", "window_out_of_order")),
        ("D-1,DEAD,,,2026-11-22 10:00,2026-11-22 14:00,", ("", "window_in_past")),
    ],
)
@time_machine.travel(at(7), tick=False)
def test_a_job_that_intake_would_refuse_is_named_by_line(session: Session, row: str, problem: tuple[str, str]) -> None:
    job_world(session)

    problems = refused(session, "jobs", lines(JOBS_HEADER, "D-1,DEAD,,,,,", row))

    assert where(problems) == [(3, *problem)]
    assert session.scalar(sa.select(sa.func.count(Job.id))) == 0
