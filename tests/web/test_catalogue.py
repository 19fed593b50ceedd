"""Facts about the pages of the catalogue, of labels and of single pieces."""

from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from inventory import ledger, picking
from inventory.models import Part, PartFamily, PickList, PickState, Place, PlaceKind, Serial, StockLevel
from tests import factories as make
from tests.factories import MONDAY
from tests.web.conftest import Visitor, World
from tests.web.page_forms import forms_to, send


@dataclass
class Depot:
    """A warehouse with two boards, M1 and M2, a van, and the clerk who works there."""

    world: World
    place: Place
    van: Place
    board: Part
    clerk: Visitor

    def pick_list(self, quantity: int) -> PickList:
        return picking.draw_up(
            self.world.session,
            warehouse_id=self.place.id,
            trunk_id=self.van.id,
            day=MONDAY,
            lines=[picking.PickWanted(self.board.id, quantity)],
        )

    def whereabouts(self) -> dict[str, str]:
        return {piece.number: piece.place.code for piece in self.world.session.scalars(sa.select(Serial))}


@pytest.fixture
def depot(world: World) -> Depot:
    session = world.session
    place = make.add_place(session, code="NORTH", name="Depot North")
    van = make.add_place(session, kind=PlaceKind.TRUNK, code="VAN-T07", name="Rui Reis")
    board = make.add_part(session, sku="BRD-1", family=PartFamily.MAINBOARD)
    board.serial_tracked = True
    session.flush()
    ledger.receive(
        session,
        place_id=place.id,
        pieces={board.id: 2},
        serials={board.id: ["M1", "M2"]},
        reference="DN 7",
        actor_id=None,
    )
    return Depot(world, place, van, board, world.signed_in(RoleName.WAREHOUSE))


def fill_in(visitor: Visitor, page_path: str, form_path: str, **values: str) -> str:
    """Send the form of a page with these values; returns what the person reads afterwards."""
    answer = send(visitor, visitor.get(page_path), form_path, **values)
    return (visitor.follow(answer) if answer.location else answer).text


PART = {"name_en": "Screen", "name_zh": "屏幕", "family": "screen", "unit_cost": "12.50"}


def test_a_part_is_taken_into_the_catalogue_and_changed(depot: Depot) -> None:
    taken_in = fill_in(
        depot.clerk, "/warehouse/catalogue/new", "/warehouse/catalogue", sku="SCR-1", fits="A920\nS900", **PART
    )
    changed = fill_in(
        depot.clerk, "/warehouse/catalogue/SCR-1", "/warehouse/catalogue/SCR-1", substitutes="BRD-1", barcode="400638"
    )

    assert "SCR-1 is in the catalogue" in taken_in
    assert "SCR-1 is changed" in changed
    part = depot.world.session.scalars(sa.select(Part).where(Part.sku == "SCR-1")).one()
    assert (part.unit_cost_cents, part.barcode, [fit.device_model for fit in part.fits]) == (
        1250, "400638", ["A920", "S900"]
    )  # fmt: skip
    assert "SCR-1" in depot.clerk.get("/warehouse/catalogue?text=屏幕").text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sku": "BRD-1"}, "The code BRD-1 is in use already"),
        ({"unit_cost": "cheap"}, "cheap"),
        ({"family": ""}, "Choose the family"),
        ({"substitutes": "NO-1"}, "There is no part NO-1"),
    ],
)
def test_a_part_that_cannot_be_keeps_what_was_typed(depot: Depot, changes: dict[str, str], words: str) -> None:
    values = PART | {"sku": "SCR-1"} | changes
    page = fill_in(depot.clerk, "/warehouse/catalogue/new", "/warehouse/catalogue", **values)

    assert words in page


def test_tracking_does_not_end_while_pieces_are_there(depot: Depot) -> None:
    [fields] = forms_to(depot.clerk.get("/warehouse/catalogue/BRD-1"), "/warehouse/catalogue/BRD-1")
    assert fields.pop("serial_tracked") == "1"

    page = depot.clerk.post("/warehouse/catalogue/BRD-1", **fields)

    assert page.status == 409
    assert "2 pieces of BRD-1 are on hand, at NORTH" in page.text


