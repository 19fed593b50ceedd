"""Parts whose every piece is followed by its serial number: dearer variants that stand in for usual parts."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.demo.cores import At
from app.demo.draw import Demonstration
from app.demo.stock import WAREHOUSES
from inventory import catalogue, ledger
from inventory.catalogue import PartFacts
from inventory.models import Part, Place
from inventory.queries import part_by_sku
from inventory.suppliers import set_supply


@dataclass(frozen=True)
class Variant:
    """A variant with a secure element, which the bank wants to know the whereabouts of."""

    of: str
    pieces: int
    dearer: float = 1.25

    @property
    def sku(self) -> str:
        return f"{self.of}-S"

    def numbers(self) -> list[str]:
        return [f"{self.sku}-{number:04}" for number in range(1, self.pieces + 1)]


VARIANTS = (Variant("MB-T300", 5), Variant("MB-R", 4), Variant("CRD-T", 6))
# Where the pieces are on the demonstration's day: the first in a van, the second in the other warehouse.
FIRST_DAY_AGO, MOVED_DAYS_AGO = 20, 4


def add_tracked_parts(session: Session, drawn: Demonstration, *, actor_id: int, at: At) -> None:
    """Take the variants into the catalogue, receive them, and let a piece of each go to a van and to the south."""
    codes = [warehouse.code for warehouse in WAREHOUSES] + [f"VAN-{member.code}" for member in drawn.crew[:3]]
    ids = dict(session.execute(sa.select(Place.code, Place.id).where(Place.code.in_(codes))).all())
    north, south = (ids[code] for code in codes[:2])
    for variant, van_code in zip(VARIANTS, codes[2:], strict=True):
        with at(drawn.day - dt.timedelta(days=FIRST_DAY_AGO), dt.time(10)):
            part = _variant(session, variant)
            ledger.receive(
                session,
                place_id=north,
                pieces={part.id: variant.pieces},
                serials={part.id: variant.numbers()},
                reference=f"Opening stock {variant.sku}",
                actor_id=actor_id,
            )
            for place_id in (north, south):
                catalogue.set_bin(session, place_id=place_id, part_id=part.id, bin_code="S-01")
        with at(drawn.day - dt.timedelta(days=MOVED_DAYS_AGO), dt.time(8)):
            for number, place_id in zip(variant.numbers(), (ids[van_code], south), strict=False):
                ledger.transfer(
                    session,
                    part_id=part.id,
                    quantity=1,
                    from_place_id=north,
                    to_place_id=place_id,
                    reference="Secure stock",
                    actor_id=actor_id,
                    serials=[number],
                )


def _variant(session: Session, variant: Variant) -> Part:
    usual = part_by_sku(session, variant.of)
    facts = PartFacts(
        name_en=f"{usual.name_en}, secure",
        name_zh=f"{usual.name_zh}（安全型）",
        family=usual.family,
        unit_cost_cents=round(usual.unit_cost_cents * variant.dearer),
        serial_tracked=True,
        core_due=True,
        fits=[fit.device_model for fit in usual.fits],
    )
    part = catalogue.add_part(session, sku=variant.sku, facts=facts)
    catalogue.set_substitutes(session, usual, [variant.sku])
    for supply in usual.supplies:
        set_supply(
            session,
            supplier_id=supply.supplier_id,
            part_id=part.id,
            lead_time_days=supply.lead_time_days,
            price_cents=round(supply.price_cents * variant.dearer),
            rank=supply.rank,
        )
    return part
