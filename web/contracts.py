"""Contracts on pages: what is owed to whom, on which calendar, and what missing it costs."""

from collections.abc import Mapping

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, DomainError
from customers.calendars import WEEKDAYS, WeeklyHours
from customers.models import CalendarKind, Priority
from customers.terms import (
    Target,
    Terms,
    all_contracts,
    change_terms,
    contract_with_terms,
    price_list_codes,
    terms_of,
)
from web import wording
from web.commands import Answer, carry_out
from web.forms import read_choice, read_day, read_money, read_whole

pages = Blueprint("contracts", __name__)

# Who may hear of a clock; technicians have no inbox.
HEARERS = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER, RoleName.WAREHOUSE, RoleName.ADMIN)


class HalfTarget(DomainError):
    code = "half_target"
    sentence = N_(
        "What is owed for %(priority)s needs the minutes to respond and to solve. "
        "Fill both in, or leave both empty if it is not offered."
    )


@pages.get("/contracts")
@allow(RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
def index() -> ResponseReturnValue:
    """List the contracts with their targets."""
    return render_template("contracts/list.html", contracts=all_contracts(db.session()), wording=wording)


@pages.get("/contracts/<code>")
@allow(RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
def show(code: str) -> ResponseReturnValue:
    """Show the terms of a contract, for those who may change them in a form."""
    return _page(code)


@pages.post("/contracts/<code>")
@allow(RoleName.MANAGER)
def change(code: str) -> ResponseReturnValue:
    """Change the terms; jobs that are taken in from now on follow them."""
    values = request.form.to_dict()

    def act() -> Answer:
        change_terms(db.session(), code=code, terms=_terms(values), seen=values.get("seen") or None)
        words = gettext("The terms of %(contract)s are saved. They hold for jobs that are taken in from now on.")
        return Answer(url_for("contracts.show", code=code), words % {"contract": code})

    return carry_out(act, lambda problem: _page(code, values=values, problem=problem))


def _page(code: str, *, values: Mapping[str, str] | None = None, problem: str = "") -> str:
    contract = contract_with_terms(db.session(), code)
    terms = terms_of(contract)
    return render_template(
        "contracts/show.html",
        contract=contract,
        terms=terms,
        values=_values(terms) if values is None else values,
        seen=terms.digest(),
        problem=problem,
        weekdays=WEEKDAYS,
        priorities=Priority,
        calendars=[(kind.value, wording.word(kind)) for kind in CalendarKind],
        hearers=[(role.value, wording.word(role)) for role in HEARERS],
        price_lists=[(name, name) for name in price_list_codes(db.session())],
        wording=wording,
    )


def _terms(values: Mapping[str, str]) -> Terms:
    """Read the form."""
    return Terms(
        calendar=read_choice(values.get("calendar", ""), CalendarKind) or CalendarKind.ALWAYS,
        zone=values.get("zone", "").strip(),
        service_hours={day: _spans(values.get(f"hours_{day}", "")) for day in WEEKDAYS},
        holidays=values.get("holidays", "").strip().upper() or None,
        starts_on=read_day(values["starts_on"]) if values.get("starts_on") else None,
        ends_on=read_day(values["ends_on"]) if values.get("ends_on") else None,
        covers_parts="covers_parts" in values,
        covers_labour="covers_labour" in values,
        covers_travel="covers_travel" in values,
        price_list=values.get("price_list") or None,
        warned_role=values.get("warned_role", ""),
        breach_role=values.get("breach_role", ""),
        targets={priority: target for priority in Priority if (target := _target(values, priority)) is not None},
    )


def _spans(text: str) -> list[list[str]]:
    """Read ``08:00-12:00, 14:00-18:00``; what makes no sense is refused by whoever reads weekly hours."""
    return [span.split("-") for span in text.replace("–", "-").replace("，", " ").replace(",", " ").split()]


def _target(values: Mapping[str, str], priority: Priority) -> Target | None:
    response, resolution, late, breach = (
        values.get(f"{priority.value}_{name}", "").strip() for name in ("response", "resolution", "late", "breach")
    )
    if not response and not resolution:
        return None
    if not response or not resolution:
        raise HalfTarget(priority=priority.value)
    return Target(
        response_minutes=read_whole(response, least=1),
        resolution_minutes=read_whole(resolution, least=1),
        late_cents_per_minute=read_money(late or "0"),
        breach_cents=read_money(breach or "0"),
    )


def _values(terms: Terms) -> dict[str, str]:
    """What stands in the fields of the form."""
    hours = WeeklyHours.parse(terms.service_hours).as_json()
    values = {f"hours_{day}": ", ".join("-".join(span) for span in hours.get(day, [])) for day in WEEKDAYS}
    values |= {
        "calendar": terms.calendar.value,
        "zone": terms.zone,
        "holidays": terms.holidays or "",
        "starts_on": terms.starts_on.isoformat() if terms.starts_on else "",
        "ends_on": terms.ends_on.isoformat() if terms.ends_on else "",
        "price_list": terms.price_list or "",
        "warned_role": terms.warned_role,
        "breach_role": terms.breach_role,
    }
    covered = {"covers_parts": terms.covers_parts, "covers_labour": terms.covers_labour}
    covered["covers_travel"] = terms.covers_travel
    values |= {name: "on" for name, is_covered in covered.items() if is_covered}
    for priority, target in terms.targets.items():
        values |= {
            f"{priority.value}_response": str(target.response_minutes),
            f"{priority.value}_resolution": str(target.resolution_minutes),
            f"{priority.value}_late": f"{target.late_cents_per_minute / 100:.2f}",
            f"{priority.value}_breach": f"{target.breach_cents / 100:.2f}",
        }
    return values