def test_a_label_leads_to_the_part_or_to_the_way_of_the_piece(depot: Depot) -> None:
    assert depot.clerk.get("/warehouse/find?text=BRD-1").location == "/warehouse/parts/BRD-1"
    piece = depot.clerk.follow(depot.clerk.get("/warehouse/find?text=M2"))
    assert "Depot North" in piece.text
    assert "DN 7" in piece.text
    assert depot.clerk.get("/warehouse/find?text=]C0M2").location == "/warehouse/parts/BRD-1/serials/M2"
    assert "Nothing has this on its label" in depot.clerk.get("/warehouse/find?text=XYZ").text
    assert "Scan a label" in depot.clerk.get("/warehouse/find").text


def test_the_part_lists_its_pieces(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/parts/BRD-1")

    assert "/warehouse/parts/BRD-1/serials/M1" in page.html
    assert "by serial number" in page.text


def test_a_wrong_scan_says_what_comes_next(depot: Depot) -> None:
    make.add_part(depot.world.session, sku="KEY-1")
    drawn = depot.pick_list(1)
    path = f"/warehouse/pick-lists/{drawn.id}"

    assert "Expected next: BRD-1" in fill_in(depot.clerk, path, f"{path}/scan", scanned="KEY-1")
    assert "tracked by serial number" in fill_in(depot.clerk, path, f"{path}/scan", scanned="BRD-1")
    assert "1 × BRD-1 is in the van" in fill_in(depot.clerk, path, f"{path}/scan", scanned="M2")
    assert depot.whereabouts() == {"M1": "NORTH", "M2": "VAN-T07"}


def test_the_field_keeps_the_pieces_that_were_scanned_so_far(depot: Depot) -> None:
    drawn = depot.pick_list(2)
    path = f"/warehouse/pick-lists/{drawn.id}"
    first = send(depot.clerk, depot.clerk.get(path), f"{path}/scan", scanned="M1")
    [fields] = forms_to(first, f"{path}/scan")

    assert fields["scanned"] == "M1 "
    send(depot.clerk, first, f"{path}/scan", scanned=fields["scanned"] + "M2")
    assert depot.whereabouts() == {"M1": "VAN-T07", "M2": "VAN-T07"}


def test_the_field_drops_a_scan_that_means_nothing(depot: Depot) -> None:
    drawn = depot.pick_list(1)
    path = f"/warehouse/pick-lists/{drawn.id}"

    refused = send(depot.clerk, depot.clerk.get(path), f"{path}/scan", scanned="???")

    # The next scan would otherwise stand behind it and mean nothing either.
    assert forms_to(refused, f"{path}/scan")[0]["scanned"] == ""


def test_codes_with_a_slash_have_their_pages(depot: Depot) -> None:
    part = make.add_part(depot.world.session, sku="SCR/8", family=PartFamily.SCREEN)
    part.serial_tracked = True
    pieces, serials = {part.id: 1}, {part.id: ["S/1"]}
    ledger.receive(
        depot.world.session,
        place_id=depot.place.id,
        pieces=pieces,
        serials=serials,
        reference="DN 8",
        actor_id=None,
    )

    for path in ("parts/SCR/8", "parts/SCR/8/supply", "catalogue/SCR/8", "parts/SCR/8/serials/S/1"):
        page = depot.clerk.get(f"/warehouse/{path}")

        assert page.status == 200
        assert "SCR/8" in page.text


def test_a_short_shelf_is_corrected_while_picking(depot: Depot) -> None:
    drawn = depot.pick_list(2)
    path, line_id = f"/warehouse/pick-lists/{drawn.id}", drawn.lines[0].id

    page = fill_in(depot.clerk, path, f"{path}/lines/{line_id}/short", found="1", serials="M1", reason="one is missing")

    assert "The shelf is corrected" in page
    assert depot.whereabouts() == {"M1": "VAN-T07", "M2": "@correction"}
    depot.world.session.refresh(drawn)
    assert drawn.state is PickState.CONFIRMED


def test_a_delivery_names_its_pieces(depot: Depot) -> None:
    page = fill_in(
        depot.clerk,
        "/warehouse/deliveries/new",
        "/warehouse/deliveries",
        **{"warehouse": "NORTH", "reference": "DN 8", "sku-0": "BRD-1", "quantity-0": "2", "serials-0": "M3 M4"},
    )

    assert "2 pieces are on the shelf" in page
    assert depot.whereabouts()["M4"] == "NORTH"


def test_a_bin_and_a_warehouse_are_written_down(depot: Depot) -> None:
    fill_in(depot.clerk, "/warehouse/parts/BRD-1", "/warehouse/parts/BRD-1/bin", place="NORTH", bin="C-07")
    page = fill_in(depot.clerk, "/warehouse/places", "/warehouse/places", code="EAST", name="Depot East", lat="41,5")

    assert depot.world.session.scalars(sa.select(StockLevel.bin)).all() == ["C-07"]
    assert "Give both or neither" in page
    page = fill_in(
        depot.clerk, "/warehouse/places", "/warehouse/places", code="EAST", name="Depot East", lat="41,5", lon="-8.1"
    )
    assert "Depot East is set up" in page
    assert "Depot E is changed" in fill_in(
        depot.clerk, "/warehouse/places/EAST", "/warehouse/places/EAST", name="Depot E"
    )


def test_a_bin_that_does_not_fit_is_refused_on_the_page_of_the_part(depot: Depot) -> None:
    page = depot.clerk.get("/warehouse/parts/BRD-1")

    refused = send(depot.clerk, page, "/warehouse/parts/BRD-1/bin", place="NORTH", bin="C" * 21)

    assert refused.status == 422
    assert "20 characters" in refused.text
    assert forms_to(refused, "/warehouse/parts/BRD-1/bin")[0]["bin"] == "C" * 21


def test_the_audit_says_that_the_books_agree_or_where_they_do_not(depot: Depot) -> None:
    assert "The books agree" in depot.clerk.get("/warehouse/audit").text
    depot.world.session.execute(sa.update(StockLevel).values(on_hand=5))

    page = depot.clerk.get("/warehouse/audit")

    assert "The books do not agree" in page.text
    assert "on hand, with the ledger" in page.text


def test_one_field_finds_bins_places_and_papers(depot: Depot) -> None:
    level = depot.world.session.scalars(sa.select(StockLevel).where(StockLevel.place_id == depot.place.id)).one()
    level.bin = "A-03"
    pick_list = depot.pick_list(1)

    def leads_to(text: str) -> str | None:
        return depot.clerk.get(f"/warehouse/find?text={text}").location

    assert leads_to("van-t07") == "/warehouse/stock?place=VAN-T07"
    assert leads_to("Rui") == "/warehouse/stock?place=VAN-T07"
    assert leads_to(f"pl-{pick_list.id}") == f"/warehouse/pick-lists/{pick_list.id}"
    assert leads_to("PO-77") is None
    # A dispatcher, who sees the stock too, is not led to a page that is closed to dispatchers.
    dispatcher = depot.world.signed_in(RoleName.DISPATCHER)
    assert dispatcher.get(f"/warehouse/find?text=pl-{pick_list.id}").status == 200
    in_bin = depot.clerk.get("/warehouse/find?text=a-03")
    assert "BRD-1" in in_bin.part("<tbody>", "</tbody>")


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        ("BRD-1", {"sku": "BRD-1", "number": ""}),
        ("]C0M2", {"sku": "BRD-1", "number": "M2"}),
        ("(01)05601234567890(21)NEW", {"sku": "BRD-1", "number": "NEW"}),
    ],
)
def test_scripts_are_told_which_piece_a_code_stands_for(depot: Depot, code: str, answer: dict[str, str]) -> None:
    depot.board.barcode = "5601234567890"
    depot.world.session.commit()

    assert depot.clerk.client.get("/warehouse/label", query_string={"code": code}).json == answer


def test_a_code_that_nobody_knows_is_told_in_words(depot: Depot) -> None:
    told = depot.clerk.client.get("/warehouse/label?code=XYZ").json

    assert told == {"told": "No part and no piece has the code XYZ. Scan the label again, or type the part number."}
