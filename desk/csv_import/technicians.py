"""Technicians, and the shifts and weeks that a file may bring along."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, joinedload, selectinload

from core.errors import N_
from customers.calendars import WeeklyHours
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Row, known_by, overwrite, reference
from desk.csv_import.problems import ImportProblem, Reason
from dispatch import workforce
from dispatch.models import Partner, Technician
from dispatch.workforce import Break, Hours, NewTechnician
from dispatch.workforce.patterns import Week, set_week
from dispatch.workforce.shifts import write_shift
from dispatch.workforce.technicians import lock_technician, note_change
from dispatch.workforce.territories import territory_by_code

UNKNOWN_PARTNER = Reason(
    "unknown_partner", N_("There is no partner firm “%(value)s”. Correct the code, or add the firm on its page first.")
)
HALF_SHIFT = Reason(
    "half_shift", N_("A shift needs shift_days, shift_start and shift_end. Fill all three in, or leave all empty.")
)
HALF_BREAK = Reason(
    "half_break",
    N_("A break needs break_earliest, break_latest and break_minutes. Fill all three in, or leave all empty."),
)
BREAK_WITHOUT_SHIFT = Reason(
    "break_without_shift", N_("A break needs a shift or a week. Fill those columns in as well.")
)
HALF_WEEK = Reason("half_week", N_("A working week needs week_from and week_hours. Fill both in, or leave both empty."))

SHIFT = ("shift_days", "shift_start", "shift_end")
WEEK = ("week_from", "week_hours")
BREAK = ("break_earliest", "break_latest", "break_minutes")


def _check(row: Row) -> Iterator[ImportProblem]:
    if row.refused & {*SHIFT, *WEEK, *BREAK}:
        return
    for group, incomplete in ((SHIFT, HALF_SHIFT), (WEEK, HALF_WEEK), (BREAK, HALF_BREAK)):
        missing = [column for column in group if not row.is_filled(column)]
        if 0 < len(missing) < len(group):
            yield ImportProblem.of(row.line, missing[0], incomplete)
    if row.is_filled("break_earliest") and not any(row.is_filled(column) for column in (*SHIFT, *WEEK)):
        yield ImportProblem.of(row.line, "shift_days", BREAK_WITHOUT_SHIFT)


def _save(session: Session, row: Row, technician: Technician | None, actor_id: int | None) -> None:
    levels = {skill: level for skill, (level, _) in row["skills"].items()}
    last_days = {skill: last_day for skill, (_, last_day) in row["skills"].items()}
    if technician is None:
        technician = workforce.add_technician(session, _joining(row), skills=levels, valid_until=last_days)
    else:
        technician = lock_technician(session, technician.code)
        overwrite(technician, row, "name", "home_lat", "home_lon", "home_address", "zone", "phone")
        workforce.set_skills(technician, levels, valid_until=last_days)
        note_change(session, technician, actor_id=actor_id)
    overwrite(technician, row, "partner")
    if "territories" in row:
        technician.territories = [territory_by_code(session, code) for code in row["territories"]]
    if row.is_filled("week_from"):
        _save_week(session, technician, row, actor_id)
    if row.is_filled("shift_days"):
        _save_shifts(session, technician, row)


def _joining(row: Row) -> NewTechnician:
    return NewTechnician(
        code=row["code"],
        name=row["name"],
        home_lat=row["home_lat"],
        home_lon=row["home_lon"],
        zone=row["zone"],
        home_address=row.get("home_address") or "",
        phone=row.get("phone") or "",
    )


def _save_week(session: Session, technician: Technician, row: Row, actor_id: int | None) -> None:
    """Let the technician work by the week of the line from its first day on."""
    week = Week(
        valid_from=row["week_from"],
        hours=WeeklyHours.parse(row["week_hours"]),
        break_minutes=row.get("break_minutes") or 0,
        break_earliest=row.get("break_earliest"),
        break_latest=row.get("break_latest"),
        overtime_minutes=row.get("overtime_minutes") or 0,
        holidays=row.get("week_holidays"),
    )
    # What the line says of the technician is written before the pattern is looked up.
    session.flush()
    set_week(session, code=technician.code, week=week, actor_id=actor_id)


def _save_shifts(session: Session, technician: Technician, row: Row) -> None:
    """Put the shifts of the line in the place of those that these days had; no week overrules them."""
    zone = ZoneInfo(technician.zone)
    for day in row["shift_days"]:
        hours = Hours(
            starts_at=dt.datetime.combine(day, row["shift_start"], zone).astimezone(dt.UTC),
            ends_at=dt.datetime.combine(day, row["shift_end"], zone).astimezone(dt.UTC),
            rest=_break_on(day, row, zone),
            overtime_seconds=(row.get("overtime_minutes") or 0) * 60,
        )
        write_shift(session, technician, hours)
    # Two spans of days of a file may touch the same day.
    session.flush()


def _break_on(day: dt.date, row: Row, zone: ZoneInfo) -> Break | None:
    if not row.is_filled("break_minutes"):
        return None
    earliest, latest = (
        dt.datetime.combine(day, row[column], zone).astimezone(dt.UTC) for column in ("break_earliest", "break_latest")
    )
    return Break(row["break_minutes"] * 60, earliest, latest)


TECHNICIANS = Form(
    columns=(
        Column("code", cells.text(20), "T-07"),
        Column("name", cells.text(120), "Rui Costa"),
        Column("home_lat", cells.degrees(90), "41.1621"),
        Column("home_lon", cells.degrees(180), "-8.6370"),
        Column("home_address", cells.text(200), "Rua do Campo Alegre 88, Porto", required=False, empty=""),
        Column("zone", cells.zone, "Europe/Lisbon"),
        Column("phone", cells.text(40), "+351 910 000 000", required=False, empty=""),
        Column("skills", cells.certified_skills, "printer:2;power:3@2027-05-31"),
        Column("partner", cells.text(20), "MINHO", required=False, refers_to=reference(Partner.code, UNKNOWN_PARTNER)),
        Column("territories", cells.words(20), "NORTH;CITY", required=False, empty=()),
        Column("week_from", cells.date, "2026-11-23", required=False),
        Column("week_hours", cells.weekly_hours, "mon-fri 08:00-17:00", required=False),
        Column("week_holidays", cells.holiday_country, "PT", required=False),
        Column("shift_days", cells.days, "2026-11-23..2026-11-27", required=False),
        Column("shift_start", cells.time_of_day, "08:00", required=False),
        Column("shift_end", cells.time_of_day, "17:00", required=False),
        Column("break_earliest", cells.time_of_day, "12:00", required=False),
        Column("break_latest", cells.time_of_day, "13:30", required=False),
        Column("break_minutes", cells.whole(1, 240), "45", required=False),
        Column("overtime_minutes", cells.whole(0, 360), "60", required=False),
    ),
    key=("code",),
    known=known_by("code", Technician.code, selectinload(Technician.skills), joinedload(Technician.partner)),
    check=_check,
    save=_save,
    may_refuse=True,
)
