"""Facts about what scanned texts say, and about the parts and pieces that they lead to."""

import pytest
from sqlalchemy.orm import Session

from inventory import errors, ledger, tracing
from inventory.gs1 import Code, read_label
from inventory.models import Part
from tests.inventory.stock import StockRoom, add_part

GTIN = "05601234567890"


@pytest.mark.parametrize(
    ("scanned", "said"),
    [
        # What stands for itself.
        ("PRN-T200", Code("PRN-T200")),
        (" SN 0007 ", Code("SN 0007")),
        ("5601234567890", Code("5601234567890")),
        # Marks of the scanner: an AIM identifier, control characters around the text.
        ("]C0PRN-T200", Code("PRN-T200")),
        ("\x02PRN-T200\x03", Code("PRN-T200")),
        # A GS1 code as a scanner sends it, with and without marks, the serial number before or after other facts.
        (f"]d201{GTIN}21SN-0007", Code(f"01{GTIN}21SN-0007", GTIN, "SN-0007")),
        (f"]C1\x1d01{GTIN}21SN-0007\x1d10LOT9", Code(f"01{GTIN}21SN-0007\x1d10LOT9", GTIN, "SN-0007")),
        (f"01{GTIN}1728123110LOT9\x1d21SN-0007", Code(f"01{GTIN}1728123110LOT9\x1d21SN-0007", GTIN, "SN-0007")),
        (f"01{GTIN}3103000750240MODEL-A\x1d21X", Code(f"01{GTIN}3103000750240MODEL-A\x1d21X", GTIN, "X")),
        # As it is printed below the bars, and as a link.
        (f"(01){GTIN}(21)SN-0007", Code(f"(01){GTIN}(21)SN-0007", GTIN, "SN-0007")),
        (
            f"https://id.example.com/maker/01/{GTIN}/21/SN%2F7?17=281231",
            Code(f"https://id.example.com/maker/01/{GTIN}/21/SN%2F7?17=281231", GTIN, "SN/7"),
        ),
        # Digits that only begin like a GS1 code.
        ("0112345", Code("0112345")),
        (f"01{GTIN}17ab", Code(f"01{GTIN}17ab")),
    ],
)
def test_a_label_is_read_whatever_scanner_and_printer_put_around_it(scanned: str, said: Code) -> None:
    assert read_label(scanned) == said


def test_a_trade_number_is_looked_for_in_every_length_that_a_catalogue_may_have() -> None:
    assert Code("", "05601234567890").barcodes == ["05601234567890", "5601234567890"]
    assert Code("", "00012345678905").barcodes == ["00012345678905", "0012345678905", "012345678905"]
    assert Code("no trade number").barcodes == []


@pytest.fixture
def board(session: Session, room: StockRoom) -> int:
    """A serial-tracked part with a barcode, M1 of which is in the north."""
    part_id = add_part(session, "BRD-1", serial_tracked=True)
    session.get_one(Part, part_id).barcode = "5601234567890"
    ledger.receive(
        session, place_id=room.north, pieces={part_id: 1}, serials={part_id: ["M1"]}, reference="PO-1", actor_id=None
    )
    return part_id


def test_a_gs1_code_leads_to_the_piece_it_names(session: Session, board: int) -> None:
    found = tracing.scan(session, f"]d201{GTIN}21M1")

    assert (found.part.id, found.number) == (board, "M1")
    assert found.serial is not None


def test_a_piece_that_nobody_has_received_yet_is_known_by_its_part_and_number(session: Session, board: int) -> None:
    found = tracing.scan(session, f"]d201{GTIN}21M2")

    assert (found.part.id, found.serial, found.number) == (board, None, "M2")


def test_a_refused_code_is_told_without_the_marks_of_the_scanner(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.ScanUnknown) as refused:
        tracing.scan(session, "]C0NOTHING")

    assert refused.value.facts["scanned"] == "NOTHING"
