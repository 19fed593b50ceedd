"""Stories of people with a scanner in cold hands: picking, receiving, counting, testing, finding."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core import clock
from core.accounts import RoleName
from inventory import ledger, picking
from inventory.models import Part, PartFamily, PickList, PickState, Place, PlaceKind, StockLevel
from inventory.picking import PickWanted
from tests import factories as make
from tests.stories.conftest import Screen, add_user_with_password
from tests.stories.scanner import Scanner
from web.languages import LANGUAGES, Language

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
            serials={self.board.id: ["M1", "M2", "M3"]},
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

    @property
    def today(self) -> dt.date:
        return clock.now().date()


@pytest.fixture
def store(app: Flask, session: Session) -> Store:
    return Store(app, session)


@pytest.fixture(params=["desk", "phone"])
def screen(request: pytest.FixtureRequest) -> Screen:
    shown: Screen = request.getfixturevalue(request.param)
    return shown


@pytest.fixture(params=LANGUAGES, ids=lambda language: language.tag)
def language(request: pytest.FixtureRequest) -> Language:
    spoken: Language = request.param
    return spoken


def begin(screen: Screen, store: Store, language: Language, path: str) -> Scanner:
    screen.sign_in(store.clerk.email)
    screen.speak(language)
    scanner = Scanner(screen)
    screen.open(path)
    return scanner


def forgive_refusals(screen: Screen, *statuses: int) -> None:
    """Take the refusals that a story is about off the list of what went wrong."""
    expected = [text for status in statuses for text in (f"response: {status} ", f"with a status of {status} ")]
    screen.faults[:] = [fault for fault in screen.faults if not any(text in fault for text in expected)]


def test_a_van_is_picked_by_scanner_with_a_short_line_and_leaves(
    screen: Screen, language: Language, store: Store
) -> None:
    first = store.pick_list(store.vans[0], {store.battery: 2, store.printer: 4, store.board: 2})
    second = store.pick_list(store.vans[1], {store.printer: 1})
    scanner = begin(screen, store, language, f"/warehouse/pick-lists/{first.id}")
    say, page = screen.say, screen.page

    # The printer's bin comes first, and holds too few.
    assert "A-01" in page.locator(".pick-next").inner_text()
    row = page.get_by_role("row").filter(has_text="PRN-1")
    row.get_by_text(say("Too few there")).click()
    row.get_by_label(say("Pieces on the shelf, all of them")).fill("3")
    row.get_by_role("button", name=say("Correct the shelf")).click()
    scanner.hear(say("The shelf is corrected to what you found."))

    # A wrong part, two pieces with numbers, a repeat, and what is left.
    scanner.scan("NO-SUCH", say("No part and no piece has the code %(scanned)s.").split("%")[0])
    scanner.scan("M1", "BRD-1")
    scanner.scan("]C0M2", say("%(quantity)s × %(sku)s is in the van.") % {"quantity": 2, "sku": "BRD-1"})
    again = say("%(quantity)s × %(sku)s was in the van already; nothing was booked again.")
    scanner.scan("M2", again % {"quantity": 2, "sku": "BRD-1"})
    page.get_by_role("link", name=say("Stock"), exact=True).focus()
    scanner.type_code("BAT-1", end="Tab")

    # The van may go; the next one is a command away.
    page.get_by_text(say("%(van)s can leave.") % {"van": "Ana Ribeiro"}).wait_for()
    scanner.type_code(".next")
    page.wait_for_url(f"**/warehouse/pick-lists/{second.id}")
    screen.settle()

    assert [store.on_hand(store.vans[0], part) for part in (store.battery, store.printer, store.board)] == [2, 3, 2]
    store.session.refresh(first)
    assert first.state is PickState.CONFIRMED
    forgive_refusals(screen, 404, 422)
