"""Facts about the pages of the warehouse."""

import datetime as dt
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.accounts import RoleName
from dispatch.models import JobPart
from dispatch.models.jobs import JobStatus
from inventory import picking
from inventory.models import Movement, MovementKind, Part, PartFamily, PickList, PickState, Place, PlaceKind, StockLevel
from inventory.replenishment import is_low
from inventory.reservations import reserve_all
from tests import factories as make
from tests.factories import MONDAY
from tests.web.conftest import Visitor, World
from tests.web.page_forms import forms_to, send


@dataclass
class Depot:
    """A warehouse with two parts on the shelf, a van, and the clerk who works there."""

    session: Session
    place: Place
    van: Place
    battery: Part
    printer: Part
    clerk: Visitor

    def pick_list(self, quantity: int = 1, *, day: dt.date = MONDAY) -> PickList:
        lines = [picking.PickWanted(part.id, quantity) for part in (self.battery, self.printer)]
        return picking.draw_up(self.session, warehouse_id=self.place.id, trunk_id=self.van.id, day=day, lines=lines)

    def on_hand(self, place: Place, part: Part) -> int:
        found = sa.select(StockLevel.on_hand).where(StockLevel.place_id == place.id, StockLevel.part_id == part.id)
        return self.session.scalar(found) or 0


@pytest.fixture
def depot(world: World) -> Depot:
    session = world.session
    place = make.add_place(session, code="NORTH", name="Depot North")
    van = make.add_place(session, kind=PlaceKind.TRUNK, code="VAN-T07", name="Rui Reis")
    battery = make.add_part(session, sku="BAT-1")
    printer = make.add_part(session, sku="PRN-1", family=PartFamily.PRINTER)
    make.add_stock(session, place, battery, 10, minimum=2, target=20).bin = "B-02"
    make.add_stock(session, place, printer, 10).bin = "A-01"
    return Depot(session, place, van, battery, printer, world.signed_in(RoleName.WAREHOUSE))


def test_the_home_lists_the_open_pick_lists_first_and_the_left_over_ones(depot: Depot) -> None:
    done = depot.pick_list()
    picking.confirm_list(depot.session, pick_list_id=done.id, actor_id=None)
    still_open = depot.pick_list()
    depot.pick_list(day=MONDAY - dt.timedelta(days=1))

    page = depot.clerk.get(f"/warehouse?day={MONDAY}")

    assert page.html.index(f"/pick-lists/{still_open.id}") < page.html.index(f"/pick-lists/{done.id}")
    assert "0 of 2 lines" in page.text
    assert "2 of 2 lines" in page.text
    assert "Left over from earlier days" in page.text


def test_a_day_without_pick_lists_says_where_they_come_from(depot: Depot) -> None:
    assert "No pick lists on this day" in depot.clerk.get("/warehouse").text


def test_the_home_can_show_one_warehouse(depot: Depot) -> None:
    depot.pick_list()
    make.add_place(depot.session, code="SOUTH", name="Depot South")

    assert "Nothing leaves Depot South on this day" in depot.clerk.get("/warehouse?warehouse=SOUTH").text
    assert "Rui Reis" in depot.clerk.get("/warehouse?warehouse=NORTH").text


def test_a_pick_list_leads_through_the_bins_in_order(depot: Depot) -> None:
    page = depot.clerk.get(f"/warehouse/pick-lists/{depot.pick_list().id}")

    assert page.html.index("A-01") < page.html.index("B-02")
    assert "fills up the van" in page.text


def test_lines_are_confirmed_one_by_one(depot: Depot) -> None:
    pick_list = depot.pick_list(3)
    path = f"/warehouse/pick-lists/{pick_list.id}"
    line = pick_list.lines[0]

    sent = send(depot.clerk, depot.clerk.get(path), f"{path}/lines/{line.id}/confirm")

    assert "3 × BAT-1 is in the van." in depot.clerk.follow(sent).text
    assert depot.on_hand(depot.van, depot.battery) == 3
    assert pick_list.state is PickState.OPEN


def test_a_list_that_is_confirmed_twice_moves_its_pieces_once(depot: Depot) -> None:
    pick_list = depot.pick_list()
    path = f"/warehouse/pick-lists/{pick_list.id}"
    form = forms_to(depot.clerk.get(path), f"{path}/confirm")[0]

    answers = [depot.clerk.post(f"{path}/confirm", **form) for _ in range(2)]

    assert [answer.status for answer in answers] == [303, 303]
    assert depot.on_hand(depot.van, depot.battery) == 1
    assert pick_list.state is PickState.CONFIRMED


