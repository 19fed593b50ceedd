"""Facts about labels over the API."""

import pypdfium2
import pytest
import zxingcpp

from tests.api.conftest import World
from tests.factories import add_part, add_place, add_stock


@pytest.fixture
def depot(world: World) -> World:
    north = add_place(world.session, code="NORTH")
    for sku in ("BAT-1", "PRN-1"):
        add_stock(world.session, north, add_part(world.session, sku=sku), 3).bin = f"A-{sku[0]}"
    return world


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        ({}, ["BAT-1", "PRN-1"]),
        ({"sku": "PRN-1", "sheet": "roll"}, ["PRN-1"]),
        ({"kind": "bins", "place": "NORTH"}, ["A-B", "A-P"]),
    ],
)
def test_labels_are_a_file_that_a_scanner_reads(depot: World, asked: dict[str, str], codes: list[str]) -> None:
    answer = depot.warehouse.get("/labels", **asked)

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    pages = [page.render(scale=300 / 72).to_pil() for page in pypdfium2.PdfDocument(answer.data)]
    assert sorted({code.text for page in pages for code in zxingcpp.read_barcodes(page)}) == codes


@pytest.mark.parametrize(
    ("asked", "status", "title"),
    [
        ({"sku": "NOPE"}, 404, "unknown_part"),
        ({"place": "NOPE"}, 404, "unknown_place"),
        ({"kind": "serials"}, 422, "nothing_to_label"),
        ({"copies": 300}, 422, "too_many_labels"),
        ({"copies": 0}, 422, "Unprocessable Entity"),
        ({"kind": "walls"}, 422, "Unprocessable Entity"),
    ],
)
def test_what_cannot_be_printed_says_why(depot: World, asked: dict[str, object], status: int, title: str) -> None:
    refused = depot.warehouse.get("/labels", **asked)

    assert (refused.status_code, refused.json["title"]) == (status, title)
