"""
What chargeable work will cost, line by line. Pure, in whole cents.

Rounding: a unit price is rounded to the cent, half up; a line is its quantity times its unit price, rounded once more
where the quantity is a likelihood; tax is rounded once, on the sum. So what is printed adds up.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from customers.models import ChargeKind, PriceList


@dataclass(frozen=True)
class ExpectedPart:
    """A part that the work takes in ``percent`` of the cases."""

    sku: str
    name_en: str
    name_zh: str
    quantity: int
    percent: int
    cost_cents: int


@dataclass(frozen=True)
class Work:
    """The work to be priced: there and back is ``distance_km``, None if nobody knows where the shop is."""

    minutes: int
    distance_km: int | None
    is_urgent: bool
    parts: Sequence[ExpectedPart] = ()


@dataclass(frozen=True)
class Extra:
    """
    Something that is charged although its kind is covered, with the reason.

    ``quantity`` is minutes for labour and pieces for ``part``.
    """

    kind: ChargeKind
    quantity: int
    reason: str
    part: ExpectedPart | None = None


@dataclass(frozen=True)
class PricedLine:
    """
    One line of an estimate.

    ``quantity`` counts visits, steps of working time, kilometres or pieces; ``facts`` say what the line is about.
    """

    kind: ChargeKind
    quantity: int
    unit_cents: int
    cents: int
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Price:
    """The lines of an estimate and what they come to."""

    lines: tuple[PricedLine, ...]
    net_cents: int
    tax_cents: int

    @property
    def total_cents(self) -> int:
        return self.net_cents + self.tax_cents


def price_of(prices: PriceList, work: Work, charged: Collection[ChargeKind], extras: Sequence[Extra] = ()) -> Price:
    """
    Price what the customer has to pay for.

    1. The call-out, once, and the kilometres there and back.
    2. Labour in begun steps of the price list.
    3. Parts at what they cost us and the markup, each by how often the fault takes it: over many repairs of the kind
       the estimates come to what was used.
    4. For urgent work a surcharge on call-out and labour.
    5. What was charged beyond the cover, at the same prices and without surcharge.
    """
    lines = [line for line in _lines(prices, work) if line.kind in charged]
    if work.is_urgent and prices.urgent_percent:
        lines += _surcharge(prices, lines)
    lines += [_extra(prices, extra) for extra in extras]
    net = sum(line.cents for line in lines)
    return Price(tuple(lines), net, _share(net, prices.tax_percent))


def _lines(prices: PriceList, work: Work) -> list[PricedLine]:
    lines = [_line(ChargeKind.CALL_OUT, 1, prices.call_out_cents)]
    if work.distance_km:
        lines.append(_line(ChargeKind.TRAVEL, work.distance_km, prices.travel_cents_per_km))
    lines.append(_labour(prices, work.minutes))
    return [*lines, *(_part(prices, part) for part in work.parts)]


def _part(prices: PriceList, part: ExpectedPart) -> PricedLine:
    unit = part.cost_cents + _share(part.cost_cents, prices.parts_markup_percent)
    return PricedLine(
        kind=ChargeKind.PARTS,
        quantity=part.quantity,
        unit_cents=unit,
        cents=_share(part.quantity * unit, part.percent),
        facts={"sku": part.sku, "name_en": part.name_en, "name_zh": part.name_zh, "percent": part.percent},
    )


def _labour(prices: PriceList, minutes: int) -> PricedLine:
    step = prices.labour_step_minutes
    steps = -(-minutes // step)
    return _line(ChargeKind.LABOUR, steps, _half_up(prices.labour_cents_per_hour * step, 60), step_minutes=step)


def _extra(prices: PriceList, extra: Extra) -> PricedLine:
    if extra.part is not None:
        line = _part(prices, extra.part)
    elif extra.kind is ChargeKind.LABOUR:
        line = _labour(prices, extra.quantity)
    else:
        line = _line(ChargeKind.CALL_OUT, 1, prices.call_out_cents)
    return replace(line, facts=line.facts | {"reason": extra.reason})


def _surcharge(prices: PriceList, lines: Sequence[PricedLine]) -> list[PricedLine]:
    basis = sum(line.cents for line in lines if line.kind in {ChargeKind.CALL_OUT, ChargeKind.LABOUR})
    if not basis:
        return []
    return [_line(ChargeKind.URGENT, 1, _share(basis, prices.urgent_percent), percent=prices.urgent_percent)]


def _line(kind: ChargeKind, quantity: int, unit_cents: int, **facts: Any) -> PricedLine:
    return PricedLine(kind, quantity, unit_cents, quantity * unit_cents, facts)


def _share(cents: int, percent: int) -> int:
    return _half_up(cents * percent, 100)


def _half_up(numerator: int, denominator: int) -> int:
    """Divide what is not negative and round half up, in whole numbers."""
    return (2 * numerator + denominator) // (2 * denominator)
