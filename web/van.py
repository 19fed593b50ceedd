"""The technician's van: what comes to it, what is asked of it, and asking for more."""

from collections.abc import Callable, Mapping

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import corework, vanwork
from dispatch.models import Technician
from dispatch.workforce import technician_of_user
from inventory import returns
from inventory.arrivals import Arrived
from inventory.models import CoreState
from inventory.queries import parts, place_by_code, stock_of, trunks, warehouses
from inventory.replenishment import is_low
from inventory.tracing import scan
from inventory.transfers import transfer_by_id
from web.caller import caller_id
from web.commands import carry_out_here
from web.day import choice_of_technicians, day_asked_for, days_around, is_own_day, technician_to_show
from web.forms import read_codes, read_whole
from web.transfers import told

pages = Blueprint("van", __name__)


@pages.get("/day/van")
@allow(RoleName.TECHNICIAN, RoleName.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show what is in the van, what comes to it and what is asked of it."""
    technician = technician_to_show()
    return choice_of_technicians() if technician is None else _page(technician)


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
                remark = request.form.get(f"remark-{line.id}", "")
                serials = read_codes(request.form.get(f"serials-{line.id}", ""))
                arrived.append(Arrived(line.id, read_whole(good), remark=remark, serials=serials))
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


def _carry_out(act: Callable[[Technician], str]) -> ResponseReturnValue:
    """Do once what was asked for; when it is refused, show the van as it is now with what was typed."""
    technician = technician_of_user(db.session(), caller_id())
    return carry_out_here(
        lambda: act(technician), url_for("van.show"), lambda values, problem: _page(technician, values, problem)
    )


def _page(technician: Technician, values: Mapping[str, str] | None = None, problem: str | None = None) -> str:
    session = db.session()
    levels = [level for level in stock_of(session, place_id=technician.trunk_id) if level.on_hand or level.target]
    under_way = vanwork.of_van(session, technician)
    others = [place for place in (*warehouses(session), *trunks(session)) if place.id != technician.trunk_id]
    return render_template(
        "day/van.html",
        technician=technician,
        is_own=is_own_day(technician),
        cores_owed=corework.cores_to_take(session, technician),
        core_box=returns.cores(session, states=[CoreState.TAKEN], trunk_id=technician.trunk_id),
        day=day_asked_for(),
        **days_around(),
        levels=sorted(levels, key=lambda level: (level.part.family, level.part.sku)),
        is_low=is_low,
        pieces=sum(level.on_hand for level in levels),
        coming=[transfer for transfer in under_way if transfer.to_place_id == technician.trunk_id],
        asked=[transfer for transfer in under_way if transfer.from_place_id == technician.trunk_id],
        sources=[(place.code, place.name) for place in others],
        parts=parts(session),
        values=values or {},
        problem=problem,
    )
