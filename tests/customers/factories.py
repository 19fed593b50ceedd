"""Customers, contracts, sites and devices with sensible values; tests name only what matters to them."""

import itertools
from typing import Any

from sqlalchemy.orm import Session

from customers.calendars import WEEKDAYS
from customers.models import CalendarKind, Contract, Customer, Device, Priority, ServiceTarget, Site

_numbers = itertools.count(1)

OFFICE_HOURS: dict[str, Any] = {day: [["08:00", "18:00"]] for day in WEEKDAYS[:5]}
SHOP_HOURS: dict[str, Any] = {day: [["09:00", "13:00"], ["14:00", "19:00"]] for day in WEEKDAYS[:6]}
# Minutes to response and resolution, cents per late minute and for the breach.
TARGETS = {Priority.P1: (120, 240, 200, 20_000), Priority.P2: (240, 480, 100, 8_000), Priority.P3: (600, 1200, 20, 0)}


def make_contract(
    session: Session, *, targets: dict[Priority, tuple[int, int, int, int]] | None = None, **facts: Any
) -> Contract:
    """A contract in Lisbon on service hours 08-18, Monday to Friday, with Portuguese holidays and no P4."""
    number = next(_numbers)
    known = TARGETS if targets is None else targets
    contract = Contract(
        **{
            "customer": Customer(code=f"C-{number}", name=f"Customer {number}"),
            "code": f"K-{number}",
            "calendar": CalendarKind.SERVICE_HOURS,
            "zone": "Europe/Lisbon",
            "service_hours": OFFICE_HOURS,
            "holidays": "PT",
            "targets": [
                ServiceTarget(
                    priority=priority,
                    response_minutes=response,
                    resolution_minutes=resolution,
                    late_cents_per_minute=late,
                    breach_cents=breach,
                )
                for priority, (response, resolution, late, breach) in known.items()
            ],
        }
        | facts
    )
    session.add(contract)
    session.flush()  # Callers need the ids.
    return contract


def make_site(session: Session, **facts: Any) -> Site:
    """A shop in Porto with a lunch break, open Monday to Saturday."""
    number = next(_numbers)
    contract = facts.pop("contract", None) or make_contract(session)
    site = Site(
        **{
            "code": f"S-{number}",
            "name": f"Shop {number}",
            "customer": contract.customer,
            "contract": contract,
            "address": f"Rua de Cedofeita {number}, Porto",
            "lat": 41.15,
            "lon": -8.62,
            "zone": "Europe/Lisbon",
            "opening_hours": SHOP_HOURS,
        }
        | facts
    )
    session.add(site)
    session.flush()
    return site


def make_device(session: Session, **facts: Any) -> Device:
    """A terminal T-100."""
    site = facts.pop("site", None) or make_site(session)
    device = Device(**{"serial": f"SN-{next(_numbers):04}", "model": "T-100", "site": site} | facts)
    session.add(device)
    session.flush()
    return device
