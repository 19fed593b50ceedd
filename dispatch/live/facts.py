"""
What people tell about a day: somebody is absent or late, a visit takes longer, a part is not there, where a phone is.

Each is written down at once and is a fact from then on, whatever is done about it; ``answers`` computes what to do.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.accounts import RoleName
from core.firm import read_firm
from dispatch.errors import UnknownJob
from dispatch.live.arrivals import renew_arrivals
from dispatch.live.errors import CountThePieces, LateInPast, NotUnderWay, PartNotNeeded, PositionInFuture
from dispatch.live.log import ask_for_proposal, record
from dispatch.models import DayEvent, Job, JobPart, Position, Technician, Visit
from dispatch.models.clocks import NoticeKind
from dispatch.models.live import DayEventKind
from dispatch.models.visits import VisitStatus
from dispatch.models.workforce import AbsenceReason
from dispatch.notices import raise_notice
from dispatch.stockwork import record_count
from dispatch.workforce import UnknownTechnician, note_absence
from inventory.models import Part, Place, ReservationState, StockLevel

# Clocks of phones are a little ahead now and then.
AHEAD_AT_MOST = dt.timedelta(minutes=2)
NOTE_LENGTH = 200


def tell_absent(
    session: Session,
    *,
    technician_id: int,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason: AbsenceReason,
    note: str = "",
    publish: bool = False,
    actor_id: int | None,
) -> DayEvent:
    """Note an absence on the day on which it begins; raises what ``workforce.note_absence`` refuses."""
    absence = note_absence(
        session,
        technician_id=technician_id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        note=note,
        actor_id=actor_id,
    )
    return record(
        session,
        DayEventKind.TECHNICIAN_ABSENT,
        day=max(starts_at, clock.now()).astimezone(read_firm(session).zone).date(),
        technician_id=technician_id,
        actor_id=actor_id,
        absence=absence.id,
        starts=starts_at.isoformat(),
        ends=ends_at.isoformat(),
        publish=publish,
    )


def tell_late(
    session: Session,
    *,
    technician_id: int,
    until: dt.datetime,
    note: str = "",
    publish: bool = False,
    actor_id: int | None,
) -> DayEvent:
    """Note that a technician does not go on before a time; the last word counts. Raises LateInPast."""
    technician = session.get(Technician, technician_id)
    if technician is None:
        raise UnknownTechnician(technician=technician_id)
    day = _today_until(session, until)
    event = record(
        session,
        DayEventKind.TECHNICIAN_LATE,
        day=day,
        technician_id=technician_id,
        actor_id=actor_id,
        not_before=until.isoformat(),
        note=note.strip()[:NOTE_LENGTH],
        publish=publish,
    )
    renew_arrivals(session, day=day, technician_ids=[technician_id])
    return event


def tell_overrun(
    session: Session, *, job_id: int, until: dt.datetime, note: str = "", publish: bool = False, actor_id: int | None
) -> DayEvent:
    """Note that the work somebody is at takes until a time. Raises NotUnderWay and LateInPast."""
    job = _job(session, job_id)
    visit = session.scalar(sa.select(Visit).where(Visit.job_id == job.id, Visit.status == VisitStatus.ON_SITE))
    if visit is None:
        raise NotUnderWay(number=job.number)
    _today_until(session, until)
    event = record(
        session,
        DayEventKind.VISIT_OVERRUNS,
        day=visit.day,
        technician_id=visit.technician_id,
        job_id=job.id,
        actor_id=actor_id,
        until=until.isoformat(),
        note=note.strip()[:NOTE_LENGTH],
        publish=publish,
    )
    renew_arrivals(session, day=visit.day, technician_ids=[visit.technician_id])
    return event


def tell_part_missing(
    session: Session, *, job_id: int, part_id: int, publish: bool = False, actor_id: int | None
) -> DayEvent:
    """
    Note that a piece promised to a job is not where it should be.

    The books follow what somebody saw: the pieces are counted out of that place, and whoever was promised them looks
    elsewhere. Warehouse people get a notice, for somebody should find out where the piece is. Raises PartNotNeeded.
    """
    job = _job(session, job_id)
    line = next((line for line in job.parts if line.part_id == part_id and _is_promised(line)), None)
    if line is None or line.reservation is None:
        sku = next((line.part.sku for line in job.parts if line.part_id == part_id), str(part_id))
        raise PartNotNeeded(sku=sku, number=job.number)
    place, missing = line.reservation.place, line.reservation.quantity
    _count_out(session, place, line.part, missing, reason=job.number, actor_id=actor_id)
    visit = session.scalar(
        sa.select(Visit).where(
            Visit.job_id == job.id,
            Visit.status.in_([VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE, VisitStatus.ON_SITE]),
        )
    )
    raise_notice(
        session,
        kind=NoticeKind.PART_MISSING,
        role=RoleName.WAREHOUSE,
        job_id=job.id,
        about=line.part.sku,
        facts={"number": job.number, "sku": line.part.sku, "place": place.name, "quantity": missing},
    )
    return record(
        session,
        DayEventKind.PART_MISSING,
        day=visit.day if visit is not None else read_firm(session).today(),
        technician_id=visit.technician_id if visit is not None else None,
        job_id=job.id,
        actor_id=actor_id,
        sku=line.part.sku,
        place=place.name,
        quantity=missing,
        publish=publish,
    )


def tell_position(
    session: Session,
    *,
    technician_id: int,
    at: dt.datetime,
    lat: float,
    lon: float,
    accuracy: float | None = None,
    actor_id: int | None,
) -> DayEvent | None:
    """
    Keep where a technician is; an older position than the one known changes nothing.

    It becomes an event of the day only if somebody is expected at another time because of it. Raises PositionInFuture.
    """
    now = clock.now()
    if at > now + AHEAD_AT_MOST:
        raise PositionInFuture(at=f"{at:%Y-%m-%d %H:%M %Z}", now=f"{now:%Y-%m-%d %H:%M %Z}")
    seen = session.get(Position, technician_id, with_for_update=True)
    if seen is not None and seen.at >= at:
        return None
    if seen is None:
        seen = Position(technician_id=technician_id)
        session.add(seen)
    seen.at, seen.lat, seen.lon, seen.accuracy = min(at, now), lat, lon, accuracy
    session.flush()
    today = read_firm(session).today()
    renewed = renew_arrivals(session, day=today, technician_ids=[technician_id])
    if not renewed.moved and not renewed.at_risk:
        return None
    event = record(
        session,
        DayEventKind.POSITION,
        day=today,
        technician_id=technician_id,
        actor_id=actor_id,
        expected=[[visit.job.number, visit.expected_at.isoformat()] for visit in renewed.moved if visit.expected_at],
    )
    ask_for_proposal(event, renewed)
    return event


def _count_out(session: Session, place: Place, part: Part, missing: int, *, reason: str, actor_id: int | None) -> None:
    here = sa.and_(StockLevel.place_id == place.id, StockLevel.part_id == part.id)
    counted = max(0, (session.scalar(sa.select(StockLevel.on_hand).where(here)) or 0) - missing)
    if part.serial_tracked and counted:
        # Which of them is gone can only be told by whoever looks at the others.
        raise CountThePieces(sku=part.sku, place=place.name)
    record_count(session, place_code=place.code, sku=part.sku, counted=counted, reason=reason, actor_id=actor_id)


def _today_until(session: Session, until: dt.datetime) -> dt.date:
    """Today; refuses a time that is over."""
    firm, now = read_firm(session), clock.now()
    if until <= now:
        raise LateInPast(
            until=f"{until.astimezone(firm.zone):%Y-%m-%d %H:%M}", now=f"{now.astimezone(firm.zone):%H:%M}"
        )
    return firm.today()


def _job(session: Session, job_id: int) -> Job:
    job = session.get(Job, job_id, options=[joinedload(Job.parts).joinedload(JobPart.reservation)])
    if job is None:
        raise UnknownJob(job=job_id)
    return job


def _is_promised(line: JobPart) -> bool:
    return line.reservation is not None and line.reservation.state is ReservationState.OPEN
