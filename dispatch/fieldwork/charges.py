"""What a customer has to pay beyond the cover, as the technician found it: a spill, a wish, a door that stayed shut."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from customers.entitlement import from_json
from customers.models import ChargeKind
from dispatch.fieldwork.errors import (
    ChargedAnyway,
    ChargeWithoutReason,
    LongerThanADay,
    NotChargedOnSite,
    NotOnSiteYet,
    NotUsedThere,
    UnknownCharge,
)
from dispatch.fieldwork.visits import own_visit
from dispatch.jobs import record_fact
from dispatch.models import ExtraCharge, Visit
from dispatch.models.visits import CHARGED_EXTRA
from inventory.checks import check_quantities
from inventory.models import Part

# Nobody works longer than a day for one extra.
MOST_MINUTES = 24 * 60


def add_charge(
    session: Session,
    *,
    visit_id: int,
    technician_id: int,
    kind: ChargeKind,
    quantity: int,
    reason: str,
    part_id: int | None = None,
    at: dt.datetime | None = None,
    actor_id: int | None,
) -> ExtraCharge:
    """
    Charge what the cover would pay for: minutes of labour, a call-out, or pieces that were used at this visit.

    ``at`` is when it was found; None: now.

    Raises ChargedAnyway where contract and warranty do not cover that kind, so that nothing is charged twice.
    """
    visit = own_visit(session, visit_id, technician_id)
    if visit.arrived_at is None:
        raise NotOnSiteYet(number=visit.job.number)
    reason = reason.strip()
    if not reason:
        raise ChargeWithoutReason
    if kind not in CHARGED_EXTRA:
        raise NotChargedOnSite(charged=kind.value)
    cover = from_json(visit.job.cover)
    if cover is not None and kind in cover.charged:
        raise ChargedAnyway(number=visit.job.number, charged=kind.value)
    check_quantities([quantity])
    if kind is ChargeKind.LABOUR and quantity > MOST_MINUTES:
        raise LongerThanADay(minutes=quantity)
    part = _used_part(visit, part_id, quantity) if kind is ChargeKind.PARTS else None
    charge = ExtraCharge(
        kind=kind,
        quantity=1 if kind is ChargeKind.CALL_OUT else quantity,
        part=part,
        reason=reason,
        at=at or clock.now(),
        user_id=actor_id,
    )
    visit.charges.append(charge)
    _record(session, visit, charge, "add_charge", actor_id)
    session.flush()
    return charge


def drop_charge(session: Session, *, visit_id: int, charge_id: int, technician_id: int, actor_id: int | None) -> None:
    """Take back a charge of an own visit; the job's history keeps both."""
    visit = own_visit(session, visit_id, technician_id)
    charge = session.scalar(sa.select(ExtraCharge).where(ExtraCharge.id == charge_id, ExtraCharge.visit_id == visit.id))
    if charge is None:
        raise UnknownCharge
    _record(session, visit, charge, "drop_charge", actor_id)
    visit.charges.remove(charge)


def _used_part(visit: Visit, part_id: int | None, quantity: int) -> Part:
    """Return the part if so many pieces of it were used at the visit and are not charged yet."""
    used = [line for line in visit.parts if line.part_id == part_id]
    charged = sum(charge.quantity for charge in visit.charges if charge.part_id == part_id)
    left = sum(line.quantity for line in used) - charged
    if not used or quantity > left:
        raise NotUsedThere(number=visit.job.number, wanted=quantity, left=max(left, 0))
    return used[0].part


def _record(session: Session, visit: Visit, charge: ExtraCharge, action: str, actor_id: int | None) -> None:
    facts = {"charge": charge.kind.value, "pieces": charge.quantity, "visit": visit.id}
    if charge.part is not None:
        facts["part"] = charge.part.sku
    record_fact(session, visit.job, action, actor_id=actor_id, note=charge.reason, facts=facts)
