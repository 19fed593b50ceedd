"""Facts about what contract and warranty cover."""

import datetime as dt
import itertools

import pytest

from customers.entitlement import Entitlement, Why, WhyNoWarranty, entitlement, from_json, to_json
from customers.models import ChargeKind, Contract, Device

DAY = dt.date(2026, 11, 23)
BEFORE, AFTER = DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=1)
ALL = frozenset({ChargeKind.PARTS, ChargeKind.LABOUR, ChargeKind.TRAVEL, ChargeKind.CALL_OUT})


def told(
    *,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
    covers: str = "parts labour travel",
    warranty_until: dt.date | None = None,
    is_ordered: bool = False,
    by_damage: bool = False,
) -> Entitlement:
    contract = Contract(
        code="C-1",
        starts_on=starts_on,
        ends_on=ends_on,
        covers_parts="parts" in covers,
        covers_labour="labour" in covers,
        covers_travel="travel" in covers,
    )
    device = Device(serial="SN-1", warranty_until=warranty_until)
    return entitlement(contract, device, day=DAY, is_ordered=is_ordered, by_damage=by_damage)


@pytest.mark.parametrize(
    ("given", "charged"),
    [
        # A contract without days holds for ever, and on its first and its last day.
        ({}, set()),
        ({"starts_on": DAY, "ends_on": DAY}, set()),
        # Before and after, the customer pays for everything, the call-out too.
        ({"starts_on": AFTER}, ALL),
        ({"ends_on": BEFORE}, ALL),
        # What the contract leaves out is paid for.
        ({"covers": "parts labour"}, {ChargeKind.TRAVEL, ChargeKind.CALL_OUT}),
        ({"covers": "labour travel"}, {ChargeKind.PARTS}),
        # The maker pays for parts and labour up to the last day of the warranty, not for the way.
        ({"ends_on": BEFORE, "warranty_until": DAY}, {ChargeKind.TRAVEL, ChargeKind.CALL_OUT}),
        ({"ends_on": BEFORE, "warranty_until": BEFORE}, ALL),
        ({"covers": "travel", "warranty_until": AFTER}, set()),
        # No maker pays for a fall; a contract may.
        ({"ends_on": BEFORE, "warranty_until": AFTER, "by_damage": True}, ALL),
        ({"by_damage": True}, set()),
        # What was ordered is paid for, whatever holds.
        ({"is_ordered": True, "warranty_until": AFTER}, ALL),
    ],
)
def test_who_pays(given: dict[str, object], charged: set[ChargeKind]) -> None:
    found = told(**given)  # type: ignore[arg-type]

    assert found.charged == charged
    assert found.is_chargeable is bool(charged)


@pytest.mark.parametrize(
    ("given", "why", "until", "warranty"),
    [
        ({"ends_on": AFTER}, Why.CONTRACT, AFTER, None),
        ({"ends_on": BEFORE, "warranty_until": AFTER}, Why.WARRANTY, AFTER, None),
        ({"ends_on": BEFORE, "warranty_until": BEFORE}, Why.CONTRACT_ENDED, BEFORE, WhyNoWarranty.ENDED),
        ({"starts_on": AFTER}, Why.CONTRACT_NOT_BEGUN, AFTER, WhyNoWarranty.NOT_KNOWN),
        ({"covers": "", "warranty_until": AFTER, "by_damage": True}, Why.CONTRACT_EXCLUDES, None, WhyNoWarranty.DAMAGE),
        ({"is_ordered": True}, Why.ORDERED_WORK, None, None),
    ],
)
def test_the_reason_is_told_for_each_charge(
    given: dict[str, object], why: Why, until: dt.date | None, warranty: WhyNoWarranty | None
) -> None:
    parts = told(**given).parts  # type: ignore[arg-type]

    assert (parts.why, parts.until, parts.warranty) == (why, until, warranty)


def test_without_a_device_no_warranty_is_known() -> None:
    contract = Contract(code="C-1", covers_parts=False, covers_labour=True, covers_travel=True)

    assert entitlement(contract, None, day=DAY).parts.warranty is WhyNoWarranty.NO_DEVICE


def test_what_is_kept_is_read_back_as_it_was() -> None:
    days = (None, BEFORE, DAY, AFTER)
    for ends_on, warranty_until, covers in itertools.product(days, days, ("", "parts", "travel labour")):
        found = told(ends_on=ends_on, warranty_until=warranty_until, covers=covers)

        assert from_json(to_json(found)) == found
        assert not found.free_of_charge().is_chargeable

    assert from_json({}) is None