def test_a_second_scan_of_what_is_in_the_van_books_nothing_and_says_so(depot: Depot) -> None:
    path = f"/warehouse/pick-lists/{depot.pick_list(3).id}"

    told = [
        depot.clerk.follow(send(depot.clerk, depot.clerk.get(path), f"{path}/scan", scanned="BAT-1")).text
        for _ in range(2)
    ]

    assert "3 × BAT-1 is in the van." in told[0]
    assert "3 × BAT-1 was in the van already; nothing was booked again." in told[1]
    assert depot.on_hand(depot.van, depot.battery) == 3


def test_a_wrong_part_is_told_where_it_belongs(depot: Depot) -> None:
    depot.session.add(StockLevel(place=depot.place, part=make.add_part(depot.session, sku="KEY-1"), bin="D-07"))
    path = f"/warehouse/pick-lists/{depot.pick_list().id}"

    refused = send(depot.clerk, depot.clerk.get(path), f"{path}/scan", scanned="KEY-1")

    assert refused.status == 409
    assert "It belongs into bin D-07. Expected next: PRN-1, BAT-1." in refused.text


def test_a_list_that_is_done_leads_to_the_next_van_of_the_day(depot: Depot) -> None:
    first, second = depot.pick_list(), depot.pick_list()
    path = f"/warehouse/pick-lists/{first.id}"

    done = depot.clerk.follow(send(depot.clerk, depot.clerk.get(path), f"{path}/confirm"))

    assert "Rui Reis can leave." in done.text
    assert f"/warehouse/pick-lists/{second.id}" in done.html


def test_a_van_can_leave_without_the_rest(depot: Depot) -> None:
    pick_list = depot.pick_list()
    path = f"/warehouse/pick-lists/{pick_list.id}"
    send(depot.clerk, depot.clerk.get(path), f"{path}/scan", scanned="PRN-1")

    left = depot.clerk.follow(send(depot.clerk, depot.clerk.get(path), f"{path}/ship"))

    assert "1 line stays here." in left.text
    assert pick_list.state is PickState.CONFIRMED
    assert depot.on_hand(depot.van, depot.battery) == 0


def test_a_short_line_takes_the_usual_reason_unless_another_is_written(depot: Depot) -> None:
    pick_list = depot.pick_list(3)
    path = f"/warehouse/pick-lists/{pick_list.id}"
    battery = next(line for line in pick_list.lines if line.part_id == depot.battery.id)
    page = depot.clerk.get(path)

    send(depot.clerk, page, f"{path}/lines/{battery.id}/short", found="1", usual_reason="Miscounted")

    assert (battery.quantity, battery.remark) == (1, "Miscounted")


def test_pieces_that_are_not_there_cannot_be_confirmed(depot: Depot) -> None:
    pick_list = depot.pick_list(11)
    path = f"/warehouse/pick-lists/{pick_list.id}"

    refused = send(depot.clerk, depot.clerk.get(path), f"{path}/confirm")

    assert refused.status == 409
    assert "There are not enough pieces" in refused.text
    assert depot.on_hand(depot.van, depot.battery) == 0


