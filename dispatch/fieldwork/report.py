"""The report of a visit for the customer: when, who, what was done, what was used, who signed, what is to be paid."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session, joinedload, selectinload

from customers.entitlement import Entitlement, from_json
from customers.models import Contract, Priority, Site
from customers.pricing import ExpectedPart, Extra, Price, Work, price_of
from dispatch.fieldwork.errors import NotYourVisit, UnknownVisit
from dispatch.models import ExtraCharge, Job, Visit, VisitFile, VisitPart
from dispatch.models.visits import FileKind
from inventory.models import Part


@dataclass(frozen=True)
class VisitReport:
    """
    A visit as its customer reads it.

    ``price`` is what is not covered and what was charged beyond that, by the contract's price list; None if all is
    covered, nobody has asked what is, or there is no price list, which ``is_chargeable`` tells apart.
    """

    visit: Visit
    parts: Sequence[VisitPart]
    signatures: Sequence[VisitFile]
    photos: Sequence[VisitFile]
    cover: Entitlement | None
    price: Price | None

    @property
    def job(self) -> Job:
        return self.visit.job

    @property
    def work_seconds(self) -> int | None:
        """How long somebody was on site; None as long as the visit lasts."""
        if self.visit.arrived_at is None or self.visit.ended_at is None:
            return None
        return int((self.visit.ended_at - self.visit.arrived_at).total_seconds())

    @property
    def is_chargeable(self) -> bool:
        return bool(self.visit.charges) or (self.cover is not None and self.cover.is_chargeable)


def visit_report(session: Session, visit_id: int, *, technician_id: int | None = None) -> VisitReport:
    """
    Return the report of a visit; raises UnknownVisit.

    With ``technician_id`` only of that technician's own visits; raises NotYourVisit for others.
    """
    job = joinedload(Visit.job)
    visit = session.get(
        Visit,
        visit_id,
        options=(
            job.joinedload(Job.site).joinedload(Site.customer),
            job.joinedload(Job.contract).joinedload(Contract.price_list),
            job.joinedload(Job.device),
            job.joinedload(Job.fault),
            joinedload(Visit.technician),
            selectinload(Visit.parts).joinedload(VisitPart.part),
            selectinload(Visit.files).joinedload(VisitFile.attachment),
            selectinload(Visit.charges).joinedload(ExtraCharge.part),
        ),
        populate_existing=True,
    )
    if visit is None:
        raise UnknownVisit(visit_id=visit_id)
    if technician_id is not None and visit.technician_id != technician_id:
        raise NotYourVisit(number=visit.job.number)
    cover = from_json(visit.job.cover)
    return VisitReport(
        visit=visit,
        parts=visit.parts,
        signatures=[file for file in visit.files if file.kind is FileKind.SIGNATURE],
        photos=[file for file in visit.files if file.kind is FileKind.PHOTO],
        cover=cover,
        price=_price(visit, cover),
    )


def _price(visit: Visit, cover: Entitlement | None) -> Price | None:
    """What the customer has to pay of this visit, as it went; the way is only known to the estimate."""
    prices = visit.job.contract.price_list
    minutes = _minutes(visit)
    charged = cover.charged if cover is not None and minutes is not None else frozenset()
    if prices is None or not (charged or visit.charges):
        return None
    work = Work(
        minutes=minutes or 0,
        distance_km=None,
        is_urgent=visit.job.priority is Priority.P1,
        parts=[_priced(line.part, line.quantity) for line in visit.parts],
    )
    extras = [
        Extra(
            charge.kind, charge.quantity, charge.reason, _priced(charge.part, charge.quantity) if charge.part else None
        )
        for charge in visit.charges
    ]
    return price_of(prices, work, charged, extras)


def _minutes(visit: Visit) -> int | None:
    """How long somebody was on site; None as long as the visit lasts."""
    if visit.arrived_at is None or visit.ended_at is None:
        return None
    return max(1, round((visit.ended_at - visit.arrived_at) / dt.timedelta(minutes=1)))


def _priced(part: Part, quantity: int) -> ExpectedPart:
    return ExpectedPart(
        sku=part.sku,
        name_en=part.name_en,
        name_zh=part.name_zh,
        quantity=quantity,
        percent=100,
        cost_cents=part.unit_cost_cents,
    )
