"""Technicians: everybody today, and one of them with skills, week, absences, territories and wishes of customers."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from customers.calendars import WEEKDAYS
from customers.queries import customers
from dispatch import workforce
from dispatch.models.workforce import AbsenceReason, Preference
from dispatch.workforce import changes, patterns, preferences, queries, territories
from dispatch.workforce.partners import partner_by_code, partners
from dispatch.workforce.shifts import hand_back_to_pattern, put_shift
from web.caller import caller_id, firm
from web.commands import Answer, carry_out
from web.forms import read_choice, read_day, read_decimal, read_whole
from web.people_forms import SPARE_ROWS, read_hours, read_skills, read_span, read_week
from web.wording import word

pages = Blueprint("technicians", __name__)


@pages.get("/technicians")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def index() -> ResponseReturnValue:
    """Show everybody as today finds them, and the certificates that end soon."""
    return _index_page()


@pages.post("/technicians")
@allow(RoleName.DISPATCHER)
def add() -> ResponseReturnValue:
    """Add a technician, with a van of their own."""

    def act() -> Answer:
        form = request.form
        new = workforce.NewTechnician(
            code=form.get("code", "").strip(),
            name=form.get("name", "").strip(),
            home_lat=read_decimal(form.get("home_lat", "")),
            home_lon=read_decimal(form.get("home_lon", "")),
            zone=form.get("zone", "").strip(),
            home_address=form.get("home_address", "").strip(),
            phone=form.get("phone", "").strip(),
        )
        technician = workforce.add_technician(db.session(), new, skills={})
        words = gettext("%(name)s is added. Say next what they can do and when they work.", name=technician.name)
        return Answer(url_for("technicians.show", code=technician.code), words)

    return carry_out(act, _index_page)


@pages.get("/technicians/<code>")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def show(code: str) -> ResponseReturnValue:
    """Show one technician."""
    return _page(code)


@pages.post("/technicians/<code>")
@allow(RoleName.DISPATCHER)
def change(code: str) -> ResponseReturnValue:
    """Change who a technician is, where they work and whose they are."""

    def act() -> str:
        form, session = request.form, db.session()
        wanted: changes.TechnicianChanges = {
            "name": form.get("name", "").strip(),
            "phone": form.get("phone", "").strip(),
            "home_address": form.get("home_address", "").strip(),
            "home_lat": read_decimal(form.get("home_lat", "")),
            "home_lon": read_decimal(form.get("home_lon", "")),
            "zone": form.get("zone", "").strip(),
            "partner": partner_by_code(session, form["partner"]) if form.get("partner") else None,
            "territories": [territories.territory_by_code(session, one) for one in form.getlist("territory")],
        }
        changes.change_technician(session, code=code, version=_version(), changes=wanted, actor_id=caller_id())
        return str(gettext("The changes are kept."))

    return _carry_out(act, code)


@pages.post("/technicians/<code>/skills")
@allow(RoleName.DISPATCHER)
def set_skills(code: str) -> ResponseReturnValue:
    """Say what a technician can do, and until when."""

    def act() -> str:
        levels, last_days = read_skills(request.form)
        wanted: changes.TechnicianChanges = {"skills": levels, "valid_until": last_days}
        changes.change_technician(db.session(), code=code, version=_version(), changes=wanted, actor_id=caller_id())
        return str(gettext("The skills are kept."))

    return _carry_out(act, code)


@pages.post("/technicians/<code>/week")
@allow(RoleName.DISPATCHER)
def set_week(code: str) -> ResponseReturnValue:
    """Let a technician work by a weekly pattern from a day on."""

    def act() -> str:
        week = read_week(request.form)
        patterns.set_week(db.session(), code=code, week=week, version=_version(), actor_id=caller_id())
        return str(gettext("The week is kept, and the shifts of the next four weeks follow it."))

    return _carry_out(act, code)


@pages.post("/technicians/<code>/week/<int:pattern_id>/remove")
@allow(RoleName.DISPATCHER)
def remove_week(code: str, pattern_id: int) -> ResponseReturnValue:
    """Take a weekly pattern away."""

    def act() -> str:
        patterns.remove_week(db.session(), code=code, pattern_id=pattern_id, version=_version(), actor_id=caller_id())
        return str(gettext("The week is removed, with the shifts to come that it had made."))

    return _carry_out(act, code)


@pages.post("/technicians/<code>/shifts")
@allow(RoleName.DISPATCHER)
def set_shift(code: str) -> ResponseReturnValue:
    """Set the hours of one day by hand, make it free, or give it back to the week."""

    def act() -> str:
        form, session = request.form, db.session()
        technician = workforce.technician_by_code(session, code)
        if "day_off" in form:
            workforce.give_day_off(
                session, technician=technician, day=read_day(form.get("day", "")), actor_id=caller_id()
            )
            return str(gettext("The day is free."))
        if "by_week" in form:
            hand_back_to_pattern(session, technician, read_day(form.get("day", "")))
            workforce.make_shifts(session, technicians=[technician])
            return str(gettext("The day follows the week again."))
        # The version belongs to the day that the form was opened for.
        seen = read_whole(form["shift_version"]) if form.get("opened_for") == form.get("day") else None
        put_shift(session, technician, read_hours(form, ZoneInfo(technician.zone)), version=seen)
        return str(gettext("The hours of the day are kept; the week does not overrule them."))

    return _carry_out(act, code)


@pages.post("/technicians/<code>/absences")
@allow(RoleName.DISPATCHER)
def note_absence(code: str) -> ResponseReturnValue:
    """Write down that a technician will not work."""

    def act() -> str:
        form, session = request.form, db.session()
        technician = workforce.technician_by_code(session, code)
        starts_at, ends_at = read_span(form, ZoneInfo(technician.zone))
        workforce.note_absence(
            session,
            technician_id=technician.id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=read_choice(form.get("reason", ""), AbsenceReason) or AbsenceReason.OTHER,
            note=form.get("note", ""),
            actor_id=caller_id(),
        )
        waiting = [
            visit
            for visit in changes.work_ahead(session, technician, today=firm().today())
            if visit.planned_start < ends_at and visit.planned_end > starts_at
        ]
        if not waiting:
            return str(gettext("The absence is kept."))
        return str(
            ngettext(
                "The absence is kept. %(num)s visit is planned in it: plan the day anew, or move it on the board.",
                "The absence is kept. %(num)s visits are planned in it: plan the days anew, or move them on the board.",
                len(waiting),
            )
        )

    return _carry_out(act, code)


@pages.post("/technicians/<code>/absences/<int:absence_id>/withdraw")
@allow(RoleName.DISPATCHER)
def withdraw_absence(code: str, absence_id: int) -> ResponseReturnValue:
    """Take an absence back."""

    def act() -> str:
        workforce.withdraw_absence(db.session(), absence_id=absence_id, actor_id=caller_id())
        return str(gettext("The absence is withdrawn; the working time is there again."))

    return _carry_out(act, code)


@pages.post("/technicians/<code>/preferences")
@allow(RoleName.DISPATCHER)
def set_preference(code: str) -> ResponseReturnValue:
    """Write down what a customer thinks of a technician."""

    def act() -> str:
        form = request.form
        preferences.set_preference(
            db.session(),
            customer_code=form.get("customer", ""),
            technician_code=code,
            preference=read_choice(form.get("preference", ""), Preference),
            reason=form.get("wish_reason", ""),
            actor_id=caller_id(),
        )
        return str(gettext("The wish of the customer is kept."))

    return _carry_out(act, code)


@pages.post("/technicians/<code>/leave")
@allow(RoleName.DISPATCHER)
def let_go(code: str) -> ResponseReturnValue:
    """Let a technician leave."""

    def act() -> str:
        ahead = changes.let_go(db.session(), code=code, version=_version(), actor_id=caller_id())
        if not ahead:
            return str(gettext("They get no more work. Lock the account as well if they have one."))
        numbers = ", ".join(visit.job.number for visit in ahead)
        return str(gettext("They get no more work. Find somebody else for: %(numbers)s.", numbers=numbers))

    return _carry_out(act, code)


@pages.post("/technicians/<code>/return")
@allow(RoleName.DISPATCHER)
def take_back(code: str) -> ResponseReturnValue:
    """Let a technician work again."""

    def act() -> str:
        changes.take_back(db.session(), code=code, version=_version(), actor_id=caller_id())
        return str(gettext("They work again; their week makes shifts from today on."))

    return _carry_out(act, code)


def _version() -> int:
    """The version of the technician that the form was made from."""
    return read_whole(request.form.get("version", ""))


def _carry_out(act: Callable[[], str], code: str) -> ResponseReturnValue:
    return carry_out(
        lambda: Answer(words=act(), path=url_for("technicians.show", code=code)),
        lambda problem: _page(code, problem),
    )


def _index_page(problem: str | None = None) -> str:
    return render_template(
        "technicians/list.html",
        roster=queries.roster(db.session()),
        values=request.form,
        problem=problem,
        zone=firm().zone.key,
    )


def _page(code: str, problem: str | None = None) -> str:
    session = db.session()
    detail = queries.technician_detail(session, code)
    chosen = next((row for row in detail.days if row.day.isoformat() == request.args.get("day")), None)
    return render_template(
        "technicians/show.html",
        detail=detail,
        technician=detail.technician,
        zone=detail.technician.zone,
        skill_rows=len(detail.technician.skills) + SPARE_ROWS,
        chosen=chosen,
        weekdays=WEEKDAYS,
        weekday_names={name: dt.date(2026, 1, 5 + number) for number, name in enumerate(WEEKDAYS)},
        known_skills=workforce.known_skills(session),
        territories=[row.territory for row in territories.territories(session)],
        partner_choices=[(one.code, one.name) for one, _ in partners(session) if one.active],
        customer_choices=[(one.code, one.name) for one in customers(session)],
        reason_choices=[(one.value, word(one)) for one in AbsenceReason],
        wish_choices=[(one.value, word(one)) for one in Preference],
        values=request.form,
        problem=problem,
    )
