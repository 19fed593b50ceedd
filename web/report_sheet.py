"""The report of a visit as a PDF page."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from flask_babel import gettext

from dispatch.fieldwork.report import VisitReport
from dispatch.models import Job, VisitPart
from web import formats
from web.caller import firm
from web.history_words import CHECKS
from web.languages import language
from web.wording import in_words, word

if TYPE_CHECKING:
    from fpdf import FPDF

# In millimetres, on A4.
MARGIN, LABEL_WIDTH, LINE = 18.0, 48.0, 6.0
BUILT_IN = "helvetica"

# A heading, or the name of a line with its text.
Row = tuple[str, str | None]


def draw(report: VisitReport, font: Path | None) -> bytes:
    """Return the report as a PDF file; without a font only what Latin-1 has is written."""
    # Loading it takes as long as loading all the rest of the pages, and few requests print.
    from fpdf import FPDF  # noqa: PLC0415

    pdf = FPDF(unit="mm", format="A4")
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(auto=True, margin=MARGIN)
    family = BUILT_IN
    if font is not None:
        family = "report"
        pdf.add_font(family, fname=font)
    pdf.add_page()
    pdf.set_font(family, size=16)
    pdf.cell(
        0,
        10,
        _printable(gettext("Service report %(number)s", number=report.job.number), font),
        new_x="LMARGIN",
        new_y="NEXT",
    )
    for name, text in rows(report):
        _write(pdf, family, _printable(name, font), None if text is None else _printable(text, font))
    return bytes(pdf.output())


def _write(pdf: "FPDF", family: str, name: str, text: str | None) -> None:
    if text is None:
        pdf.ln(3)
        pdf.set_font(family, size=12)
        pdf.cell(0, 8, name, border="B", new_x="LMARGIN", new_y="NEXT")
        pdf.ln(1)
        return
    pdf.set_font(family, size=10)
    pdf.cell(LABEL_WIDTH, LINE, name)
    pdf.multi_cell(0, LINE, text or "–", new_x="LMARGIN", new_y="NEXT")


def rows(report: VisitReport) -> Iterator[Row]:
    """Tell what stands on the sheet."""
    visit, job = report.visit, report.job
    zone = job.site.zone
    yield gettext("Customer"), job.site.customer.name
    yield gettext("Shop"), f"{job.site.name}, {job.site.address}"
    if job.device is not None:
        yield gettext("Device"), f"{job.device.model} {job.device.serial}"
    yield gettext("Symptom"), _symptom(job)
    yield gettext("Visit"), None
    yield gettext("Technician"), visit.technician.name
    yield gettext("Day"), formats.day(visit.day)
    if visit.arrived_at is not None:
        ended = formats.time_of_day(visit.ended_at, zone) if visit.ended_at else ""
        yield gettext("On site"), f"{formats.time_of_day(visit.arrived_at, zone)}–{ended}"
    yield gettext("State"), word(visit.cannot_complete) if visit.cannot_complete else word(visit.status)
    if visit.note:
        yield gettext("Note"), visit.note
    if visit.serial_out:
        yield gettext("Taken away"), visit.serial_out
    if visit.serial_in:
        yield gettext("Put in its place"), visit.serial_in
    if report.parts:
        yield gettext("Parts"), None
        for line in report.parts:
            yield line.part.sku, _part(line)
    if visit.checklist:
        yield gettext("Looked at"), None
        for item in visit.checklist:
            done = gettext("yes") if item["done"] else gettext("no")
            yield done, " · ".join(text for text in (in_words(item["key"], CHECKS), item["note"]) if text)
    yield from _to_pay(report)
    yield gettext("Signed by"), visit.signed_by
    yield gettext("Service firm"), firm().name


def _to_pay(report: VisitReport) -> Iterator[Row]:
    if report.cover is None:
        return
    yield gettext("To pay"), None
    if report.price is None:
        text = gettext("according to the contract") if report.is_chargeable else gettext("nothing, all is covered")
        yield gettext("Amount"), text
        return
    for line in report.price.lines:
        amount = f"{line.quantity} × {formats.money(line.unit_cents)} = {formats.money(line.cents)}"
        yield charge_words(line.kind.value, line.facts), amount
    yield gettext("Tax"), formats.money(report.price.tax_cents)
    yield gettext("Total"), formats.money(report.price.total_cents)


def charge_words(kind: str, facts: dict[str, object]) -> str:
    """Return what a line of the bill is about; why, where it is charged beyond the cover."""
    words = {
        "call_out": gettext("Call-out"),
        "labour": gettext("Working time"),
        "travel": gettext("Travel"),
        "urgent": gettext("Urgent work"),
    }
    what = str(words.get(kind, facts.get("sku", kind)))
    return f"{what} ({facts['reason']})" if facts.get("reason") else what


def _symptom(job: Job) -> str:
    if job.fault is None:
        return word(job.kind)
    return job.fault.name_zh if language().locale.startswith("zh") else job.fault.name_en


def _part(line: VisitPart) -> str:
    name = line.part.name_zh if language().locale.startswith("zh") else line.part.name_en
    return f"{line.quantity} × {name}" + (f" ({', '.join(line.serials)})" if line.serials else "")


def _printable(text: str, font: Path | None) -> str:
    # The built-in font knows Latin-1 alone, which has no long dash.
    return text if font is not None else text.replace("–", "-").encode("latin-1", "replace").decode("latin-1")
