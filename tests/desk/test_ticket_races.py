"""Facts about people, programs and devices that act on the same ticket at the same moment, on both databases."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from customers.models import Contract
from desk.channels import take_in_alarm, take_in_chat
from desk.estimates import accept_estimate, make_estimate, refuse_estimate
from desk.models import Ticket, TicketTrial
from desk.tickets import change_ticket, hand_over
from desk.triage import record_trial
from dispatch.models import FaultAlarm, FaultCode, Job
from tests.conftest import BACKENDS
from tests.desk.conftest import add_prices, add_tree, take_in
from tests.factories import add_contract, add_device, add_fault, add_site
from tests.races import PEOPLE, open_arena, race


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A device, and a symptom with a tree and an alarm, committed."""
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session, session.begin():
            add_device(session, site=add_site(session, contract=add_contract(session, code="C-1")), serial="SN-1")
            fault = add_fault(session, code="JAM")
            fault.alarms = [FaultAlarm(code="PRN-JAM")]
            add_tree(session, {"lid": ("roll", "visit"), "roll": ("fixed", "visit")}, fault=fault)
        yield engine


def a_ticket(arena: sa.Engine) -> tuple[int, int]:
    """Take in one ticket and return its id and version."""
    with Session(arena) as session, session.begin():
        ticket = take_in(session, device_serial="SN-1", fault_code="JAM")
        return ticket.id, ticket.version


def count(arena: sa.Engine, table: type[Ticket | TicketTrial | Job]) -> int:
    with Session(arena) as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_alarms_at_the_same_moment_are_one_ticket(arena: sa.Engine) -> None:
    def alarm(session: Session) -> None:
        take_in_alarm(session, device_serial="SN-1", alarm_code="PRN-JAM", actor_id=None)

    assert race(arena, *[alarm] * PEOPLE, rounds=2) == {"done": 12}

    with Session(arena) as session:
        assert session.scalars(sa.select(Ticket.alarm_count)).all() == [12]


def test_messages_of_a_new_conversation_are_one_ticket(arena: sa.Engine) -> None:
    def say(session: Session) -> None:
        take_in_chat(session, conversation="C-1", sender="Eva", text="Dead", actor_id=None)

    say_first = race(arena, say)
    endings = race(arena, say, say, say)

    assert (say_first, endings) == ({"done": 1}, {"done": 3})
    assert count(arena, Ticket) == 1


def test_a_ticket_is_handed_over_once(arena: sa.Engine) -> None:
    ticket_id, _ = a_ticket(arena)

    def hand(session: Session) -> None:
        hand_over(session, ticket_id=ticket_id, actor_id=None)

    assert race(arena, hand, hand, hand) == {"done": 1, "ticket_not_open": 2}
    assert count(arena, Job) == 1


def test_a_step_is_answered_once(arena: sa.Engine) -> None:
    ticket_id, _ = a_ticket(arena)

    def answer(session: Session) -> None:
        record_trial(session, ticket_id=ticket_id, fault_code="JAM", step_key="lid", answer=True, actor_id=None)

    assert race(arena, answer, answer, answer) == {"done": 1, "step_out_of_order": 2}
    assert count(arena, TicketTrial) == 1


def test_of_two_people_with_the_same_form_one_is_told_that_the_other_was_first(arena: sa.Engine) -> None:
    ticket_id, version = a_ticket(arena)

    def change(contact: str, session: Session) -> None:
        change_ticket(session, ticket_id=ticket_id, version=version, changes={"contact": contact}, actor_id=None)

    endings = race(arena, lambda session: change("912", session), lambda session: change("913", session))

    assert endings == {"done": 1, "ticket_changed": 1}


def test_an_estimate_is_answered_once(arena: sa.Engine) -> None:
    with Session(arena) as session, session.begin():
        contract = session.scalars(sa.select(Contract)).one()
        contract.ends_on = clock.now().date() - dt.timedelta(days=3)
        add_prices(session, contract)
        ticket = take_in(session, device_serial="SN-1", fault_code=session.scalars(sa.select(FaultCode.code)).one())
        number = make_estimate(session, ticket_id=ticket.id, actor_id=None).number
        ticket_id = ticket.id

    def accept(session: Session) -> None:
        accept_estimate(session, ticket_id=ticket_id, estimate_number=number, answered_by="Eva", actor_id=None)

    def refuse(session: Session) -> None:
        refuse_estimate(session, ticket_id=ticket_id, estimate_number=number, answered_by="Ivo", actor_id=None)

    assert race(arena, accept, refuse, accept) == {"done": 1, "estimate_answered": 2}
    assert count(arena, Job) <= 1
