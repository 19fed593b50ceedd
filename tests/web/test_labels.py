"""Facts about printing labels for parts, bins and pieces."""

import pypdfium2
import pytest
import zxingcpp

from core.accounts import RoleName
from inventory import ledger
from tests import factories as make
from tests.web.conftest import Visitor, World


@pytest.fixture
def clerk(world: World) -> Visitor:
    depot = make.add_place(world.session, name="Depot North")
    level = make.add_stock(world.session, depot, make.add_part(world.session, sku="BAT-1"), 3)
    level.bin = "A-03"
    reader = make.add_part(world.session, sku="RDR-1")
    reader.serial_tracked = True
    ledger.receive(
        world.session,
        place_id=depot.id,
        pieces={reader.id: 2},
        reference="DN",
        actor_id=None,
        serials={reader.id: ["N-1", "N-2"]},
    )
    return world.signed_in(RoleName.WAREHOUSE)


def printed(clerk: Visitor, query: str) -> list[str]:
    """What a scanner reads on the labels, each once."""
    clerk.get("/warehouse/labels")
    answer = clerk.client.get(f"/warehouse/labels.pdf?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/pdf"
    pages = [page.render(scale=300 / 72).to_pil() for page in pypdfium2.PdfDocument(answer.data)]
    return sorted({code.text for page in pages for code in zxingcpp.read_barcodes(page)})


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("kind=parts", ["BAT-1", "RDR-1"]),
        ("kind=parts&skus=RDR-1&sheet=roll&copies=2", ["RDR-1"]),
        ("kind=bins", ["A-03"]),
        ("kind=serials&skus=RDR-1", ["N-1", "N-2"]),
        ("kind=serials&skus=N-2", ["N-2"]),
        ("kind=commands", [".damaged", ".done", ".next", ".undo"]),
    ],
)
def test_what_was_asked_for_is_printed(clerk: Visitor, query: str, codes: list[str]) -> None:
    assert printed(clerk, query) == codes


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=parts&skus=NOPE", "NOPE"),
        ("kind=serials", "There is nothing to print a label for."),
        ("kind=parts&copies=1000", "2000 labels are too many for one file"),
        ("kind=parts&copies=0", "0 is not a whole number of at least 1."),
        ("kind=walls", "walls is not one of the choices"),
    ],
)
def test_what_cannot_be_printed_says_why(clerk: Visitor, query: str, words: str) -> None:
    refused = clerk.get(f"/warehouse/labels.pdf?{query}")

    assert refused.status in {404, 422}
    assert words in refused.text


def test_a_machine_without_chinese_fonts_says_so(world: World, clerk: Visitor) -> None:
    world.app.config["LABEL_FONT"] = "/no/such/font.ttc"

    assert "Chinese names are left out" in clerk.get("/warehouse/labels").text
    assert printed(clerk, "kind=bins") == ["A-03"]
