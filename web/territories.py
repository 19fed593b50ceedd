"""Territories: added, renamed, removed, and which sites lie in them."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from customers.queries import find_sites
from dispatch.workforce import territories
from web.caller import caller_is
from web.commands import Answer, carry_out
from web.forms import read_codes

pages = Blueprint("territories", __name__)

SITES_SHOWN = 100


@pages.get("/territories")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def index() -> ResponseReturnValue:
    """Show the territories, and sites to assign."""
    return _page()


@pages.post("/territories")
@allow(RoleName.DISPATCHER)
def add() -> ResponseReturnValue:
    """Add a territory."""

    def act() -> Answer:
        row = territories.add_territory(
            db.session(), code=request.form.get("code", ""), name=request.form.get("name", "")
        )
        return Answer(url_for("territories.index"), gettext("%(name)s is added.", name=row.name))

    return carry_out(act, _page)


@pages.post("/territories/<code>")
@allow(RoleName.DISPATCHER)
def rename(code: str) -> ResponseReturnValue:
    """Give a territory another name."""

    def act() -> Answer:
        territories.rename_territory(db.session(), code=code, name=request.form.get("name", ""))
        return Answer(url_for("territories.index"), gettext("The changes are kept."))

    return carry_out(act, _page)


@pages.post("/territories/<code>/remove")
@allow(RoleName.DISPATCHER)
def remove(code: str) -> ResponseReturnValue:
    """Remove a territory that nobody and nothing belongs to."""

    def act() -> Answer:
        territories.remove_territory(db.session(), code=code)
        return Answer(url_for("territories.index"), gettext("The territory is removed."))

    return carry_out(act, _page)


@pages.post("/territories/sites")
@allow(RoleName.DISPATCHER)
def assign() -> ResponseReturnValue:
    """Put sites into a territory, or take them out of theirs."""

    def act() -> Answer:
        session, form = db.session(), request.form
        code = form.get("territory", "")
        codes = {*form.getlist("site"), *read_codes(form.get("codes", ""))}
        territory = territories.territory_by_code(session, code) if code else None
        moved = territories.assign_sites(session, codes=sorted(codes), territory=territory)
        words = ngettext("%(num)s site is assigned.", "%(num)s sites are assigned.", moved)
        return Answer(url_for("territories.index", q=form.get("q", "")), words)

    return carry_out(act, _page)


def _page(problem: str | None = None) -> str:
    session, text = db.session(), request.values.get("q", "")
    rows = territories.territories(session)
    return render_template(
        "technicians/territories.html",
        rows=rows,
        choices=[(row.territory.code, row.territory.name) for row in rows],
        names={row.territory.id: row.territory.name for row in rows},
        sites=find_sites(session, text, limit=SITES_SHOWN) if caller_is(RoleName.DISPATCHER) else (),
        text=text,
        values=request.form,
        problem=problem,
    )
