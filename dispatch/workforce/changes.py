"""Changing technicians, letting them go and taking them back; each is one act that the next form notices."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.firm import read_firm
from customers.models import Territory
from dispatch.models import Partner, Technician, Visit
from dispatch.models.visits import UNDER_WAY, VisitStatus
from dispatch.workforce.errors import PartnerIsInactive, TechnicianUnderWay
from dispatch.workforce.patterns import make_shifts
from dispatch.workforce.technicians import check_master_data, lock_technician, note_change, set_skills


class TechnicianChanges(TypedDict, total=False):
    """What to change; what is absent stays. A partner of None makes the technician one of our own."""

    name: str
    phone: str
    home_address: str
    home_lat: float
    home_lon: float
    zone: str
    partner: Partner | None
    territories: Sequence[Territory]
    skills: Mapping[str, int]
    valid_until: Mapping[str, dt.date | None]


def change_technician(
    session: Session, *, code: str, version: int, changes: TechnicianChanges, actor_id: int | None
) -> Technician:
    """Change a technician as somebody saw them in ``version``; plans that were made for the old facts notice."""
    technician = lock_technician(session, code, version=version)
    changes = changes.copy()
    skills, valid_until = changes.pop("skills", None), changes.pop("valid_until", None)
    partner = changes.get("partner")
    if partner is not None and not partner.active and partner is not technician.partner:
        raise PartnerIsInactive(partner=partner.code)
    if "territories" in changes:
        technician.territories = list(changes.pop("territories"))
    for field, value in changes.items():
        setattr(technician, field, value)
    check_master_data(
        code=technician.code,
        name=technician.name,
        lat=technician.home_lat,
        lon=technician.home_lon,
        zone=technician.zone,
    )
    if skills is not None:
        set_skills(technician, skills, valid_until=valid_until)
    note_change(session, technician, actor_id=actor_id)
    # In another zone the same wall times are other moments.
    make_shifts(session, technicians=[technician])
    return technician


def work_ahead(session: Session, technician: Technician, *, today: dt.date) -> list[Visit]:
    """The visits that a technician has yet to make, today's included, in order."""
    return list(
        session.scalars(
            sa.select(Visit)
            .where(
                Visit.technician_id == technician.id,
                Visit.status.in_([VisitStatus.DISPATCHED, *UNDER_WAY]),
                Visit.day >= today,
            )
            .options(joinedload(Visit.job))
            .order_by(Visit.day, Visit.planned_start)
        )
    )


def let_go(session: Session, *, code: str, version: int, actor_id: int | None) -> list[Visit]:
    """
    Let a technician leave: they get no more work, and no plan counts on them; what they did stays.

    Returns the visits that they were to make, for which somebody else has to be found: plan those days anew. Nobody is
    ever deleted, because the history names them. Raises TechnicianUnderWay while a visit is under way.
    """
    technician = lock_technician(session, code, version=version)
    ahead = work_ahead(session, technician, today=read_firm(session).today())
    under_way = [visit.job.number for visit in ahead if visit.status in UNDER_WAY]
    if under_way:
        raise TechnicianUnderWay(technician=technician.code, numbers=", ".join(under_way))
    technician.active = False
    note_change(session, technician, actor_id=actor_id)
    return ahead


def take_back(session: Session, *, code: str, version: int, actor_id: int | None) -> Technician:
    """Let a technician work again who had left; their working week makes shifts again."""
    technician = lock_technician(session, code, version=version)
    if technician.partner is not None and not technician.partner.active:
        raise PartnerIsInactive(partner=technician.partner.code)
    technician.active = True
    note_change(session, technician, actor_id=actor_id)
    make_shifts(session, technicians=[technician])
    return technician
