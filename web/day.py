"""The technician's phone: today's stops in order, and what is done at each of them."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core import clock
from core.access import NotAllowed, allow
from core.accounts import Navigation, RoleName
from core.db import db
from core.errors import N_, DomainError
from customers.calendars import WeeklyHours
from desk.queries import briefings
from dispatch import corework, fieldwork
from dispatch.fieldwork.checklists import CHECKLISTS
from dispatch.fieldwork.conflicts import conflicts_of
from dispatch.fieldwork.files import add_file
from dispatch.models import Technician, Visit
from dispatch.models.visits import CannotComplete, FileKind, VisitStatus
from dispatch.stops import PickUpStop
from dispatch.workday import Workday, is_done, workday
from dispatch.workforce import NoTechnician, technician_by_code, technician_of_user, technicians
from dispatch.workforce.queries import week_days
from inventory.models import Part, PickState, StockLevel
from inventory.queries import part_by_sku, parts, stock_of
from web import wording
from web.caller import caller, caller_id, caller_is, firm
from web.commands import carry_out_here
from web.conflicts import RECENT, refusal_words
from web.forms import day_asked_for, read_choice, read_codes, read_whole
from web.history_words import CHECKS, PHONE_ACTIONS

pages = Blueprint("day", __name__)

WEEKS_AHEAD = 2


class ReasonNotChosen(DomainError):
    code = "reason_not_chosen"
    sentence = N_("Choose why the visit cannot be completed, then send it again. What you wrote is still here.")


@dataclass(frozen=True)
class Refused:
    """A form that was refused: why, and what had been typed into it."""

    problem: str
    visit_id: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@pages.get("/day")
@allow(RoleName.TECHNICIAN, RoleName.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show the caller's own day; a dispatcher looks at that of any technician."""
    technician = technician_to_show()
    return choice_of_technicians() if technician is None else _page(technician)


@pages.get("/day/week")
@allow(RoleName.TECHNICIAN)
def week() -> ResponseReturnValue:
    """Show technicians when they work in the next two weeks."""
    technician = technician_of_user(db.session(), caller_id())
    return render_template(
        "day/week.html",
        technician=technician,
        zone=technician.zone,
        days=week_days(db.session(), technician, firm().today(), WEEKS_AHEAD * 7),
        **days_around(),
    )


@pages.post("/visits/<int:visit_id>/set-off")
@allow(RoleName.TECHNICIAN)
def set_off(visit_id: int) -> ResponseReturnValue:
    """Leave for a visit."""

    def act(technician: Technician) -> str:
        visit = fieldwork.set_off(
            db.session(), visit_id=visit_id, technician_id=technician.id, actor_id=technician.user_id
        )
        return str(gettext("You are on the way to %(site)s.", site=visit.job.site.name))

    return _carry_out(act, visit_id)


@pages.post("/visits/<int:visit_id>/arrive")
@allow(RoleName.TECHNICIAN)
def arrive(visit_id: int) -> ResponseReturnValue:
    """Be on site."""

    def act(technician: Technician) -> str:
        visit = fieldwork.arrive(
            db.session(), visit_id=visit_id, technician_id=technician.id, actor_id=technician.user_id
        )
        return str(gettext("You are on site at %(site)s.", site=visit.job.site.name))

    return _carry_out(act, visit_id)


@pages.post("/visits/<int:visit_id>/parts")
@allow(RoleName.TECHNICIAN)
def use_part(visit_id: int) -> ResponseReturnValue:
    """Use up pieces of a part from the van."""

    def act(technician: Technician) -> str:
        quantity = read_whole(request.form.get("quantity", ""), least=1)
        serials = read_codes(request.form.get("serials", ""))
        pieces = fieldwork.pieces_named(db.session(), request.form.get("sku", ""), quantity, serials)
        fieldwork.use_part(
            db.session(),
            visit_id=visit_id,
            part_id=pieces.part.id,
            quantity=quantity,
            technician_id=technician.id,
            actor_id=technician.user_id,
            serials=pieces.serials,
        )
        return str(gettext("%(quantity)s × %(sku)s used.", quantity=quantity, sku=pieces.part.sku))

    return _carry_out(act, visit_id)


@pages.post("/day/cores/<int:core_id>/take")
@allow(RoleName.TECHNICIAN)
def take_core(core_id: int) -> ResponseReturnValue:
    """Take a defective part along."""

    def act(technician: Technician) -> str:
        core = corework.take_core(
            db.session(),
            core_id=core_id,
            technician_id=technician.id,
            serial=request.form.get("serial", ""),
            actor_id=technician.user_id,
        )
        return str(gettext("The old %(sku)s is in your van. Hand it in at the warehouse.", sku=core.part.sku))

    return _carry_out(act)


