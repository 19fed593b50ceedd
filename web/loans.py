"""What is lent to shops: which pieces, where, since when and what for."""

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core import clock
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import loanwork
from inventory import loans
from inventory.queries import parts, place_by_code, trunks, warehouses
from inventory.tracing import scan
from web.caller import caller_id
from web.commands import carry_out_here
from web.forms import read_codes, read_whole
from web.transfers import told

pages = Blueprint("loans", __name__)

CLOSED_SHOWN = 30


@pages.get("/warehouse/loans")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def index() -> ResponseReturnValue:
    """List what is out, longest first, and what came back lately."""
    return _page()


@pages.post("/warehouse/loans")
@allow(RoleName.WAREHOUSE)
def lend() -> ResponseReturnValue:
    """Lend pieces to a shop."""

    def act() -> str:
        session, values = db.session(), request.form
        serials = read_codes(values.get("serials", ""))
        lent = loanwork.lend_to_shop(
            session,
            site_code=values.get("site", ""),
            part_id=scan(session, values.get("sku", "")).part.id,
            # Whoever scans the numbers of the pieces need not count them as well.
            quantity=len(serials) or read_whole(values.get("quantity", "") or "1", least=1),
            from_place_id=place_by_code(session, values.get("from", "")).id,
            reference=values.get("reference", ""),
            serials=serials,
            actor_id=caller_id(),
        )
        numbers = ", ".join(loan.number for loan in lent)
        return str(gettext("%(numbers)s: lent to %(site)s.", numbers=numbers, site=lent[0].site.name))

    return _carry_out(act)


@pages.post("/warehouse/loans/<int:loan_id>/take-back")
@allow(RoleName.WAREHOUSE)
def take_back(loan_id: int) -> ResponseReturnValue:
    """Take pieces back, or give up on them."""

    def act() -> str:
        session, values = db.session(), request.form
        quantity = read_whole(values.get("quantity", ""), least=1)
        if values.get("action") == "lost":
            reason = values.get("reason", "")
            loans.write_off(session, loan_id=loan_id, quantity=quantity, reason=reason, actor_id=caller_id())
            return str(gettext("The pieces are written off."))
        damaged = quantity if values.get("action") == "damaged" else 0
        received = loanwork.take_back(
            session,
            loan_id=loan_id,
            place_id=place_by_code(session, values.get("place", "")).id,
            good=quantity - damaged,
            damaged=damaged,
            actor_id=caller_id(),
        )
        return gettext("The damaged pieces wait to be tested.") if damaged else told(received)

    return _carry_out(act)


def _carry_out(act: Callable[[], str]) -> ResponseReturnValue:
    return carry_out_here(act, url_for("loans.index"), lambda _values, problem: _page(problem))


def _page(problem: str | None = None) -> str:
    session, now = db.session(), clock.now()
    return render_template(
        "warehouse/loans.html",
        out=loans.loans(session),
        closed=[loan for loan in loans.loans(session, only_out=False, limit=CLOSED_SHOWN) if loan.closed_at],
        days=lambda loan: (now - loan.lent_at).days,
        place_choices=[(place.code, place.name) for place in (*warehouses(session), *trunks(session))],
        parts=parts(session),
        values=request.form,
        problem=problem,
    )
