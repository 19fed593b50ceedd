"""What of a job contract and warranty cover: the rule of ``customers.entitlement`` for the kinds of work there are."""

import datetime as dt

from customers.calendars import zone_named
from customers.entitlement import Entitlement, entitlement
from customers.models import Device, Site
from dispatch.models import FaultCode
from dispatch.models.jobs import JobKind

# What is ordered; all other kinds of work keep going what the customer has, which contracts are about.
ORDERED = frozenset({JobKind.INSTALLATION, JobKind.COLLECTION, JobKind.TRAINING})


def cover_of(
    *, site: Site, device: Device | None, fault: FaultCode | None, at: dt.datetime, kind: JobKind = JobKind.REPAIR
) -> Entitlement:
    """What is covered of work that was asked for at a moment; the day is that of the site."""
    return entitlement(
        site.contract,
        device,
        day=at.astimezone(zone_named(site.zone)).date(),
        is_ordered=kind in ORDERED,
        by_damage=fault is not None and fault.by_damage,
    )
