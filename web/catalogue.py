"""The catalogue: parts and warehouses, finding by label, the way of a piece, and whether the books are right."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName, names_of
from core.db import db
from core.errors import N_, DomainError
from inventory import catalogue, tracing
from inventory.audit import find_differences
from inventory.catalogue import PartFacts, WarehouseFacts
from inventory.finding import find_anything
from inventory.models import Part, PartFamily, Place, PlaceKind
from inventory.queries import part_by_sku, parts, place_by_code, warehouses
from web.commands import Answer, carry_out
from web.documents import address_of, what_opens
from web.forms import read_choice, read_money
from web.warehouse import part_page
from web.wording import sentence

pages = Blueprint("catalogue", __name__)

PARTS_SHOWN = 300


class NotADegree(DomainError):
    code = "not_a_degree"
    sentence = N_("%(text)s is no degree of latitude or longitude. Write it like 41.1496, or leave both empty.")


class FamilyNotChosen(DomainError):
    code = "family_not_chosen"
    sentence = N_("Choose the family of the part.")


@dataclass(frozen=True)
class Filled:
    """A form as it stands on the page: what is in its fields, and why it was refused."""

    values: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def value(self, name: str) -> str:
        return self.values.get(name, "")


@pages.get("/warehouse/find")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def find() -> ResponseReturnValue:
    """Find a part, a piece, a bin, a place or a document by its label; what is found alone is shown at once."""
    text = request.args.get("text", "")[:400].strip()
    found = what_opens(find_anything(db.session(), text))
    hits = [
        *(url_for("warehouse.part", sku=part.sku) for part in found.found.parts),
        *(url_for("catalogue.piece", sku=piece.part.sku, number=piece.number) for piece in found.found.serials),
        *(url_for("warehouse.stock", place=place.code) for place in found.places),
    ]
    if found.document:
        hits.append(address_of(found.document))
    if len(hits) == 1 and not found.in_bin:
        return redirect(hits[0], 303)
    return render_template("catalogue/find.html", text=text, found=found, address_of=address_of)


@pages.get("/warehouse/label")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER, RoleName.TECHNICIAN)
def label() -> ResponseReturnValue:
    """Say which part, and which piece of it, a scanned code stands for; for scripts that count what is scanned."""
    try:
        found = tracing.scan(db.session(), request.args.get("code", "")[:400])
    except DomainError as error:
        # A code that nobody knows is an answer too: it may be the number of a new piece.
        return {"told": sentence(error)}
    return {"sku": found.part.sku, "number": found.number}


@pages.get("/warehouse/parts/<path:sku>/serials/<path:number>")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def piece(sku: str, number: str) -> ResponseReturnValue:
    """Show every place and hand that a piece passed through."""
    session = db.session()
    custody = tracing.custody(session, sku=sku, number=number)
    people = names_of(session, {step.user_id for step in custody.movements if step.user_id is not None})
    return render_template("catalogue/piece.html", custody=custody, people=people)


@pages.get("/warehouse/catalogue")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def index() -> ResponseReturnValue:
    """List the parts of the catalogue."""
    text = request.args.get("text", "")[:100]
    found = parts(db.session(), text=text, whole=True)
    return render_template("catalogue/parts.html", text=text, parts=found[:PARTS_SHOWN], total=len(found))


@pages.get("/warehouse/catalogue/new")
@allow(RoleName.WAREHOUSE)
def new() -> ResponseReturnValue:
    """Show the empty form of a part."""
    return _part_form(None, Filled())


@pages.post("/warehouse/catalogue")
@allow(RoleName.WAREHOUSE)
def add() -> ResponseReturnValue:
    """Take a new part into the catalogue."""

    def act() -> Answer:
        part = catalogue.add_part(db.session(), sku=request.form.get("sku", ""), facts=_part_facts())
        return Answer(url_for("warehouse.part", sku=part.sku), gettext("%(sku)s is in the catalogue.", sku=part.sku))

    return carry_out(act, lambda problem: _part_form(None, Filled(request.form, problem)))


@pages.get("/warehouse/catalogue/<path:sku>")
@allow(RoleName.WAREHOUSE)
def edit(sku: str) -> ResponseReturnValue:
    """Show the form of a part as the catalogue has it."""
    part = part_by_sku(db.session(), sku)
    return _part_form(part, Filled(_values_of(part)))


@pages.post("/warehouse/catalogue/<path:sku>")
@allow(RoleName.WAREHOUSE)
def change(sku: str) -> ResponseReturnValue:
    """Change what the catalogue says about a part."""

    def act() -> Answer:
        part = catalogue.change_part(db.session(), sku=sku, facts=_part_facts())
        return Answer(url_for("warehouse.part", sku=part.sku), gettext("%(sku)s is changed.", sku=part.sku))

    return carry_out(act, lambda problem: _part_form(part_by_sku(db.session(), sku), Filled(request.form, problem)))


@pages.get("/warehouse/places")
@allow(RoleName.WAREHOUSE)
def places() -> ResponseReturnValue:
    """List the warehouses, with the form of a new one."""
    return _places_page(Filled())


@pages.post("/warehouse/places")
@allow(RoleName.WAREHOUSE)
def add_place() -> ResponseReturnValue:
    """Set up a warehouse."""

    def act() -> Answer:
        code = request.form.get("code", "")
        place = catalogue.add_warehouse(db.session(), code=code, facts=_warehouse_facts())
        return Answer(url_for("catalogue.places"), gettext("%(place)s is set up.", place=place.name))

    return carry_out(act, lambda problem: _places_page(Filled(request.form, problem)))


@pages.get("/warehouse/places/<path:code>")
@allow(RoleName.WAREHOUSE)
def place(code: str) -> ResponseReturnValue:
    """Show a warehouse with the form that changes it."""
    shown = place_by_code(db.session(), code)
    return _place_page(shown, Filled(_values_of_place(shown)))


@pages.post("/warehouse/places/<path:code>")
@allow(RoleName.WAREHOUSE)
def change_place(code: str) -> ResponseReturnValue:
    """Change a warehouse."""

    def act() -> Answer:
        changed = catalogue.change_warehouse(db.session(), code=code, facts=_warehouse_facts())
        return Answer(url_for("catalogue.places"), gettext("%(place)s is changed.", place=changed.name))

    return carry_out(act, lambda problem: _place_page(place_by_code(db.session(), code), Filled(request.form, problem)))


@pages.post("/warehouse/parts/<path:sku>/bin")
@allow(RoleName.WAREHOUSE)
def set_bin(sku: str) -> ResponseReturnValue:
    """Write down where at a place a part lies."""

    def act() -> Answer:
        session = db.session()
        place = place_by_code(session, request.form.get("place", ""))
        level = catalogue.set_bin(
            session,
            place_id=place.id,
            part_id=part_by_sku(session, sku).id,
            bin_code=request.form.get("bin", ""),
        )
        words = gettext("%(sku)s lies in %(bin)s at %(place)s.", sku=sku, bin=level.bin or "–", place=place.name)
        return Answer(url_for("warehouse.part", sku=sku), words)

    return carry_out(act, lambda problem: part_page(sku, request.form.to_dict(), problem))


@pages.get("/warehouse/audit")
@allow(RoleName.WAREHOUSE)
def audit() -> ResponseReturnValue:
    """Compare stock with the ledger, the promises and the pieces."""
    return render_template("catalogue/audit.html", differences=find_differences(db.session()))


def _part_facts() -> PartFacts:
    form = request.form
    family = read_choice(form.get("family", ""), PartFamily)
    if family is None:
        raise FamilyNotChosen
    return PartFacts(
        name_en=form.get("name_en", ""),
        name_zh=form.get("name_zh", ""),
        family=family,
        unit_cost_cents=read_money(form.get("unit_cost", "")),
        barcode=form.get("barcode", ""),
        serial_tracked="serial_tracked" in form,
        core_due="core_due" in form,
        fits=_words("fits"),
        substitutes=_words("substitutes"),
    )


def _words(name: str) -> list[str]:
    """Read a list in which blanks belong to the words: one a line, or with commas or semicolons between them."""
    words = re.split(r"[\n,;，；、]", request.form.get(name, ""))
    return [word.strip() for word in words if word.strip()]


def _values_of(part: Part) -> dict[str, str]:
    """Return what stands in the form of a part as the catalogue has it."""
    ticked = {name: "1" for name in ("serial_tracked", "core_due") if getattr(part, name)}
    return ticked | {
        "name_en": part.name_en,
        "name_zh": part.name_zh,
        "family": part.family.value,
        "unit_cost": f"{part.unit_cost_cents / 100:.2f}",
        "barcode": part.barcode or "",
        "fits": "\n".join(fit.device_model for fit in part.fits),
        "substitutes": "\n".join(row.substitute.sku for row in part.substitutes),
    }


def _warehouse_facts() -> WarehouseFacts:
    form = request.form
    return WarehouseFacts(
        name=form.get("name", ""), address=form.get("address", ""), lat=_degree("lat"), lon=_degree("lon")
    )


def _degree(name: str) -> float | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        return float(text.replace(",", "."))
    except ValueError:
        raise NotADegree(text=text) from None


def _values_of_place(shown: Place) -> dict[str, str]:
    position = {"lat": shown.lat, "lon": shown.lon}
    return {"name": shown.name, "address": shown.address} | {
        name: "" if degree is None else str(degree) for name, degree in position.items()
    }


def _part_form(part: Part | None, form: Filled) -> str:
    return render_template("catalogue/part_form.html", part=part, form=form, families=PartFamily)


def _places_page(form: Filled) -> str:
    return render_template("catalogue/places.html", warehouses=warehouses(db.session()), form=form)


def _place_page(shown: Place, form: Filled) -> str:
    if shown.kind is not PlaceKind.WAREHOUSE:
        return _places_page(Filled())
    return render_template("catalogue/place.html", place=shown, form=form)
