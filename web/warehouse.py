"""The warehouse: pick lists for the vans, stock, what to restock, deliveries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from werkzeug.datastructures import MultiDict

from core.access import allow
from core.accounts import RoleName, names_of
from core.db import db
from core.errors import N_, STATUS, DomainError
from dispatch.stockwork import DeliveryLine, receive_delivery, record_count, record_short_pick
from inventory import picking
from inventory.errors import WrongNumberOfSerials
from inventory.models import PartFamily, PickList, PickState, Place, PlaceKind
from inventory.queries import (
    bins,
    in_bin_order,
    levels,
    next_pick_list,
    overdue_pick_lists,
    part_by_sku,
    parts,
    pick_list_by_id,
    pick_lists_of_day,
    place_by_code,
    recent_movements,
    trunks,
    warehouses,
)
from inventory.replenishment import RestockProposal, draw_up_top_up, is_low, restock_proposals
from inventory.stock_lists import LevelsAsked, levels_asked, num_levels
from inventory.suppliers import supplies_by_part
from inventory.tracing import serials_at
from web.caller import caller_id, firm
from web.commands import Answer, act_once, carry_out
from web.forms import day_asked_for, read_choice, read_codes, read_whole
from web.wording import filled, sentence

pages = Blueprint("warehouse", __name__)

DELIVERY_ROWS = 8
MOST_ROWS = 200
LEVELS_SHOWN = 100
ORDERS_SHOWN = 200
EVERYWHERE = "*"
# Why a shelf holds too few pieces, most of the time.
SHORT_REASONS = (
    N_("The bin is empty"),
    N_("Damaged on the shelf"),
    N_("Another part lay in the bin"),
    N_("Miscounted"),
)


@dataclass(frozen=True)
class DeliveryForm:
    """A delivery note as it stands in the form: what was typed, what is wrong beside which field, and above it all."""

    values: Mapping[str, str] = field(default_factory=dict)
    rows: int = DELIVERY_ROWS
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def value(self, name: str) -> str:
        return self.values.get(name, "")


@dataclass(frozen=True)
class PickTold:
    """What the page of a pick list says about the last scan: why it was refused, and what waits for more scans."""

    problem: str | None = None
    scanned: str = ""


@dataclass(frozen=True)
class TopUp:
    """What one van should get, by the warehouse that can spare it; None stands for what no warehouse can."""

    trunk: Place
    by_source: list[tuple[Place | None, list[RestockProposal]]]


@pages.get("/warehouse")
@allow(RoleName.WAREHOUSE)
def home() -> ResponseReturnValue:
    """Show the pick lists of a day, and those of earlier days that are still open."""
    day, place = day_asked_for(), _warehouse_asked_for()
    return render_template(
        "warehouse/home.html",
        day=day,
        today=firm().today(),
        warehouses=warehouses(db.session()),
        place=place,
        lists=_leaving(place, pick_lists_of_day(db.session(), day=day)),
        overdue=_leaving(place, overdue_pick_lists(db.session(), before=firm().today())),
        confirmed_lines=confirmed_lines,
    )


@pages.get("/warehouse/pick-lists/<int:pick_list_id>")
@allow(RoleName.WAREHOUSE)
def pick_list(pick_list_id: int) -> ResponseReturnValue:
    """Show a pick list in the order of the bins."""
    return _pick_list_page(pick_list_id)


@pages.post("/warehouse/pick-lists/<int:pick_list_id>/confirm")
@allow(RoleName.WAREHOUSE)
def confirm_list(pick_list_id: int) -> ResponseReturnValue:
    """Confirm all lines that are still open."""

    def act() -> Answer:
        confirmed = picking.confirm_list(db.session(), pick_list_id=pick_list_id, actor_id=caller_id())
        words = gettext("Everything on the list is in %(van)s.", van=confirmed.trunk.name)
        return Answer(url_for("warehouse.pick_list", pick_list_id=pick_list_id), words)

    return _confirm(act, pick_list_id)


@pages.post("/warehouse/pick-lists/<int:pick_list_id>/lines/<int:line_id>/confirm")
@allow(RoleName.WAREHOUSE)
def confirm_line(pick_list_id: int, line_id: int) -> ResponseReturnValue:
    """Confirm one line."""

    def act() -> Answer:
        serials = read_codes(request.form.get("serials", ""))
        line = picking.confirm_line(db.session(), line_id=line_id, actor_id=caller_id(), serials=serials)
        words = gettext("%(quantity)s × %(sku)s is in the van.", quantity=line.quantity, sku=line.part.sku)
        return Answer(url_for("warehouse.pick_list", pick_list_id=pick_list_id), words)

    return _confirm(act, pick_list_id)


@pages.post("/warehouse/pick-lists/<int:pick_list_id>/scan")
@allow(RoleName.WAREHOUSE)
def scan_line(pick_list_id: int) -> ResponseReturnValue:
    """Confirm the line of what was scanned; of pieces that lack others of their line the field keeps the numbers."""

    def act() -> Answer:
        found = picking.confirm_scan(
            db.session(),
            pick_list_id=pick_list_id,
            scanned=request.form.get("scanned", ""),
            actor_id=caller_id(),
        )
        facts = {"quantity": found.line.quantity, "sku": found.line.part.sku}
        path = url_for("warehouse.pick_list", pick_list_id=pick_list_id)
        if found.is_repeat:
            words = gettext("%(quantity)s × %(sku)s was in the van already; nothing was booked again.", **facts)
            return Answer(path, words, "note")
        return Answer(path, gettext("%(quantity)s × %(sku)s is in the van.", **facts))

    return _confirm(act, pick_list_id)


@pages.post("/warehouse/pick-lists/<int:pick_list_id>/ship")
@allow(RoleName.WAREHOUSE)
def ship_list(pick_list_id: int) -> ResponseReturnValue:
    """Let the van leave without what is still open of its list."""

    def act() -> Answer:
        left = picking.leave_rest(db.session(), pick_list_id=pick_list_id)
        words = ngettext(
            "%(num)s line stays here. What was promised to jobs stays promised.",
            "%(num)s lines stay here. What was promised to jobs stays promised.",
            left,
        )
        return Answer(url_for("warehouse.pick_list", pick_list_id=pick_list_id), words, "note")

    return _confirm(act, pick_list_id)


@pages.post("/warehouse/pick-lists/<int:pick_list_id>/lines/<int:line_id>/short")
@allow(RoleName.WAREHOUSE)
def short_line(pick_list_id: int, line_id: int) -> ResponseReturnValue:
    """Record that the shelf holds too few pieces for a line."""

    def act() -> Answer:
        lost = record_short_pick(
            db.session(),
            line_id=line_id,
            found=read_whole(request.form.get("found", "")),
            # What somebody wrote says more than the choice beside it.
            reason=request.form.get("reason", "").strip() or request.form.get("usual_reason", ""),
            serials=read_codes(request.form.get("serials", "")),
            actor_id=caller_id(),
        )
        words = gettext("The shelf is corrected to what you found.")
        if lost:
            words += " " + gettext(
                "The promises to %(references)s could not be kept; those jobs look for the part elsewhere.",
                references=", ".join(lost),
            )
        return Answer(url_for("warehouse.pick_list", pick_list_id=pick_list_id), words, "note")

    return _confirm(act, pick_list_id)


@pages.get("/warehouse/stock")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def stock() -> ResponseReturnValue:
    """List the stock of a place, or of all; the first warehouse unless another is asked for."""
    session = db.session()
    stores, vans = warehouses(session), trunks(session)
    code = request.args.get("place", stores[0].code if stores else EVERYWHERE)
    family = read_choice(request.args.get("family", ""), PartFamily)
    text = request.args.get("text", "")[:100]
    page = read_whole(request.args.get("page", "1"), least=1)
    only_low = bool(request.args.get("low"))
    asked = LevelsAsked(
        text=text,
        family=family,
        place_id=None if code == EVERYWHERE else place_by_code(session, code).id,
        only_low=only_low,
    )
    total = num_levels(session, asked)
    return render_template(
        "warehouse/stock.html",
        warehouses=stores,
        trunks=vans,
        place_code=code,
        everywhere=EVERYWHERE,
        family=family,
        families=PartFamily,
        text=text,
        only_low=only_low,
        levels=levels_asked(session, asked, offset=(page - 1) * LEVELS_SHOWN, limit=LEVELS_SHOWN),
        total=total,
        page=page,
        pages=max(1, -(-total // LEVELS_SHOWN)),
        is_low=is_low,
    )


@pages.get("/warehouse/parts/<path:sku>")
@allow(RoleName.WAREHOUSE, RoleName.DISPATCHER)
def part(sku: str) -> ResponseReturnValue:
    """Show where a part is, and its latest movements."""
    return part_page(sku)


@pages.post("/warehouse/parts/<path:sku>/count")
@allow(RoleName.WAREHOUSE)
def count(sku: str) -> ResponseReturnValue:
    """Set the stock of a part at a place to what was counted."""
    values = request.form.to_dict()

    def act() -> Answer:
        counted = record_count(
            db.session(),
            place_code=values.get("place", ""),
            sku=sku,
            counted=read_whole(values.get("counted", "")),
            reason=values.get("reason", ""),
            actor_id=caller_id(),
            serials=read_codes(values.get("serials", "")),
        )
        words = gettext("The count is booked: %(on_hand)s on hand.", on_hand=counted.on_hand)
        if not counted.references:
            return Answer(url_for("warehouse.part", sku=sku), words)
        released = gettext(
            "The promises to %(references)s could not be kept; those jobs look for the part elsewhere.",
            references=", ".join(counted.references),
        )
        return Answer(url_for("warehouse.part", sku=sku), f"{words} {released}", "note")

    return carry_out(act, lambda problem: part_page(sku, values, problem))


@pages.get("/warehouse/restock")
@allow(RoleName.WAREHOUSE)
def restock() -> ResponseReturnValue:
    """Show what the vans should get and what the warehouses should order, and why."""
    return restock_page()


@pages.post("/warehouse/top-ups")
@allow(RoleName.WAREHOUSE)
def draw_up() -> ResponseReturnValue:
    """Draw up the pick list that fills a van up."""

    def act() -> Answer:
        session = db.session()
        drawn = draw_up_top_up(
            session,
            trunk_id=place_by_code(session, request.form.get("trunk", "")).id,
            warehouse_id=place_by_code(session, request.form.get("warehouse", "")).id,
            day=firm().today(),
        )
        if drawn is None:
            words = gettext("There is nothing to bring: the van has enough, or the warehouse has nothing to spare.")
            return Answer(url_for("warehouse.restock"), words, "note")
        words = gettext("The pick list for %(van)s is drawn up.", van=drawn.trunk.name)
        return Answer(url_for("warehouse.pick_list", pick_list_id=drawn.id), words)

    return carry_out(act, restock_page)


@pages.get("/warehouse/deliveries/new")
@allow(RoleName.WAREHOUSE)
def new_delivery() -> ResponseReturnValue:
    """Show the empty form of a delivery."""
    return _delivery_page(DeliveryForm())


@pages.post("/warehouse/deliveries")
@allow(RoleName.WAREHOUSE)
def receive() -> ResponseReturnValue:
    """Put a delivery on the shelf, and say which jobs waited for it; or only give the form more rows."""
    values = request.form.to_dict()
    rows = _rows_of(values)
    if "more" in values:
        return _delivery_page(DeliveryForm(values, rows=min(rows + DELIVERY_ROWS, MOST_ROWS)))
    lines, errors = _read_lines(values, rows)
    if errors:
        return _delivery_page(DeliveryForm(values, rows, errors)), 422

    def act() -> Answer:
        received = receive_delivery(
            db.session(),
            warehouse_code=values.get("warehouse", ""),
            reference=values.get("reference", ""),
            lines=lines,
            actor_id=caller_id(),
        )
        words = ngettext("%(num)s piece is on the shelf.", "%(num)s pieces are on the shelf.", received.pieces)
        if received.ready:
            ready = gettext("Ready now: %(jobs)s.", jobs=", ".join(job.number for job in received.ready))
        else:
            ready = gettext("No waiting job became ready.")
        return Answer(url_for("warehouse.new_delivery"), f"{words} {ready}")

    try:
        return act_once(act)
    except DomainError as error:
        return _delivery_page(_refused_delivery(values, rows, error)), STATUS[error.kind]


def confirmed_lines(pick_list: PickList) -> tuple[int, int]:
    """How many lines of a pick list are in the van, of how many."""
    states = [line.state for line in pick_list.lines if line.state is not PickState.CANCELLED]
    return states.count(PickState.CONFIRMED), len(states)


def _warehouse_asked_for() -> Place | None:
    code = request.args.get("warehouse", "")
    return place_by_code(db.session(), code) if code else None


def _leaving(place: Place | None, lists: list[PickList]) -> list[PickList]:
    """Keep the lists that leave this warehouse; all of them when none is asked for."""
    return [pick_list for pick_list in lists if place is None or pick_list.warehouse_id == place.id]


def _confirm(act: Callable[[], Answer], pick_list_id: int) -> ResponseReturnValue:
    try:
        return act_once(act)
    except WrongNumberOfSerials as error:
        # The next scan comes behind those that were read already.
        scanned = request.form.get("scanned", "").strip()
        return _pick_list_page(pick_list_id, PickTold(sentence(error), scanned and f"{scanned} ")), STATUS[error.kind]
    except DomainError as error:
        return _pick_list_page(pick_list_id, PickTold(sentence(error))), STATUS[error.kind]


def _pick_list_page(pick_list_id: int, told: PickTold | None = None) -> str:
    session = db.session()
    shown = pick_list_by_id(session, pick_list_id)
    bin_of = bins(session, place_id=shown.warehouse_id, part_ids=[line.part_id for line in shown.lines])
    lines = in_bin_order(session, shown)
    return render_template(
        "warehouse/pick_list.html",
        pick_list=shown,
        to_pick=[line for line in lines if line.state is PickState.OPEN],
        # What was done last stands first, so that the eye finds the last scan.
        done=sorted(
            (line for line in lines if line.state is not PickState.OPEN),
            key=lambda line: (line.confirmed_at is None, -(line.confirmed_at or shown.created_at).timestamp(), line.id),
        ),
        bin_of=bin_of,
        confirmed=confirmed_lines(shown),
        pieces_left=sum(line.quantity for line in lines if line.state is PickState.OPEN),
        next_list=next_pick_list(session, shown) if shown.state is not PickState.OPEN else None,
        states=PickState,
        told=told or PickTold(),
        usual_reasons=[gettext(reason) for reason in SHORT_REASONS],
    )


def part_page(sku: str, values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    """Return the page of a part as it is now, with what was typed into a form that was refused."""
    session = db.session()
    shown = part_by_sku(session, sku)
    movements = recent_movements(session, part_id=shown.id, limit=60)
    return render_template(
        "warehouse/part.html",
        part=shown,
        levels=sorted(
            (level for level in levels(session, part_id=shown.id) if level.on_hand or level.target),
            key=lambda level: level.place.kind is not PlaceKind.WAREHOUSE,
        ),
        movements=movements,
        people=names_of(session, {movement.user_id for movement in movements if movement.user_id is not None}),
        place_choices=[(place.code, place.name) for place in (*warehouses(session), *trunks(session))],
        values=values or {"place": request.args.get("place", "")},
        problem=problem,
        is_low=is_low,
        serials=serials_at(session, part_id=shown.id) if shown.serial_tracked else (),
    )


def restock_page(problem: str | None = None, values: MultiDict[str, str] | None = None) -> str:
    """Return the page of proposals as they are now, with what was typed into the form of orders if it was refused."""
    proposals = restock_proposals(db.session())
    orders = [proposal for proposal in proposals if proposal.kind is PlaceKind.WAREHOUSE]
    return render_template(
        "warehouse/restock.html",
        top_ups=_top_ups([proposal for proposal in proposals if proposal.kind is PlaceKind.TRUNK]),
        orders=orders[:ORDERS_SHOWN],
        num_orders=len(orders),
        sold_by=supplies_by_part(db.session(), {proposal.part.id for proposal in orders[:ORDERS_SHOWN]}),
        total_cents=sum(proposal.quantity * proposal.supply.price_cents for proposal in orders if proposal.supply),
        values=values or MultiDict(),
        reason=lambda proposal: filled(proposal.reason.sentence, proposal.reason.facts),
        problem=problem,
    )


def _top_ups(proposals: list[RestockProposal]) -> list[TopUp]:
    """Group proposals by van; vans that can get something come first."""

    def source_code(proposal: RestockProposal) -> str:
        # What no warehouse can spare comes last.
        return proposal.source.code if proposal.source else "~"

    top_ups = [
        TopUp(trunk, [(source, list(lines)) for source, lines in groupby(sorted(group, key=source_code), _source)])
        for trunk, group in groupby(proposals, lambda proposal: proposal.place)
    ]
    return sorted(top_ups, key=lambda top_up: top_up.by_source[0][0] is None)


def _source(proposal: RestockProposal) -> Place | None:
    return proposal.source


def _delivery_page(form: DeliveryForm) -> str:
    session = db.session()
    return render_template(
        "warehouse/delivery.html",
        form=form,
        warehouses=[(place.code, place.name) for place in warehouses(session)],
        parts=parts(session),
    )


def _rows_of(values: Mapping[str, str]) -> int:
    text = values.get("rows", "")
    return min(int(text), MOST_ROWS) if text.isdecimal() else DELIVERY_ROWS


def _read_lines(values: Mapping[str, str], rows: int) -> tuple[list[DeliveryLine], dict[str, str]]:
    """Read the rows that are filled in, and say beside each field what is wrong with it."""
    lines, errors = [], {}
    for row in range(rows):
        sku, quantity, numbers = (values.get(f"{name}-{row}", "").strip() for name in ("sku", "quantity", "serials"))
        if not (sku or quantity):
            continue
        try:
            part_by_sku(db.session(), sku)
        except DomainError as error:
            errors[f"sku-{row}"] = sentence(error)
        try:
            lines.append(DeliveryLine(sku, read_whole(quantity, least=1), read_codes(numbers)))
        except DomainError as error:
            errors[f"quantity-{row}"] = sentence(error)
    return lines, errors


def _refused_delivery(values: Mapping[str, str], rows: int, error: DomainError) -> DeliveryForm:
    if error.code == "text_not_usable":
        return DeliveryForm(values, rows, {"reference": sentence(error)})
    return DeliveryForm(values, rows, problem=sentence(error))
