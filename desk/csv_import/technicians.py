"""Technicians, and the shifts that a file may bring along."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, selectinload

from core.errors import N_
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Row, known_by, overwrite
from desk.csv_import.problems import ImportProblem, Reason
from dispatch import workforce
from dispatch.models import Technician
from dispatch.workforce import Break, NewTechnician

HALF_SHIFT = Reason(
    "half_shift", N_("A shift needs shift_days, shift_start and shift_end. Fill all three in, or leave all empty.")
)
HALF_BREAK = Reason(
    "half_break",
    N_("A break needs break_earliest, break_latest and break_minutes. Fill all three in, or leave all empty."),
)
BREAK_WITHOUT_SHIFT = Reason("break_without_shift", N_("A break needs a shift. Fill the shift columns in as well."))

SHIFT = ("shift_days", "shift_start", "shift_end")
BREAK = ("break_earliest", "break_latest", "break_minutes")


def _check(row: Row) -> Iterator[ImportProblem]:
    if row.refused & {*SHIFT, *BREAK}:
        return
    for group, incomplete in ((SHIFT, HALF_SHIFT), (BREAK, HALF_BREAK)):
        missing = [column for column in group if not row.is_filled(column)]
        if 0 < len(missing) < len(group):
            yield ImportProblem.of(row.line, missing[0], incomplete)
    if row.is_filled("break_earliest") and not any(row.is_filled(column) for column in SHIFT):
        yield ImportProblem.of(row.line, "shift_days", BREAK_WITHOUT_SHIFT)


def _save(session: Session, row: Row, technician: Technician | None, _actor_id: int | None) -> None:
    if technician is None:
        technician = workforce.add_technician(session, _joining(row), skills=row["skills"])
    else:
        overwrite(technician, row, "name", "home_lat", "home_lon", "home_address", "zone", "phone")
        workforce.set_skills(technician, row["skills"])
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


def _save_shifts(session: Session, technician: Technician, row: Row) -> None:
    """Put the shifts of the line in the place of those that these days had."""
    workforce.remove_shifts(session, technician, row["shift_days"])
    zone = ZoneInfo(technician.zone)
    for day in row["shift_days"]:
        workforce.add_shift(
            session,
            technician,
            starts_at=dt.datetime.combine(day, row["shift_start"], zone).astimezone(dt.UTC),
            ends_at=dt.datetime.combine(day, row["shift_end"], zone).astimezone(dt.UTC),
            rest=_break_on(day, row, zone),
        )


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
        Column("skills", cells.skills, "printer:2;battery:1"),
        Column("shift_days", cells.days, "2026-11-23..2026-11-27", required=False),
        Column("shift_start", cells.time_of_day, "08:00", required=False),
        Column("shift_end", cells.time_of_day, "17:00", required=False),
        Column("break_earliest", cells.time_of_day, "12:00", required=False),
        Column("break_latest", cells.time_of_day, "13:30", required=False),
        Column("break_minutes", cells.whole(1, 240), "45", required=False),
    ),
    key=("code",),
    known=known_by("code", Technician.code, selectinload(Technician.skills)),
    check=_check,
    save=_save,
    may_refuse=True,
)
