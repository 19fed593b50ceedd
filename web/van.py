"""The technician's van: what comes to it, what is asked of it, and asking for more."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core import clock
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import STATUS
from dispatch import corework, vanwork
from dispatch.fieldwork import pieces_named
from dispatch.models import Technician
from dispatch.stops import PickUpStop, stops_of_day
from dispatch.workforce import technician_of_user
from inventory import returns
from inventory.arrivals import Arrived
from inventory.count_plan import due_today
from inventory.counts import COUNTING, lines_to_count
from inventory.errors import ScanUnknown
from inventory.models import CoreState, Count, CountState, PlaceKind, StockLevel
from inventory.queries import availability, parts, place_by_code, stock_of, trunks, warehouses
from inventory.replenishment import is_low
from inventory.tracing import scan
from inventory.transfers import transfer_by_id
from web.caller import caller_id, firm
from web.commands import carry_out_here
from web.count_sheet import write_down
from web.day import choice_of_technicians, days_around, is_own_day, technician_to_show
from web.forms import day_asked_for, read_codes, read_whole
from web.transfers import told
from web.wording import sentence

pages = Blueprint("van", __name__)


@pages.get("/day/van")
@allow(RoleName.TECHNICIAN, RoleName.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show what is in the van, what comes to it and what is asked of it."""
    technician = technician_to_show()
    if technician is None:
        return choice_of_technicians()
    try:
        return _page(technician, asked_for=request.args.get("part", "").strip())
    except ScanUnknown as unknown:
        return _page(technician, problem=sentence(unknown)), STATUS[unknown.kind]


@pages.post("/day/van/asks")
@allow(RoleName.TECHNICIAN)
def ask() -> ResponseReturnValue:
    """Ask a warehouse or a colleague for a part."""

    def act(technician: Technician) -> str:
        session, values = db.session(), request.form
        source = place_by_code(session, values.get("from", ""))
        part = scan(session, values.get("sku", "")).part
        quantity = read_whole(values.get("quantity", "") or "1", least=1)
        vanwork.ask_for(session, technician, source=source, pieces={part.id: quantity}, reason=values.get("reason", ""))
        return str(gettext("%(place)s is asked for %(sku)s.", place=source.name, sku=part.sku))

    return _carry_out(act)


@pages.post("/day/van/transfers/<int:transfer_id>/receive")
@allow(RoleName.TECHNICIAN)
def receive(transfer_id: int) -> ResponseReturnValue:
    """Take what was brought into the van: all of it with one tap, or as many as were there."""

    def act(technician: Technician) -> str:
        arrived = []
        for line in transfer_by_id(db.session(), transfer_id).lines:
            good = request.form.get(f"good-{line.id}")
            if good is not None:
                arrived.append(
                    Arrived(
                        line.id,
                        read_whole(good),
                        damaged=read_whole(request.form.get(f"damaged-{line.id}", "") or "0"),
                        remark=request.form.get(f"remark-{line.id}", ""),
                        serials=read_codes(request.form.get(f"serials-{line.id}", "")),
                        damaged_serials=read_codes(request.form.get(f"damaged-serials-{line.id}", "")),
                    )
                )
        received = vanwork.receive(db.session(), technician, transfer_id=transfer_id, arrived=arrived)
        return told(received)

    return _carry_out(act)


@pages.post("/day/van/transfers/<int:transfer_id>/hand-over")
@allow(RoleName.TECHNICIAN)
def hand_over(transfer_id: int) -> ResponseReturnValue:
    """Give what was asked for out of the van."""

    def act(technician: Technician) -> str:
        lines = transfer_by_id(db.session(), transfer_id).lines
        serials = {line.id: read_codes(request.form.get(f"serials-{line.id}", "")) for line in lines}
        given = vanwork.hand_over(
            db.session(),
            technician,
            transfer_id=transfer_id,
            serials={line_id: numbers for line_id, numbers in serials.items() if numbers},
        )
        return str(gettext("The pieces are on their way to %(place)s.", place=given.to_place.name))

    return _carry_out(act)


@pages.post("/day/van/damaged")
@allow(RoleName.TECHNICIAN)
def damaged() -> ResponseReturnValue:
    """Put pieces that were found damaged with the old parts."""

    def act(technician: Technician) -> str:
        values = request.form
        quantity = read_whole(values.get("quantity", "") or "1", least=1)
        pieces = pieces_named(db.session(), values.get("sku", ""), quantity, read_codes(values.get("serials", "")))
        lost = vanwork.report_damaged(db.session(), technician, pieces=pieces, reason=values.get("reason", ""))
        words = gettext("%(pieces)s × %(sku)s lies with the old parts now.", pieces=quantity, sku=pieces.part.sku)
        return " ".join([words, *_lost(lost)])

    return _carry_out(act)


@pages.get("/day/van/count")
@allow(RoleName.TECHNICIAN)
def count() -> ResponseReturnValue:
    """Show the sheet of the van's count under way, or what could be counted."""
    return _count_page(technician_of_user(db.session(), caller_id()))


@pages.post("/day/van/counts")
@allow(RoleName.TECHNICIAN)
def begin_count() -> ResponseReturnValue:
    """Begin a count of the own van: everything, or the parts that are ticked."""

    def act(technician: Technician) -> str:
        ticked = [read_whole(text) for text in request.form.getlist("part")]
        wanted = None if "everything" in request.form else ticked
        begun = vanwork.begin_count(db.session(), technician, part_ids=wanted, reason=gettext("Count of my van"))
        return str(gettext("Count %(number)s has begun.", number=begun.number))

    return _carry_out_count(act)


