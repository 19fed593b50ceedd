"""Labels for parts, bins and single pieces, as a page to print."""

from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import STATUS, DomainError
from inventory.label_sheets import SHEETS, Label, draw, find_font
from inventory.labels import LabelKind, make_labels
from inventory.queries import warehouse_named, warehouses
from web.forms import read_choice, read_codes, read_whole
from web.wording import sentence

pages = Blueprint("labels", __name__)


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


def _labels() -> list[Label]:
    asked = request.args
    return make_labels(
        db.session(),
        kind=read_choice(asked.get("kind", ""), LabelKind) or LabelKind.PARTS,
        place=warehouse_named(db.session(), asked.get("place", "")),
        skus=read_codes(asked.get("skus", "")),
        copies=read_whole(asked.get("copies", "1"), least=1),
    )


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
