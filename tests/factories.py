"""
Rows for the small worlds of the tests.

Every function writes one thing with sound values and takes those that matter as keywords; what it stands on is made
along with it when it is not given. Rows are flushed, so that they have their ids.
"""

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.accounts import RoleName, User, add_user
from core.base import Base
from customers.models import CalendarKind, Contract, Customer, Device, Priority, ServiceTarget, Site
from dispatch.models import FaultCode, FaultPart, FaultSkill, Job, Shift, Technician, TechnicianSkill, Visit
from dispatch.models.jobs import JobKind, JobStatus
from dispatch.models.visits import VisitStatus
from dispatch.promises import book_window
from inventory.models import (
    Movement,
    MovementKind,
    Part,
    PartFamily,
    PartFit,
    Place,
    PlaceKind,
    StockLevel,
)
from inventory.suppliers import add_supplier, set_supply

Row = TypeVar("Row", bound=Base)

ZONE = "Europe/Lisbon"
MONDAY = dt.date(2026, 11, 23)
ALL_WEEK = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
# Response and resolution minutes by priority.
TARGETS: Mapping[Priority, tuple[int, int]] = {
    Priority.P1: (120, 240),
    Priority.P2: (240, 480),
    Priority.P3: (480, 1440),
    Priority.P4: (1440, 2880),
}

_numbers = itertools.count(1)


def at(hour: int, minute: int = 0, *, day: dt.date = MONDAY) -> dt.datetime:
    """Return a time of the test Monday in Lisbon, which is UTC in winter."""
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(dt.UTC)


def _code(prefix: str, given: str | None) -> str:
    return given if given is not None else f"{prefix}-{next(_numbers):04d}"


