"""When jobs that wait for parts can have them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.firm import read_firm
from dispatch.models import Job
from inventory.models import BackOrder, Part, Transfer, TransferLine
from inventory.queries import lines_carrying
from inventory.supply_curve import Outlook, supply_curves


@dataclass(frozen=True)
class PartOutlook:
    """When a job can have one of the parts that it waits for."""

    part: Part
    quantity: int
    outlook: Outlook
    # The transfer that brings it; None when it is still to come from a supplier or the bench.
    transfer: Transfer | None = None


def parts_outlook(session: Session, job: Job) -> list[PartOutlook]:
    """Return the parts that a job waits for, by SKU, and when it can have each."""
    return outlooks(session, [job])[job.id]


def outlooks(session: Session, jobs: Sequence[Job]) -> dict[int, list[PartOutlook]]:
    """Return for each job the parts that it waits for and when it can have them; for all in a few statements."""
    today = read_firm(session).today()
    found: dict[int, list[PartOutlook]] = {job.id: [] for job in jobs}
    by_number = {job.number: job.id for job in jobs}
    rows = session.scalars(sa.select(BackOrder).where(BackOrder.reference.in_(by_number))).all()
    curves = supply_curves(session, {row.part_id for row in rows}, today=today)
    for row in rows:
        outlook = curves[row.part_id].outlook_for(row.reference) or Outlook(None, None)
        found[by_number[row.reference]].append(PartOutlook(row.part, row.quantity, outlook))
    promised = {line.reservation_id: job.id for job in jobs for line in job.parts if line.reservation_id is not None}
    for carried in lines_carrying(session, promised) if promised else ():
        if carried.reservation_id is not None:
            found[promised[carried.reservation_id]].append(_brought(carried))
    return {job_id: sorted(parts, key=lambda line: line.part.sku) for job_id, parts in found.items()}


def ready_on(parts: Sequence[PartOutlook]) -> dt.date | None:
    """Return the day on which a job will probably have the last of its parts; None when nobody knows."""
    days = [line.outlook.likely_on for line in parts]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None


def _brought(line: TransferLine) -> PartOutlook:
    expected_at = line.transfer.expected_at
    on = expected_at.date() if expected_at else None
    return PartOutlook(line.part, line.requested, Outlook(on, on), line.transfer)
