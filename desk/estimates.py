"""Estimates of chargeable work: making, accepting, refusing them, and letting them expire."""

import datetime as dt
import math
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.firm import read_firm
from customers.calendars import Interval
from customers.entitlement import Entitlement, from_json
from customers.models import ChargeKind, PriceList, Priority, Site
from customers.pricing import ExpectedPart, PricedLine, Work, price_of
from desk.errors import (
    AnswererMissing,
    EstimateAnswered,
    EstimateExpired,
    EstimateReplaced,
    FieldTooLong,
    NoPriceList,
    NothingChargeable,
    TicketIncomplete,
    UnknownEstimate,
)
from desk.models import Estimate, EstimateState, Ticket, TicketState
from desk.tickets import (
    UNSETTLED,
    end,
    estimate_on_offer,
    lock_ticket,
    make_job,
    note,
    refuse_unless,
    require_complete,
    withdraw_estimate,
)
from dispatch.distances import metres_if_known
from dispatch.models import FaultCode, Job
from dispatch.parts import likely_parts
from inventory.queries import warehouses

VALID_FOR = dt.timedelta(days=14)
NAME_LENGTH = 120
# Roads are longer than the bee line; this is what they are in towns and the country around them on the whole.
ROADS_TO_BEE_LINE = 1.3


def make_estimate(session: Session, *, ticket_id: int, version: int | None = None, actor_id: int | None) -> Estimate:
    """
    Offer the customer what the work will cost; an offer before it no longer holds.

    Raises TicketIncomplete, NothingChargeable if all is covered, and NoPriceList.
    """
    ticket = lock_ticket(session, ticket_id, version=version)
    refuse_unless(ticket, *UNSETTLED)
    site, fault = require_complete(ticket)
    cover = _cover(ticket)
    prices = _price_list(site)
    price = price_of(prices, _work(session, ticket, site, fault), cover.charged)
    withdraw_estimate(ticket)
    now = clock.now()
    estimate = Estimate(
        number=uuid.uuid4().hex[:20],
        state=EstimateState.OFFERED,
        currency=read_firm(session).currency,
        lines=[asdict(line) for line in price.lines],
        net_cents=price.net_cents,
        tax_cents=price.tax_cents,
        offered_at=now,
        offered_by_id=actor_id,
        expires_at=now + VALID_FOR,
    )
    ticket.estimates.append(estimate)
    # The number follows from the id.
    session.flush()
    estimate.number = f"E-{estimate.id:06}"
    ticket.state = TicketState.ESTIMATED
    note(session, ticket, "estimate", actor_id=actor_id, estimate=estimate.number, cents=price.total_cents)
    return estimate


def accept_estimate(
    session: Session,
    *,
    ticket_id: int,
    estimate_number: str,
    answered_by: str,
    window: Interval | None = None,
    actor_id: int | None,
) -> Job:
    """
    Write down that the customer accepted, and make the job.

    The clocks of chargeable work run from the acceptance: until then the customer had not ordered anything.
    """
    ticket, estimate = _to_be_answered(session, ticket_id, estimate_number, answered_by)
    _answer(estimate, EstimateState.ACCEPTED, answered_by)
    facts = {"estimate": estimate.number, "answered_by": estimate.answered_by}
    note(session, ticket, "accept_estimate", actor_id=actor_id, **facts)
    return make_job(session, ticket, window=window, reported_at=clock.now(), actor_id=actor_id)


def refuse_estimate(
    session: Session,
    *,
    ticket_id: int,
    estimate_number: str,
    answered_by: str,
    reason: str = "",
    actor_id: int | None,
) -> Ticket:
    """Write down that the customer refused, which closes the ticket."""
    ticket, estimate = _to_be_answered(session, ticket_id, estimate_number, answered_by)
    _answer(estimate, EstimateState.REFUSED, answered_by)
    facts = {"estimate": estimate.number, "answered_by": estimate.answered_by}
    end(session, ticket, TicketState.CLOSED, "refuse_estimate", reason, actor_id=actor_id, **facts)
    return ticket


