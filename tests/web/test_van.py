"""Facts about the van on the technician's phone: what comes to it, what is asked of it, asking for more."""

import datetime as dt
from dataclasses import dataclass

import pytest
from time_machine import Traveller

from core.accounts import RoleName
from dispatch import vanwork
from dispatch.models import JobPart, Technician
from dispatch.models.jobs import JobStatus
from inventory import transfers
from inventory.audit import find_differences
from inventory.models import Count, Part, Place, Transfer, TransferState
from inventory.reservations import reserve_all
from inventory.transfers import TransferWanted
from tests import factories as make
from tests.factories import at
from tests.web.conftest import Page, Visitor, World, publish_depot_stop
from tests.web.page_forms import forms_to, send


@dataclass
class Road:
    """Two technicians, the first with a phone in hand, and a depot with ten batteries."""

    world: World
    rui: Technician
    eva: Technician
    depot: Place
    battery: Part
    phone: Visitor

    def request(self, origin: Place, destination: Place) -> Transfer:
        return transfers.request(
            self.world.session,
            from_place_id=origin.id,
            to_place_id=destination.id,
            lines=[TransferWanted(self.battery.id, 2)],
            reason="For J-7",
            actor_id=None,
        )

    def shipped(self) -> Transfer:
        transfer = self.request(self.depot, self.rui.trunk)
        transfers.pick(self.world.session, transfer_id=transfer.id)
        return transfers.ship(self.world.session, transfer_id=transfer.id, actor_id=None)

    def tap(self, address: str, **typed: str) -> Page:
        answer = send(self.phone, self.phone.get("/day/van"), address, **typed)
        self.world.session.expire_all()
        return self.phone.follow(answer) if answer.location else answer

    def count(self, address: str, **typed: str) -> Page:
        answer = send(self.phone, self.phone.get("/day/van/count"), address, **typed)
        return self.phone.follow(answer) if answer.location else answer

    def sheet(self) -> Count:
        [sheet] = vanwork.counts_of_van(self.world.session, self.rui)
        return sheet


@pytest.fixture
def road(world: World) -> Road:
    session = world.session
    user = make.add_person(session, name="Rui Reis", roles=[RoleName.TECHNICIAN])
    rui = make.add_technician(session, code="T07", name="Rui Reis", user=user)
    eva = make.add_technician(session, code="T08", name="Eva")
    depot = make.add_place(session, code="NORTH", name="Depot North")
    battery = make.add_part(session, sku="BAT-1")
    for place in (depot, rui.trunk):
        make.add_stock(session, place, battery, 10)
    return Road(world, rui, eva, depot, battery, world.visitor(user))


def test_what_comes_is_received_with_one_tap(road: Road) -> None:
    transfer = road.shipped()
    assert "From Depot North" in road.phone.get("/day/van").text

    received = road.tap(f"/day/van/transfers/{transfer.id}/receive")

    assert "2 pieces have arrived." in received.text
    assert transfer.state is TransferState.RECEIVED
    assert "From Depot North" not in received.text


def test_what_is_missing_is_said_in_the_van(road: Road) -> None:
    transfer = road.shipped()
    line = transfer.lines[0].id
    page = road.phone.get("/day/van")
    form = forms_to(page, f"/day/van/transfers/{transfer.id}/receive")[1]

    refused = road.phone.post(f"/day/van/transfers/{transfer.id}/receive", **(form | {f"good-{line}": "1"}))
    assert refused.status == 422
    assert "Say beside the line what happened" in refused.text

    form = forms_to(road.phone.get("/day/van"), f"/day/van/transfers/{transfer.id}/receive")[1]
    typed = {f"good-{line}": "1", f"remark-{line}": "Only one in the bag"}
    road.phone.post(f"/day/van/transfers/{transfer.id}/receive", **(form | typed))
    road.world.session.expire_all()
    assert (transfer.lines[0].received, transfer.lines[0].missing) == (1, 1)


def test_what_a_colleague_needs_is_handed_over(road: Road) -> None:
    transfer = road.request(road.rui.trunk, road.eva.trunk)

    handed = road.tap(f"/day/van/transfers/{transfer.id}/hand-over")

    assert "on their way to" in handed.text
    assert transfer.state is TransferState.SHIPPED


def test_a_technician_asks_a_colleague_or_the_warehouse(road: Road) -> None:
    asked = road.tap("/day/van/asks", **{"from": "NORTH", "sku": "BAT-1", "quantity": "3", "reason": "Two jobs more"})

    assert "Depot North is asked for BAT-1." in asked.text
    assert "Two jobs more" in asked.text
    refused = road.tap("/day/van/asks", **{"from": "NORTH", "sku": "NO-SUCH", "reason": "x"})
    assert refused.status == 404
    assert forms_to(refused, "/day/van/asks")[0]["sku"] == "NO-SUCH"


def test_another_technicians_transfer_is_left_alone(road: Road) -> None:
    transfer = road.request(road.eva.trunk, road.depot)
    session = road.world.session

    with pytest.raises(vanwork.NotYourTransfer, match="your van is"):
        vanwork.receive(session, road.rui, transfer_id=transfer.id)
    with pytest.raises(vanwork.NotYourTransfer):
        vanwork.hand_over(session, road.rui, transfer_id=transfer.id)
    assert transfer.state is TransferState.REQUESTED


