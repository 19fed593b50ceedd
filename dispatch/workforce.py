"""Technicians with their trunks and skills, and the days on which they work."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core.accounts import RoleName, User
from core.errors import N_, DomainError, Kind
from dispatch.models import Shift, Technician, TechnicianSkill
from inventory.models import Place, PlaceKind

SKILL_LEVELS = range(1, 4)


class NoTechnician(DomainError):
    code = "no_technician"
    kind = Kind.CONFLICT
    sentence = N_("Your account belongs to no technician. Ask the administrator to link it to one.")


class UnknownTechnician(DomainError):
    code = "unknown_technician"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no technician %(technician)s. Check the code in the list of technicians.")


class TechnicianCodeTaken(DomainError):
    code = "technician_code_taken"
    kind = Kind.CONFLICT
    sentence = N_("There is already a technician %(technician)s. Choose another code.")


class TechnicianNotNamed(DomainError):
    code = "technician_not_named"
    sentence = N_("A person with the role technician needs the technician whose stops they see. Choose one.")


class TechnicianHasAccount(DomainError):
    code = "technician_has_account"
    kind = Kind.CONFLICT
    sentence = N_("Technician %(technician)s signs in as %(email)s already. Choose another technician.")


class TrunkCodeTaken(DomainError):
    code = "trunk_code_taken"
    kind = Kind.CONFLICT
    sentence = N_(
        "The van of technician %(technician)s would be the place %(place)s, but another place has this code. "
        "Rename that place or choose another code for the technician."
    )


class SkillLevelOutOfRange(DomainError):
    code = "skill_level_out_of_range"
    sentence = N_("The skill %(skill)s has the level %(level)s. Use 1, 2 or 3.")


class ShiftOutOfOrder(DomainError):
    code = "shift_out_of_order"
    sentence = N_(
        "The shift of %(technician)s on %(day)s ends at %(ends)s, not after its start at %(starts)s. "
        "Enter an end after the start."
    )


class BreakOutsideShift(DomainError):
    code = "break_outside_shift"
    sentence = N_(
        "The break of %(technician)s on %(day)s does not fit: it takes %(minutes)s minutes and starts between "
        "%(earliest)s and %(latest)s, while the shift lasts from %(starts)s to %(ends)s. Move or shorten the break."
    )


class ShiftExists(DomainError):
    code = "shift_exists"
    kind = Kind.CONFLICT
    sentence = N_("%(technician)s already has a shift on %(day)s. Change that one instead of adding another.")


@dataclass(frozen=True)
class NewTechnician:
    """What is known about a technician who joins; the position is the home, where the day begins and ends."""

    code: str
    name: str
    home_lat: float
    home_lon: float
    zone: str
    home_address: str = ""
    phone: str = ""
    user_id: int | None = None


@dataclass(frozen=True)
class Break:
    """A break of so many seconds that starts somewhere between two times."""

    seconds: int
    earliest: dt.datetime
    latest: dt.datetime


def technician_of_user(session: Session, user_id: int) -> Technician:
    """Return the technician who signs in as this user; raises NoTechnician if there is none."""
    technician = session.scalar(sa.select(Technician).where(Technician.user_id == user_id))
    if technician is None:
        raise NoTechnician(user_id=user_id)
    return technician


def technician_by_code(session: Session, code: str) -> Technician:
    """Return the technician with this code; raises UnknownTechnician if there is none."""
    technician = session.scalar(sa.select(Technician).where(Technician.code == code))
    if technician is None:
        raise UnknownTechnician(technician=code)
    return technician


def technicians(session: Session, *, include_inactive: bool = False) -> list[Technician]:
    """Return the technicians by code with their skills and trunks loaded."""
    query = (
        sa.select(Technician)
        .options(selectinload(Technician.skills), joinedload(Technician.trunk))
        .order_by(Technician.code)
    )
    if not include_inactive:
        query = query.where(Technician.active)
    return list(session.scalars(query))


def link_account(session: Session, user: User, technician_code: str) -> Technician | None:
    """
    Let a person with the role technician see the stops of a technician.

    For people without that role nothing is linked. Raises TechnicianNotNamed and TechnicianHasAccount.
    """
    if RoleName.TECHNICIAN not in user.role_names:
        return None
    if not technician_code:
        raise TechnicianNotNamed
    technician = technician_by_code(session, technician_code)
    if technician.user is not None:
        raise TechnicianHasAccount(technician=technician.code, email=technician.user.email)
    technician.user = user
    return technician


def technicians_by_account(session: Session) -> dict[int, Technician]:
    """Return the technicians who sign in, by the id of their account."""
    linked = session.scalars(sa.select(Technician).where(Technician.user_id.is_not(None)))
    return {technician.user_id: technician for technician in linked if technician.user_id is not None}


def technicians_without_account(session: Session) -> list[Technician]:
    """Return the active technicians whom nobody signs in as yet, by code."""
    return [technician for technician in technicians(session) if technician.user_id is None]


def add_technician(session: Session, new: NewTechnician, *, skills: Mapping[str, int]) -> Technician:
    """
    Add a technician together with the trunk that holds their parts.

    ``skills`` maps free words to a level from 1 to 3, as {"printer": 2}.
    """
    if session.scalar(sa.select(Technician.id).where(Technician.code == new.code)) is not None:
        raise TechnicianCodeTaken(technician=new.code)
    trunk = Place(code=_trunk_code(session, new.code), name=new.name, kind=PlaceKind.TRUNK)
    technician = Technician(
        code=new.code,
        name=new.name,
        user_id=new.user_id,
        trunk=trunk,
        home_lat=new.home_lat,
        home_lon=new.home_lon,
        home_address=new.home_address,
        zone=new.zone,
        phone=new.phone,
    )
    set_skills(technician, skills)
    session.add(technician)
    # The ids of technician and trunk are what callers continue with.
    session.flush()
    return technician


def set_skills(technician: Technician, skills: Mapping[str, int]) -> None:
    """Replace what a technician can do; skills that stay keep their rows."""
    for skill, level in skills.items():
        if level not in SKILL_LEVELS:
            raise SkillLevelOutOfRange(skill=skill, level=level)
    known = {row.skill: row for row in technician.skills}
    for skill, level in skills.items():
        if skill in known:
            known[skill].level = level
        else:
            technician.skills.append(TechnicianSkill(skill=skill, level=level))
    for skill in known.keys() - skills.keys():
        technician.skills.remove(known[skill])


def add_shift(
    session: Session,
    technician: Technician,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    rest: Break | None = None,
    overtime_seconds: int = 0,
) -> Shift:
    """
    Add the working time of a technician for the day on which it starts in the technician's zone.

    Refused are a shift that ends before it starts, a break that can fall outside it, and a second shift on the day.
    """
    zone = ZoneInfo(technician.zone)
    day = starts_at.astimezone(zone).date()
    facts = {
        "technician": technician.code,
        "day": day.isoformat(),
        "starts": _local_time(starts_at, zone),
        "ends": _local_time(ends_at, zone),
    }
    if ends_at <= starts_at:
        raise ShiftOutOfOrder(**facts)
    if rest is not None and not _fits(rest, starts_at, ends_at):
        raise BreakOutsideShift(
            **facts,
            minutes=rest.seconds // 60,
            earliest=_local_time(rest.earliest, zone),
            latest=_local_time(rest.latest, zone),
        )
    if shift_of(session, technician, day) is not None:
        raise ShiftExists(technician=technician.code, day=day.isoformat())
    shift = Shift(
        technician=technician,
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        break_seconds=rest.seconds if rest else 0,
        break_earliest=rest.earliest if rest else None,
        break_latest=rest.latest if rest else None,
        overtime_seconds=overtime_seconds,
    )
    session.add(shift)
    return shift


def remove_shifts(session: Session, technician: Technician, days: Collection[dt.date]) -> None:
    """Take the shifts of these days away, where there are any."""
    for shift in session.scalars(sa.select(Shift).where(Shift.technician_id == technician.id, Shift.day.in_(days))):
        session.delete(shift)
    # Before a new shift of the same day is written: the unit of work inserts first and deletes afterwards.
    session.flush()


def shift_of(session: Session, technician: Technician, day: dt.date) -> Shift | None:
    """Return the working time of a technician on a day, or None on a day off."""
    return session.scalar(sa.select(Shift).where(Shift.technician_id == technician.id, Shift.day == day))


def shifts_of_day(session: Session, day: dt.date) -> list[Shift]:
    """Return who works on a day, by technician's code, with technicians, skills and trunks loaded."""
    return list(
        session.scalars(
            sa.select(Shift)
            .join(Shift.technician)
            .where(Shift.day == day, Technician.active)
            .options(
                joinedload(Shift.technician).options(selectinload(Technician.skills), joinedload(Technician.trunk))
            )
            .order_by(Technician.code)
        )
    )


def _trunk_code(session: Session, technician_code: str) -> str:
    code = f"VAN-{technician_code}"
    if session.scalar(sa.select(Place.id).where(Place.code == code)) is not None:
        raise TrunkCodeTaken(technician=technician_code, place=code)
    return code


def _fits(rest: Break, starts_at: dt.datetime, ends_at: dt.datetime) -> bool:
    """Whether the break lies within the shift however late it starts."""
    latest_end = rest.latest + dt.timedelta(seconds=rest.seconds)
    return rest.seconds > 0 and starts_at <= rest.earliest <= rest.latest and latest_end <= ends_at


def _local_time(at: dt.datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")
