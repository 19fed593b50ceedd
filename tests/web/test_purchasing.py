"""Facts about the pages of orders, suppliers and supply."""

import datetime as dt
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from dispatch.models import JobPart
from dispatch.models.jobs import JobStatus
from dispatch.parts import reserve_for
from inventory import purchasing, suppliers
from inventory.ledger import find_differences
from inventory.models import OrderState, Part, PastDemand, Place, PurchaseOrder, StockLevel
from inventory.purchasing import OrderWanted
from tests import factories as make
from tests.factories import MONDAY
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send


@dataclass
class Depot:
    """A warehouse that runs out of screens, sold by ACME in packs of five."""

    world: World
    place: Place
    screen: Part
    clerk: Visitor

    def order(self, quantity: int = 10, *, sent: bool = True) -> PurchaseOrder:
        session = self.world.session
        order = purchasing.draft(
            session,
            supplier_id=suppliers.supplier_by_code(session, "ACME").id,
            warehouse_id=self.place.id,
            lines=[OrderWanted(self.screen.id, quantity)],
            actor_id=None,
        )
        return purchasing.send(session, order_id=order.id, today=MONDAY) if sent else order

    def step(self, order: PurchaseOrder, step: str, **typed: str) -> Page:
        page = self.clerk.get(f"/warehouse/orders/{order.id}")
        answer = send(self.clerk, page, f"/warehouse/orders/{order.id}/{step}", **typed)
        self.world.session.expire_all()
        return self.clerk.follow(answer) if answer.location else answer


@pytest.fixture
def depot(world: World) -> Depot:
    session = world.session
    place = make.add_place(session, code="NORTH", name="Depot North")
    screen = make.add_part(session, sku="SCR-1", pack_size=5)
    screen.barcode = "5601234567890"
    make.add_stock(session, place, screen, 2, minimum=2, target=11)
    return Depot(world, place, screen, world.signed_in(RoleName.WAREHOUSE))


