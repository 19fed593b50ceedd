"""Which machine a report is about: by its serial number, or by the shop and the model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from customers.models import Device, Site
from customers.queries import device_by_serial, site_by_code
from desk.errors import DeviceNotOfSite, NoSuchModelHere, SeveralOfModelHere

# What can be a serial number in running text; whether it is one, the table of devices knows.
SERIAL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9]|[-/.](?=[A-Za-z0-9])){4,59}")
MOST_CANDIDATES = 400


@dataclass(frozen=True)
class Machine:
    """Where something is broken, and what; both None when nobody has said."""

    site: Site | None = None
    device: Device | None = None


def find_machine(session: Session, *, serial: str = "", site_code: str = "", model: str = "") -> Machine:
    """
    Return the machine that a report names.

    The serial number alone is enough; a site with it must be the device's own. A site with a model is enough where one
    such machine stands there. Raises UnknownDevice, UnknownSite, DeviceNotOfSite, NoSuchModelHere, SeveralOfModelHere.
    """
    site = site_by_code(session, site_code) if site_code.strip() else None
    if serial.strip():
        device = device_by_serial(session, serial)
        if site is not None and device.site_id != site.id:
            raise DeviceNotOfSite(serial=device.serial, device_site=device.site.code, site=site.code)
        return Machine(device.site, device)
    if site is None or not model.strip():
        return Machine(site)
    return Machine(site, _only_one_of(site, model.strip()))


def devices_in_text(session: Session, text: str) -> Sequence[Device]:
    """Return the devices whose serial numbers stand in a text, by serial."""
    words = dict.fromkeys(word for found in SERIAL.findall(text) for word in (found, found.upper()))
    candidates = list(words)[:MOST_CANDIDATES]
    if not candidates:
        return ()
    statement = sa.select(Device).where(Device.serial.in_(candidates)).options(joinedload(Device.site))
    return session.scalars(statement.order_by(Device.serial)).all()


def _only_one_of(site: Site, model: str) -> Device:
    named = [device for device in site.devices if device.model.casefold() == model.casefold()]
    if not named:
        known = ", ".join(sorted({device.model for device in site.devices})) or "–"
        raise NoSuchModelHere(model=model, site=site.name, known=known)
    if len(named) > 1:
        serials = ", ".join(device.serial for device in named)
        raise SeveralOfModelHere(model=model, site=site.name, serials=serials)
    return named[0]
