"""What a customer need not pay: the contract's cover first, then the maker's warranty. Pure."""

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from customers.models import ChargeKind, Contract, Device


class Why(enum.StrEnum):
    """Why something is covered or not."""

    CONTRACT = "contract"
    WARRANTY = "warranty"
    # The firm decided to do it for nothing.
    GOODWILL = "goodwill"
    CONTRACT_NOT_BEGUN = "contract_not_begun"
    CONTRACT_ENDED = "contract_ended"
    CONTRACT_EXCLUDES = "contract_excludes"
    # Installing, collecting, training: work that is ordered, not owed.
    ORDERED_WORK = "ordered_work"


class WhyNoWarranty(enum.StrEnum):
    """Why the maker does not pay either."""

    NO_DEVICE = "no_device"
    NOT_KNOWN = "not_known"
    ENDED = "ended"
    # A fall, a spill: no warranty covers it.
    DAMAGE = "damage"
    # Makers send parts and pay for the work, not for the way.
    NOT_TRAVEL = "not_travel"


@dataclass(frozen=True)
class Cover:
    """
    Whether one kind of charge is covered, and why.

    ``until`` is the last day of the contract or the warranty that decided, None if it has none or none decided;
    ``warranty`` says why the maker does not pay where the customer has to, else None.
    """

    covered: bool
    why: Why
    until: dt.date | None = None
    warranty: WhyNoWarranty | None = None


@dataclass(frozen=True)
class Entitlement:
    """What is covered of a piece of work that was asked for on ``day``."""

    day: dt.date
    contract: str
    parts: Cover
    labour: Cover
    travel: Cover

    @property
    def is_chargeable(self) -> bool:
        """Whether the customer has to pay for anything."""
        return not (self.parts.covered and self.labour.covered and self.travel.covered)

    @property
    def charged(self) -> frozenset[ChargeKind]:
        """What the customer has to pay for. Calling somebody out is a part of the way."""
        found = {ChargeKind(name) for name in ("parts", "labour", "travel") if not getattr(self, name).covered}
        if ChargeKind.TRAVEL in found:
            found.add(ChargeKind.CALL_OUT)
        return frozenset(found)

    def free_of_charge(self) -> "Entitlement":
        """The same with everything covered that was not, as the firm's own decision."""
        given = Cover(covered=True, why=Why.GOODWILL)
        parts, labour, travel = (cover if cover.covered else given for _, cover in self.lines())
        return replace(self, parts=parts, labour=labour, travel=travel)

    def lines(self) -> list[tuple[ChargeKind, Cover]]:
        """The three kinds in the order in which people read them."""
        return [(ChargeKind.PARTS, self.parts), (ChargeKind.LABOUR, self.labour), (ChargeKind.TRAVEL, self.travel)]


# Covered by warranty, apart from contracts.
_BY_WARRANTY = frozenset({ChargeKind.PARTS, ChargeKind.LABOUR})


def entitlement(
    contract: Contract, device: Device | None, *, day: dt.date, is_ordered: bool = False, by_damage: bool = False
) -> Entitlement:
    """
    Tell what is covered of work that was asked for on ``day``, in the time of the site.

    1. Work that was ordered (installing, collecting, training) is owed by nobody.
    2. A contract that is in force covers the kinds of charge that it names, whatever broke.
    3. What it does not cover, the maker's warranty may: parts and labour, up to and including its last day, unless
       the device was damaged.
    """

    def cover(kind: ChargeKind, *, named: bool) -> Cover:
        if is_ordered:
            return Cover(covered=False, why=Why.ORDERED_WORK)
        why = _of_contract(contract, day, named=named)
        if why is Why.CONTRACT:
            return Cover(covered=True, why=why, until=contract.ends_on)
        no_warranty = _no_warranty(kind, device, day, by_damage=by_damage)
        if no_warranty is None and device is not None:
            return Cover(covered=True, why=Why.WARRANTY, until=device.warranty_until)
        return Cover(covered=False, why=why, until=_decided_on(contract, why), warranty=no_warranty)

    return Entitlement(
        day=day,
        contract=contract.code,
        parts=cover(ChargeKind.PARTS, named=contract.covers_parts),
        labour=cover(ChargeKind.LABOUR, named=contract.covers_labour),
        travel=cover(ChargeKind.TRAVEL, named=contract.covers_travel),
    )


def to_json(found: Entitlement) -> dict[str, Any]:
    """Write an entitlement as it is kept with a ticket or a job."""
    covers = {kind.value: _cover_to_json(cover) for kind, cover in found.lines()}
    return {"day": found.day.isoformat(), "contract": found.contract, **covers}


def from_json(kept: Mapping[str, Any]) -> Entitlement | None:
    """Read an entitlement back; None where none was kept."""
    if not kept:
        return None
    covers = {name: _cover_from_json(kept[name]) for name in ("parts", "labour", "travel")}
    return Entitlement(day=dt.date.fromisoformat(kept["day"]), contract=kept["contract"], **covers)


def _of_contract(contract: Contract, day: dt.date, *, named: bool) -> Why:
    if contract.starts_on is not None and day < contract.starts_on:
        return Why.CONTRACT_NOT_BEGUN
    if contract.ends_on is not None and day > contract.ends_on:
        return Why.CONTRACT_ENDED
    return Why.CONTRACT if named else Why.CONTRACT_EXCLUDES


def _decided_on(contract: Contract, why: Why) -> dt.date | None:
    return {Why.CONTRACT_NOT_BEGUN: contract.starts_on, Why.CONTRACT_ENDED: contract.ends_on}.get(why)


def _no_warranty(kind: ChargeKind, device: Device | None, day: dt.date, *, by_damage: bool) -> WhyNoWarranty | None:
    """Why the maker does not pay; None if the maker does."""
    if kind not in _BY_WARRANTY:
        return WhyNoWarranty.NOT_TRAVEL
    if device is None:
        return WhyNoWarranty.NO_DEVICE
    if device.warranty_until is None:
        return WhyNoWarranty.NOT_KNOWN
    if day > device.warranty_until:
        return WhyNoWarranty.ENDED
    return WhyNoWarranty.DAMAGE if by_damage else None


def _cover_to_json(cover: Cover) -> dict[str, Any]:
    return {
        "covered": cover.covered,
        "why": cover.why.value,
        "until": cover.until.isoformat() if cover.until else None,
        "warranty": cover.warranty.value if cover.warranty else None,
    }


def _cover_from_json(kept: Mapping[str, Any]) -> Cover:
    return Cover(
        covered=kept["covered"],
        why=Why(kept["why"]),
        until=dt.date.fromisoformat(kept["until"]) if kept["until"] else None,
        warranty=WhyNoWarranty(kept["warranty"]) if kept["warranty"] else None,
    )
