"""Maintenance plans: what recurs for which devices, and what it would come to before it is saved."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.accounts import User
from core.firm import read_firm
from customers.contracts import due_times
from customers.models import Contract, Device, Priority, Site
from dispatch.jobs import LONGEST as LONGEST_SECONDS
from dispatch.maintenance.errors import (
    ContractIsOver,
    MaintenanceCodeTaken,
    MaintenanceNumberOutOfRange,
    MaintenanceOutOfOrder,
    MaintenancePlanChanged,
    MaintenanceScope,
    MaintenanceTextNotUsable,
    ToleranceTooWide,
    TooManyMaintenanceJobs,
    UnknownMaintenancePlan,
)
from dispatch.models import Job, MaintenanceJob, MaintenancePlan
from dispatch.models.jobs import JobKind
from dispatch.recurrence import Recurrence, read_rule
from dispatch.workforce.errors import SkillLevelOutOfRange
from dispatch.workforce.technicians import SKILL_LEVELS
from inventory.queries import part_by_sku

CODE_LENGTH, NAME_LENGTH, TEXT_LENGTH = 30, 160, 4_000
MOST_AHEAD, MOST_TOLERANCE, MOST_PIECES = 180, 90, 99
# So many at one time are a slip, and would bury the queue.
MOST_JOBS = 2_000
SHOWN_AHEAD = 6


@dataclass(frozen=True, kw_only=True)
class Terms:
    """
    What a plan says.

    It is for every device of the contract, or narrowed to a site, a model, one device. ``rule`` is an RFC 5545 rule
    without DTSTART. A job is made ``ahead_days`` before its due day and may be done ``tolerance_days`` before or after
    it. ``parts`` are pieces by SKU.
    """

    name: str
    contract: Contract
    rule: str
    starts_on: dt.date
    duration_seconds: int
    site: Site | None = None
    device: Device | None = None
    model: str | None = None
    kind: JobKind = JobKind.MAINTENANCE
    priority: Priority = Priority.P4
    ends_on: dt.date | None = None
    ahead_days: int = 14
    tolerance_days: int = 7
    skills: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True)
class Preview:
    """What a plan comes to: its next due days, for how many devices, and how many jobs would be made right now."""

    days: Sequence[dt.date]
    devices: int
    jobs: int


def plan_by_code(session: Session, code: str) -> MaintenancePlan:
    """Return the plan with this code; raises UnknownMaintenancePlan."""
    plan = session.scalar(
        sa.select(MaintenancePlan)
        .where(MaintenancePlan.code == code.strip())
        .options(joinedload(MaintenancePlan.contract), joinedload(MaintenancePlan.site))
    )
    if plan is None:
        raise UnknownMaintenancePlan(plan=code)
    return plan


def plans(session: Session) -> list[MaintenancePlan]:
    """All plans by code, those that rest last."""
    return list(
        session.scalars(
            sa.select(MaintenancePlan)
            .options(
                joinedload(MaintenancePlan.contract),
                joinedload(MaintenancePlan.site),
                joinedload(MaintenancePlan.device),
            )
            .order_by(MaintenancePlan.active.desc(), MaintenancePlan.code)
        )
    )


def add_plan(session: Session, *, code: str, terms: Terms, actor_id: int | None) -> MaintenancePlan:
    """Add a plan; its jobs are made by the next sweep, or at once by ``make_jobs``."""
    code = code.strip()
    if not 1 <= len(code) <= CODE_LENGTH:
        raise MaintenanceTextNotUsable(field="code", most=CODE_LENGTH, length=len(code))
    preview(session, terms)
    if session.scalar(sa.select(MaintenancePlan.id).where(MaintenancePlan.code == code)) is not None:
        raise MaintenanceCodeTaken(plan=code)
    plan = MaintenancePlan(code=code, active=True, version=1)
    _write(plan, terms)
    plan.changed_at, plan.changed_by_id = clock.now(), actor_id
    session.add(plan)
    # Callers keep the id.
    session.flush()
    return plan


def change_plan(session: Session, *, code: str, version: int, terms: Terms, actor_id: int | None) -> MaintenancePlan:
    """Change a plan as somebody saw it in ``version``. Jobs that were made already stay as they are."""
    plan = lock_plan(session, code, version=version)
    preview(session, terms)
    _write(plan, terms)
    _count_change(plan, actor_id)
    return plan


def set_plan_active(
    session: Session, *, code: str, version: int, active: bool, actor_id: int | None
) -> MaintenancePlan:
    """Let a plan rest, or go on; while it rests no job is made of it, and what fell due then is not made up for."""
    plan = lock_plan(session, code, version=version)
    plan.active = active
    _count_change(plan, actor_id)
    return plan


def lock_plan(session: Session, code: str, *, version: int | None = None) -> MaintenancePlan:
    """Return a plan as it is now and keep others from changing it; raises MaintenancePlanChanged, naming who did."""
    plan = session.scalar(
        sa.select(MaintenancePlan)
        .where(MaintenancePlan.code == code)
        .with_for_update(of=MaintenancePlan)
        .execution_options(populate_existing=True)
    )
    if plan is None:
        raise UnknownMaintenancePlan(plan=code)
    if version is not None and plan.version != version:
        name = session.scalar(sa.select(User.name).where(User.id == plan.changed_by_id))
        at = plan.changed_at or clock.now()
        raise MaintenancePlanChanged(plan=plan.code, name=name or "-", at=at.strftime("%Y-%m-%d %H:%M %Z"))
    return plan


def preview(session: Session, terms: Terms) -> Preview:
    """Look a plan through before it is saved: its next days, its devices, its first jobs; refuses what cannot be."""
    _check_numbers(terms)
    _check_scope(session, terms)
    # A contract without targets for the priority could not take the jobs in.
    due_times(terms.contract, terms.priority, clock.now())
    for sku in terms.parts:
        part_by_sku(session, sku)
    recurrence = _check_rule(terms)
    today = read_firm(session).today()
    devices = session.scalar(sa.select(sa.func.count()).select_from(_devices(terms).subquery())) or 0
    soon = recurrence.between(
        today - dt.timedelta(days=terms.tolerance_days), today + dt.timedelta(days=terms.ahead_days)
    )
    if devices * len(soon) > MOST_JOBS:
        raise TooManyMaintenanceJobs(
            devices=devices, days=len(soon), ahead=terms.ahead_days, jobs=devices * len(soon), most=MOST_JOBS
        )
    days = recurrence.next_days(max(today, terms.starts_on), SHOWN_AHEAD)
    return Preview(days=days, devices=devices, jobs=devices * len(soon))


def recurrence_of(plan: MaintenancePlan) -> Recurrence:
    """The rule of a plan, which was looked through when it was saved."""
    return read_rule(plan.rule, starts_on=plan.starts_on, ends_on=plan.ends_on)


def terms_of(plan: MaintenancePlan) -> Terms:
    """What a saved plan says."""
    return Terms(
        name=plan.name,
        contract=plan.contract,
        rule=plan.rule,
        starts_on=plan.starts_on,
        duration_seconds=plan.duration_seconds,
        site=plan.site,
        device=plan.device,
        model=plan.model,
        kind=plan.kind,
        priority=plan.priority,
        ends_on=plan.ends_on,
        ahead_days=plan.ahead_days,
        tolerance_days=plan.tolerance_days,
        skills=dict(plan.skills),
        parts=dict(plan.parts),
        description=plan.description,
    )


def devices_of(session: Session, plan: MaintenancePlan) -> list[Device]:
    """The devices that a plan is for today: those that left the contract's sites are none of them any more."""
    return list(
        session.scalars(
            _devices(terms_of(plan)).options(joinedload(Device.site).joinedload(Site.contract)).order_by(Device.id)
        )
    )