@pages.post("/day/cores/<int:core_id>/leave")
@allow(RoleName.TECHNICIAN)
def leave_core(core_id: int) -> ResponseReturnValue:
    """Say why a defective part does not come back."""

    def act(technician: Technician) -> str:
        core = corework.leave_core(
            db.session(),
            core_id=core_id,
            technician_id=technician.id,
            reason=request.form.get("reason", ""),
            actor_id=technician.user_id,
        )
        return str(gettext("You do not owe the old %(sku)s any more.", sku=core.part.sku))

    return _carry_out(act)


@pages.post("/visits/<int:visit_id>/complete")
@allow(RoleName.TECHNICIAN)
def complete(visit_id: int) -> ResponseReturnValue:
    """End a visit with the job done."""

    signature = request.files.get("signature")
    signed = signature.read() if signature is not None else b""

    def act(technician: Technician) -> str:
        visit = fieldwork.complete(
            db.session(),
            visit_id=visit_id,
            technician_id=technician.id,
            actor_id=technician.user_id,
            note=request.form.get("note", ""),
            signed_by=request.form.get("signed_by", ""),
            checklist=[{"key": key, "done": True} for key in request.form.getlist("check")],
            swap=fieldwork.Swap(
                serial_out=request.form.get("serial_out", ""),
                serial_in=request.form.get("serial_in", ""),
                model_in=request.form.get("model_in", ""),
            ),
        )
        if signed:
            add_file(
                db.session(),
                visit_id=visit_id,
                technician_id=technician.id,
                kind=FileKind.SIGNATURE,
                name="signature.png",
                media_type="image/png",
                content=signed,
                actor_id=technician.user_id,
            )
        return str(gettext("Job %(number)s at %(site)s is completed.", **_facts(visit)))

    return _carry_out(act, visit_id)


@pages.post("/visits/<int:visit_id>/cannot-complete")
@allow(RoleName.TECHNICIAN)
def cannot_complete(visit_id: int) -> ResponseReturnValue:
    """End a visit with the job not done, for a reason."""

    def act(technician: Technician) -> str:
        visit = fieldwork.cannot_complete(
            db.session(),
            visit_id=visit_id,
            reason=_reason(),
            technician_id=technician.id,
            actor_id=technician.user_id,
            note=request.form.get("note", ""),
            **_needed_part(),
            **_needed_skill(),
        )
        return str(gettext("Job %(number)s at %(site)s goes back to the dispatcher.", **_facts(visit)))

    return _carry_out(act, visit_id)


@pages.post("/day/load")
@allow(RoleName.TECHNICIAN)
def load() -> ResponseReturnValue:
    """Take the pieces of a pick-up stop into the van."""

    def act(technician: Technician) -> str:
        lists = [
            fieldwork.load_pick_list(
                db.session(),
                pick_list_id=read_whole(text),
                technician_id=technician.id,
                actor_id=technician.user_id,
                serials=_serials_by_line(),
            )
            for text in request.form.getlist("pick_list")
        ]
        lines = sum(len(pick_list.lines) for pick_list in lists)
        return str(ngettext("%(num)s line is in your van.", "%(num)s lines are in your van.", lines))

    return _carry_out(act)


def _carry_out(act: Callable[[Technician], str], visit_id: int | None = None) -> ResponseReturnValue:
    """Do once what was asked for; when it is refused, show the day as it is now with what was typed."""
    day = day_asked_for()
    technician = technician_of_user(db.session(), caller_id())
    return carry_out_here(
        lambda: act(technician),
        url_for("day.show", day=day.isoformat()),
        lambda values, problem: _page(technician, Refused(problem, visit_id, values)),
    )


def technician_to_show() -> Technician | None:
    """Return whose day is asked for, or None when a dispatcher has not said whose."""
    code = request.args.get("technician", "")
    watches = caller_is(RoleName.DISPATCHER)
    try:
        own = technician_of_user(db.session(), caller_id())
    except NoTechnician:
        if not watches:
            raise
        own = None
    if not code or (own is not None and own.code == code):
        return own
    if not watches:
        raise NotAllowed(roles=RoleName.DISPATCHER)
    return technician_by_code(db.session(), code)


def choice_of_technicians() -> str:
    """Ask a dispatcher whose day is to be shown."""
    return render_template("day/technicians.html", technicians=technicians(db.session()), day=day_asked_for())


def _page(technician: Technician, refused: Refused | None = None) -> str:
    shown = workday(db.session(), technician=technician, day=day_asked_for())
    in_van = [level for level in stock_of(db.session(), place_id=technician.trunk_id) if level.available]
    return render_template(
        "day/show.html",
        workday=shown,
        afterwards=[stop for stop in shown.stops if stop is not shown.next_stop and not is_done(stop)],
        done=[stop for stop in shown.stops if is_done(stop)],
        is_done=is_done,
        day_before=shown.day - dt.timedelta(days=1),
        day_after=shown.day + dt.timedelta(days=1),
        **days_around(),
        zone=technician.zone,
        is_own=is_own_day(technician),
        cores_owed=corework.cores_to_take(db.session(), technician),
        refused=refused,
        typed=_typed(refused),
        ticked=_ticked(refused),
        lost=_note_without_form(shown, refused),
        opening_hours=_opening_hours,
        way_to=way_to,
        briefings=briefings(db.session(), [visit.job for visit in shown.visits]),
        free_in_van={level.part_id: level.available for level in in_van},
        told_late=conflicts_of(db.session(), technician_id=technician.id, since=clock.now() - RECENT),
        refusal_words=refusal_words,
        phone_actions=PHONE_ACTIONS,
        VisitStatus=VisitStatus,
        wording=wording,
        **_offered_by_forms(shown, in_van),
    )


