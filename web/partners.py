"""Partner firms: their rates, whom they lend us, and whether we work with them."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.workforce import partners
from dispatch.workforce.partners import Terms
from web.commands import Answer, carry_out
from web.forms import read_money

pages = Blueprint("partners", __name__)


@pages.get("/partners")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def index() -> ResponseReturnValue:
    """Show the partner firms with their rates."""
    return _page()


@pages.post("/partners")
@allow(RoleName.DISPATCHER)
def add() -> ResponseReturnValue:
    """Add a partner firm."""

    def act() -> Answer:
        row = partners.add_partner(db.session(), code=request.form.get("code", ""), terms=_terms())
        return Answer(url_for("partners.index"), gettext("%(name)s is added.", name=row.name))

    return carry_out(act, _page)


@pages.post("/partners/<code>")
@allow(RoleName.DISPATCHER)
def change(code: str) -> ResponseReturnValue:
    """Agree on other terms with a partner firm."""

    def act() -> Answer:
        partners.change_partner(db.session(), code=code, terms=_terms())
        return Answer(url_for("partners.index"), gettext("The changes are kept."))

    return carry_out(act, _page)


@pages.post("/partners/<code>/active")
@allow(RoleName.DISPATCHER)
def set_active(code: str) -> ResponseReturnValue:
    """Stop or take up work with a partner firm."""

    def act() -> Answer:
        partners.set_partner_active(db.session(), code=code, active=request.form.get("active") == "1")
        return Answer(url_for("partners.index"), gettext("The changes are kept."))

    return carry_out(act, _page)


def _terms() -> Terms:
    form = request.form
    return Terms(
        name=form.get("name", ""),
        shift_cents=read_money(form.get("shift", "") or "0"),
        travel_cents_per_hour=read_money(form.get("travel", "")),
        work_cents_per_hour=read_money(form.get("work", "")),
        phone=form.get("phone", ""),
    )


def _page(problem: str | None = None) -> str:
    return render_template(
        "technicians/partners.html", rows=partners.partners(db.session()), values=request.form, problem=problem
    )
