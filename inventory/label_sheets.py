"""Labels as PDF pages: what a scanner reads as a square and as bars, and what a person reads beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import segno
from barcode.codex import Code128

if TYPE_CHECKING:
    from fpdf import FPDF

# Where systems keep fonts that have Chinese characters; the first one that exists is taken.
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
)
# In millimetres. A bar code needs 0.19 mm a module for a plain hand scanner.
MARGIN, NARROWEST_MODULE, BARS_HEIGHT = 2.5, 0.19, 8.0
BUILT_IN = "helvetica"


@dataclass(frozen=True)
class Sheet:
    """A kind of label paper, in millimetres."""

    page: tuple[float, float]
    columns: int
    rows: int

    @property
    def label(self) -> tuple[float, float]:
        """Width and height of one label."""
        return self.page[0] / self.columns, self.page[1] / self.rows


SHEETS = {"a4": Sheet((210, 297), columns=3, rows=8), "roll": Sheet((62, 29), columns=1, rows=1)}


@dataclass(frozen=True)
class Label:
    """What is printed: the code for scanners, in large letters for people, and lines below it."""

    code: str
    lines: Sequence[str] = ()


def find_font(named: str) -> Path | None:
    """Return the font that the configuration names, or one of the system's; None when there is none."""
    return next((Path(path) for path in ([named] if named else FONTS) if Path(path).is_file()), None)


def draw(labels: Sequence[Label], sheet: Sheet, font: Path | None) -> bytes:
    """
    Return the labels as a PDF file, row by row.

    Without a font only what Latin-1 has is written in letters; scanners find the code in any case.
    """
    # Loading it takes as long as loading all the rest of the pages, and few requests print.
    from fpdf import FPDF  # noqa: PLC0415

    pdf = FPDF(unit="mm", format=sheet.page)
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    family = BUILT_IN
    if font is not None:
        family = "labels"
        pdf.add_font(family, fname=font)
    width, height = sheet.label
    for number, label in enumerate(labels):
        place = number % (sheet.columns * sheet.rows)
        if place == 0:
            pdf.add_page()
        left, top = place % sheet.columns * width, place // sheet.columns * height
        _draw_label(pdf, label, family, (left + MARGIN, top + MARGIN, width - 2 * MARGIN, height - 2 * MARGIN))
    return bytes(pdf.output())


def printable(text: str, font: Path | None) -> bool:
    """Whether a line can be printed."""
    return font is not None or text.encode("latin-1", "ignore").decode("latin-1") == text


def _draw_label(pdf: "FPDF", label: Label, family: str, box: tuple[float, float, float, float]) -> None:
    left, top, width, height = box
    bars = _bars(label.code)
    has_bars = bool(bars) and width / len(bars) >= NARROWEST_MODULE
    side = min(height - (BARS_HEIGHT + 1 if has_bars else 0), width / 2)
    _draw_square(pdf, label.code, (left, top, side))
    if has_bars:
        _draw_bars(pdf, bars, (left, top + height - BARS_HEIGHT, width))
    text_left, text_width = left + side + 3, width - side - 3
    line_height = 4.2
    lines = [line for line in (label.code, *label.lines) if family != BUILT_IN or printable(line, None)]
    for nth, line in enumerate(lines[: int(side // line_height) or 1]):
        _draw_line(pdf, line, family, (text_left, top + nth * line_height, text_width, line_height), large=nth == 0)


def _draw_square(pdf: "FPDF", code: str, box: tuple[float, float, float]) -> None:
    left, top, side = box
    matrix = tuple(segno.make(code, micro=False, error="m").matrix)
    module = side / len(matrix)
    for y, row in enumerate(matrix):
        for x, dark in enumerate(row):
            if dark:
                pdf.rect(left + x * module, top + y * module, module, module, style="F")


def _bars(code: str) -> str:
    """
    Return the modules of a bar code (Code 128) as ones and zeros; empty for a code that bars cannot say.

    With the paper's margin the zeros on both sides are the ten modules that must stay white.
    """
    if not code.isascii() or not code.isprintable():
        return ""
    quiet = "0" * 8
    return quiet + "".join(Code128(code).build()) + quiet


def _draw_bars(pdf: "FPDF", bars: str, box: tuple[float, float, float]) -> None:
    left, top, width = box
    module = width / len(bars)
    for nth, dark in enumerate(bars):
        if dark == "1":
            pdf.rect(left + nth * module, top, module, BARS_HEIGHT, style="F")


def _draw_line(pdf: "FPDF", line: str, family: str, box: tuple[float, float, float, float], *, large: bool) -> None:
    """Write a line, smaller when it is long, and cut off when it would not be readable any more."""
    left, top, width, height = box
    size = 11.0 if large else 8.0
    pdf.set_font(family, style="B" if large and family == BUILT_IN else "", size=size)
    while size > 5 and pdf.get_string_width(line) > width:
        size -= 0.5
        pdf.set_font_size(size)
    while len(line) > 1 and pdf.get_string_width(line) > width:
        line = line[:-1]
    pdf.set_xy(left, top)
    pdf.cell(width, height, line)
