"""Writes down what the demonstration's firm consists of: accounts, customers, shops, catalogue, warehouses, crew."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from flask_security import hash_password
from sqlalchemy.orm import Session

from app.demo import firm
from app.demo.addresses import Address
from app.demo.catalogue import CORE_FAMILIES, PARTS
from app.demo.crew import CrewMember
from app.demo.shops import Shop
from app.demo.stock import WarehouseSpec
from core.accounts import RoleName, User, add_user
from core.errors import N_
from customers.models import Contract, Customer, Device, ServiceTarget, Site
from dispatch.fault_catalogue import load_catalogue, shipped_catalogue
from dispatch.workforce import Break, NewTechnician, add_shift, add_technician
from inventory.models import Part, PartFit, Place, PlaceKind

PASSWORD = "wrenchway-demo"  # noqa: S105 -- printed on the sign-in page of the demonstration
# Name, role and what the sign-in page says of the accounts that are nobody's on the road.
OFFICE = (
    ("dispatcher@demo.example", "Mafalda Sequeira", RoleName.DISPATCHER),
    ("desk@demo.example", "Benedita Lacerda", RoleName.DESK),
    ("warehouse@demo.example", "Joaquim Pedrosa", RoleName.WAREHOUSE),
    ("manager@demo.example", "Henrique Valadares", RoleName.MANAGER),
    ("admin@demo.example", "Olívia Marques", RoleName.ADMIN),
)
SEES: Mapping[RoleName, str] = {
    RoleName.DISPATCHER: N_("Takes in jobs, plans the day on map and timeline, and publishes the plan."),
    RoleName.DESK: N_("Takes calls, fixes from afar what can be fixed, and hands the rest over as jobs."),
    RoleName.TECHNICIAN: N_("Has the own stops of the day on the phone, with the parts in the van."),
    RoleName.WAREHOUSE: N_("Fills the vans from pick lists, receives deliveries, and sees what to restock."),
    RoleName.MANAGER: N_("Hears of targets that were missed, and keeps the contracts."),
    RoleName.ADMIN: N_("Sees and does everything."),
}


def add_accounts(session: Session, crew: Sequence[CrewMember]) -> list[dict[str, str]]:
    """Add everybody who signs in; returns one login per role for the sign-in page."""
    # Hashing is slow on purpose, and all share one password that is public anyway.
    password_hash = hash_password(PASSWORD)
    technicians = [(member.email, member.name, RoleName.TECHNICIAN) for member in crew]
    for email, name, role in (*OFFICE, *technicians):
        add_user(session, email=email, name=name, password_hash=password_hash, roles=frozenset({role}))
    shown = {role: email for email, _, role in reversed((*OFFICE, *technicians))}
    return [{"email": shown[role], "role": role.value, "sees": sees} for role, sees in SEES.items()]


def user_id(session: Session, role: RoleName) -> int:
    email = next(email for email, _, office_role in OFFICE if office_role is role)
    return session.scalars(sa.select(User.id).where(User.email == email)).one()


def add_customers(session: Session) -> None:
    for trade in firm.TRADES:
        owed = trade.contract
        targets = [
            ServiceTarget(
                priority=priority,
                response_minutes=target.response_minutes,
                resolution_minutes=target.resolution_minutes,
                late_cents_per_minute=target.late_cents_per_minute,
                breach_cents=target.breach_cents,
            )
            for priority, target in owed.targets.items()
        ]
        contract = Contract(
            code=owed.code,
            calendar=owed.calendar,
            zone=firm.ZONE,
            service_hours=dict(owed.service_hours),
            holidays=owed.holidays,
            targets=targets,
        )
        session.add(Customer(code=trade.customer_code, name=trade.customer, contracts=[contract]))


def add_shops(session: Session, shops: Sequence[Shop]) -> None:
    contracts = {contract.code: contract for contract in session.scalars(sa.select(Contract))}
    for shop in shops:
        contract = contracts[shop.trade.contract.code]
        point = shop.address.point if shop.located else None
        machines = [
            Device(
                serial=machine.serial,
                model=machine.model,
                software_version=machine.software_version,
                warranty_until=machine.warranty_until,
            )
            for machine in shop.machines
        ]
        session.add(
            Site(
                code=shop.code,
                name=shop.name,
                customer=contract.customer,
                contract=contract,
                address=str(shop.address),
                lat=point.lat if point else None,
                lon=point.lon if point else None,
                zone=firm.ZONE,
                opening_hours=dict(shop.opening_hours),
                contact_name=shop.contact_name,
                phone=shop.phone,
                devices=machines,
            )
        )


def add_catalogue(session: Session) -> None:
    for part in PARTS:
        session.add(
            Part(
                sku=part.sku,
                name_en=part.name_en,
                name_zh=part.name_zh,
                family=part.family,
                unit_cost_cents=part.cost_cents,
                core_due=part.family in CORE_FAMILIES,
                fits=[PartFit(device_model=model) for model in part.fits],
            )
        )
    load_catalogue(session, shipped_catalogue())


def add_warehouses(session: Session, warehouses: Sequence[tuple[WarehouseSpec, Address]]) -> None:
    for warehouse, address in warehouses:
        session.add(
            Place(
                code=warehouse.code,
                name=warehouse.name,
                kind=PlaceKind.WAREHOUSE,
                address=str(address),
                lat=address.point.lat,
                lon=address.point.lon,
            )
        )


def add_crew(session: Session, crew: Sequence[CrewMember]) -> None:
    accounts = dict(session.execute(sa.select(User.email, User.id)).all())
    for member in crew:
        new = NewTechnician(
            code=member.code,
            name=member.name,
            home_lat=member.home.point.lat,
            home_lon=member.home.point.lon,
            zone=firm.ZONE,
            home_address=str(member.home),
            phone=member.phone,
            user_id=accounts[member.email],
        )
        technician = add_technician(session, new, skills=member.skills)
        for hours in member.duty:
            add_shift(
                session,
                technician,
                starts_at=hours.starts_at,
                ends_at=hours.ends_at,
                rest=Break(hours.break_seconds, hours.break_earliest, hours.break_latest),
                overtime_seconds=hours.overtime_seconds,
            )