def jobs_of(session: Session, plan: MaintenancePlan, *, limit: int = 50) -> list[MaintenanceJob]:
    """The jobs that were made of a plan, the latest due day first."""
    return list(
        session.scalars(
            sa.select(MaintenanceJob)
            .where(MaintenanceJob.plan_id == plan.id)
            .options(
                joinedload(MaintenanceJob.job).joinedload(Job.site),
                joinedload(MaintenanceJob.device),
                joinedload(MaintenanceJob.together_with),
            )
            .order_by(MaintenanceJob.due_on.desc(), MaintenanceJob.id.desc())
            .limit(limit)
        )
    )


def _devices(terms: Terms) -> sa.Select[Device]:
    query = sa.select(Device).join(Device.site).where(Site.contract_id == terms.contract.id)
    if terms.site is not None:
        query = query.where(Device.site_id == terms.site.id)
    if terms.device is not None:
        query = query.where(Device.id == terms.device.id)
    if terms.model is not None:
        query = query.where(Device.model == terms.model)
    return query


def _check_numbers(terms: Terms) -> None:
    if not 1 <= len(terms.name.strip()) <= NAME_LENGTH:
        raise MaintenanceTextNotUsable(field="name", most=NAME_LENGTH, length=len(terms.name.strip()))
    if len(terms.description) > TEXT_LENGTH:
        raise MaintenanceTextNotUsable(field="description", most=TEXT_LENGTH, length=len(terms.description))
    for name, value, least, most in (
        ("duration", terms.duration_seconds, 1, LONGEST_SECONDS),
        ("days ahead", terms.ahead_days, 0, MOST_AHEAD),
        ("tolerance", terms.tolerance_days, 0, MOST_TOLERANCE),
        *(("pieces", pieces, 1, MOST_PIECES) for pieces in terms.parts.values()),
    ):
        if not least <= value <= most:
            raise MaintenanceNumberOutOfRange(field=name, value=value, least=least, most=most)
    for skill, level in terms.skills.items():
        if level not in SKILL_LEVELS:
            raise SkillLevelOutOfRange(skill=skill, level=level)


