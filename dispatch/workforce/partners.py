"""Partner firms that lend us technicians at rates of their own, which the planner weighs against ours."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.models import Partner, Technician
from dispatch.workforce.errors import (
    CodeNotUsable,
    NameMissing,
    PartnerCodeTaken,
    PartnerHasTechnicians,
    RateNotUsable,
    UnknownPartner,
)
from dispatch.workforce.technicians import CODE_LENGTH, NAME_LENGTH, touch_shifts

MOST_CENTS = 10_000_000


@dataclass(frozen=True)
class Terms:
    """What a partner firm is called and costs: once for a shift that is used, and by the hour."""

    name: str
    shift_cents: int
    travel_cents_per_hour: int
    work_cents_per_hour: int
    phone: str = ""


def partner_by_code(session: Session, code: str) -> Partner:
    """Return the partner firm with this code; raises UnknownPartner."""
    partner = session.scalar(sa.select(Partner).where(Partner.code == code.strip()))
    if partner is None:
        raise UnknownPartner(partner=code)
    return partner


def partners(session: Session) -> list[tuple[Partner, Sequence[Technician]]]:
    """All partner firms by code, those we no longer work with last, each with the active technicians it lends us."""
    lent: dict[int, list[Technician]] = {}
    for technician in session.scalars(
        sa.select(Technician).where(Technician.partner_id.is_not(None), Technician.active).order_by(Technician.code)
    ):
        lent.setdefault(technician.partner_id or 0, []).append(technician)
    rows = session.scalars(sa.select(Partner).order_by(Partner.active.desc(), Partner.code))
    return [(row, lent.get(row.id, ())) for row in rows]


def add_partner(session: Session, *, code: str, terms: Terms) -> Partner:
    """Add a partner firm with its rates."""
    code = code.strip()
    if not 1 <= len(code) <= CODE_LENGTH:
        raise CodeNotUsable(code=code[:40], most=CODE_LENGTH)
    if session.scalar(sa.select(Partner.id).where(Partner.code == code)) is not None:
        raise PartnerCodeTaken(partner=code)
    partner = Partner(code=code, active=True)
    _write(partner, terms)
    session.add(partner)
    # Callers keep the id.
    session.flush()
    return partner


def change_partner(session: Session, *, code: str, terms: Terms) -> Partner:
    """Agree on other terms; plans that were made for the old rates notice."""
    partner = partner_by_code(session, code)
    _write(partner, terms)
    touch_shifts(session, list(session.scalars(sa.select(Technician.id).where(Technician.partner_id == partner.id))))
    return partner


def set_partner_active(session: Session, *, code: str, active: bool) -> Partner:
    """Stop or take up work with a partner firm; raises PartnerHasTechnicians while it still lends us somebody."""
    partner = partner_by_code(session, code)
    if not active:
        lent = session.scalars(
            sa.select(Technician.code)
            .where(Technician.partner_id == partner.id, Technician.active)
            .order_by(Technician.code)
        ).all()
        if lent:
            raise PartnerHasTechnicians(partner=partner.code, technicians=", ".join(lent))
    partner.active = active
    return partner


def _write(partner: Partner, terms: Terms) -> None:
    if not 1 <= len(terms.name.strip()) <= NAME_LENGTH:
        raise NameMissing(most=NAME_LENGTH)
    for cents in (terms.shift_cents, terms.travel_cents_per_hour, terms.work_cents_per_hour):
        if not 0 <= cents <= MOST_CENTS:
            raise RateNotUsable(cents=cents, most=MOST_CENTS)
    partner.name, partner.phone = terms.name.strip(), terms.phone.strip()
    partner.shift_cents = terms.shift_cents
    partner.travel_cents_per_hour = terms.travel_cents_per_hour
    partner.work_cents_per_hour = terms.work_cents_per_hour
