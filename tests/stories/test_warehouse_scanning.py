"""Stories of people with a scanner in cold hands: picking, receiving, counting, testing, finding."""

import contextlib
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Page, Route, expect
from sqlalchemy.orm import Session

from core import clock
from core.accounts import RoleName, User
from inventory import counts, ledger, picking, purchasing, returns, suppliers
from inventory.models import (
    Core,
    CoreState,
    Count,
    CountState,
    OrderState,
    Part,
    PartFamily,
    PickList,
    PickState,
    Place,
    PlaceKind,
    PurchaseOrder,
    StockLevel,
)
from inventory.picking import PickWanted
from inventory.purchasing import OrderWanted
from tests import factories as make
from tests.stories.conftest import Screen, add_user_with_password
from tests.stories.scanner import Scanner
from web.languages import LANGUAGES

pytestmark = pytest.mark.browser


class Store:
    """A warehouse with batteries, printers and boards, and two vans."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.session = session
        self.north = make.add_place(session, code="NORTH", name="Depot North")
        self.vans = [
            make.add_place(session, kind=PlaceKind.TRUNK, code=code, name=name)
            for code, name in (("VAN-1", "Ana Ribeiro"), ("VAN-2", "Rui Reis"))
        ]
        self.battery = self._part("BAT-1", "B-02", PartFamily.BATTERY, 5)
        self.printer = self._part("PRN-1", "A-01", PartFamily.PRINTER, 5)
        self.board = make.add_part(session, sku="BRD-1", family=PartFamily.MAINBOARD)
        self.board.serial_tracked, self.board.barcode = True, "5601234567890"
        ledger.receive(
            session,
            place_id=self.north.id,
            pieces={self.board.id: 3},
            serials={self.board.id: ["SN-1", "SN-2", "SN-3"]},
            reference="PO-0",
            actor_id=None,
        )
        self.clerk = add_user_with_password(app, session, RoleName.WAREHOUSE)
        session.commit()

    def _part(self, sku: str, bin_code: str, family: PartFamily, pieces: int) -> Part:
        part = make.add_part(self.session, sku=sku, family=family)
        make.add_stock(self.session, self.north, part, pieces).bin = bin_code
        return part

    def on_hand(self, place: Place, part: Part) -> int:
        self.session.expire_all()
        level = sa.select(StockLevel.on_hand).where(StockLevel.place_id == place.id, StockLevel.part_id == part.id)
        return self.session.scalar(level) or 0

    def pick_list(self, van: Place, wanted: dict[Part, int]) -> PickList:
        drawn = picking.draw_up(
            self.session,
            warehouse_id=self.north.id,
            trunk_id=van.id,
            day=self.today,
            lines=[PickWanted(part.id, pieces) for part, pieces in wanted.items()],
        )
        self.session.commit()
        return drawn

    def order(self, wanted: dict[Part, int]) -> PurchaseOrder:
        order = purchasing.draft(
            self.session,
            supplier_id=suppliers.supplier_by_code(self.session, "ACME").id,
            warehouse_id=self.north.id,
            lines=[OrderWanted(part.id, pieces) for part, pieces in wanted.items()],
            actor_id=None,
        )
        purchasing.send(self.session, order_id=order.id, today=self.today)
        self.session.commit()
        return order

    def keep(self, part: Part, *, minimum: int, target: int) -> None:
        level = sa.select(StockLevel).where(StockLevel.place_id == self.north.id, StockLevel.part_id == part.id)
        kept = self.session.scalars(level).one()
        kept.minimum, kept.target = minimum, target
        self.session.commit()

    def count(self, parts: list[Part]) -> Count:
        part_ids = [part.id for part in parts]
        begun = counts.open_count(
            self.session, place_id=self.north.id, part_ids=part_ids, reason="Friday", actor_id=None
        )
        self.session.commit()
        return begun

    def defective(self, number: str) -> None:
        """Let a van carry a board that must come back."""
        self.board.core_due = True
        [core] = returns.owe(self.session, part_id=self.board.id, quantity=1, trunk_id=self.vans[0].id, reference="J-7")
        returns.take(self.session, core_id=core.id, serial=number, actor_id=None)
        self.session.commit()

    def somebody_else(self) -> User:
        return make.add_person(self.session, name="Sam", roles=[RoleName.WAREHOUSE])

    @property
    def today(self) -> dt.date:
        return clock.now().date()


@pytest.fixture
def store(app: Flask, session: Session) -> Store:
    return Store(app, session)


# A desk in one language and a phone in the other show every story in both sizes and in both languages.
@pytest.fixture(params=[("desk", LANGUAGES[0]), ("phone", LANGUAGES[1])], ids=["desk-en", "phone-zh"])
def seat(request: pytest.FixtureRequest, store: "Store") -> "Seat":
    size, language = request.param
    screen: Screen = request.getfixturevalue(size)
    screen.sign_in(store.clerk.email)
    screen.speak(language)
    return Seat(screen, Scanner(screen))


@dataclass(frozen=True)
class Seat:
    """Somebody of the warehouse at a screen, signed in, with a scanner."""

    screen: Screen
    scanner: Scanner

    @property
    def page(self) -> Page:
        return self.screen.page

    def open(self, path: str) -> None:
        self.screen.open(path)

    def say(self, text: str, **facts: Any) -> str:
        """Return what stands on the page for an English text, with its facts."""
        translated = self.screen.say(text)
        return translated % facts if facts else translated

    def press(self, text: str) -> None:
        self.page.get_by_role("button", name=self.say(text), exact=True).first.click()

    def expect_refusals(self, *statuses: int) -> None:
        """Take the refusals that a story is about off the list of what went wrong."""
        expected = [text for status in statuses for text in (f"response: {status} ", f"with a status of {status} ")]
        faults = self.screen.faults
        faults[:] = [fault for fault in faults if not any(text in fault for text in expected)]


def test_a_van_is_picked_by_scanner_with_a_short_line_and_leaves(seat: Seat, store: Store) -> None:
    first = store.pick_list(store.vans[0], {store.battery: 2, store.printer: 4, store.board: 2})
    second = store.pick_list(store.vans[1], {store.printer: 1})
    seat.open(f"/warehouse/pick-lists/{first.id}")
    page, scanner, say = seat.page, seat.scanner, seat.say

    # The printer's bin comes first, and holds too few.
    assert "A-01" in page.locator(".pick-next").inner_text()
    row = page.get_by_role("row").filter(has_text="PRN-1")
    row.locator("summary").click()
    row.get_by_label(say("Pieces on the shelf, all of them")).fill("3")
    row.get_by_role("button", name=say("Correct the shelf")).click()
    scanner.hear(say("The shelf is corrected to what you found."))

    # A code that nobody knows, two pieces with numbers, and one of them once more.
    scanner.scan("NO-SUCH", "NO-SUCH")
    scanner.scan("SN-1", "BRD-1")
    scanner.scan("]C0SN-2", say("%(quantity)s × %(sku)s is in the van.", quantity=2, sku="BRD-1"))
    again = "%(quantity)s × %(sku)s was in the van already; nothing was booked again."
    scanner.scan("SN-2", say(again, quantity=2, sku="BRD-1"))

    # Without a connection the scan waits, survives a reload, and acts once. The focus is somewhere else.
    page.context.set_offline(True)
    page.get_by_role("link", name=say("Stock"), exact=True).focus()
    scanner.type_code("BAT-1", end="Tab")
    page.locator("[data-not-sent]").wait_for()
    page.context.set_offline(False)
    page.reload()

    # The van may go; the next one is a command away.
    page.get_by_text(say("%(van)s can leave.", van="Ana Ribeiro")).wait_for()
    scanner.type_code(".next")
    page.wait_for_url(f"**/warehouse/pick-lists/{second.id}")
    seat.screen.settle()

    assert [store.on_hand(store.vans[0], part) for part in (store.battery, store.printer, store.board)] == [2, 3, 2]
    store.session.refresh(first)
    assert first.state is PickState.CONFIRMED
    seat.expect_refusals(404, 422)
    seat.screen.faults[:] = [fault for fault in seat.screen.faults if "ERR_INTERNET_DISCONNECTED" not in fault]


def test_an_order_is_received_by_scanner_with_one_too_many_and_one_damaged(seat: Seat, store: Store) -> None:
    order = store.order({store.battery: 2, store.printer: 1, store.board: 1})
    seat.open(f"/warehouse/orders/{order.id}")
    page, scanner, say = seat.page, seat.scanner, seat.say

    for code in ("BAT-1", "BAT-1", "BAT-1", "PRN-1"):
        scanner.type_code(code)
        page.locator("[data-told-here] .notice").get_by_text(code).wait_for()
    # A new piece bears part and number in one code; the damaged one is told by a command, and back. What the code means
    # is still being asked when it is taken back.
    with held_back(page, "**/warehouse/label?*"):
        scanner.type_code("]d2010560123456789021NEW-9")
        scanner.type_code(".undo")
    scanner.type_code(".damaged")
    scanner.type_code("]d2010560123456789021NEW-9")
    expect(page.locator("[data-tally-damaged-numbers]")).to_have_value("NEW-9")
    # What was counted survives a reload.
    page.reload()
    seat.screen.settle()
    battery = page.get_by_role("row").filter(has_text="BAT-1").first
    battery.get_by_label(say("keep what is too many")).check()
    scanner.type_code(".done")
    scanner.hear("4")

    store.session.refresh(order)
    assert [(line.part.sku, line.quantity, line.received) for line in order.lines] == [
        ("BAT-1", 3, 3),
        ("PRN-1", 1, 1),
        ("BRD-1", 1, 1),
    ]
    assert (store.on_hand(store.north, store.battery), store.on_hand(store.north, store.board)) == (8, 3)
    damaged = store.session.scalars(sa.select(Core)).one()
    assert (damaged.state, damaged.reference) == (CoreState.RECEIVED, order.number)
    assert ledger.find_differences(store.session) == []


def test_proposals_are_edited_and_sent(seat: Seat, store: Store) -> None:
    store.keep(store.battery, minimum=6, target=9)
    store.keep(store.printer, minimum=6, target=9)
    seat.open("/warehouse/restock")
    page, say = seat.page, seat.say

    page.get_by_label(say("Pieces of %(sku)s", sku="BAT-1")).fill("7")
    page.get_by_role("checkbox", name="PRN-1").uncheck()
    seat.press("Order what is ticked")
    seat.scanner.hear("PO-1")

    [order] = store.session.scalars(sa.select(PurchaseOrder))
    assert [(line.part.sku, line.quantity) for line in order.lines] == [("BAT-1", 7)]
    assert order.state is OrderState.SENT


def test_a_blind_count_goes_on_to_approval_by_somebody_else(seat: Seat, store: Store) -> None:
    counts.write_limit(store.session, 0)
    count = store.count([store.battery, store.board])
    seat.open(f"/warehouse/counts/{count.id}")
    page, scanner, say = seat.page, seat.scanner, seat.say
    assert page.locator("[data-expected]").count() == 0

    # The first time and the second, four batteries where the books have five.
    for _ in range(2):
        scanner.type_code("BAT-1")
        page.locator("#scan").fill("4")
        page.locator("#scan").press("Enter")
        if page.locator("[data-tracked]").count():
            for number in ("SN-1", "SN-2", "SN-3"):
                scanner.type_code(number)
                expect(page.locator("[data-tracked] textarea")).to_have_value(re.compile(number))
        expect(page.locator("[data-tally-good]")).to_have_value("4")
        scanner.type_code(".done")
        seat.screen.settle()
    scanner.hear(say("The difference is worth much: somebody who did not count must approve it."))
    assert not page.get_by_role("button", name=say("Approve and post")).count()

    store.session.refresh(count)
    assert count.state is CountState.APPROVAL
    counts.approve(store.session, count_id=count.id, actor_id=store.somebody_else().id)
    assert store.on_hand(store.north, store.battery) == 4


def test_a_piece_goes_from_the_van_over_the_bench_to_the_shelf_and_its_way_is_found(seat: Seat, store: Store) -> None:
    store.defective("D-77")
    seat.open("/warehouse/bench")
    page, scanner, say = seat.page, seat.scanner, seat.say

    facts = {"sku": "BRD-1", "reference": "J-7"}
    scanner.scan(
        "D-77", say("%(sku)s from %(reference)s is in quarantine. Scan it again to put it on the bench.", **facts)
    )
    scanner.scan("D-77", say("%(sku)s from %(reference)s is on the bench. Write down what you find.", **facts))
    page.get_by_label(say("What was found and done")).fill(say("Cleaned"))
    seat.press("Repaired")
    scanner.hear(say("The piece is good again and on the shelf."))

    # On a page without a field of its own the scan leads to the piece.
    seat.open("/warehouse/counts")
    scanner.type_code("D-77")
    page.wait_for_url("**/warehouse/parts/BRD-1/serials/D-77")
    seat.screen.settle()
    assert page.locator("tbody tr").count() == 4
    assert store.on_hand(store.north, store.board) == 4


def test_scans_wait_for_a_new_sign_in_and_answers_leave_what_is_typed(desk: Screen, store: Store) -> None:
    store.defective("D-77")
    desk.sign_in(store.clerk.email)
    seat = Seat(desk, Scanner(desk))
    seat.open("/warehouse/bench")

    # The answer to a scan comes while the next code is typed by hand.
    with held_back(desk.page, "**/warehouse/bench/scan"):
        seat.scanner.type_code("NO-SUCH")
        type_slowly(desk.page, "D-")
    seat.scanner.hear("NO-SUCH")
    type_slowly(desk.page, "77")
    expect(desk.page.locator("#scan")).to_have_value("D-77")

    desk.page.context.clear_cookies()
    for _ in range(2):
        seat.scanner.type_code("D-77")
    expect(desk.page.locator("[data-not-sent]")).to_contain_text("2 scans wait")
    sign_in_at_another_window(desk, store.clerk.email)
    desk.page.clock.run_for(5_000)

    seat.scanner.hear("BRD-1 from J-7 is on the bench. Write down what you find.")
    # A form outside of what was put in place has the new session's token, too.
    seat.press("Sign out")
    desk.page.wait_for_url("**/login**")
    # The old token was refused once, and the bench asked for another one.
    seat.expect_refusals(400, 404, 422)


@contextlib.contextmanager
def held_back(page: Page, address: str) -> Iterator[None]:
    """Let the server hear of what is asked of an address only afterwards."""
    asked: list[Route] = []
    page.route(address, lambda route: asked.append(route))  # noqa: PLW0108 -- Playwright marks it
    with page.expect_request(address):
        yield
    for route in asked:
        route.continue_()
    page.unroute(address)


def type_slowly(page: Page, text: str) -> None:
    """Type as a person does, slower than any scanner."""
    for letter in text:
        page.keyboard.type(letter)
        page.clock.run_for(80)


def sign_in_at_another_window(screen: Screen, email: str) -> None:
    other = Screen(screen.page.context.new_page(), screen.address)
    other.sign_in(email)
    other.page.close()


def test_whoever_types_by_hand_is_left_alone(desk: Screen, store: Store) -> None:
    desk.sign_in(store.clerk.email)
    scanner = Scanner(desk)
    desk.open("/warehouse/counts")
    desk.page.get_by_text("Other parts").click()
    why = desk.page.get_by_label("Why", exact=True)

    why.focus()
    type_slowly(desk.page, "wet")

    assert why.input_value() == "wet"
    scanner.type_code("BAT-1", end="Tab")
    assert why.input_value() == "wetBAT-1"
