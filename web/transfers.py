"""Transfers: what is asked for, laid ready, on its way and missing."""

import datetime as dt
from collections.abc import Callable, Mapping

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, DomainError
from dispatch.stockwork import Received, receive_transfer
from inventory import arrivals, transfers
from inventory.arrivals import Arrived
from inventory.models import Transfer, TransferLine, TransferState
from inventory.queries import parts, place_by_code, trunks, warehouses
from inventory.transfer_errors import UnknownTransferLine
from inventory.transfers import Picked, TransferWanted
from web.caller import caller_id, firm
from web.commands import Answer, carry_out, carry_out_here
from web.forms import at_local, read_codes, read_day, read_whole
from web.line_rows import LinesForm, read_rows

pages = Blueprint("transfers", __name__)

CLOSED = (TransferState.RECEIVED, TransferState.TURNED_BACK, TransferState.CANCELLED)
CLOSED_SHOWN = 30
# Whoever names a day means some time of it.
NOON = dt.time(12)


class ActionNotChosen(DomainError):
    code = "action_not_chosen"
    sentence = N_("The form was incomplete, so nothing was done. Choose one of its buttons.")


@pages.get("/warehouse/transfers")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def index() -> ResponseReturnValue:
    """List the transfers under way, what is missing of those that arrived, and the latest closed ones."""
    session = db.session()
    return render_template(
        "warehouse/transfers.html",
        under_way=transfers.transfers(session, states=transfers.UNDER_WAY),
        closed=transfers.transfers(session, states=CLOSED, limit=CLOSED_SHOWN),
        missing=arrivals.missing_in_transit(session),
    )


@pages.get("/warehouse/transfers/new")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def new() -> ResponseReturnValue:
    """Show the empty form of a transfer; the address may name the places and a part."""
    values = {name: request.args.get(name, "") for name in ("from", "to", "sku-0")}
    return _form(LinesForm(values))


@pages.post("/warehouse/transfers")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def ask() -> ResponseReturnValue:
    """Ask for pieces to be brought from one place to another."""
    values = request.form.to_dict()
    lines, errors = read_rows(values)
    if errors:
        return _form(LinesForm(values, errors)), 422

    def act() -> Answer:
        session = db.session()
        expected = values.get("expected_on", "").strip()
        transfer = transfers.request(
            session,
            from_place_id=place_by_code(session, values.get("from", "")).id,
            to_place_id=place_by_code(session, values.get("to", "")).id,
            lines=[TransferWanted(part.id, quantity) for part, quantity in lines],
            reason=values.get("reason", ""),
            expected_at=at_local(read_day(expected), NOON, firm().zone) if expected else None,
            actor_id=caller_id(),
        )
        words = gettext("Transfer %(number)s is asked for.", number=transfer.number)
        return Answer(url_for("transfers.show", transfer_id=transfer.id), words)

    return carry_out(act, lambda problem: _form(LinesForm(values, problem=problem)))


@pages.get("/warehouse/transfers/<int:transfer_id>")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def show(transfer_id: int) -> ResponseReturnValue:
    """Show a transfer and what comes next of it."""
    return _page(transfer_id)


@pages.post("/warehouse/transfers/<int:transfer_id>/pick")
@allow(RoleName.WAREHOUSE)
def pick(transfer_id: int) -> ResponseReturnValue:
    """Lay ready what was found."""

    def act() -> str:
        picked = [_picked(line, request.form) for line in _transfer(transfer_id).lines]
        transfers.pick(db.session(), transfer_id=transfer_id, picked=picked)
        return str(gettext("The pieces lie ready and are held for the transfer."))

    return _carry_out(act, transfer_id)


@pages.post("/warehouse/transfers/<int:transfer_id>/ship")
@allow(RoleName.WAREHOUSE)
def ship(transfer_id: int) -> ResponseReturnValue:
    """Send what lies ready."""

    def act() -> str:
        serials = {
            line.id: read_codes(request.form.get(f"serials-{line.id}", "")) for line in _transfer(transfer_id).lines
        }
        named = {line_id: numbers for line_id, numbers in serials.items() if numbers}
        sent = transfers.ship(db.session(), transfer_id=transfer_id, serials=named, actor_id=caller_id())
        return str(gettext("The pieces are on their way to %(place)s.", place=sent.to_place.name))

    return _carry_out(act, transfer_id)


