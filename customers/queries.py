"""Reads of customers, sites, devices and contracts."""

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from customers.errors import UnknownContract, UnknownDevice, UnknownSite
from customers.models import Contract, Customer, Device, Site


def device_by_serial(session: Session, serial: str) -> Device:
    """The device with this serial number, with its site and contract; raises UnknownDevice."""
    statement = (
        sa.select(Device)
        .where(Device.serial == serial.strip())
        .options(joinedload(Device.site).joinedload(Site.contract).selectinload(Contract.targets))
    )
    device = session.scalar(statement)
    if device is None:
        raise UnknownDevice(serial=serial)
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


def _any_contains(text: str, *columns: InstrumentedAttribute[str]) -> sa.ColumnElement[bool]:
    return sa.or_(*(column.icontains(text.strip(), autoescape=True) for column in columns))
