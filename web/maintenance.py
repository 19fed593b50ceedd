"""Maintenance plans: what recurs, looked through before it is kept, and the jobs that were made of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core.access import allow
from core.accounts import RoleName, names_of
from core.db import db
from core.errors import N_, STATUS, DomainError
from customers.models import Priority
from customers.queries import contract_by_code, device_by_serial, site_by_code
from customers.terms import all_contracts
from dispatch import maintenance
from dispatch.maintenance import Terms
from dispatch.maintenance.plans import Preview, devices_of, jobs_of, recurrence_of, terms_of
from dispatch.models import MaintenancePlan
from dispatch.models.jobs import JobKind
from web.caller import caller_id, firm
from web.commands import Answer, act_once, carry_out
from web.forms import read_choice, read_day, read_pairs, read_whole
from web.people_forms import read_optional_day
from web.wording import filled, sentence, word

pages = Blueprint("maintenance", __name__)

# Rules that most firms need, by the words for them; whoever needs another writes it.
CUSTOMARY = (
    ("FREQ=MONTHLY", N_("every month")),
    ("FREQ=MONTHLY;INTERVAL=3", N_("every three months")),
    ("FREQ=MONTHLY;INTERVAL=6", N_("every six months")),
    ("FREQ=YEARLY", N_("every year")),
    ("FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU", N_("every third month on its first Tuesday")),
)
NEXT_SHOWN = 6


@dataclass
class PlanForm:
    """What is filled in, what it comes to if that was asked, and why it was refused if it was."""

    values: Mapping[str, str]
    seen: Preview | None = None
    problem: str | None = None
    plan: MaintenancePlan | None = None


@pages.get("/maintenance")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def index() -> ResponseReturnValue:
    """List the plans with their next days."""
    return _index_page()


@pages.post("/maintenance/jobs")
@allow(RoleName.DISPATCHER)
def make_jobs() -> ResponseReturnValue:
    """Make now the jobs whose time has come, instead of waiting for the next sweep."""

    def act() -> Answer:
        made = maintenance.make_jobs(db.session(), actor_id=caller_id())
        words = ngettext("%(num)s job is made.", "%(num)s jobs are made.", len(made.jobs))
        return Answer(url_for("maintenance.index"), words)

    return carry_out(act, _index_page)


@pages.get("/maintenance/new")
@allow(RoleName.DISPATCHER)
def new() -> ResponseReturnValue:
    """Show the empty form of a plan."""
    return _form(PlanForm({"starts_on": firm().today().isoformat()}))


@pages.post("/maintenance")
@allow(RoleName.DISPATCHER)
def add() -> ResponseReturnValue:
    """Look a plan through, or keep it."""
    form = PlanForm(request.form)
    if "preview" in request.form:
        return _look_through(form)

    def act() -> Answer:
        plan = maintenance.add_plan(
            db.session(), code=request.form.get("code", ""), terms=_terms(), actor_id=caller_id()
        )
        return Answer(url_for("maintenance.show", code=plan.code), gettext("%(name)s is added.", name=plan.name))

    return _act(act, form)


@pages.get("/maintenance/<code>")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def show(code: str) -> ResponseReturnValue:
    """Show a plan, its next days and the jobs that were made of it."""
    return _page(code)


@pages.get("/maintenance/<code>/edit")
@allow(RoleName.DISPATCHER)
def edit(code: str) -> ResponseReturnValue:
    """Show the form of a plan as it is."""
    plan = maintenance.plan_by_code(db.session(), code)
    return _form(PlanForm(_values(plan), plan=plan))


@pages.post("/maintenance/<code>")
@allow(RoleName.DISPATCHER)
def change(code: str) -> ResponseReturnValue:
    """Look the changes of a plan through, or keep them."""
    plan = maintenance.plan_by_code(db.session(), code)
    form = PlanForm(request.form, plan=plan)
    if "preview" in request.form:
        return _look_through(form)

    def act() -> Answer:
        maintenance.change_plan(db.session(), code=code, version=_version(), terms=_terms(), actor_id=caller_id())
        return Answer(url_for("maintenance.show", code=code), gettext("The changes are kept."))

    return _act(act, form)


@pages.post("/maintenance/<code>/active")
@allow(RoleName.DISPATCHER)
def set_active(code: str) -> ResponseReturnValue:
    """Let a plan rest, or go on."""

    def act() -> Answer:
        active = request.form.get("active") == "1"
        maintenance.set_plan_active(db.session(), code=code, version=_version(), active=active, actor_id=caller_id())
        words = gettext("The plan goes on.") if active else gettext("The plan rests; no jobs are made of it.")
        return Answer(url_for("maintenance.show", code=code), words)

    return carry_out(act, lambda problem: _page(code, problem))


def _act(act: Callable[[], Answer], form: PlanForm) -> ResponseReturnValue:
    try:
        return act_once(act)
    except DomainError as error:
        form.problem = sentence(error)
        return _form(form), STATUS[error.kind]


def _look_through(form: PlanForm) -> ResponseReturnValue:
    try:
        form.seen = maintenance.preview(db.session(), _terms())
    except DomainError as error:
        form.problem = sentence(error)
        return _form(form), STATUS[error.kind]
    return _form(form)


def _version() -> int:
    return read_whole(request.form.get("version", ""))


def _terms() -> Terms:
    """What the form says of a plan."""
    session, values = db.session(), request.form
    site, serial = values.get("site", "").strip(), values.get("device", "").strip()
    return Terms(
        name=values.get("name", ""),
        contract=contract_by_code(session, values.get("contract", "")),
        site=site_by_code(session, site) if site else None,
        device=device_by_serial(session, serial) if serial else None,
        model=values.get("model", "").strip() or None,
        kind=read_choice(values.get("kind", ""), JobKind) or JobKind.MAINTENANCE,
        priority=read_choice(values.get("priority", ""), Priority) or Priority.P4,
        rule=values.get("rule", ""),
        starts_on=read_day(values.get("starts_on", "")),
        ends_on=read_optional_day(values.get("ends_on", "")),
        ahead_days=read_whole(values.get("ahead_days", "")),
        tolerance_days=read_whole(values.get("tolerance_days", "")),
        duration_seconds=read_whole(values.get("minutes", ""), least=1) * 60,
        skills=read_pairs(values.get("skills", "")),
        parts=read_pairs(values.get("parts", "")),
        description=values.get("description", ""),
    )


def _values(plan: MaintenancePlan) -> dict[str, str]:
    terms = terms_of(plan)
    return {
        "code": plan.code,
        "name": terms.name,
        "contract": terms.contract.code,
        "site": terms.site.code if terms.site else "",
        "device": terms.device.serial if terms.device else "",
        "model": terms.model or "",
        "kind": terms.kind.value,
        "priority": terms.priority.value,
        "rule": terms.rule,
        "starts_on": terms.starts_on.isoformat(),
        "ends_on": terms.ends_on.isoformat() if terms.ends_on else "",
        "ahead_days": str(terms.ahead_days),
        "tolerance_days": str(terms.tolerance_days),
        "minutes": str(terms.duration_seconds // 60),
        "skills": "\n".join(f"{skill} {level}" for skill, level in sorted(terms.skills.items())),
        "parts": "\n".join(f"{sku} {pieces}" for sku, pieces in sorted(terms.parts.items())),
        "description": terms.description,
    }


def _index_page(problem: str | None = None) -> str:
    session, today = db.session(), firm().today()
    rows = maintenance.plans(session)
    return render_template(
        "maintenance/list.html",
        rows=[(plan, next(iter(recurrence_of(plan).next_days(today, 1)), None)) for plan in rows],
        problems={plan.id: _told(plan) for plan in rows if plan.problem},
        problem=problem,
    )


def _page(code: str, problem: str | None = None) -> str:
    session = db.session()
    plan = maintenance.plan_by_code(session, code)
    return render_template(
        "maintenance/show.html",
        plan=plan,
        days=recurrence_of(plan).next_days(max(firm().today(), plan.starts_on), NEXT_SHOWN),
        devices=devices_of(session, plan),
        jobs=jobs_of(session, plan),
        changed_by=names_of(session, [plan.changed_by_id or 0]).get(plan.changed_by_id or 0, "–"),
        told=_told(plan) if plan.problem else None,
        problem=problem,
    )


def _told(plan: MaintenancePlan) -> str:
    problem = plan.problem or {}
    return filled(problem["sentence"], problem["facts"])


def _form(form: PlanForm) -> str:
    return render_template(
        "maintenance/form.html",
        form=form,
        values=form.values,
        plan=form.plan,
        problem=form.problem,
        contracts=[(one.code, f"{one.code} · {one.customer.name}") for one in all_contracts(db.session())],
        kinds=[(kind.value, word(kind)) for kind in JobKind],
        priorities=[(one.value, word(one)) for one in Priority],
        rules=[(rule, gettext(words)) for rule, words in CUSTOMARY],
    )
