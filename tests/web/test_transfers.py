"""Facts about the pages of transfers."""

from dataclasses import dataclass

import pytest

from core.accounts import RoleName
from dispatch.models import JobPart
from dispatch.models.jobs import JobStatus
from inventory import transfers
from inventory.ledger import find_differences
from inventory.models import Part, Place, PlaceKind, Transfer, TransferState
from inventory.transfers import TransferWanted
from tests import factories as make
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send


@dataclass
class Depot:
    """A warehouse with ten batteries, a van, and the clerk who works there."""

    world: World
    place: Place
    van: Place
    battery: Part
    clerk: Visitor

    def request(self, quantity: int = 3) -> Transfer:
        return transfers.request(
            self.world.session,
            from_place_id=self.place.id,
            to_place_id=self.van.id,
            lines=[TransferWanted(self.battery.id, quantity)],
            reason="Asked for",
            actor_id=None,
        )

    def shipped(self, quantity: int = 3) -> Transfer:
        transfer = self.request(quantity)
        transfers.pick(self.world.session, transfer_id=transfer.id)
        return transfers.ship(self.world.session, transfer_id=transfer.id, actor_id=None)

    def step(self, transfer: Transfer, step: str, **typed: str) -> Page:
        page = self.clerk.get(f"/warehouse/transfers/{transfer.id}")
        answer = send(self.clerk, page, f"/warehouse/transfers/{transfer.id}/{step}", **typed)
        self.world.session.expire_all()
        return self.clerk.follow(answer) if answer.location else answer


@pytest.fixture
def depot(world: World) -> Depot:
    session = world.session
    place = make.add_place(session, code="NORTH", name="Depot North")
    van = make.add_place(session, kind=PlaceKind.TRUNK, code="VAN-T07", name="Rui Reis")
    battery = make.add_part(session, sku="BAT-1")
    make.add_stock(session, place, battery, 10)
    return Depot(world, place, van, battery, world.signed_in(RoleName.WAREHOUSE))


def test_a_transfer_is_asked_for_with_a_form(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/transfers/new?to=VAN-T07")
    typed = {
        "from": "NORTH",
        "reason": "For tomorrow",
        "sku-0": "BAT-1",
        "quantity-0": "2",
        "expected_on": "2026-11-24",
    }

    asked = depot.clerk.follow(send(depot.clerk, page, "/warehouse/transfers", **typed))

    assert "is asked for" in asked.text
    assert "Depot North → Rui Reis" in asked.text
    assert "2 × BAT-1" in depot.clerk.get("/warehouse/transfers").text


def test_what_is_wrong_stands_beside_its_field(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/transfers/new")
    typed = {
        "from": "NORTH",
        "to": "VAN-T07",
        "reason": "x",
        "sku-0": "NO-SUCH",
        "quantity-0": "1",
        "sku-1": "BAT-1",
        "quantity-1": "x",
    }

    refused = send(depot.clerk, page, "/warehouse/transfers", **typed)

    assert refused.status == 422
    assert "NO-SUCH" in refused.part('id="e-sku-0"', "</p>")
    assert "not a whole number" in refused.part('id="e-quantity-1"', "</p>")


def test_a_transfer_goes_from_page_to_page(depot: Depot) -> None:
    transfer = depot.request()
    job = make.add_job(depot.world.session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=depot.battery, quantity=1, used=0))

    assert "lie ready" in depot.step(transfer, "pick").text
    assert "on their way to Rui Reis" in depot.step(transfer, "ship").text
    assert "3 pieces have arrived." in depot.step(transfer, "receive").text

    assert transfer.state is TransferState.RECEIVED
    assert find_differences(depot.world.session) == []


def test_a_short_pick_needs_a_word(depot: Depot) -> None:
    transfer = depot.request()
    quantity, remark = f"quantity-{transfer.lines[0].id}", f"remark-{transfer.lines[0].id}"

    refused = depot.step(transfer, "pick", **{quantity: "2"})
    assert refused.status == 422
    assert "Say beside the line what happened" in refused.text
    assert forms_to(refused, f"/warehouse/transfers/{transfer.id}/pick")[0][quantity] == "2"

    depot.step(transfer, "pick", **{quantity: "2", remark: "One is broken"})
    assert (transfer.state, transfer.lines[0].picked) == (TransferState.PICKED, 2)


def test_missing_pieces_are_shown_until_they_are_accounted_for(depot: Depot) -> None:
    transfer = depot.shipped()
    line = transfer.lines[0].id

    short = depot.step(transfer, "receive", **{f"good-{line}": "1", f"remark-{line}": "Box open"})
    assert "2 × BAT-1 missing" in short.text
    assert "Missing on the way" in depot.clerk.get("/warehouse/transfers").text

    path = f"lines/{line}/missing"
    assert "booked at Depot North" in depot.step(transfer, path, quantity="1", action="found_at_origin").text
    assert "written off" in depot.step(transfer, path, quantity="1", action="lost", reason="Gone").text
    assert "Missing on the way" not in depot.clerk.get("/warehouse/transfers").text


def test_a_line_of_another_transfer_is_not_found(depot: Depot) -> None:
    transfer, other = depot.shipped(), depot.shipped()
    depot.step(
        transfer, "receive", **{f"good-{transfer.lines[0].id}": "1", f"remark-{transfer.lines[0].id}": "Box open"}
    )
    page = depot.clerk.get(f"/warehouse/transfers/{transfer.id}")
    form = forms_to(page, f"/warehouse/transfers/{transfer.id}/lines/{transfer.lines[0].id}/missing")[0]

    path = f"/warehouse/transfers/{other.id}/lines/{transfer.lines[0].id}/missing"
    refused = depot.clerk.post(path, **form | {"quantity": "1", "action": "lost", "reason": "Gone"})

    assert refused.status == 404
    assert transfer.lines[0].lost == 0


def test_what_has_left_can_only_be_received(depot: Depot) -> None:
    transfer = depot.shipped()
    page = depot.clerk.get(f"/warehouse/transfers/{transfer.id}")
    assert not forms_to(page, f"/warehouse/transfers/{transfer.id}/cancel")

    depot.step(transfer, "receive", turned_back="1")

    assert transfer.state is TransferState.TURNED_BACK


def test_the_dispatcher_may_look_and_ask_but_not_act(depot: Depot) -> None:
    transfer = depot.request()
    dispatcher = depot.world.signed_in(RoleName.DISPATCHER)

    page = dispatcher.get(f"/warehouse/transfers/{transfer.id}")

    assert page.status == 200
    assert not forms_to(page, f"/warehouse/transfers/{transfer.id}/pick")
    assert dispatcher.get("/warehouse/orders").status == 403