def test_a_dispatcher_looks_and_cannot_tap(road: Road) -> None:
    transfer = road.shipped()

    page = road.world.signed_in(RoleName.DISPATCHER).get("/day/van?technician=T07")

    assert "From Depot North" in page.text
    assert not forms_to(page, f"/day/van/transfers/{transfer.id}/receive")


def test_what_arrived_damaged_is_told_apart_and_goes_to_the_old_parts(road: Road) -> None:
    transfer = road.shipped()
    line = transfer.lines[0].id

    page = road.tap(
        f"/day/van/transfers/{transfer.id}/receive",
        **{f"good-{line}": "1", f"damaged-{line}": "1", f"remark-{line}": "Corner broken off"},
    )

    assert "BAT-1" in page.part('id="cores"')
    assert "11 pieces of 1 parts" in page.text


def test_who_has_a_part_is_shown_before_somebody_is_asked(road: Road) -> None:
    page = road.phone.get("/day/van?part=BAT-1")

    assert "Depot North – 10 free" in page.text
    assert "Eva – 0 free" in page.text
    assert page.html.index("Depot North – 10 free") < page.html.index("Eva – 0 free")


def test_a_part_that_nobody_knows_is_told_on_the_page_of_the_van(road: Road) -> None:
    page = road.phone.get("/day/van?part=NONSENSE")

    assert page.status == 404
    assert "NONSENSE" in page.part('class="notice notice-refused"', "</div>")
    assert "In the van" in page.text


def test_a_damaged_part_leaves_the_stock_and_the_job_it_was_promised_to_looks_elsewhere(road: Road) -> None:
    session = road.world.session
    job = make.add_job(session, status=JobStatus.READY)
    line = JobPart(part=road.battery, quantity=10, used=0)
    job.parts.append(line)
    held = reserve_all(session, wants={road.battery.id: 10}, place_ids=[road.rui.trunk_id], reference=job.number)
    line.reservation = held[road.battery.id]

    page = road.tap("/day/van/damaged", sku="BAT-1", quantity="2", reason="Wet")

    assert "2 × BAT-1 lies with the old parts now." in page.text
    assert f"The promises to {job.number} could not be kept" in page.text
    assert "8 pieces of 1 parts" in page.text
    assert line.reservation is not None
    assert line.reservation.place_id == road.depot.id
    assert find_differences(session) == []


@pytest.mark.parametrize(
    ("clock_time", "told"),
    [
        (at(7, 30), "Next time today at Depot North, 08:00."),
        # It is over.
        (at(8, 15), "You are not planned to come by a warehouse today."),
    ],
)
@pytest.mark.parametrize("day", ["", "tomorrow"])
def test_old_parts_are_handed_in_at_the_next_pick_up_of_today(
    road: Road, seven_thirty: Traveller, clock_time: dt.datetime, told: str, day: str
) -> None:
    publish_depot_stop(road.world.session, road.rui, road.depot)
    road.tap("/day/van/damaged", sku="BAT-1", quantity="1", reason="Wet")
    seven_thirty.move_to(clock_time, tick=False)

    assert told in road.phone.get(f"/day/van?day={day}").part('id="cores"')


def test_a_damaged_part_needs_a_reason(road: Road) -> None:
    page = road.tap("/day/van/damaged", sku="BAT-1", quantity="2", serials="M1")

    assert page.status == 422
    assert "10 pieces of 1 parts" in page.text
    # What was typed stays, and in this form alone.
    [kept], [ask] = forms_to(page, "/day/van/damaged"), forms_to(page, "/day/van/asks")
    assert (kept["sku"], kept["quantity"], kept["serials"]) == ("BAT-1", "2", "M1")
    assert (ask["sku"], ask["quantity"]) == ("", "1")


def test_a_van_is_counted_blind_and_what_differs_twice(road: Road) -> None:
    road.battery.unit_cost_cents = 100
    begun = road.count("/day/van/counts", everything="1")
    sheet = road.sheet()
    address, field = f"/day/van/counts/{sheet.id}/lines", f"found-{road.battery.id}"

    first = road.count(address, **{field: "9", "finish": "1"})
    second = road.count(address, **{field: "9", "finish": "1"})

    assert "10" not in begun.part('aria-labelledby="sheet-')
    assert "Count those once more" in first.text
    assert "The count is posted." in second.text
    assert "9 pieces of 1 parts" in road.phone.get("/day/van").text


def test_a_large_difference_waits_for_the_warehouse(road: Road) -> None:
    road.battery.unit_cost_cents = 50_000
    road.count("/day/van/counts", everything="1")
    address, field = f"/day/van/counts/{road.sheet().id}/lines", f"found-{road.battery.id}"
    road.count(address, **{field: "2", "finish": "1"})

    told = road.count(address, **{field: "2", "finish": "1"})

    assert "the warehouse must approve it" in told.text
    assert "The warehouse must approve" in told.part("<main", "</main>")
    assert "10 pieces of 1 parts" in road.phone.get("/day/van").text


def test_the_van_of_a_colleague_is_not_counted(road: Road) -> None:
    make.add_stock(road.world.session, road.eva.trunk, road.battery, 1)
    foreign = vanwork.begin_count(road.world.session, road.eva, reason="Hers")
    road.count("/day/van/counts", everything="1")
    form = forms_to(road.phone.get("/day/van/count"), f"/day/van/counts/{road.sheet().id}/lines")[0]

    refused = road.phone.post(f"/day/van/counts/{foreign.id}/lines", **form)

    assert refused.status == 403
    assert "your van is" in refused.text