def _offered_by_forms(shown: Workday, in_van: Sequence[StockLevel]) -> dict[str, Any]:
    """Return what the forms of visits offer."""
    models = sorted({device.model if (device := visit.job.device) else None for visit in shown.visits}, key=str)
    return {
        "van_parts": _usable(shown, in_van),
        "models": models,
        "fitting_parts": {model: parts(db.session(), device_model=model) for model in models},
        "reasons": CannotComplete,
        "checklists": CHECKLISTS,
        "checks": CHECKS,
        "skills": [(code, wording.skill(code)) for code in wording.SKILLS],
    }


def _usable(shown: Workday, in_van: Sequence[StockLevel]) -> list[Part]:
    """Return the parts that the van has free, or loads on this day, by family."""
    loading = [
        line.part
        for stop in shown.stops
        if isinstance(stop, PickUpStop)
        for pick_list in stop.pick_lists
        for line in pick_list.lines
        if line.state is PickState.OPEN
    ]
    return sorted({*loading, *(level.part for level in in_van)}, key=lambda part: (part.family, part.sku))


def days_around() -> dict[str, dt.date]:
    """Return what the head of the phone's pages calls today and tomorrow."""
    today = firm().today()
    return {"today": today, "tomorrow": today + dt.timedelta(days=1)}


def way_to(lat: float, lon: float, name: str) -> str:
    """Return the link that shows the way, by the map that the caller chose."""
    person = caller()
    match person.navigation if person is not None else Navigation.GEO:
        case Navigation.GOOGLE:
            return f"https://www.google.com/maps/dir/?api=1&destination={lat},{lon}"
        case Navigation.AMAP:
            # Ours are WGS 84; its map shifts them itself when it is told so.
            return f"https://uri.amap.com/navigation?to={lon},{lat},{quote(name)}&mode=car&coordinate=wgs84"
        case _:
            return f"geo:{lat},{lon}?q={lat},{lon}({quote(name)})"


def is_own_day(technician: Technician) -> bool:
    """Whether the caller looks at the own day."""
    return technician.user_id == caller_id()


def _typed(refused: Refused | None) -> Callable[[int, str], str]:
    """Return what stands in a field of a visit's forms: what was typed before it was refused, else nothing."""

    def value(visit_id: int, name: str) -> str:
        return refused.values.get(name, "") if refused is not None and refused.visit_id == visit_id else ""

    return value


def _ticked(refused: Refused | None) -> Callable[[int], Sequence[str]]:
    """Return what was ticked on a visit's list before its form was refused."""

    def keys(visit_id: int) -> Sequence[str]:
        return request.form.getlist("check") if refused is not None and refused.visit_id == visit_id else ()

    return keys


def _note_without_form(shown: Workday, refused: Refused | None) -> str:
    """Return the note that was typed for a visit whose form is gone, so that it can still be copied."""
    if refused is None or any(
        visit.id == refused.visit_id and visit.status is VisitStatus.ON_SITE for visit in shown.visits
    ):
        return ""
    return refused.values.get("note", "").strip()


def _opening_hours(visit: Visit) -> str:
    """The hours of the shop on the day of the visit; empty when it is closed."""
    return WeeklyHours.parse(visit.job.site.opening_hours).text_on(visit.day)


def _reason() -> CannotComplete:
    reason = read_choice(request.form.get("reason", ""), CannotComplete)
    if reason is None:
        raise ReasonNotChosen
    return reason


def _needed_part() -> dict[str, Any]:
    """Return the part that the next visit must bring, if one was named."""
    sku = request.form.get("sku", "")
    if not sku:
        return {}
    quantity = read_whole(request.form.get("quantity", "1"), least=1)
    return {"part_id": part_by_sku(db.session(), sku).id, "quantity": quantity}


def _needed_skill() -> dict[str, Any]:
    """Return the skill that the next technician must have, if one was named."""
    skill = request.form.get("skill", "")
    return {"skill": skill, "level": read_whole(request.form.get("level", "1"), least=1)} if skill else {}


def _serials_by_line() -> dict[int, list[str]]:
    """Return the serial numbers that were scanned for lines of a pick list, by the line's id."""
    return {
        read_whole(name.removeprefix("serials-")): read_codes(text)
        for name, text in request.form.items()
        if name.startswith("serials-")
    }


def _facts(visit: Visit) -> dict[str, str]:
    return {"number": visit.job.number, "site": visit.job.site.name}
