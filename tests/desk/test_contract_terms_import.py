"""Facts about importing what contracts cover, how long they hold, and who hears of their clocks."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.models import Contract, PriceList
from desk.csv_import import import_csv
from desk.csv_import.problems import ImportRefused

HEADER = "code,customer,customer_name,calendar,zone,p1_response_minutes,p1_resolution_minutes"
LINE = "CT-1,CU-1,Ribeiro,24x7,Europe/Lisbon,30,60"
MORE = ",starts_on,ends_on,covers_parts,covers_travel,price_list,warned_role,breach_role"


def load(session: Session, header: str, line: str) -> Contract:
    import_csv(session, kind="contracts", text=f"{header}\n{line}\n", actor_id=None)
    return session.scalars(sa.select(Contract)).one()


def add_price_list(session: Session) -> PriceList:
    prices = PriceList(
        code="STD",
        name="Standard",
        call_out_cents=0,
        labour_cents_per_hour=0,
        travel_cents_per_km=0,
        parts_markup_percent=0,
    )
    session.add(prices)
    session.flush()
    return prices


def test_a_file_of_before_covers_all_and_tells_the_usual_roles(session: Session) -> None:
    contract = load(session, HEADER, LINE)
    session.flush()

    assert (contract.covers_parts, contract.covers_labour, contract.covers_travel) == (True, True, True)
    assert (contract.warned_role, contract.breach_role) == ("dispatcher", "manager")
    assert (contract.starts_on, contract.ends_on, contract.price_list) == (None, None, None)


def test_terms_are_read_and_empty_cells_are_the_usual(session: Session) -> None:
    prices = add_price_list(session)

    contract = load(session, HEADER + MORE, LINE + ",2026-01-01,2027-12-31,no,,STD,Desk,")

    assert (contract.starts_on, contract.ends_on) == (dt.date(2026, 1, 1), dt.date(2027, 12, 31))
    assert (contract.covers_parts, contract.covers_travel) == (False, True)
    assert (contract.price_list, contract.warned_role, contract.breach_role) == (prices, "desk", "manager")


def test_a_file_without_the_columns_leaves_known_terms_as_they_are(session: Session) -> None:
    add_price_list(session)
    load(session, HEADER + MORE, LINE + ",2026-01-01,,no,no,STD,manager,admin")

    contract = load(session, HEADER, LINE)

    assert (contract.covers_parts, contract.price_list is None, contract.warned_role) == (False, False, "manager")


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        (",2027-01-01,2026-12-31,,,,,", "ends_on", "ends_before_it_begins"),
        (",,,maybe,,,,", "covers_parts", "not_yes_or_no"),
        (",,,,,NONE,,", "price_list", "unknown_price_list"),
        (",,,,,,boss,", "warned_role", "not_a_choice"),
    ],
)
def test_a_bad_cell_is_named(session: Session, cells: str, column: str, code: str) -> None:
    with pytest.raises(ImportRefused) as refusal:
        import_csv(session, kind="contracts", text=f"{HEADER}{MORE}\n{LINE}{cells}\n", actor_id=None)

    assert [(problem.column, problem.code) for problem in refusal.value.problems] == [(column, code)]