def test_an_unknown_pick_list_is_a_page_that_says_so(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/pick-lists/77")

    assert page.status == 404
    assert "There is no pick list 77" in page.text


def test_stock_is_searched_and_filtered(depot: Depot) -> None:
    found = depot.clerk.get("/warehouse/stock?text=bat")
    low = depot.clerk.get("/warehouse/stock?place=*&low=1")
    nothing = depot.clerk.get("/warehouse/stock?text=xyz")

    assert "BAT-1" in found.text
    assert "PRN-1" not in found.text
    assert "No part passes the filter" in low.text
    assert "No part passes the filter" in nothing.text


def test_a_long_list_of_stock_is_turned_over_page_by_page(depot: Depot) -> None:
    for number in range(120):
        make.add_stock(depot.session, depot.place, make.add_part(depot.session, sku=f"KEY-{number:03}"), 1)

    first, last = depot.clerk.get("/warehouse/stock"), depot.clerk.get("/warehouse/stock?place=NORTH&page=2")

    assert "Page 1 of 2" in first.text
    assert "BAT-1" in first.text
    assert "PRN-1" not in first.text
    assert "PRN-1" in last.text


@pytest.mark.parametrize(
    ("kind", "available", "is_told"),
    [
        # A van is low below its minimum, a warehouse at its reorder point.
        (PlaceKind.TRUNK, 2, False),
        (PlaceKind.TRUNK, 1, True),
        (PlaceKind.WAREHOUSE, 2, True),
        (PlaceKind.WAREHOUSE, 3, False),
    ],
)
def test_the_list_of_what_is_low_says_what_each_level_says_of_itself(
    depot: Depot, kind: PlaceKind, available: int, is_told: bool
) -> None:
    place = make.add_place(depot.session, kind=kind, code="HERE")
    level = make.add_stock(depot.session, place, depot.battery, available, minimum=2, target=4)

    assert is_low(level) is is_told
    assert ("BAT-1" in depot.clerk.get("/warehouse/stock?place=HERE&low=1").text) is is_told


def test_a_van_below_its_minimum_is_told_by_a_word(depot: Depot) -> None:
    make.add_stock(depot.session, depot.van, depot.battery, 1, minimum=2, target=4)

    page = depot.clerk.get("/warehouse/stock?place=VAN-T07&low=1")

    assert "below minimum" in page.text


def test_a_part_shows_its_places_and_movements(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/parts/BAT-1")

    assert "Depot North" in page.text
    assert "opening stock" in page.text


def test_a_count_that_falls_short_names_the_jobs_that_lost_their_promise(depot: Depot) -> None:
    job = make.add_job(depot.session, status=JobStatus.READY)
    held = reserve_all(depot.session, wants={depot.battery.id: 4}, place_ids=[depot.place.id], reference=job.number)
    job.parts.append(JobPart(part=depot.battery, quantity=4, used=0, reservation=held[depot.battery.id]))
    page = depot.clerk.get("/warehouse/parts/BAT-1")

    sent = send(depot.clerk, page, "/warehouse/parts/BAT-1/count", place="NORTH", counted="3", reason="two were broken")

    assert f"The promises to {job.number} could not be kept" in depot.clerk.follow(sent).text
    assert job.status is JobStatus.WAITING_PARTS
    correction = depot.session.scalar(sa.select(Movement).where(Movement.kind == MovementKind.CORRECTION))
    assert correction is not None
    assert correction.reason == "two were broken"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"counted": "-1"}, "-1 is not a whole number of at least 0"),
        ({"counted": "many"}, "many is not a whole number"),
        ({"reason": " "}, "must have 1 to 200 characters"),
        ({"place": "NOWHERE"}, "There is no place NOWHERE"),
    ],
)
def test_a_count_that_cannot_be_is_refused_with_what_was_typed(depot: Depot, typed: dict[str, str], words: str) -> None:
    page = depot.clerk.get("/warehouse/parts/BAT-1")
    fields = {"place": "NORTH", "counted": "3", "reason": "shelf was wet"} | typed

    refused = send(depot.clerk, page, "/warehouse/parts/BAT-1/count", **fields)

    assert refused.status in {404, 422}
    assert words in refused.text
    assert forms_to(refused, "/warehouse/parts/BAT-1/count")[0]["counted"] == fields["counted"]
    assert depot.on_hand(depot.place, depot.battery) == 10


def test_restocking_says_why_and_draws_up_the_list(depot: Depot) -> None:
    make.add_stock(depot.session, depot.van, depot.battery, 1, minimum=2, target=4)
    page = depot.clerk.get("/warehouse/restock")

    sent = send(depot.clerk, page, "/warehouse/top-ups")

    assert "Available 1, on the way 0, minimum 2, target 4." in page.text
    drawn = depot.session.scalars(sa.select(PickList)).one()
    assert [(line.part_id, line.quantity) for line in drawn.lines] == [(depot.battery.id, 3)]
    assert sent.location == f"/warehouse/pick-lists/{drawn.id}"


def test_what_no_warehouse_can_spare_has_no_button(depot: Depot) -> None:
    screen = make.add_part(depot.session, sku="SCR-1")
    make.add_stock(depot.session, depot.van, screen, 0, minimum=1, target=2)

    page = depot.clerk.get("/warehouse/restock")

    assert "no warehouse can spare these" in page.text
    assert not forms_to(page, "/warehouse/top-ups")


def test_a_warehouse_at_its_reorder_point_is_told_what_to_order(depot: Depot) -> None:
    screen = make.add_part(depot.session, sku="SCR-1", pack_size=5)
    make.add_stock(depot.session, depot.place, screen, 2, minimum=2, target=11)

    page = depot.clerk.get("/warehouse/restock")

    assert "Lead time 7 days, ? per week, 2 in hand, 0 on order, 0 waited for" in page.text
    assert "reorder point 2, target 11, packs of 5." in page.text


