"""The worked example of docs/dispatch.md, "From the call to the job", at the pages of the desk."""

import datetime as dt
from pathlib import Path

import sqlalchemy as sa
from time_machine import Traveller

from core.accounts import RoleName
from customers.models import PriceList
from desk.models import Ticket, TicketState
from dispatch.fault_catalogue import load_catalogue, shipped_catalogue
from dispatch.models import Job
from inventory.models import PartFamily
from tests.factories import add_contract, add_device, add_part, add_place, add_site, add_stock, at
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import send

GUIDE = Path(__file__).parents[2] / "docs" / "dispatch.md"


def test_a_call_three_steps_the_cover_an_estimate_and_a_job(world: World, seven_thirty: Traveller) -> None:
    _bakery(world)
    desk = world.signed_in(RoleName.DESK)

    # 1. The call.
    taken_in = send(
        desk,
        desk.get("/tickets/new"),
        "/tickets",
        device_serial="A920-118230",
        fault_code="PRINTER-FADED",
        reporter="Sr. Matos",
        contact="+351 912 000 000",
        text="Prints only the left half of each line",
    )
    page = desk.follow(taken_in)
    number = world.session.scalars(sa.select(Ticket.number)).one()

    # 2. Three steps, none of which helps.
    for question, answer in (("roll from another box", "no"), ("one side", "yes"), ("cleaning card", "no")):
        assert question in page.part('aria-labelledby="try"')
        page = _press(desk, number, "answer", answer=answer)
    assert "Somebody has to come" in page.part('aria-labelledby="try"')

    # 3. What is covered: labour and travel, not the parts.
    cover = page.part('aria-labelledby="cover"')
    assert "Parts chargeable the contract leaves it out; the warranty has ended" in cover
    assert "Labour covered the contract covers it" in cover
    assert "Travel covered the contract covers it" in cover

    # 4. The estimate, and nobody drives before it is accepted.
    assert "before anybody drives" in _press(desk, number, "hand-over").text
    page = _press(desk, number, "estimate")
    figures = ("€1.44", "€12.00", "€3.09", "€16.53")
    assert all(figure in page.part('aria-labelledby="cover"') for figure in figures)
    assert world.session.scalar(sa.select(sa.func.count(Job.id))) == 0

    # 5. Accepted at 07:42, with a promise: the job.
    seven_thirty.move_to(at(7, 42))
    page = _press(
        desk,
        number,
        "estimates/E-000001/accept",
        answered_by="Sr. Matos",
        window_day="2026-11-23",
        window_from="10:00",
        window_to="12:00",
    )
    world.session.expire_all()
    job, ticket = world.session.scalars(sa.select(Job)).one(), world.session.scalars(sa.select(Ticket)).one()
    assert (ticket.state, ticket.job) == (TicketState.HANDED_OVER, job)
    assert (job.reported_at, job.response_due) == (at(7, 42), at(15, 42))
    assert job.resolution_due == at(7, 42, day=dt.date(2026, 11, 24))
    assert (job.window_start, job.window_end) == (at(10), at(12))
    assert (job.skills, job.duration_seconds) == ({"printer": 1}, 40 * 60)
    assert [line.part.sku for line in job.parts] == ["CLEAN-58"]

    # 6. What was said and tried stands on the job.
    shown = world.signed_in(RoleName.DISPATCHER).get(f"/jobs/{job.number}")
    told = shown.part('aria-labelledby="origin"')
    assert all(words in told for words in (number, "Sr. Matos", "cleaning card", "PRN-58"))
    assert "Prints only the left half of each line" in shown.text
    guide = " ".join(GUIDE.read_text(encoding="utf-8").split())
    assert all(words in guide for words in ("1.44", "12.00", "3.09", "16.53", "07:42", "15:42", "CLEAN-58", "PRN-58"))


def _bakery(world: World) -> None:
    """A bakery whose contract leaves parts out, and a terminal whose warranty ended a year ago."""
    session = world.session
    load_catalogue(session, shipped_catalogue())
    contract = add_contract(session, code="RETAIL-24")
    contract.covers_parts = False
    contract.price_list = PriceList(
        code="STANDARD",
        name="Usual prices",
        call_out_cents=3500,
        labour_cents_per_hour=6000,
        travel_cents_per_km=45,
        parts_markup_percent=20,
        tax_percent=23,
    )
    device = add_device(session, site=add_site(session, contract=contract, name="Padaria Aurora"), serial="A920-118230")
    device.warranty_until = dt.date(2025, 11, 23)
    cleaning = add_part(session, sku="CLEAN-58", family=PartFamily.CONSUMABLE, unit_cost_cents=150)
    add_part(session, sku="PRN-58", family=PartFamily.PRINTER, unit_cost_cents=4000)
    add_stock(session, add_place(session), cleaning, 5)


def _press(desk: Visitor, number: str, what: str, **typed: str) -> Page:
    sent = send(desk, desk.get(f"/tickets/{number}"), f"/tickets/{number}/{what}", **typed)
    return desk.follow(sent) if sent.location else sent
