"""When jobs that wait for parts can have them."""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.firm import read_firm
from dispatch.models import Job, JobPart
from dispatch.models.jobs import JobStatus
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
    promised = _promised(session, found)
    for carried in lines_carrying(session, promised) if promised else ():
        if carried.reservation_id is not None:
            found[promised[carried.reservation_id]].append(_brought(carried))
    return {job_id: sorted(parts, key=lambda line: line.part.sku) for job_id, parts in found.items()}


def ready_days(session: Session, jobs: Sequence[Job]) -> dict[int, dt.date | None]:
    """Return for each job among these that waits for parts the day on which it will probably have the last of them."""
    waiting = [job for job in jobs if job.status is JobStatus.WAITING_PARTS]
    if not waiting:
        return {}
    return {job_id: ready_on(parts) for job_id, parts in outlooks(session, waiting).items()}


def ready_on(parts: Sequence[PartOutlook]) -> dt.date | None:
    """Return the day on which a job will probably have the last of its parts; None when nobody knows."""
    days = [line.outlook.likely_on for line in parts]
    known = [day for day in days if day is not None]
    return max(known) if known and len(known) == len(days) else None


def _promised(session: Session, job_ids: Collection[int]) -> dict[int, int]:
    """Return the jobs by the promises that they have."""
    lines = sa.select(JobPart.reservation_id, JobPart.job_id).where(
        JobPart.job_id.in_(job_ids), JobPart.reservation_id.is_not(None)
    )
    return {
        reservation_id: job_id for reservation_id, job_id in session.execute(lines).all() if reservation_id is not None
    }


def _brought(line: TransferLine) -> PartOutlook:
    expected_at = line.transfer.expected_at
    on = expected_at.date() if expected_at else None
    return PartOutlook(line.part, line.requested, Outlook(on, on), line.transfer)
