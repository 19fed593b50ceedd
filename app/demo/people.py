"""
The demonstration's people beyond their names: weeks, days off, certificates, territories, a partner firm, wishes.

And two maintenance plans: one goes along with a repair of the day, the other begins next month.
"""

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.demo import firm
from app.demo.catalogue import T200
from app.demo.crew import CrewMember
from app.demo.draw import Demonstration
from customers.calendars import WeeklyHours
from customers.models import Contract, Priority, Site
from dispatch import maintenance, workforce
from dispatch.models import Job, Shift, Technician
from dispatch.models.jobs import JobStatus
from dispatch.models.workforce import AbsenceReason, Preference
from dispatch.workforce.changes import change_technician
from dispatch.workforce.partners import Terms, add_partner
from dispatch.workforce.patterns import Week, set_week
from dispatch.workforce.preferences import set_preference
from dispatch.workforce.territories import add_territory, assign_sites

DAY = dt.timedelta(days=1)
SATURDAY = 5
# North of the river and south of it, by latitude.
RIVER = 41.14
LENT = ("T19", "T20")
SOUTHERN = ("T17", "T18")
# Skill that somebody has by a certificate, and how many days it still counts.
CERTIFICATES = (("T02", 9), ("T11", 24))
WISHES = (("T03", Preference.PREFERRED, "Knows the tills."), ("T05", Preference.EXCLUDED, "Asked for somebody else."))


def add_people(session: Session, drawn: Demonstration, *, actor_id: int) -> None:
    """Add what says when and where the crew works; the firm and its clock are there already."""
    for member in drawn.crew:
        _add_week(session, member, drawn.day, actor_id)
    _add_areas(session, actor_id)
    _add_certificates(session, drawn.day, actor_id)
    for code, said, reason in WISHES:
        set_preference(
            session, customer_code="MOA", technician_code=code, preference=said, reason=reason, actor_id=actor_id
        )
    _add_maintenance(session, drawn.day, actor_id)


def _add_week(session: Session, member: CrewMember, day: dt.date, actor_id: int) -> None:
    """Five days a week as drawn; what was drawn for weekends was written by hand, and free weekdays are leave."""
    zone = ZoneInfo(firm.ZONE)
    technician = workforce.technician_by_code(session, member.code)
    usual = member.duty[0]
    hours = [f"{moment.astimezone(zone):%H:%M}" for moment in (usual.starts_at, usual.ends_at)]
    worked = {duty.starts_at.astimezone(zone).date() for duty in member.duty}
    for shift in session.scalars(sa.select(Shift).where(Shift.technician_id == technician.id)):
        shift.is_exception = shift.day.weekday() >= SATURDAY
    week = Week(
        valid_from=day,
        hours=WeeklyHours.parse({name: [hours] for name in firm.WEEKDAYS}),
        break_minutes=usual.break_seconds // 60,
        break_earliest=usual.break_earliest.astimezone(zone).time(),
        break_latest=usual.break_latest.astimezone(zone).time(),
        overtime_minutes=usual.overtime_seconds // 60,
    )
    set_week(session, code=member.code, week=week, actor_id=actor_id)
    for later in range((max(worked) - day).days):
        free = day + later * DAY
        if free.weekday() < SATURDAY and free not in worked:
            _leave(session, technician, free, actor_id)


def _leave(session: Session, technician: Technician, day: dt.date, actor_id: int) -> None:
    begins, ends = (dt.datetime.combine(one, dt.time(), ZoneInfo(firm.ZONE)) for one in (day, day + DAY))
    workforce.note_absence(
        session,
        technician_id=technician.id,
        starts_at=begins,
        ends_at=ends,
        reason=AbsenceReason.LEAVE,
        actor_id=actor_id,
    )


def _add_areas(session: Session, actor_id: int) -> None:
    """Two territories and a partner firm; most technicians are our own and go everywhere."""
    north = add_territory(session, code="N", name="North of the Douro")
    south = add_territory(session, code="S", name="South of the Douro")
    for territory, side in ((north, Site.lat >= RIVER), (south, Site.lat < RIVER)):
        codes = session.scalars(sa.select(Site.code).where(side)).all()
        assign_sites(session, codes=codes, territory=territory)
    terms = Terms("Reparos do Minho", shift_cents=2_500, travel_cents_per_hour=3_600, work_cents_per_hour=1_200)
    partner = add_partner(session, code="RDM", terms=terms)
    for code in LENT:
        _change(session, code, actor_id, partner=partner)
    for code in SOUTHERN:
        _change(session, code, actor_id, territories=[south])


def _add_certificates(session: Session, day: dt.date, actor_id: int) -> None:
    for code, days in CERTIFICATES:
        technician = workforce.technician_by_code(session, code)
        levels = {row.skill: row.level for row in technician.skills}
        best = max(levels, key=lambda skill: (levels[skill], skill))
        _change(session, code, actor_id, skills=levels, valid_until={best: day + days * DAY})


def _change(session: Session, code: str, actor_id: int, **changes: object) -> None:
    technician = workforce.technician_by_code(session, code)
    change_technician(
        session,
        code=code,
        version=technician.version,
        changes=changes,  # type: ignore[arg-type]
        actor_id=actor_id,
    )
    session.flush()


def _add_maintenance(session: Session, day: dt.date, actor_id: int) -> None:
    """A yearly inspection where a job is ready today, and a cleaning of pharmacies that begins next month."""
    ready = session.scalars(
        sa.select(Job)
        .join(Job.contract)
        .join(Job.site)
        .where(Contract.code == "LAR-24", Job.status == JobStatus.READY, Site.lat.is_not(None))
        .order_by(Job.response_due, Job.id)
    ).first()
    if ready is not None:
        inspection = maintenance.Terms(
            name="Yearly inspection of the tills",
            contract=ready.contract,
            site=ready.site,
            priority=Priority.P4,
            rule="FREQ=YEARLY",
            starts_on=day + 5 * DAY,
            duration_seconds=1_200,
            description="Clean the printer, test the battery, check the cables.",
        )
        maintenance.add_plan(session, code="LAR-INSPECT", terms=inspection, actor_id=actor_id)
    [pharmacies] = session.scalars(sa.select(Contract).where(Contract.code == "RDV-6"))
    cleaning = maintenance.Terms(
        name="Cleaning of receipt printers",
        contract=pharmacies,
        model=T200,
        rule="FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU",
        starts_on=day + 30 * DAY,
        tolerance_days=14,
        duration_seconds=900,
        skills={"printer": 1},
    )
    maintenance.add_plan(session, code="RDV-CLEAN", terms=cleaning, actor_id=actor_id)
    maintenance.make_jobs(session, actor_id=actor_id)