def test_one_click_drafts_what_is_proposed(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/restock")
    assert "Acme Parts" in page.part('id="orders"')

    drafted = depot.clerk.follow(send(depot.clerk, page, "/warehouse/orders/proposed"))

    assert "1 order is drafted." in drafted.text
    order = depot.world.session.scalars(sa.select(PurchaseOrder)).one()
    assert [(line.part_id, line.quantity) for line in order.lines] == [(depot.screen.id, 10)]
    assert "Lead time 7 days" in depot.clerk.get(f"/warehouse/orders/{order.id}").text
    assert "Nothing has reached its reorder point" in depot.clerk.get("/warehouse/restock").text


def test_what_is_ticked_is_ordered_as_it_was_edited_one_order_for_each_supplier(depot: Depot) -> None:
    session = depot.world.session
    best = suppliers.add_supplier(session, code="BEST", name="Best Parts")
    suppliers.set_supply(
        session, supplier_id=best.id, part_id=depot.screen.id, lead_time_days=2, price_cents=900, rank=2
    )
    other = make.add_part(session, sku="KEY-1")
    make.add_stock(session, depot.place, other, 0, minimum=1, target=4)
    left_out = make.add_part(session, sku="RDR-1")
    make.add_stock(session, depot.place, left_out, 0, minimum=1, target=4)
    screen, keyboard = (f"{depot.place.id}-{part.id}" for part in (depot.screen, other))
    page = depot.clerk.get("/warehouse/restock")
    form = forms_to(page, "/warehouse/orders/chosen")[0]
    typed = {"take": [screen, keyboard], f"quantity-{screen}": "7", f"supplier-{screen}": "BEST", "send": "1"}

    sent = depot.clerk.post("/warehouse/orders/chosen", **form | typed)

    assert "2 orders are sent: PO-1, PO-2." in depot.clerk.follow(sent).text
    ordered = {order.supplier.code: order for order in session.scalars(sa.select(PurchaseOrder))}
    assert [(line.part_id, line.quantity) for line in ordered["BEST"].lines] == [(depot.screen.id, 7)]
    assert [(line.part_id, line.quantity) for line in ordered["ACME"].lines] == [(other.id, 4)]
    assert {order.state for order in ordered.values()} == {OrderState.SENT}


def test_return_in_a_field_drafts_and_does_not_order(depot: Depot) -> None:
    form = depot.clerk.get("/warehouse/restock").html.partition('action="/warehouse/orders/chosen"')[2]

    first_button = form.partition("<button")[2].partition("</button>")[0]

    assert "Only draft it" in first_button
    assert "name=" not in first_button


def test_a_refused_list_for_a_van_leaves_the_proposed_orders_ticked(depot: Depot) -> None:
    refused = depot.clerk.post("/warehouse/top-ups", command_id="t", trunk="NO-VAN", warehouse="NORTH")

    assert "NO-VAN" in refused.text
    assert forms_to(refused, "/warehouse/orders/chosen")[0]["take"] == f"{depot.place.id}-{depot.screen.id}"


def test_a_quantity_that_is_no_whole_number_of_packs_is_refused_and_stays_as_it_was_typed(depot: Depot) -> None:
    key = f"{depot.place.id}-{depot.screen.id}"
    page = depot.clerk.get("/warehouse/restock")

    refused = send(depot.clerk, page, "/warehouse/orders/chosen", take=key, **{f"quantity-{key}": "7"})

    assert "Order 10 instead." in refused.text
    assert forms_to(refused, "/warehouse/orders/chosen")[0][f"quantity-{key}"] == "7"


def test_what_somebody_else_ordered_meanwhile_is_not_ordered_again(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/restock")
    send(depot.clerk, page, "/warehouse/orders/proposed")

    again = send(depot.clerk, page, "/warehouse/orders/chosen")

    assert "There is nothing to order." in depot.clerk.follow(again).text


def test_an_order_is_drafted_changed_and_sent(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/orders/new?supplier=ACME")
    typed = {"supplier": "ACME", "warehouse": "NORTH", "sku-0": "SCR-1", "quantity-0": "5"}
    drafted = depot.clerk.follow(send(depot.clerk, page, "/warehouse/orders", **typed))
    assert "is drafted" in drafted.text
    order = depot.world.session.scalars(sa.select(PurchaseOrder)).one()

    depot.step(order, "lines", sku="SCR-1", quantity="15", price="9.50", reason="Fair next week")
    assert (order.lines[0].quantity, order.lines[0].price_cents) == (15, 950)
    refused = depot.step(order, "lines", sku="SCR-1", quantity="7")
    assert "Order 10 instead." in refused.text

    assert "is on order at Acme Parts" in depot.step(order, "send").text
    assert order.state is OrderState.SENT


def test_what_is_counted_goes_on_the_shelf_and_makes_jobs_ready(depot: Depot) -> None:
    job = make.add_job(depot.world.session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=depot.screen, quantity=3, used=0))
    order = depot.order()

    [line] = order.lines
    received = depot.step(order, "receive", **{f"good-{line.id}": "4"})

    assert f"4 pieces have arrived. Ready now: {job.number}." in received.text
    refused = depot.step(order, "receive", **{f"good-{line.id}": "7"})
    assert refused.status == 409
    assert "10 ordered, 4 received before, 7 more are too many" in refused.text
    depot.step(order, "receive-all")
    assert order.state is OrderState.RECEIVED
    assert find_differences(depot.world.session) == []


def test_damaged_pieces_go_into_quarantine_and_what_is_too_many_is_kept_if_that_is_wanted(depot: Depot) -> None:
    order = depot.order(5)
    [line] = order.lines
    counted = {f"good-{line.id}": "5", f"damaged-{line.id}": "1"}

    assert depot.step(order, "receive", **counted).status == 409
    received = depot.step(order, "receive", **counted, **{f"keep-{line.id}": "1"})

    assert "5 pieces have arrived. 1 damaged piece is in quarantine." in received.text
    assert (line.quantity, line.received, order.state) == (6, 6, OrderState.RECEIVED)
    assert order.number in depot.clerk.get("/warehouse/bench").part('id="quarantine"')
    assert find_differences(depot.world.session) == []


def test_nothing_counted_is_nothing_received(depot: Depot) -> None:
    assert "No part was named" in depot.step(depot.order(), "receive").text


def test_scanned_serial_numbers_are_counted(depot: Depot) -> None:
    depot.screen.serial_tracked = True
    order = depot.order(5)
    # What was on the shelf before tracking began would have no numbers.
    depot.world.session.execute(sa.update(StockLevel).values(on_hand=0))

    received = depot.step(order, "receive", **{f"serials-{order.lines[0].id}": "S1 S2\nS3"})

    assert "3 pieces have arrived." in received.text
    assert order.lines[0].received == 3


def test_an_order_can_be_postponed_closed_or_cancelled(depot: Depot) -> None:
    order, other = depot.order(), depot.order()

    depot.step(order, "postpone", sku="SCR-1", due_on="2026-12-24")
    assert order.lines[0].due_on == dt.date(2026, 12, 24)
    depot.step(order, "receive", **{f"good-{order.lines[0].id}": "1"})
    assert not forms_to(depot.clerk.get(f"/warehouse/orders/{order.id}"), f"/warehouse/orders/{order.id}/cancel")
    assert "not expected any more" in depot.step(order, "close").text
    assert "is cancelled" in depot.step(other, "cancel").text
    assert "Closed lately" in depot.clerk.get("/warehouse/orders").text


def test_a_tab_that_shows_a_draft_does_not_cancel_what_was_sent_meanwhile(depot: Depot) -> None:
    order = depot.order(sent=False)
    path = f"/warehouse/orders/{order.id}"
    stale = depot.clerk.get(path)
    depot.step(order, "send")

    refused = send(depot.clerk, stale, f"{path}/cancel")

    assert refused.status == 409
    assert "PO-1 from ACME is Sent; this needs one that is Draft" in refused.text
    depot.world.session.expire_all()
    assert order.state is OrderState.SENT


def test_a_part_can_be_kept_where_it_never_was(depot: Depot) -> None:
    van = make.add_technician(depot.world.session).trunk
    page = depot.clerk.get("/warehouse/parts/SCR-1/supply")
    form = forms_to(page, "/warehouse/parts/SCR-1/levels")[-1]

    told = depot.clerk.post("/warehouse/parts/SCR-1/levels", **form | {"minimum": "1", "target": "3"})

    assert form["place"] == van.code
    assert f"The numbers of {van.name} are set by hand." in depot.clerk.follow(told).text
    level = depot.world.session.scalars(sa.select(StockLevel).where(StockLevel.place_id == van.id)).one()
    assert (level.on_hand, level.minimum, level.target) == (0, 1, 3)


def test_a_supplier_is_written_down_with_what_it_sells(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/suppliers")
    shown = depot.clerk.follow(send(depot.clerk, page, "/warehouse/suppliers", code="BEST", name="Best Parts"))
    assert "It sells nothing yet" in shown.text

    terms = {"sku": "SCR-1", "price": "42,50", "lead_time_days": "3", "pack_size": "1", "rank": "2"}
    set_up = depot.clerk.follow(send(depot.clerk, shown, "/warehouse/suppliers/BEST/parts", **terms))
    assert "is written down" in set_up.text
    refused = send(depot.clerk, set_up, "/warehouse/suppliers/BEST/parts", **(terms | {"price": "many"}))
    assert "many is not an amount of money" in refused.text

    ended = send(depot.clerk, set_up, "/warehouse/suppliers/BEST/parts", **(terms | {"end": "1"}))
    assert "It sells nothing yet" in depot.clerk.follow(ended).text


def test_the_supply_of_a_part_tells_when_who_can_have_it(depot: Depot) -> None:
    job = make.add_job(depot.world.session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=depot.screen, quantity=3, used=0))
    reserve_for(depot.world.session, job)
    order = depot.order()

    page = depot.world.signed_in(RoleName.DISPATCHER).get("/warehouse/parts/SCR-1/supply")

    assert f"on order {order.number}" in page.part('id="curve"')
    assert job.number in page.part('id="waiting"')
    assert "Acme Parts" in page.part('id="sold"')


def test_reorder_points_are_computed_and_overruled(depot: Depot) -> None:
    for back in range(1, 21):
        week = MONDAY - dt.timedelta(weeks=back)
        depot.world.session.add(PastDemand(part_id=depot.screen.id, week=week, quantity=4))
    page = depot.clerk.get("/warehouse/reorder")

    chosen = send(depot.clerk, page, "/warehouse/reorder/policy", service_level="97.5", cover_days="14")
    assert "is chosen" in depot.clerk.follow(chosen).text
    computed = depot.clerk.follow(send(depot.clerk, page, "/warehouse/reorder/compute"))
    assert "1 reorder point is computed." in computed.text
    assert "set by hand" in computed.text

    supply = depot.clerk.get("/warehouse/parts/SCR-1/supply")
    followed = send(depot.clerk, supply, "/warehouse/parts/SCR-1/levels", computed="1")
    assert "follows the computed numbers" in depot.clerk.follow(followed).text
    supply = depot.clerk.get("/warehouse/parts/SCR-1/supply")
    refused = send(depot.clerk, supply, "/warehouse/parts/SCR-1/levels", minimum="5", target="4")
    assert "The target 4 is below the minimum 5" in refused.text


def test_too_little_history_is_said(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/reorder")

    computed = depot.clerk.follow(send(depot.clerk, page, "/warehouse/reorder/compute"))

    assert "Nothing was computed: fewer than 8 weeks of use are known." in computed.text


def test_a_service_level_that_is_none_is_refused(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/reorder")

    for typed in ("very", "120"):
        refused = send(depot.clerk, page, "/warehouse/reorder/policy", service_level=typed, cover_days="14")
        assert refused.status == 422