def _check_scope(session: Session, terms: Terms) -> None:
    contract, site, device = terms.contract, terms.site, terms.device
    if site is not None and site.contract_id != contract.id:
        raise MaintenanceScope(what=site.code, owner=contract.code)
    if device is not None and device.site.contract_id != contract.id:
        raise MaintenanceScope(what=device.serial, owner=contract.code)
    if device is not None and site is not None and device.site_id != site.id:
        raise MaintenanceScope(what=device.serial, owner=site.code)
    if terms.ends_on is not None and terms.ends_on < terms.starts_on:
        raise MaintenanceOutOfOrder(first=terms.starts_on.isoformat(), last=terms.ends_on.isoformat())
    if contract.ends_on is not None and contract.ends_on < terms.starts_on:
        raise ContractIsOver(
            contract=contract.code, ends=contract.ends_on.isoformat(), first=terms.starts_on.isoformat()
        )
    if terms.model is not None and not session.scalar(sa.select(sa.exists(_devices(terms).subquery().select()))):
        raise MaintenanceScope(what=terms.model, owner=(site or contract).code)


def _check_rule(terms: Terms) -> Recurrence:
    recurrence = read_rule(terms.rule, starts_on=terms.starts_on, ends_on=terms.ends_on)
    gap = recurrence.shortest_gap()
    if gap is not None and 2 * terms.tolerance_days >= gap:
        raise ToleranceTooWide(gap=gap, tolerance=terms.tolerance_days, most=(gap - 1) // 2)
    return recurrence


def _write(plan: MaintenancePlan, terms: Terms) -> None:
    plan.name, plan.description = terms.name.strip(), terms.description.strip()
    plan.contract, plan.site, plan.device, plan.model = terms.contract, terms.site, terms.device, terms.model
    plan.kind, plan.priority = terms.kind, terms.priority
    plan.rule, plan.starts_on, plan.ends_on = terms.rule.strip().upper(), terms.starts_on, terms.ends_on
    plan.ahead_days, plan.tolerance_days = terms.ahead_days, terms.tolerance_days
    plan.duration_seconds = terms.duration_seconds
    plan.skills, plan.parts = dict(terms.skills), dict(terms.parts)


def _count_change(plan: MaintenancePlan, actor_id: int | None) -> None:
    plan.version += 1
    plan.changed_at, plan.changed_by_id = clock.now(), actor_id
