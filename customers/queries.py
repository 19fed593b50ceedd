"""Reads of customers, sites, devices and contracts."""

import difflib

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from customers.errors import DeviceMistyped, UnknownContract, UnknownDevice, UnknownSite
from customers.models import Contract, Customer, Device, Site

# What is offered in the place of a serial number that there is not: how many, and of how many that are looked at.
SUGGESTIONS = 5
CANDIDATES = 500
SHORTEST_SERIAL = 4


def device_by_serial(session: Session, serial: str) -> Device:
    """The device with this serial number, with its site and contract; raises UnknownDevice, naming some like it."""
    statement = (
        sa.select(Device)
        .where(Device.serial == serial.strip())
        .options(joinedload(Device.site).joinedload(Site.contract).selectinload(Contract.targets))
    )
    device = session.scalar(statement)
    if device is None:
        raise _unknown_device(session, serial)
    return device


def site_by_code(session: Session, code: str) -> Site:
    """The site with this code; raises UnknownSite."""
    site = session.scalar(sa.select(Site).where(Site.code == code.strip()))
    if site is None:
        raise UnknownSite(site=code)
    return site


def contract_by_code(session: Session, code: str) -> Contract:
    """The contract with this code; raises UnknownContract."""
    contract = session.scalar(sa.select(Contract).where(Contract.code == code.strip()))
    if contract is None:
        raise UnknownContract(contract=code)
    return contract


def customers(session: Session) -> list[Customer]:
    """All customers by name."""
    return list(session.scalars(sa.select(Customer).order_by(Customer.name, Customer.id)))


def find_sites(session: Session, text: str = "", *, limit: int = 50) -> list[Site]:
    """
    Sites whose code, name, address or customer contains the text, by code, with customer and devices loaded.

    Capital and small letters are the same; without text, the first sites.
    """
    statement = (
        sa.select(Site)
        .join(Site.customer)
        .where(_any_contains(text, Site.code, Site.name, Site.address, Customer.name))
        .options(joinedload(Site.customer), selectinload(Site.devices))
        .order_by(Site.code)
        .limit(limit)
    )
    return list(session.scalars(statement))


def find_devices(session: Session, text: str = "", *, limit: int = 50) -> list[Device]:
    """Devices whose serial, model or site contains the text, by serial, with their site loaded."""
    statement = (
        sa.select(Device)
        .join(Device.site)
        .where(_any_contains(text, Device.serial, Device.model, Site.code, Site.name))
        .options(joinedload(Device.site))
        .order_by(Device.serial)
        .limit(limit)
    )
    return list(session.scalars(statement))


def find_served(session: Session, text: str, *, limit: int = 12) -> list[Device]:
    """
    Devices found by whatever a caller says: serial, model, or code, name, address, contact or phone of the shop.

    Every word has to be found somewhere; those of one shop stand together. Without a word nothing is found.
    """
    said = (Device.serial, Device.model, Site.code, Site.name, Site.address, Site.contact_name, Site.phone)
    words = text.split()
    if not words:
        return []
    statement = (
        sa.select(Device)
        .join(Device.site)
        .where(*(_any_contains(word, *said) for word in words))
        .options(joinedload(Device.site).joinedload(Site.customer))
        .order_by(Site.name, Site.id, Device.serial)
        .limit(limit)
    )
    return list(session.scalars(statement))


def _unknown_device(session: Session, serial: str) -> UnknownDevice:
    """Say that there is no such device, and which serial numbers are a slip away: by their beginning or their end."""
    typed = serial.strip()
    if len(typed) < SHORTEST_SERIAL:
        return UnknownDevice(serial=serial, alike="")
    part = len(typed) // 2
    near = sa.or_(
        Device.serial.istartswith(typed[:part], autoescape=True),
        Device.serial.iendswith(typed[-part:], autoescape=True),
    )
    candidates = session.scalars(sa.select(Device.serial).where(near).order_by(Device.serial).limit(CANDIDATES))
    by_capitals = {candidate.upper(): candidate for candidate in candidates}
    alike = difflib.get_close_matches(typed.upper(), by_capitals, SUGGESTIONS, cutoff=0.7)
    if not alike:
        return UnknownDevice(serial=serial, alike="")
    return DeviceMistyped(serial=serial, alike=", ".join(by_capitals[found] for found in alike))


def _any_contains(text: str, *columns: InstrumentedAttribute[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.icontains(text.strip(), autoescape=True) for column in columns))