def expire_estimates(session: Session) -> Sequence[Estimate]:
    """Let offers go whose time is over; their tickets are open again, so that somebody asks the customer."""
    ticket_ids = session.scalars(
        sa.select(Estimate.ticket_id)
        .where(Estimate.state == EstimateState.OFFERED, Estimate.expires_at <= clock.now())
        .distinct()
        .order_by(Estimate.ticket_id)
    ).all()
    expired = []
    for ticket_id in ticket_ids:
        ticket = lock_ticket(session, ticket_id)
        estimate = estimate_on_offer(ticket)
        # Somebody may have answered while the row was waited for.
        if estimate is None or estimate.expires_at > clock.now():
            continue
        estimate.state, ticket.state = EstimateState.EXPIRED, TicketState.OPEN
        note(session, ticket, "expire_estimate", actor_id=None, estimate=estimate.number)
        expired.append(estimate)
    return expired


def priced_lines(estimate: Estimate) -> list[PricedLine]:
    """The lines of an estimate as they were offered."""
    return [PricedLine(**line | {"kind": ChargeKind(line["kind"])}) for line in estimate.lines]


def _to_be_answered(
    session: Session, ticket_id: int, estimate_number: str, answered_by: str
) -> tuple[Ticket, Estimate]:
    """Lock a ticket whose estimate is to be answered; raises EstimateAnswered if it was, or no longer holds."""
    ticket = lock_ticket(session, ticket_id)
    estimate = next((made for made in ticket.estimates if made.number == estimate_number.strip()), None)
    if estimate is None:
        raise UnknownEstimate(number=ticket.number, estimate=estimate_number)
    _refuse_answered(ticket, estimate)
    refuse_unless(ticket, TicketState.ESTIMATED)
    if not answered_by.strip():
        raise AnswererMissing(estimate=estimate.number)
    if len(answered_by.strip()) > NAME_LENGTH:
        raise FieldTooLong(field="name", length=len(answered_by.strip()), most=NAME_LENGTH)
    return ticket, estimate


def _refuse_answered(ticket: Ticket, estimate: Estimate) -> None:
    state = estimate.state.value
    facts: dict[str, Any] = {"estimate": estimate.number, "estimate_state": state, "number": ticket.number}
    if estimate.state in {EstimateState.ACCEPTED, EstimateState.REFUSED}:
        raise EstimateAnswered(at=estimate.answered_at, name=estimate.answered_by, **facts)
    if estimate.state is EstimateState.REPLACED:
        raise EstimateReplaced(at=estimate.offered_at, name="–", **facts)
    # The sweep that lets offers go may not have come by yet.
    if estimate.state is EstimateState.EXPIRED or estimate.expires_at <= clock.now():
        raise EstimateExpired(at=estimate.expires_at, name="–", **facts)


def _answer(estimate: Estimate, state: EstimateState, answered_by: str) -> None:
    estimate.state, estimate.answered_at, estimate.answered_by = state, clock.now(), answered_by.strip()


def _cover(ticket: Ticket) -> Entitlement:
    cover = from_json(ticket.cover)
    if cover is None:
        raise TicketIncomplete(number=ticket.number, missing="site")
    if not cover.is_chargeable:
        raise NothingChargeable(number=ticket.number)
    return cover


def _price_list(site: Site) -> PriceList:
    if site.contract.price_list is None:
        raise NoPriceList(contract=site.contract.code)
    return site.contract.price_list


def _work(session: Session, ticket: Ticket, site: Site, fault: FaultCode) -> Work:
    priority = ticket.priority or fault.default_priority
    parts = likely_parts(session, fault, ticket.device) if ticket.device is not None else []
    return Work(
        minutes=-(-fault.duration_seconds // 60),
        distance_km=_there_and_back(session, site),
        is_urgent=priority is Priority.P1,
        parts=[
            ExpectedPart(
                sku=likely.part.sku,
                name_en=likely.part.name_en,
                name_zh=likely.part.name_zh,
                quantity=likely.quantity,
                percent=likely.percent,
                cost_cents=likely.part.unit_cost_cents,
            )
            for likely in parts
        ],
    )


def _there_and_back(session: Session, site: Site) -> int | None:
    """
    Kilometres from the nearest warehouse to the shop and back, begun ones counted; None where a position is missing.

    It is the same for every customer at that place, whichever technician will come.
    """
    known = [place for place in warehouses(session) if place.lat is not None]
    if site.lat is None or not known:
        return None
    nearest = min(metres_if_known((site.lat, site.lon), (place.lat, place.lon)) for place in known)
    return math.ceil(2 * nearest / 1000 * ROADS_TO_BEE_LINE)
