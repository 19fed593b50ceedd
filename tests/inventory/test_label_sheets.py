"""Facts about labels: a scanner reads what was printed, and a person reads what the fonts can write."""

from collections.abc import Iterator, Sequence

import pypdfium2
import pytest
import zxingcpp

from inventory.label_sheets import SHEETS, Label, draw, find_font, printable

SKUS = [f"PRN-T200-{number:02}" for number in range(26)]


def scanned(pdf: bytes) -> Iterator[Sequence[tuple[str, str]]]:
    """Per page, kind and text of every code on it."""
    for page in pypdfium2.PdfDocument(pdf):
        image = page.render(scale=300 / 72).to_pil()
        yield [(str(code.format), code.text) for code in zxingcpp.read_barcodes(image)]


@pytest.mark.parametrize("font", [None, find_font("")])
def test_a_sheet_reads_back_as_it_was_printed(font: None) -> None:
    first, second = scanned(draw([Label(sku, ["热敏打印机 T200"]) for sku in SKUS], SHEETS["a4"], font))

    assert sorted(text for _, text in first) == sorted(2 * SKUS[:24])
    assert sorted(text for _, text in second) == sorted(2 * SKUS[24:])
    assert len({kind for kind, _ in first}) == 2


def test_each_label_of_a_roll_has_its_own_page() -> None:
    pages = list(scanned(draw([Label("BAT-1"), Label("BAT-2")], SHEETS["roll"], None)))

    assert [{text for _, text in page} for page in pages] == [{"BAT-1"}, {"BAT-2"}]


@pytest.mark.parametrize("code", ["门店-07", "S" * 60])
def test_what_bars_cannot_say_stands_in_the_square_alone(code: str) -> None:
    [[found]] = scanned(draw([Label(code)], SHEETS["roll"], None))

    assert found[1] == code


def test_a_font_that_is_named_and_missing_is_not_replaced() -> None:
    assert find_font("/no/such/font.ttc") is None


def test_chinese_needs_a_font() -> None:
    assert printable("Drucker für Ação", None)
    assert not printable("打印机", None)
