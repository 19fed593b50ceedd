"""The firm's choices for its planner: how near the present nothing moves, and what changes cost."""

from dataclasses import asdict

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.planning.settings import (
    RANGES,
    PlanningSettings,
    read_planning_settings,
    write_planning_settings,
)
from web.commands import Answer, carry_out
from web.forms import read_money, read_whole

pages = Blueprint("planning_settings", __name__)

MONEY = (
    "technician_change_cents",
    "start_change_cents_per_hour",
    "promise_change_cents",
    "preferred_technician_cents",
    "outside_territory_cents",
)


@pages.get("/planning-settings")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def show() -> ResponseReturnValue:
    """Show the choices with what they do."""
    return _page()


@pages.post("/planning-settings")
@allow(RoleName.MANAGER)
def change() -> ResponseReturnValue:
    """Keep other choices; the next plan follows them."""

    def act() -> Answer:
        values = request.form
        chosen = PlanningSettings(
            freeze_minutes=read_whole(values.get("freeze_minutes", "")),
            **{name: read_money(values.get(name, "")) for name in MONEY},
        )
        write_planning_settings(db.session(), chosen)
        return Answer(url_for("planning_settings.show"), gettext("Kept. The next plan follows it."))

    return carry_out(act, lambda problem: _page(problem=problem))


def _page(*, problem: str = "") -> str:
    chosen = asdict(read_planning_settings(db.session()))
    values = {name: f"{cents / 100:.2f}" if name in MONEY else str(cents) for name, cents in chosen.items()}
    return render_template(
        "plans/settings.html",
        values=values | request.form.to_dict(),
        defaults=PlanningSettings(),
        ranges=RANGES,
        problem=problem,
    )
