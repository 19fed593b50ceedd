"""A desk at half past seven on a Monday, and what the tests of tickets have in common."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from customers.models import Contract, PriceList
from desk.models import Channel, Ticket
from desk.tickets import Report, take_in_ticket
from dispatch.models import FaultCode, FaultStep
from tests.factories import add_fault, at


@pytest.fixture
def seven_thirty() -> Iterator[Traveller]:
    with travel(at(7, 30), tick=False) as clock:
        yield clock


def take_in(session: Session, **given: object) -> Ticket:
    """Take in a report; by phone unless told otherwise."""
    report = Report(**({"channel": Channel.PHONE, "text": "It beeps"} | given))  # type: ignore[arg-type]
    return take_in_ticket(session, report=report, actor_id=None)


def add_tree(
    session: Session, steps: dict[str, tuple[str, str]], *, fault: FaultCode | None = None, code: str | None = None
) -> FaultCode:
    """Give a fault a tree, as yes and no by step; the first step comes first."""
    fault = fault or add_fault(session, code=code)
    fault.first_step = next(iter(steps))
    fault.steps = [
        FaultStep(key=key, text_en=f"{key}?", text_zh=f"{key}？", on_yes=yes, on_no=no)
        for key, (yes, no) in steps.items()
    ]
    session.flush()
    return fault


def add_prices(session: Session, contract: Contract, **changes: int) -> PriceList:
    """Give a contract a price list of round numbers."""
    prices = {
        "call_out_cents": 2000,
        "labour_cents_per_hour": 6000,
        "labour_step_minutes": 15,
        "travel_cents_per_km": 50,
        "parts_markup_percent": 20,
        "urgent_percent": 50,
        "tax_percent": 23,
    }
    contract.price_list = PriceList(code=f"PL-{contract.code}", name="Usual", **(prices | changes))
    session.flush()
    return contract.price_list
