"""Purchase orders: drafted, sent, received by scan, closed or cancelled."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.stockwork import receive_order
from inventory import purchasing, replenishment, suppliers
from inventory.models import OrderState, PurchaseOrder, PurchaseOrderLine
from inventory.purchasing import Delivered, OrderWanted
from inventory.queries import part_by_sku, place_by_code, warehouses
from inventory.restock_rules import Reason
from web.caller import caller_id, firm
from web.commands import Answer, act_once, carry_out, carry_out_here
from web.forms import read_choice, read_codes, read_day, read_money, read_whole
from web.line_rows import LinesForm, read_rows
from web.transfers import told
from web.warehouse import restock_page
from web.wording import filled

pages = Blueprint("purchasing", __name__)

OPEN = (OrderState.DRAFT, OrderState.SENT, OrderState.PARTLY_RECEIVED)
CLOSED = (OrderState.RECEIVED, OrderState.CANCELLED)
CLOSED_SHOWN = 30


@pages.get("/warehouse/orders")
@allow(RoleName.WAREHOUSE)
def index() -> ResponseReturnValue:
    """List the open orders, and the latest closed ones."""
    session = db.session()
    return render_template(
        "warehouse/orders.html",
        open_orders=purchasing.orders(session, states=OPEN),
        closed=purchasing.orders(session, states=CLOSED, limit=CLOSED_SHOWN),
        today=firm().today(),
    )


@pages.get("/warehouse/orders/new")
@allow(RoleName.WAREHOUSE)
def new() -> ResponseReturnValue:
    """Show the empty form of an order; the address may name the supplier."""
    return _form(LinesForm({"supplier": request.args.get("supplier", "")}))


@pages.post("/warehouse/orders")
@allow(RoleName.WAREHOUSE)
def draft() -> ResponseReturnValue:
    """Draft an order."""
    values = request.form.to_dict()
    lines, errors = read_rows(values)
    if errors:
        return _form(LinesForm(values, errors)), 422

    def act() -> Answer:
        session = db.session()
        order = purchasing.draft(
            session,
            supplier_id=suppliers.supplier_by_code(session, values.get("supplier", "")).id,
            warehouse_id=place_by_code(session, values.get("warehouse", "")).id,
            lines=[OrderWanted(part.id, quantity) for part, quantity in lines],
            actor_id=caller_id(),
        )
        words = gettext("%(number)s is drafted. Look it over, and send it.", number=order.number)
        return Answer(url_for("purchasing.show", order_id=order.id), words)

    return carry_out(act, lambda problem: _form(LinesForm(values, problem=problem)))


@pages.post("/warehouse/orders/proposed")
@allow(RoleName.WAREHOUSE)
def draft_proposed() -> ResponseReturnValue:
    """Draft one order per warehouse and supplier for all that is at its reorder point."""

    def act() -> Answer:
        drafted = replenishment.draft_orders(db.session(), actor_id=caller_id(), told=_in_words)
        if not drafted:
            return Answer(url_for("warehouse.restock"), gettext("There is nothing to order."), "note")
        words = ngettext("%(num)s order is drafted.", "%(num)s orders are drafted.", len(drafted))
        return Answer(url_for("purchasing.index"), words)

    return act_once(act)


@pages.post("/warehouse/orders/chosen")
@allow(RoleName.WAREHOUSE)
def order_chosen() -> ResponseReturnValue:
    """Draft, or send at once, one order per warehouse and supplier for the proposals that are ticked."""

    def act() -> Answer:
        chosen = [_chosen(key) for key in request.form.getlist("take")]
        sends = "send" in request.form
        ordered = replenishment.order_chosen(
            db.session(), chosen, actor_id=caller_id(), told=_in_words, send_on=firm().today() if sends else None
        )
        if not ordered:
            return Answer(url_for("warehouse.restock"), gettext("There is nothing to order."), "note")
        return Answer(url_for("purchasing.index"), _told_of(ordered, sends=sends))

    return carry_out(act, lambda problem: restock_page(problem, request.form))


@pages.get("/warehouse/orders/<int:order_id>")
@allow(RoleName.WAREHOUSE)
def show(order_id: int) -> ResponseReturnValue:
    """Show an order and what comes next of it."""
    return _page(order_id)


@pages.post("/warehouse/orders/<int:order_id>/lines")
@allow(RoleName.WAREHOUSE)
def put_line(order_id: int) -> ResponseReturnValue:
    """Put a part on a draft, change its line there, or take it off with zero pieces."""

    def act() -> str:
        session, values = db.session(), request.form
        part = part_by_sku(session, values.get("sku", ""))
        quantity = read_whole(values.get("quantity", ""))
        if not quantity:
            purchasing.remove_line(session, order_id=order_id, part_id=part.id)
            return str(gettext("%(sku)s is off the order.", sku=part.sku))
        price = values.get("price", "").strip()
        line = OrderWanted(
            part.id,
            quantity,
            price_cents=read_money(price) if price else None,
            due_on=_day(values.get("due_on", "")),
            reason=values.get("reason", ""),
        )
        purchasing.put_line(session, order_id=order_id, line=line)
        return str(gettext("%(quantity)s × %(sku)s are on the order.", quantity=quantity, sku=part.sku))

    return _carry_out(act, order_id)


@pages.post("/warehouse/orders/<int:order_id>/send")
@allow(RoleName.WAREHOUSE)
def send(order_id: int) -> ResponseReturnValue:
    """Say that a draft went to the supplier."""

    def act() -> str:
        order = purchasing.send(db.session(), order_id=order_id, today=firm().today())
        return str(gettext("%(number)s is on order at %(name)s.", number=order.number, name=order.supplier.name))

    return _carry_out(act, order_id)


@pages.post("/warehouse/orders/<int:order_id>/postpone")
@allow(RoleName.WAREHOUSE)
def postpone(order_id: int) -> ResponseReturnValue:
    """Write down when the supplier now promises a part."""

    def act() -> str:
        session = db.session()
        part = part_by_sku(session, request.form.get("sku", ""))
        due_on = read_day(request.form.get("due_on", ""))
        purchasing.postpone(session, order_id=order_id, part_id=part.id, due_on=due_on)
        return str(gettext("%(sku)s is now expected on another day.", sku=part.sku))

    return _carry_out(act, order_id)


@pages.post("/warehouse/orders/<int:order_id>/receive")
@allow(RoleName.WAREHOUSE)
def receive(order_id: int) -> ResponseReturnValue:
    """Put on the shelf what was counted, and into quarantine what is damaged."""

    def act() -> str:
        order = purchasing.order_by_id(db.session(), order_id)
        delivered = [one for line in order.lines if (one := _delivered(line, request.form)) is not None]
        received = receive_order(db.session(), order_id=order_id, delivered=delivered, actor_id=caller_id())
        damaged = sum(one.damaged for one in delivered)
        if not damaged:
            return told(received)
        aside = ngettext(
            "%(num)s damaged piece is in quarantine.", "%(num)s damaged pieces are in quarantine.", damaged
        )
        return f"{told(received)} {aside}"

    return _carry_out(act, order_id)


@pages.post("/warehouse/orders/<int:order_id>/receive-all")
@allow(RoleName.WAREHOUSE)
def receive_all(order_id: int) -> ResponseReturnValue:
    """Put on the shelf all that is still to come and needs no serial numbers."""

    def act() -> str:
        order = purchasing.order_by_id(db.session(), order_id)
        delivered = [
            Delivered(line.part_id, line.quantity - line.received)
            for line in order.lines
            if line.quantity > line.received and not line.part.serial_tracked
        ]
        return told(receive_order(db.session(), order_id=order_id, delivered=delivered, actor_id=caller_id()))

    return _carry_out(act, order_id)


@pages.post("/warehouse/orders/<int:order_id>/close")
@allow(RoleName.WAREHOUSE)
def close(order_id: int) -> ResponseReturnValue:
    """Stop waiting for the rest of an order."""

    def act() -> str:
        purchasing.close(db.session(), order_id=order_id)
        return str(gettext("The rest is not expected any more."))

    return _carry_out(act, order_id)


@pages.post("/warehouse/orders/<int:order_id>/cancel")
@allow(RoleName.WAREHOUSE)
def cancel(order_id: int) -> ResponseReturnValue:
    """Call an order off."""

    def act() -> str:
        seen = read_choice(request.form.get("seen", ""), OrderState)
        purchasing.cancel(db.session(), order_id=order_id, seen=seen)
        return str(gettext("The order is cancelled."))

    return _carry_out(act, order_id)


def _delivered(line: PurchaseOrderLine, values: Mapping[str, str]) -> Delivered | None:
    """Read what came of a line; None if nothing was written down. Whoever scans numbers need not count them as well."""
    good, damaged = (values.get(f"{name}-{line.id}", "").strip() for name in ("good", "damaged"))
    serials, damaged_serials = (
        read_codes(values.get(f"{name}-{line.id}", "")) for name in ("serials", "damaged-serials")
    )
    num_good = len(serials) or read_whole(good or "0")
    num_damaged = len(damaged_serials) or read_whole(damaged or "0")
    if not (num_good or num_damaged):
        return None
    return Delivered(
        line.part_id,
        num_good,
        serials,
        damaged=num_damaged,
        damaged_serials=damaged_serials,
        keeps_surplus=f"keep-{line.id}" in values,
    )


def _told_of(ordered: Sequence[PurchaseOrder], *, sends: bool) -> str:
    num, numbers = len(ordered), ", ".join(order.number for order in ordered)
    if sends:
        return str(
            ngettext(
                "%(num)s order is sent: %(numbers)s.", "%(num)s orders are sent: %(numbers)s.", num, numbers=numbers
            )
        )
    return str(
        ngettext(
            "%(num)s order is drafted: %(numbers)s.", "%(num)s orders are drafted: %(numbers)s.", num, numbers=numbers
        )
    )


def _chosen(key: str) -> replenishment.Chosen:
    """Read what somebody made of a proposal; its fields bear the ids of place and part."""
    place_id, _, part_id = key.partition("-")
    session, values = db.session(), request.form
    return replenishment.Chosen(
        place_id=read_whole(place_id),
        part_id=read_whole(part_id),
        supplier_id=suppliers.supplier_by_code(session, values.get(f"supplier-{key}", "")).id,
        quantity=read_whole(values.get(f"quantity-{key}", ""), least=1),
    )


def _in_words(reason: Reason) -> str:
    return filled(reason.sentence, reason.facts)


def _day(text: str) -> dt.date | None:
    return read_day(text) if text.strip() else None


def _carry_out(act: Callable[[], str], order_id: int) -> ResponseReturnValue:
    path = url_for("purchasing.show", order_id=order_id)
    return carry_out_here(act, path, lambda values, problem: _page(order_id, values, problem))


def _page(order_id: int, values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    session = db.session()
    order = purchasing.order_by_id(session, order_id)
    return render_template(
        "warehouse/order.html",
        order=order,
        supplies=suppliers.supplies_of(session, order.supplier_id),
        total_cents=sum(line.quantity * line.price_cents for line in order.lines),
        still_open=sum(line.quantity - line.received for line in order.lines),
        values=values or {},
        problem=problem,
        today=firm().today(),
    )


def _form(form: LinesForm) -> str:
    session = db.session()
    chosen = form.value("supplier")
    known = suppliers.suppliers(session)
    sold = suppliers.supplies_of(session, suppliers.supplier_by_code(session, chosen).id) if chosen else []
    return render_template(
        "warehouse/order_form.html",
        form=form,
        suppliers=[(supplier.code, supplier.name) for supplier in known],
        warehouses=[(place.code, place.name) for place in warehouses(session)],
        parts=[supply.part for supply in sold],
    )