def _write(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def add_person(session: Session, *, name: str = "Ana", roles: Iterable[RoleName] = (RoleName.TECHNICIAN,)) -> User:
    """Add a person who signs in."""
    email = f"person{next(_numbers)}@example.com"
    return _write(session, add_user(session, email=email, name=name, password_hash="x", roles=frozenset(roles)))


def add_customer(session: Session, *, code: str | None = None, name: str = "Corner Shops") -> Customer:
    return _write(session, Customer(code=_code("CU", code), name=name))


def add_contract(
    session: Session,
    *,
    customer: Customer | None = None,
    code: str | None = None,
    calendar: CalendarKind = CalendarKind.ALWAYS,
    zone: str = ZONE,
    targets: Mapping[Priority, tuple[int, int]] = TARGETS,
    late_cents_per_minute: int = 10,
    breach_cents: int = 1000,
    hours: Mapping[str, Any] = ALL_WEEK,
    holidays: str | None = None,
) -> Contract:
    """Add a contract with a target per priority, given as response and resolution minutes."""
    contract = Contract(
        customer=customer or add_customer(session),
        code=_code("CT", code),
        calendar=calendar,
        zone=zone,
        service_hours=dict(hours),
        holidays=holidays,
        targets=[
            ServiceTarget(
                priority=priority,
                response_minutes=response,
                resolution_minutes=resolution,
                late_cents_per_minute=late_cents_per_minute,
                breach_cents=breach_cents,
            )
            for priority, (response, resolution) in targets.items()
        ],
    )
    return _write(session, contract)


def add_site(
    session: Session,
    *,
    contract: Contract | None = None,
    code: str | None = None,
    name: str = "Corner Shop",
    position: tuple[float, float] | None = (41.15, -8.61),
    zone: str = ZONE,
    hours: Mapping[str, Any] = ALL_WEEK,
) -> Site:
    """Add a shop; ``position`` is ``(lat, lon)``, or None if nobody has put it on the map."""
    contract = contract or add_contract(session)
    lat, lon = position if position is not None else (None, None)
    site = Site(
        code=_code("S", code),
        name=name,
        customer_id=contract.customer_id,
        contract=contract,
        address="Rua das Flores 1",
        lat=lat,
        lon=lon,
        zone=zone,
        opening_hours=dict(hours),
    )
    return _write(session, site)


def add_device(session: Session, *, site: Site | None = None, serial: str | None = None, model: str = "A920") -> Device:
    return _write(session, Device(serial=_code("SN", serial), model=model, site=site or add_site(session)))


def add_place(
    session: Session,
    *,
    kind: PlaceKind = PlaceKind.WAREHOUSE,
    code: str | None = None,
    name: str | None = None,
    position: tuple[float, float] = (41.2, -8.6),
) -> Place:
    code = _code(kind.value.upper()[:3], code)
    lat, lon = position if kind is PlaceKind.WAREHOUSE else (None, None)
    return _write(session, Place(code=code, name=name or code, kind=kind, lat=lat, lon=lon))


def add_part(
    session: Session,
    *,
    sku: str | None = None,
    family: PartFamily = PartFamily.BATTERY,
    fits: Iterable[str] = ("A920",),
    pack_size: int = 1,
    unit_cost_cents: int = 1250,
) -> Part:
    """Add a part that fits the named device models."""
    sku = _code("P", sku)
    part = Part(
        sku=sku,
        name_en=f"{family.value} {sku}",
        name_zh=f"配件 {sku}",
        family=family,
        unit_cost_cents=unit_cost_cents,
        fits=[PartFit(device_model=model) for model in fits],
    )
    _write(session, part)
    supplier = add_supplier(session, code="ACME", name="Acme Parts")
    set_supply(
        session,
        supplier_id=supplier.id,
        part_id=part.id,
        lead_time_days=7,
        price_cents=unit_cost_cents,
        pack_size=pack_size,
    )
    return part


def add_stock(
    session: Session, place: Place, part: Part, on_hand: int, *, minimum: int = 0, target: int = 0
) -> StockLevel:
    """Put pieces at a place, with the ledger entry that brought them there, so that an audit finds no difference."""
    level = StockLevel(place=place, part=part, on_hand=on_hand, minimum=minimum, target=max(minimum, target))
    session.add(level)
    if on_hand:
        session.add(
            Movement(
                at=clock.now(),
                kind=MovementKind.RECEIPT,
                part=part,
                quantity=on_hand,
                from_place=_supplier(session),
                to_place=place,
                reference="opening stock",
            )
        )
    return _write(session, level)


def _supplier(session: Session) -> Place:
    known = session.scalar(sa.select(Place).where(Place.kind == PlaceKind.SUPPLIER))
    return known or add_place(session, kind=PlaceKind.SUPPLIER, code="SUPPLIER")


def add_technician(
    session: Session,
    *,
    code: str | None = None,
    name: str = "Rui",
    user: User | None = None,
    skills: Mapping[str, int] | None = None,
    zone: str = ZONE,
    home: tuple[float, float] = (41.16, -8.63),
) -> Technician:
    """Add a technician with a trunk of their own."""
    code = _code("T", code)
    technician = Technician(
        code=code,
        name=name,
        user=user,
        trunk=add_place(session, kind=PlaceKind.TRUNK, code=f"VAN-{code}", name=f"Van of {name}"),
        home_lat=home[0],
        home_lon=home[1],
        zone=zone,
        skills=[TechnicianSkill(skill=skill, level=level) for skill, level in (skills or {"battery": 1}).items()],
    )
    return _write(session, technician)


def add_shift(
    session: Session, technician: Technician, *, day: dt.date = MONDAY, hours: tuple[int, int] = (8, 17)
) -> Shift:
    """Add a shift without a break, from one full hour to another in Lisbon."""
    shift = Shift(technician=technician, day=day, starts_at=at(hours[0], day=day), ends_at=at(hours[1], day=day))
    return _write(session, shift)


def add_fault(
    session: Session,
    *,
    code: str | None = None,
    minutes: int = 30,
    priority: Priority = Priority.P3,
    skills: Mapping[str, int] | None = None,
    parts: Mapping[PartFamily, int] | None = None,
) -> FaultCode:
    """Add a fault code that needs no skill and no part unless told so."""
    code = _code("F", code)
    fault = FaultCode(
        code=code,
        name_en=f"Fault {code}",
        name_zh=f"故障 {code}",
        duration_seconds=minutes * 60,
        default_priority=priority,
        skills=[FaultSkill(skill=skill, level=level) for skill, level in (skills or {}).items()],
        parts=[FaultPart(family=family, quantity=quantity) for family, quantity in (parts or {}).items()],
    )
    return _write(session, fault)


def add_job(
    session: Session,
    *,
    device: Device | None = None,
    fault: FaultCode | None = None,
    number: str | None = None,
    status: JobStatus = JobStatus.READY,
    priority: Priority = Priority.P3,
    reported_at: dt.datetime | None = None,
    response_due: dt.datetime | None = None,
    resolution_due: dt.datetime | None = None,
    window: tuple[dt.datetime, dt.datetime] | None = None,
    skills: Mapping[str, int] | None = None,
    minutes: int = 30,
) -> Job:
    """Add a job as a row, past intake: no clock was computed and no part reserved."""
    device = device or add_device(session)
    reported_at = reported_at or at(7)
    window_start, window_end = window if window is not None else (None, None)
    job = Job(
        number=_code("J", number),
        kind=JobKind.REPAIR,
        status=status,
        priority=priority,
        site_id=device.site_id,
        site=device.site,
        contract=device.site.contract,
        device=device,
        fault=fault,
        skills=dict(skills or {}),
        duration_seconds=minutes * 60,
        reported_at=reported_at,
        response_due=response_due or reported_at + dt.timedelta(hours=8),
        resolution_due=resolution_due or reported_at + dt.timedelta(hours=24),
        window_start=window_start,
        window_end=window_end,
        late_cents_per_minute=10,
        breach_cents=1000,
    )
    _write(session, job)
    book_window(session, job, actor_id=None)
    return job


def add_visit(
    session: Session,
    *,
    technician: Technician,
    job: Job | None = None,
    day: dt.date = MONDAY,
    position: int = 1,
    start: dt.datetime | None = None,
    status: VisitStatus = VisitStatus.DISPATCHED,
) -> Visit:
    """Add a visit of half an hour as publication leaves it: the job dispatched, the technician still at home."""
    start = start or at(9, day=day)
    visit = Visit(
        job=job or add_job(session, status=JobStatus.DISPATCHED),
        technician=technician,
        day=day,
        position=position,
        status=status,
        planned_arrival=start,
        planned_start=start,
        planned_end=start + dt.timedelta(minutes=30),
    )
    return _write(session, visit)
