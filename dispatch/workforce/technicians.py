"""Who the technicians are, what they can do, and that they leave."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import clock
from core.accounts import RoleName, User
from core.firm import read_firm
from customers.calendars import zone_named
from dispatch.models import FaultSkill, Shift, Technician, TechnicianSkill
from dispatch.workforce.errors import (
    CodeNotUsable,
    HomeNotOnEarth,
    NameMissing,
    NoTechnician,
    SkillLevelOutOfRange,
    SkillNameNotUsable,
    TechnicianChanged,
    TechnicianCodeTaken,
    TechnicianHasAccount,
    TechnicianNotNamed,
    TrunkCodeTaken,
    UnknownTechnician,
)
from inventory.models import Place, PlaceKind

SKILL_LEVELS = range(1, 4)
SKILL_LENGTH = 40
CODE_LENGTH = 20
NAME_LENGTH = 120
# So long before a certificate ends it is listed.
EXPIRING_DAYS = 30


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


def add_technician(
    session: Session,
    new: NewTechnician,
    *,
    skills: Mapping[str, int],
    valid_until: Mapping[str, dt.date | None] | None = None,
) -> Technician:
    """
    Add a technician together with the trunk that holds their parts.

    ``skills`` maps free words to a level from 1 to 3, as {"printer": 2}; ``valid_until`` names the last day of those
    that expire.
    """
    check_master_data(code=new.code, name=new.name, lat=new.home_lat, lon=new.home_lon, zone=new.zone)
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
    set_skills(technician, skills, valid_until=valid_until)
    session.add(technician)
    # The ids of technician and trunk are what callers continue with.
    session.flush()
    return technician


def lock_technician(session: Session, code: str, *, version: int | None = None) -> Technician:
    """
    Return the technician as they are now and keep others from changing them until the transaction ends.

    ``version`` is the one that a form was made from; None if none was. Raises UnknownTechnician and TechnicianChanged,
    which names who changed them and when.
    """
    technician = session.scalar(
        sa.select(Technician)
        .where(Technician.code == code)
        .options(selectinload(Technician.skills), selectinload(Technician.territories))
        .with_for_update(of=Technician, key_share=True)
        .execution_options(populate_existing=True)
    )
    if technician is None:
        raise UnknownTechnician(technician=code)
    if version is not None and technician.version != version:
        name = session.scalar(sa.select(User.name).where(User.id == technician.changed_by_id))
        at = technician.changed_at or clock.now()
        raise TechnicianChanged(technician=technician.code, name=name or "-", at=at.strftime("%Y-%m-%d %H:%M %Z"))
    return technician


def note_change(
    session: Session, technician: Technician, *, actor_id: int | None, since: dt.date | None = None
) -> None:
    """
    Count a change of a locked technician, and one of each shift that a plan may have been made for.

    ``since`` is the first day concerned, today if it is None.
    """
    technician.version += 1
    technician.changed_at, technician.changed_by_id = clock.now(), actor_id
    touch_shifts(session, [technician.id], since=since)


def touch_shifts(session: Session, technician_ids: Collection[int], *, since: dt.date | None = None) -> None:
    """Count a change of the shifts to come of these technicians, so that plans made before notice it."""
    first = max(since or dt.date.min, read_firm(session).today())
    session.execute(
        sa.update(Shift)
        .where(Shift.technician_id.in_(technician_ids), Shift.day >= first)
        .values(version=Shift.version + 1)
        .execution_options(synchronize_session="fetch")
    )


def set_skills(
    technician: Technician, skills: Mapping[str, int], *, valid_until: Mapping[str, dt.date | None] | None = None
) -> None:
    """
    Replace what a technician can do; skills that stay keep their rows.

    Without ``valid_until`` those keep their last days too; with it, what it does not name does not expire.
    """
    for skill, level in skills.items():
        if not 1 <= len(skill.strip()) <= SKILL_LENGTH:
            raise SkillNameNotUsable(skill=skill, most=SKILL_LENGTH)
        if level not in SKILL_LEVELS:
            raise SkillLevelOutOfRange(skill=skill, level=level)
    known = {row.skill: row for row in technician.skills}
    for skill, level in skills.items():
        if skill not in known:
            known[skill] = TechnicianSkill(skill=skill)
            technician.skills.append(known[skill])
        known[skill].level = level
        if valid_until is not None:
            known[skill].valid_until = valid_until.get(skill)
    for skill in known.keys() - skills.keys():
        technician.skills.remove(known[skill])


def skills_on(technician: Technician, day: dt.date) -> dict[str, int]:
    """What a technician can do on a day: a skill counts on its last day and no longer."""
    return {row.skill: row.level for row in technician.skills if row.valid_until is None or row.valid_until >= day}


def lacking_skills(held: Mapping[str, int], wanted: Mapping[str, int]) -> dict[str, int]:
    """The skills that are wanted and not held at their level, by name; empty for somebody who can do the work."""
    return {skill: level for skill, level in sorted(wanted.items()) if held.get(skill, 0) < level}


def known_skills(session: Session) -> list[str]:
    """Every word that is used as a skill of somebody or of a fault."""
    words = sa.union(sa.select(TechnicianSkill.skill), sa.select(FaultSkill.skill))
    return sorted(session.scalars(words))


def expiring_skills(session: Session, *, today: dt.date, days: int = EXPIRING_DAYS) -> list[TechnicianSkill]:
    """The skills of active technicians that end within so many days or have ended, the earliest first."""
    return list(
        session.scalars(
            sa.select(TechnicianSkill)
            .join(TechnicianSkill.technician)
            .where(Technician.active, TechnicianSkill.valid_until <= today + dt.timedelta(days=days))
            .options(joinedload(TechnicianSkill.technician))
            .order_by(TechnicianSkill.valid_until, Technician.code, TechnicianSkill.skill)
        )
    )


def check_master_data(*, code: str, name: str, lat: float, lon: float, zone: str) -> None:
    """Refuse what no technician can be called, and a home or zone that there is not."""
    if not 1 <= len(code.strip()) <= CODE_LENGTH:
        raise CodeNotUsable(code=code[:40], most=CODE_LENGTH)
    if not 1 <= len(name.strip()) <= NAME_LENGTH:
        raise NameMissing(most=NAME_LENGTH)
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise HomeNotOnEarth(lat=lat, lon=lon)
    zone_named(zone)


def _trunk_code(session: Session, technician_code: str) -> str:
    code = f"VAN-{technician_code}"
    if session.scalar(sa.select(Place.id).where(Place.code == code)) is not None:
        raise TrunkCodeTaken(technician=technician_code, place=code)
    return code
