"""Who sells what, when there will be what, and from which reorder points orders are proposed."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, DomainError
from inventory import reorder, replenishment, suppliers
from inventory.models import PlaceKind
from inventory.queries import levels, part_by_sku, parts, place_by_code, trunks, warehouses
from inventory.supply_curve import supply_curves
from web.caller import firm
from web.commands import Answer, act_once, carry_out
from web.forms import read_money, read_whole

pages = Blueprint("supply", __name__)

RULES_SHOWN = 500


class NotAShare(DomainError):
    code = "not_a_share"
    sentence = N_("%(text)s is not a number of percent. Write it like 95 or 97.5.")


@pages.get("/warehouse/suppliers")
@allow(RoleName.WAREHOUSE)
def index() -> ResponseReturnValue:
    """List the suppliers."""
    return _list()


@pages.post("/warehouse/suppliers")
@allow(RoleName.WAREHOUSE)
def save() -> ResponseReturnValue:
    """Write a supplier down, or change the one with this code."""
    values = request.form.to_dict()

    def act() -> Answer:
        supplier = suppliers.add_supplier(
            db.session(),
            code=values.get("code", ""),
            name=values.get("name", ""),
            email=values.get("email", ""),
        )
        words = gettext("%(name)s is written down.", name=supplier.name)
        return Answer(url_for("supply.show", code=supplier.code), words)

    return carry_out(act, lambda problem: _list(values, problem))


@pages.get("/warehouse/suppliers/<path:code>")
@allow(RoleName.WAREHOUSE)
def show(code: str) -> ResponseReturnValue:
    """Show a supplier and what it sells."""
    return _supplier(code)


@pages.post("/warehouse/suppliers/<path:code>/parts")
@allow(RoleName.WAREHOUSE)
def set_supply(code: str) -> ResponseReturnValue:
    """Write down how a supplier sells a part, or that it does not sell it any more."""
    values = request.form.to_dict()

    def act() -> Answer:
        session = db.session()
        supplier, part = suppliers.supplier_by_code(session, code), part_by_sku(session, values.get("sku", ""))
        path = url_for("supply.show", code=code)
        if "end" in values:
            suppliers.end_supply(session, supplier_id=supplier.id, part_id=part.id)
            return Answer(path, gettext("%(sku)s is not sold there any more.", sku=part.sku))
        suppliers.set_supply(
            session,
            supplier_id=supplier.id,
            part_id=part.id,
            lead_time_days=read_whole(values.get("lead_time_days", "")),
            price_cents=read_money(values.get("price", "")),
            pack_size=read_whole(values.get("pack_size", ""), least=1),
            rank=read_whole(values.get("rank", ""), least=1),
            supplier_sku=values.get("supplier_sku", ""),
        )
        return Answer(path, gettext("What %(sku)s costs there is written down.", sku=part.sku))

    return carry_out(act, lambda problem: _supplier(code, values, problem))


@pages.get("/warehouse/parts/<path:sku>/supply")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def of_part(sku: str) -> ResponseReturnValue:
    """Show when there will be more of a part, who waits for it, who sells it, and when it is ordered."""
    return _part(sku)


@pages.post("/warehouse/parts/<path:sku>/levels")
@allow(RoleName.WAREHOUSE)
def set_level(sku: str) -> ResponseReturnValue:
    """Set the reorder point or the par level of a part at a place by hand, or let it follow the computed one."""
    values = request.form.to_dict()

    def act() -> str:
        session = db.session()
        place, part = place_by_code(session, values.get("place", "")), part_by_sku(session, sku)
        if "computed" in values:
            reorder.follow_computed(session, place_id=place.id, part_id=part.id)
            return str(gettext("%(place)s follows the computed numbers.", place=place.name))
        replenishment.set_par_level(
            session,
            place_id=place.id,
            part_id=part.id,
            minimum=read_whole(values.get("minimum", "")),
            target=read_whole(values.get("target", "")),
        )
        return str(gettext("The numbers of %(place)s are set by hand.", place=place.name))

    return carry_out(
        lambda: Answer(url_for("supply.of_part", sku=sku), act()), lambda problem: _part(sku, values, problem)
    )


@pages.get("/warehouse/reorder")
@allow(RoleName.WAREHOUSE)
def policy() -> ResponseReturnValue:
    """Show from which service level reorder points are computed, and those of today."""
    return _policy()


@pages.post("/warehouse/reorder/policy")
@allow(RoleName.WAREHOUSE)
def set_policy() -> ResponseReturnValue:
    """Choose the service level."""
    values = request.form.to_dict()

    def act() -> str:
        chosen = reorder.Policy(
            service_level=_share(values.get("service_level", "")),
            cover_days=read_whole(values.get("cover_days", "")),
        )
        reorder.write_policy(db.session(), chosen)
        return str(gettext("The service level is chosen; it holds from the next computation on."))

    return carry_out(lambda: Answer(url_for("supply.policy"), act()), lambda problem: _policy(values, problem))


@pages.post("/warehouse/reorder/compute")
@allow(RoleName.WAREHOUSE)
def compute() -> ResponseReturnValue:
    """Compute all reorder points anew."""

    def act() -> Answer:
        rules = reorder.compute_rules(db.session(), today=firm().today())
        path = url_for("supply.policy")
        if not rules:
            words = gettext(
                "Nothing was computed: fewer than %(weeks)s weeks of use are known. Import the past demand, or wait.",
                weeks=reorder.FEWEST_WEEKS,
            )
            return Answer(path, words, "note")
        words = ngettext("%(num)s reorder point is computed.", "%(num)s reorder points are computed.", len(rules))
        return Answer(path, words)

    return act_once(act)


def _share(text: str) -> float:
    try:
        return float(text.strip().replace(",", ".")) / 100
    except ValueError:
        raise NotAShare(text=text) from None


def _list(values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    return render_template(
        "warehouse/suppliers.html", suppliers=suppliers.suppliers(db.session()), values=values or {}, problem=problem
    )


def _supplier(code: str, values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    session = db.session()
    supplier = suppliers.supplier_by_code(session, code)
    return render_template(
        "warehouse/supplier.html",
        supplier=supplier,
        supplies=suppliers.supplies_of(session, supplier.id),
        parts=parts(session),
        values=values or {},
        problem=problem,
    )


def _part(sku: str, values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    session = db.session()
    part = part_by_sku(session, sku)
    rules = {rule.place_id: rule for rule in reorder.rules_of(session, part_id=part.id)}
    kept = [
        (level, rules.get(level.place_id))
        for level in levels(session, part_id=part.id)
        if level.place.kind in (PlaceKind.WAREHOUSE, PlaceKind.TRUNK)
    ]
    known = {level.place_id for level, _ in kept}
    return render_template(
        "warehouse/supply.html",
        elsewhere=[(one.code, one.name) for one in (*warehouses(session), *trunks(session)) if one.id not in known],
        part=part,
        curve=supply_curves(session, [part.id], today=firm().today())[part.id],
        kept=sorted(kept, key=lambda row: (row[0].place.kind is not PlaceKind.WAREHOUSE, row[0].place.code)),
        values=values or {},
        problem=problem,
    )


def _policy(values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    session = db.session()
    chosen = reorder.read_policy(session)
    rules, total = reorder.rules(session, limit=RULES_SHOWN)
    return render_template(
        "warehouse/reorder.html",
        policy=chosen,
        rules=rules,
        total=total,
        values=values or {"service_level": f"{chosen.service_level * 100:g}", "cover_days": str(chosen.cover_days)},
        problem=problem,
    )
