"""Facts about estimates: what they come to, and that nobody drives before one is accepted."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller

from core.firm import Firm, write_firm
from customers.models import ChargeKind, Priority
from desk import tickets
from desk.errors import (
    AnswererMissing,
    EstimateAnswered,
    EstimateExpired,
    EstimateReplaced,
    NoPriceList,
    NothingChargeable,
    UnknownEstimate,
)
from desk.estimates import accept_estimate, expire_estimates, make_estimate, priced_lines, refuse_estimate
from desk.models import Estimate, EstimateState, Ticket, TicketState
from dispatch.models import FaultPart, Job
from inventory.models import PartFamily
from tests.desk.conftest import add_prices, take_in
from tests.factories import add_contract, add_device, add_fault, add_part, add_place, add_site, at

pytestmark = pytest.mark.usefixtures("seven_thirty")

YESTERDAY = dt.date(2026, 11, 22)


@pytest.fixture
def ticket(session: Session) -> Ticket:
    """A chargeable ticket, 7 km by road from the nearest warehouse, which takes a battery in half of the cases."""
    contract = add_contract(session)
    contract.ends_on = YESTERDAY
    add_prices(session, contract)
    device = add_device(session, site=add_site(session, contract=contract, position=(41.15, -8.61)))
    add_place(session, position=(41.2, -8.61))
    add_place(session, position=(42.0, -8.61))
    add_part(session, sku="BAT-1", unit_cost_cents=1250)
    fault = add_fault(session, minutes=40, parts={PartFamily.BATTERY: 1})
    fault.parts[0].percent = 50
    return take_in(session, device_serial=device.serial, fault_code=fault.code)


def offer(session: Session, ticket: Ticket) -> Estimate:
    return make_estimate(session, ticket_id=ticket.id, actor_id=None)


def accept(session: Session, ticket: Ticket, estimate: Estimate, by: str = "Eva") -> Job:
    return accept_estimate(session, ticket_id=ticket.id, estimate_number=estimate.number, answered_by=by, actor_id=None)


def test_an_estimate_is_told_line_by_line_in_the_firms_currency(session: Session, ticket: Ticket) -> None:
    write_firm(session, Firm(name="X", currency="CNY"))

    estimate = offer(session, ticket)

    lines = [(line.kind, line.quantity, line.unit_cents, line.cents) for line in priced_lines(estimate)]
    assert lines == [
        (ChargeKind.CALL_OUT, 1, 2000, 2000),
        # 0.05 degrees of latitude there and back, 1.3 times the bee line, begun kilometres counted.
        (ChargeKind.TRAVEL, 15, 50, 750),
        # 40 minutes are three begun quarters of an hour.
        (ChargeKind.LABOUR, 3, 1500, 4500),
        # 12.50 and 20 % on top, in half of the cases.
        (ChargeKind.PARTS, 1, 1500, 750),
    ]
    assert (estimate.net_cents, estimate.tax_cents, estimate.currency) == (8000, 1840, "CNY")
    assert (ticket.state, estimate.number) == (TicketState.ESTIMATED, f"E-{estimate.id:06}")


def test_urgent_work_costs_more_for_call_out_and_labour(session: Session, ticket: Ticket) -> None:
    ticket.priority = Priority.P1

    urgent = priced_lines(offer(session, ticket))[-1]

    assert (urgent.kind, urgent.cents) == (ChargeKind.URGENT, 3250)


def test_a_shop_without_a_position_pays_no_kilometres(session: Session, ticket: Ticket) -> None:
    assert ticket.site is not None
    ticket.site.lat = ticket.site.lon = None

    assert ChargeKind.TRAVEL not in {line.kind for line in priced_lines(offer(session, ticket))}


def test_what_the_warranty_covers_is_not_on_the_estimate(session: Session, ticket: Ticket) -> None:
    assert ticket.device is not None
    ticket.device.warranty_until = dt.date(2026, 11, 23)
    tickets.use_fault(session, ticket, ticket.fault)  # type: ignore[arg-type]

    kinds = [line.kind for line in priced_lines(offer(session, ticket))]

    assert kinds == [ChargeKind.CALL_OUT, ChargeKind.TRAVEL]


def test_acceptance_makes_the_job_and_starts_its_clocks(
    session: Session, ticket: Ticket, seven_thirty: Traveller
) -> None:
    estimate = offer(session, ticket)
    assert session.scalar(sa.select(sa.func.count(Job.id))) == 0
    seven_thirty.move_to(at(11))

    job = accept(session, ticket, estimate)

    assert (ticket.state, ticket.job) == (TicketState.HANDED_OVER, job)
    assert job.reported_at == at(11)
    assert (estimate.state, estimate.answered_by, estimate.answered_at) == (EstimateState.ACCEPTED, "Eva", at(11))


def test_an_estimate_is_answered_once(session: Session, ticket: Ticket) -> None:
    estimate = offer(session, ticket)
    accept(session, ticket, estimate, by="Eva")

    with pytest.raises(EstimateAnswered) as refusal:
        refuse_estimate(session, ticket_id=ticket.id, estimate_number=estimate.number, answered_by="Ivo", actor_id=None)

    assert (refusal.value.facts["name"], refusal.value.facts["estimate_state"]) == ("Eva", "accepted")
    assert session.scalar(sa.select(sa.func.count(Job.id))) == 1


def test_refusal_closes_the_ticket_without_a_job(session: Session, ticket: Ticket) -> None:
    estimate = offer(session, ticket)

    refuse_estimate(
        session,
        ticket_id=ticket.id,
        estimate_number=estimate.number,
        answered_by="Eva",
        reason="Buys a new one",
        actor_id=None,
    )

    assert (ticket.state, ticket.closing_note) == (TicketState.CLOSED, "Buys a new one")
    assert estimate.state is EstimateState.REFUSED
    assert session.scalar(sa.select(sa.func.count(Job.id))) == 0


def test_somebody_answers_by_name(session: Session, ticket: Ticket) -> None:
    estimate = offer(session, ticket)

    with pytest.raises(AnswererMissing):
        accept(session, ticket, estimate, by=" ")


def test_an_offer_that_nobody_answers_expires_and_the_desk_sees_the_ticket_again(
    session: Session, ticket: Ticket, seven_thirty: Traveller
) -> None:
    estimate = offer(session, ticket)
    assert expire_estimates(session) == []
    seven_thirty.move_to(estimate.expires_at)

    with pytest.raises(EstimateExpired):
        accept(session, ticket, estimate)
    assert expire_estimates(session) == [estimate]

    assert (estimate.state, ticket.state) == (EstimateState.EXPIRED, TicketState.OPEN)
    assert expire_estimates(session) == []


def test_a_newer_estimate_takes_the_place_of_the_one_before(session: Session, ticket: Ticket) -> None:
    first, second = offer(session, ticket), offer(session, ticket)

    with pytest.raises(EstimateReplaced):
        accept(session, ticket, first)

    assert (first.state, second.state) == (EstimateState.REPLACED, EstimateState.OFFERED)
    accept(session, ticket, second)


def test_another_symptom_makes_another_price(session: Session, ticket: Ticket) -> None:
    estimate = offer(session, ticket)

    tickets.change_ticket(
        session,
        ticket_id=ticket.id,
        version=ticket.version,
        changes={"fault_code": add_fault(session).code},
        actor_id=None,
    )

    assert (ticket.state, estimate.state) == (TicketState.OPEN, EstimateState.REPLACED)


def test_what_is_covered_is_not_estimated(session: Session) -> None:
    ticket = take_in(session, device_serial=add_device(session).serial, fault_code=add_fault(session).code)

    with pytest.raises(NothingChargeable):
        offer(session, ticket)


def test_without_a_price_list_the_contract_is_named(session: Session, ticket: Ticket) -> None:
    assert ticket.site is not None
    ticket.site.contract.price_list = None

    with pytest.raises(NoPriceList) as refusal:
        offer(session, ticket)

    assert refusal.value.facts["contract"] == ticket.site.contract.code


def test_an_estimate_of_another_ticket_is_unknown(session: Session, ticket: Ticket) -> None:
    offer(session, ticket)

    with pytest.raises(UnknownEstimate):
        accept_estimate(session, ticket_id=ticket.id, estimate_number="E-9", answered_by="Eva", actor_id=None)


def test_less_likely_parts_are_priced_but_not_taken_along(session: Session, ticket: Ticket) -> None:
    add_part(session, sku="MB-1", family=PartFamily.MAINBOARD, unit_cost_cents=10_000)
    assert ticket.fault is not None
    ticket.fault.parts.append(FaultPart(family=PartFamily.MAINBOARD, quantity=1, percent=20))
    session.flush()

    estimate = offer(session, ticket)
    job = accept(session, ticket, estimate)

    assert priced_lines(estimate)[-1].cents == 2400
    assert [line.part.sku for line in job.parts] == ["BAT-1"]