@pages.post("/day/van/counts/<int:count_id>/lines")
@allow(RoleName.TECHNICIAN)
def record_count(count_id: int) -> ResponseReturnValue:
    """Write down what was counted, and end the counting if that was asked for."""

    def act(technician: Technician) -> str:
        sheet = vanwork.count_of_van(db.session(), technician, count_id)
        write_down(sheet)
        if "finish" not in request.form:
            return str(gettext("What you counted is kept."))
        lost = vanwork.end_count(db.session(), technician, count_id=count_id)
        return " ".join([_became(sheet), *_lost(lost)])

    return _carry_out_count(act)


def _became(sheet: Count) -> str:
    """Tell what became of a count."""
    words = {
        CountState.SECOND: gettext("Some parts differ from the books. Count those once more."),
        CountState.APPROVAL: gettext("The difference is worth much: the warehouse must approve it."),
    }
    return str(words.get(sheet.state, gettext("The count is posted.")))


def _lost(references: Sequence[str]) -> list[str]:
    """Tell which jobs lost pieces that were promised to them."""
    if not references:
        return []
    return [
        gettext(
            "The promises to %(references)s could not be kept; those jobs look for the part elsewhere.",
            references=", ".join(references),
        )
    ]


def _carry_out(act: Callable[[Technician], str]) -> ResponseReturnValue:
    """Do once what was asked for; when it is refused, show the van as it is now with what was typed."""
    technician = technician_of_user(db.session(), caller_id())
    return carry_out_here(
        lambda: act(technician), url_for("van.show"), lambda values, problem: _page(technician, values, problem)
    )


def _carry_out_count(act: Callable[[Technician], str]) -> ResponseReturnValue:
    technician = technician_of_user(db.session(), caller_id())
    return carry_out_here(
        lambda: act(technician), url_for("van.count"), lambda values, problem: _count_page(technician, values, problem)
    )


def _page(
    technician: Technician,
    values: Mapping[str, str] | None = None,
    problem: str | None = None,
    *,
    asked_for: str = "",
) -> str:
    session = db.session()
    levels = _levels(technician)
    under_way = vanwork.of_van(session, technician)
    return render_template(
        "day/van.html",
        technician=technician,
        zone=technician.zone,
        is_own=is_own_day(technician),
        cores_owed=corework.cores_to_take(session, technician),
        core_box=returns.cores(session, states=[CoreState.TAKEN], trunk_id=technician.trunk_id),
        day=day_asked_for(),
        **days_around(),
        levels=levels,
        is_low=is_low,
        pieces=sum(level.on_hand for level in levels),
        coming=[transfer for transfer in under_way if transfer.to_place_id == technician.trunk_id],
        asked=[transfer for transfer in under_way if transfer.from_place_id == technician.trunk_id],
        counting=vanwork.counts_of_van(session, technician),
        asked_for=asked_for,
        sources=_sources(technician, asked_for),
        parts=parts(session),
        pick_up=_next_pick_up(technician),
        values=values or {"sku": asked_for},
        problem=problem,
    )


def _count_page(technician: Technician, values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    session = db.session()
    return render_template(
        "day/count.html",
        technician=technician,
        is_own=True,
        day=day_asked_for(),
        **days_around(),
        sheets=vanwork.counts_of_van(session, technician),
        lines_to_count=lines_to_count,
        COUNTING=COUNTING,
        states=CountState,
        due=[due.level.part_id for due in due_today(session, place_id=technician.trunk_id)],
        levels=_levels(technician),
        values=values or {},
        problem=problem,
    )


def _levels(technician: Technician) -> list[StockLevel]:
    """What is in the van, or should be, by family."""
    levels = [level for level in stock_of(db.session(), place_id=technician.trunk_id) if level.on_hand or level.target]
    return sorted(levels, key=lambda level: (level.part.family, level.part.sku))


def _sources(technician: Technician, code: str) -> list[tuple[str, str]]:
    """Return whom to ask, by code and name: those first that have the part, with how many pieces they have free."""
    session = db.session()
    others = [place for place in (*warehouses(session), *trunks(session)) if place.id != technician.trunk_id]
    free: Mapping[int, int] = {}
    if code:
        part = scan(session, code).part
        free = {place: pieces for (place, _), pieces in availability(session, part_ids=[part.id]).items()}
    ranked = sorted(others, key=lambda place: (place.kind is not PlaceKind.WAREHOUSE, -free.get(place.id, 0)))
    if not code:
        return [(place.code, place.name) for place in ranked]
    return [
        (place.code, gettext("%(place)s – %(pieces)s free", place=place.name, pieces=free.get(place.id, 0)))
        for place in ranked
    ]


def _next_pick_up(technician: Technician) -> PickUpStop | None:
    """Return the pick-up of today at which old parts can still be handed in, whatever day the page's tabs show."""
    stops = stops_of_day(db.session(), technician_id=technician.id, day=firm().today())
    return next((stop for stop in stops if isinstance(stop, PickUpStop) and _is_ahead(stop)), None)


def _is_ahead(stop: PickUpStop) -> bool:
    """Whether the technician still comes by: the time is not over, and nobody has loaded there yet."""
    has_loaded = stop.pick_lists and stop.is_loaded
    return stop.leaves_at > clock.now() and not has_loaded
