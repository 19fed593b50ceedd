"""Devices that change places at a visit: one is taken away, another is put in its place, and the records follow."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.models import Device
from dispatch.fieldwork.errors import (
    DeviceNotThere,
    DeviceStandsElsewhere,
    ModelMissing,
    SerialNotUsable,
    SerialsTakenAlready,
)
from dispatch.jobs import record_fact
from dispatch.models import Visit

SERIAL_LENGTH = 60


@dataclass(frozen=True, kw_only=True)
class Swap:
    """The serial number of the device taken away, and of the one put there; the model if nobody has seen it before."""

    serial_out: str = ""
    serial_in: str = ""
    model_in: str = ""


def swap_devices(session: Session, visit: Visit, swap: Swap, at: dt.datetime, actor_id: int | None) -> None:
    """
    Note which device was taken away and which one stands there now; to note the same again changes nothing.

    The old device leaves the site: it stays on record with the time, and no longer stands anywhere. The new one stands
    at the site from then on; it is taken on record if nobody has seen it before, as the old one's model unless another
    one is named.
    """
    taken = _new_serial(visit, visit.serial_out, swap.serial_out)
    put = _new_serial(visit, visit.serial_in, swap.serial_in)
    facts = {}
    if taken:
        _take_away(session, visit, taken, at)
        visit.serial_out = facts["serial_out"] = taken
    if put:
        _put_there(session, visit, put, swap.model_in.strip())
        visit.serial_in = facts["serial_in"] = put
    if facts:
        record_fact(session, visit.job, "take_serials", actor_id=actor_id, facts=facts | {"visit": visit.id})


def _new_serial(visit: Visit, known: str, told: str) -> str:
    """Return what is to be noted, or nothing if it was; raises SerialsTakenAlready when another one was."""
    told = told.strip()
    if len(told) > SERIAL_LENGTH:
        raise SerialNotUsable(serial=told, limit=SERIAL_LENGTH)
    if not told or told == known:
        return ""
    if known:
        raise SerialsTakenAlready(number=visit.job.number, known=known, serial=told)
    return told


def _take_away(session: Session, visit: Visit, serial: str, at: dt.datetime) -> None:
    device = _held(session, serial)
    if device is None or device.site_id != visit.job.site_id or device.removed_at is not None:
        raise DeviceNotThere(serial=serial, site=visit.job.site.name)
    device.removed_at = at


def _put_there(session: Session, visit: Visit, serial: str, model: str) -> None:
    device, job = _held(session, serial), visit.job
    if device is None:
        model = model or (job.device.model if job.device is not None else "")
        if not model:
            raise ModelMissing(serial=serial)
        session.add(Device(serial=serial, model=model, site=job.site))
        return
    if device.removed_at is None and device.site_id != job.site_id:
        raise DeviceStandsElsewhere(serial=serial, site=device.site.name)
    device.site, device.removed_at = job.site, None


def _held(session: Session, serial: str) -> Device | None:
    return session.scalar(
        sa.select(Device)
        .where(Device.serial == serial)
        .with_for_update(of=Device, key_share=True)
        .execution_options(populate_existing=True)
    )