def test_nothing_to_restock_is_said(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/restock")

    assert "Every van has what it needs" in page.text
    assert "Nothing has reached its reorder point" in page.text


def test_a_delivery_makes_waiting_jobs_ready_and_names_them(depot: Depot) -> None:
    screen = make.add_part(depot.session, sku="SCR-1")
    job = make.add_job(depot.session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=screen, quantity=1, used=0))
    page = depot.clerk.get("/warehouse/deliveries/new")
    form = forms_to(page, "/warehouse/deliveries")[0] | {"reference": "DN-7", "sku-0": "SCR-1", "quantity-0": "5"}

    answers = [depot.clerk.post("/warehouse/deliveries", **form) for _ in range(2)]

    assert f"5 pieces are on the shelf. Ready now: {job.number}." in depot.clerk.follow(answers[1]).text
    assert depot.on_hand(depot.place, screen) == 5
    assert job.status is JobStatus.READY


def test_every_wrong_row_of_a_delivery_is_refused_beside_itself(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/deliveries/new")
    typed = {"reference": "DN-7", "sku-0": "BAT-1", "quantity-0": "-3", "sku-2": "NO-SUCH", "quantity-2": "2"}

    refused = send(depot.clerk, page, "/warehouse/deliveries", **typed)

    assert refused.status == 422
    assert "-3 is not a whole number of at least 1" in refused.part('id="e-quantity-0"', "</p>")
    assert "There is no part NO-SUCH" in refused.part('id="e-sku-2"', "</p>")
    assert forms_to(refused, "/warehouse/deliveries")[0]["sku-0"] == "BAT-1"
    assert depot.on_hand(depot.place, depot.battery) == 10


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"reference": "DN-7"}, "No part was named"),
        ({"sku-0": "BAT-1", "quantity-0": "1"}, "must have 1 to 80 characters"),
        ({"reference": "DN-7", "sku-0": "BAT-1", "quantity-0": "99999999"}, "is no quantity of pieces"),
        ({"reference": "DN-7", "sku-0": "BAT-1", "quantity-0": "1", "warehouse": "X"}, "There is no place X"),
    ],
)
def test_a_delivery_that_cannot_be_is_refused(depot: Depot, typed: dict[str, str], words: str) -> None:
    refused = send(depot.clerk, depot.clerk.get("/warehouse/deliveries/new"), "/warehouse/deliveries", **typed)

    assert refused.status in {404, 422}
    assert words in refused.text


def test_a_long_delivery_gets_more_lines_and_keeps_what_was_typed(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/deliveries/new")

    more = send(depot.clerk, page, "/warehouse/deliveries", more="1", **{"sku-7": "BAT-1"})

    form = forms_to(more, "/warehouse/deliveries")[0]
    assert form["sku-7"] == "BAT-1"
    assert "sku-15" in form
    assert depot.on_hand(depot.place, depot.battery) == 10


def test_names_stand_in_the_readers_language(world: World, depot: Depot) -> None:
    clerk = world.signed_in(RoleName.WAREHOUSE, language="zh_Hans_CN")

    assert "配件 BAT-1" in clerk.get("/warehouse/stock").text
    assert "battery BAT-1" in depot.clerk.get("/warehouse/stock").text


def test_a_dispatcher_sees_the_stock_but_cannot_count(depot: Depot, dispatcher: Visitor) -> None:
    page = dispatcher.get("/warehouse/parts/BAT-1")

    assert page.status == 200
    assert not forms_to(page, "/warehouse/parts/BAT-1/count")
    assert dispatcher.post("/warehouse/parts/BAT-1/count", place="NORTH", counted="1", reason="x").status == 403
    assert dispatcher.get("/warehouse").status == 403


@pytest.mark.parametrize("path", ["/warehouse", "/warehouse/stock", "/warehouse/restock", "/warehouse/deliveries/new"])
def test_a_technician_has_no_business_in_the_warehouse(world: World, path: str) -> None:
    assert world.signed_in(RoleName.TECHNICIAN).get(path).status == 403


@pytest.mark.parametrize("path", ["/warehouse", "/warehouse/stock", "/warehouse/restock", "/warehouse/deliveries/new"])
def test_an_empty_firm_has_no_broken_page(world: World, path: str) -> None:
    assert world.signed_in(RoleName.WAREHOUSE).get(path).status == 200