@pages.post("/warehouse/transfers/<int:transfer_id>/receive")
@allow(RoleName.WAREHOUSE)
def receive(transfer_id: int) -> ResponseReturnValue:
    """Take in what arrived, where it was sent to or where it had left."""

    def act() -> str:
        arrived = [_arrived(line, request.form) for line in _transfer(transfer_id).lines if line.picked]
        received = receive_transfer(
            db.session(),
            transfer_id=transfer_id,
            arrived=arrived,
            turned_back="turned_back" in request.form,
            actor_id=caller_id(),
        )
        return told(received)

    return _carry_out(act, transfer_id)


@pages.post("/warehouse/transfers/<int:transfer_id>/cancel")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def cancel(transfer_id: int) -> ResponseReturnValue:
    """Call a transfer off."""

    def act() -> str:
        transfers.cancel(db.session(), transfer_id=transfer_id)
        return str(gettext("The transfer is cancelled. Its pieces stay where they are."))

    return _carry_out(act, transfer_id)


@pages.post("/warehouse/transfers/<int:transfer_id>/lines/<int:line_id>/missing")
@allow(RoleName.WAREHOUSE)
def account_for(transfer_id: int, line_id: int) -> ResponseReturnValue:
    """Book missing pieces where they were found, or write them off."""

    def act() -> str:
        quantity = read_whole(request.form.get("quantity", ""), least=1)
        serials = read_codes(request.form.get("serials", ""))
        transfer = _transfer(transfer_id)
        if line_id not in {line.id for line in transfer.lines}:
            raise UnknownTransferLine(transfer=transfer.number, line=line_id)
        places = {"found": transfer.to_place, "found_at_origin": transfer.from_place}
        action = request.form.get("action", "")
        if action in places:
            arrivals.find_missing(
                db.session(),
                line_id=line_id,
                quantity=quantity,
                place_id=places[action].id,
                serials=serials,
                actor_id=caller_id(),
            )
            return str(gettext("The pieces are booked at %(place)s.", place=places[action].name))
        if action != "lost":
            raise ActionNotChosen
        reason = request.form.get("reason", "")
        arrivals.write_off_missing(
            db.session(), line_id=line_id, quantity=quantity, reason=reason, serials=serials, actor_id=caller_id()
        )
        return str(gettext("The pieces are written off."))

    return _carry_out(act, transfer_id)


def told(received: Received) -> str:
    """Say how many pieces came in and which jobs are ready now."""
    words = ngettext("%(num)s piece has arrived.", "%(num)s pieces have arrived.", received.pieces)
    if not received.ready:
        return str(words)
    ready = gettext("Ready now: %(jobs)s.", jobs=", ".join(job.number for job in received.ready))
    return f"{words} {ready}"


def _picked(line: TransferLine, values: Mapping[str, str]) -> Picked:
    quantity = read_whole(values.get(f"quantity-{line.id}", ""))
    return Picked(line.id, quantity, values.get(f"remark-{line.id}", ""))


def _arrived(line: TransferLine, values: Mapping[str, str]) -> Arrived:
    return Arrived(
        line.id,
        good=read_whole(values.get(f"good-{line.id}", "")),
        damaged=read_whole(values.get(f"damaged-{line.id}", "") or "0"),
        remark=values.get(f"remark-{line.id}", ""),
        serials=read_codes(values.get(f"serials-{line.id}", "")),
        damaged_serials=read_codes(values.get(f"damaged-serials-{line.id}", "")),
    )


def _carry_out(act: Callable[[], str], transfer_id: int) -> ResponseReturnValue:
    path = url_for("transfers.show", transfer_id=transfer_id)
    return carry_out_here(act, path, lambda values, problem: _page(transfer_id, values, problem))


def _transfer(transfer_id: int) -> Transfer:
    return transfers.transfer_by_id(db.session(), transfer_id)


def _page(transfer_id: int, values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    return render_template(
        "warehouse/transfer.html", transfer=_transfer(transfer_id), values=values or {}, problem=problem
    )


def _form(form: LinesForm) -> str:
    session = db.session()
    return render_template(
        "warehouse/transfer_form.html",
        form=form,
        place_choices=[(place.code, place.name) for place in (*warehouses(session), *trunks(session))],
        parts=parts(session),
    )
