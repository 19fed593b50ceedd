"""Facts about the pages of contracts."""

import pytest
from sqlalchemy.orm import Session

from core.accounts import RoleName
from customers.models import CalendarKind, Contract, Priority
from tests.factories import add_contract
from tests.web.conftest import Visitor, World

FORM = {
    "calendar": "service_hours",
    "zone": "Europe/Lisbon",
    "holidays": "pt",
    "hours_mon": "08:00-12:00, 14:00-18:00",
    "hours_tue": "08:00-18:00",
    "starts_on": "2026-01-01",
    "ends_on": "",
    "covers_parts": "on",
    "warned_role": "desk",
    "breach_role": "manager",
    "P1_response": "60",
    "P1_resolution": "240",
    "P1_late": "0.50",
    "P1_breach": "75",
}


@pytest.fixture
def session(world: World) -> Session:
    return world.session


@pytest.fixture
def manager(world: World) -> Visitor:
    return world.signed_in(RoleName.MANAGER)


def test_a_manager_changes_the_terms_of_a_contract(manager: Visitor, session: Session) -> None:
    contract = add_contract(session, code="RETAIL")

    answer = manager.post("/contracts/RETAIL", command_id="a", **FORM)

    assert answer.location == "/contracts/RETAIL"
    session.refresh(contract)
    assert contract.calendar is CalendarKind.SERVICE_HOURS
    assert contract.service_hours == {"mon": [["08:00", "12:00"], ["14:00", "18:00"]], "tue": [["08:00", "18:00"]]}
    assert (contract.holidays, contract.covers_parts, contract.covers_labour) == ("PT", True, False)
    assert (contract.warned_role, contract.breach_role) == ("desk", "manager")
    assert [(t.priority, t.response_minutes, t.late_cents_per_minute, t.breach_cents) for t in contract.targets] == [
        (Priority.P1, 60, 50, 7500)
    ]
    page = manager.get("/contracts/RETAIL")
    assert 'value="08:00-12:00, 14:00-18:00"' in page.html
    assert "RETAIL" in manager.get("/contracts").text


REFUSED = [
    ({"hours_mon": "8-12"}, "mon[0]: expected a time"),
    ({"hours_mon": "", "hours_tue": ""}, "would never run"),
    ({"zone": "Mars/Base"}, "There is no time zone Mars/Base"),
    ({"holidays": "XX"}, "Public holidays of XX are not known"),
    ({"ends_on": "2025-01-01"}, "before it begins"),
    ({"P1_resolution": ""}, "needs the minutes to respond and to solve"),
    ({"P1_resolution": "30"}, "The target of P1 is not possible"),
    ({"P1_response": "", "P1_resolution": ""}, "would owe nothing"),
    ({"price_list": "NONE"}, "There is no price list NONE"),
    ({"breach_role": "boss"}, "There is no role boss"),
]


@pytest.mark.parametrize(("changed", "words"), REFUSED)
def test_terms_that_make_no_sense_are_refused_and_stay_on_the_form(
    manager: Visitor, session: Session, changed: dict[str, str], words: str
) -> None:
    add_contract(session, code="RETAIL")

    answer = manager.post("/contracts/RETAIL", command_id="a", **(FORM | changed))

    assert answer.status == 422
    assert words in answer.text
    assert 'value="75"' in answer.html


def test_of_two_managers_the_second_is_told(world: World, manager: Visitor, session: Session) -> None:
    add_contract(session, code="RETAIL")
    seen = manager.get("/contracts/RETAIL").html.split('name="seen" value="')[1].split('"')[0]
    manager.post("/contracts/RETAIL", command_id="a", seen=seen, **FORM)

    answer = manager.post("/contracts/RETAIL", command_id="b", seen=seen, **(FORM | {"P1_response": "90"}))

    assert answer.status == 409
    assert "was changed meanwhile" in answer.text


def test_a_dispatcher_reads_contracts_and_does_not_change_them(dispatcher: Visitor, session: Session) -> None:
    add_contract(session, code="RETAIL")

    assert "Only a manager changes contracts." in dispatcher.get("/contracts/RETAIL").text
    assert dispatcher.post("/contracts/RETAIL", command_id="a", **FORM).status == 403
    assert session.query(Contract).one().covers_labour


def test_an_unknown_contract_is_not_found(manager: Visitor) -> None:
    assert manager.get("/contracts/NOPE").status == 404
