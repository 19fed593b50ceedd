"""Labels for parts, bins and single pieces, as a page to print."""

import enum
from collections.abc import Callable, Sequence
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, STATUS, DomainError
from inventory.models import Part, Place
from inventory.queries import levels, part_by_sku, parts, warehouse_named, warehouses
from inventory.tracing import serials_at
from web.forms import read_choice, read_codes, read_whole
from web.label_sheets import SHEETS, Label, draw, find_font
from web.wording import sentence

pages = Blueprint("labels", __name__)

MOST_LABELS = 480


class LabelKind(enum.StrEnum):
    """What gets a label."""

    PARTS = "parts"
    BINS = "bins"
    SERIALS = "serials"


class NothingToLabel(DomainError):
    code = "nothing_to_label"
    sentence = N_("There is nothing to print a label for. Name parts, or a place that has some.")


class TooManyLabels(DomainError):
    code = "too_many_labels"
    sentence = N_("%(labels)s labels are too many for one file; at most %(most)s fit. Name fewer parts or copies.")


@pages.get("/warehouse/labels")
@allow(RoleName.WAREHOUSE)
def form() -> ResponseReturnValue:
    """Show what labels can be printed."""
    return _page()


@pages.get("/warehouse/labels.pdf")
@allow(RoleName.WAREHOUSE)
def print_labels() -> ResponseReturnValue:
    """Return the labels that were asked for as a PDF file."""
    try:
        labels = _labels()
    except DomainError as error:
        return _page(sentence(error)), STATUS[error.kind]
    sheet = SHEETS.get(request.args.get("sheet", ""), SHEETS["a4"])
    headers = {"Content-Disposition": 'inline; filename="labels.pdf"'}
    return Response(draw(labels, sheet, _font()), mimetype="application/pdf", headers=headers)


def _labels() -> Sequence[Label]:
    kind = read_choice(request.args.get("kind", ""), LabelKind) or LabelKind.PARTS
    copies = read_whole(request.args.get("copies", "1"), least=1)
    made: dict[LabelKind, Callable[[Place], list[Label]]] = {
        LabelKind.PARTS: _part_labels,
        LabelKind.BINS: _bin_labels,
        LabelKind.SERIALS: _serial_labels,
    }
    labels = made[kind](_place())
    if not labels:
        raise NothingToLabel
    if len(labels) * copies > MOST_LABELS:
        raise TooManyLabels(labels=len(labels) * copies, most=MOST_LABELS)
    return [label for label in labels for _ in range(copies)]


def _part_labels(place: Place) -> list[Label]:
    bin_of = {level.part_id: level.bin for level in levels(db.session(), place_id=place.id)}
    found = _named_parts() or [part for part in parts(db.session()) if part.id in bin_of]
    return [Label(part.sku, [part.name_en, part.name_zh, bin_of.get(part.id, "")]) for part in found]


def _bin_labels(place: Place) -> list[Label]:
    shelves: dict[str, list[str]] = {}
    for level in levels(db.session(), place_id=place.id):
        if level.bin:
            shelves.setdefault(level.bin, []).append(level.part.sku)
    return [Label(name, [place.name, *skus]) for name, skus in sorted(shelves.items())]


def _serial_labels(place: Place) -> list[Label]:
    return [
        Label(serial.number, [part.sku, part.name_en, part.name_zh])
        for part in _named_parts()
        for serial in serials_at(db.session(), part_id=part.id, place_id=place.id)
    ]


def _named_parts() -> list[Part]:
    return [part_by_sku(db.session(), sku) for sku in read_codes(request.args.get("skus", ""))]


def _place() -> Place:
    return warehouse_named(db.session(), request.args.get("place", ""))


def _font() -> Path | None:
    return find_font(current_app.config["LABEL_FONT"])


def _page(problem: str | None = None) -> str:
    return render_template(
        "warehouse/labels.html",
        kinds=LabelKind,
        sheets=SHEETS,
        place_choices=[(place.code, place.name) for place in warehouses(db.session())],
        values=request.args,
        has_font=_font() is not None,
        problem=problem,
    )
