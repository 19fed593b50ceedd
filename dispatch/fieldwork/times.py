"""Times on site that were told wrong, corrected by whoever was there."""

import datetime as dt
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from core import clock
from dispatch.fieldwork.arrivals import note_arrival, note_completion
from dispatch.fieldwork.errors import CorrectionWithoutReason, NotOnSiteYet, TimesOutOfOrder
from dispatch.fieldwork.visits import own_visit
from dispatch.jobs import record_fact
from dispatch.models import Visit
from dispatch.models.visits import VisitStatus


def correct_times(
    session: Session,
    *,
    visit_id: int,
    technician_id: int,
    arrived_at: dt.datetime,
    ended_at: dt.datetime | None,
    reason: str,
    actor_id: int | None,
) -> Visit:
    """
    Set when the technician was on site, and until when if the visit is over; clocks and promise follow.

    1. Both times lie on the day of the visit, or the day after as shifts last past midnight; in order, after setting
       off as it was told, and not in the future.
    2. The reason and what the times were stand in the job's history, where the office sees them.
    """
    visit = own_visit(session, visit_id, technician_id)
    if visit.arrived_at is None:
        raise NotOnSiteYet(number=visit.job.number)
    reason = reason.strip()
    if not reason:
        raise CorrectionWithoutReason
    if visit.ended_at is None or ended_at is None:
        ended_at = visit.ended_at
    _check_order(visit, arrived_at, ended_at)
    facts = {"arrived_at": [visit.arrived_at.isoformat(), arrived_at.isoformat()]}
    if arrived_at != visit.arrived_at:
        note_arrival(session, visit, arrived_at, actor_id)
    if ended_at is not None and visit.ended_at is not None and ended_at != visit.ended_at:
        facts["ended_at"] = [visit.ended_at.isoformat(), ended_at.isoformat()]
        _end(session, visit, ended_at, actor_id)
    visit.implied = [step for step in visit.implied if step != "arrived_at"]
    record_fact(session, visit.job, "correct_times", actor_id=actor_id, note=reason, facts=facts | {"visit": visit.id})
    return visit


def time_on_site(visit: Visit, step: str, time: dt.time) -> dt.datetime:
    """
    Return the moment that a time of day on a site's clock names, for "arrived_at" or "ended_at" of a visit.

    Of all days it is the one next to what is known, or to what was planned: work at night passes midnight. What is
    known to the second stays as it is if nobody changed it.
    """
    zone = ZoneInfo(visit.job.site.zone)
    known = visit.arrived_at if step == "arrived_at" else visit.ended_at
    planned = visit.planned_start if step == "arrived_at" else visit.planned_end
    near = [known or planned, planned]
    days = {at.astimezone(zone).date() + dt.timedelta(days=later) for at in near for later in (-1, 0, 1)}
    moments = [dt.datetime.combine(day, time, zone).astimezone(dt.UTC) for day in sorted(days)]
    at = min(moments, key=lambda moment: min(abs(moment - other) for other in near))
    return known if known is not None and known.replace(second=0, microsecond=0) == at else at


def _end(session: Session, visit: Visit, at: dt.datetime, actor_id: int | None) -> None:
    if visit.status is VisitStatus.COMPLETED:
        note_completion(session, visit, at, actor_id)
    else:
        visit.ended_at = at


def _check_order(visit: Visit, arrived_at: dt.datetime, ended_at: dt.datetime | None) -> None:
    zone = ZoneInfo(visit.technician.zone)
    told = [] if visit.set_off_at is None or "set_off_at" in visit.implied else [visit.set_off_at]
    times = [*told, arrived_at, *([] if ended_at is None else [ended_at]), clock.now()]
    days = {at.astimezone(zone).date() for at in (arrived_at, ended_at or arrived_at)}
    if times != sorted(times) or not days <= {visit.day, visit.day + dt.timedelta(days=1)}:
        raise TimesOutOfOrder(set_off_at=visit.set_off_at or arrived_at, now=clock.now())
