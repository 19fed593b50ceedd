"""Facts about parts and warehouses in the catalogue."""

import dataclasses

import pytest
from sqlalchemy.orm import Session

from core.errors import DomainError
from inventory import catalogue, errors, ledger
from inventory.catalogue import PartFacts, WarehouseFacts
from inventory.models import Part, PartFamily
from tests.inventory.stock import StockRoom

BOARD = PartFacts(
    name_en="Mainboard A920",
    name_zh="A920 主板",
    family=PartFamily.MAINBOARD,
    unit_cost_cents=9900,
    barcode="4006381333931",
    serial_tracked=True,
    core_due=True,
    fits=["A920", "A910", "A920"],
    substitutes=["PRN-1", "BAT-1"],
)


def substitutes(part: Part) -> list[tuple[int, str]]:
    return [(row.rank, row.substitute.sku) for row in sorted(part.substitutes, key=lambda row: row.rank)]


def test_a_new_part_has_what_was_said_about_it(session: Session, room: StockRoom) -> None:
    part = catalogue.add_part(session, sku=" BRD-1 ", facts=BOARD)
    session.expire_all()

    assert (part.sku, part.barcode, part.serial_tracked, part.core_due) == ("BRD-1", "4006381333931", True, True)
    assert [fit.device_model for fit in part.fits] == ["A910", "A920"]
    assert substitutes(part) == [(1, "PRN-1"), (2, "BAT-1")]
    assert room.battery


def test_a_change_replaces_models_and_ranks(session: Session, room: StockRoom) -> None:
    catalogue.add_part(session, sku="BRD-1", facts=BOARD)
    changed = dataclasses.replace(BOARD, name_en="Mainboard", fits=["S900", "A920"], substitutes=["BAT-1", "PRN-1"])

    part = catalogue.change_part(session, sku="BRD-1", facts=changed)
    session.flush()
    session.expire_all()

    assert part.name_en == "Mainboard"
    assert [fit.device_model for fit in part.fits] == ["A920", "S900"]
    assert substitutes(part) == [(1, "BAT-1"), (2, "PRN-1")]
    assert room.battery


REFUSED: list[tuple[str, PartFacts, type[DomainError], str]] = [
    # Another part has the SKU, or it as a barcode: a scanner could not tell.
    ("BAT-1", BOARD, errors.CodeTaken, "BAT-1 is in use"),
    ("X-1", dataclasses.replace(BOARD, barcode="PRN-1"), errors.CodeTaken, "PRN-1 is in use"),
    ("", BOARD, errors.TextNotUsable, "sku must have 1 to 40"),
    ("X-1", dataclasses.replace(BOARD, name_zh=" "), errors.TextNotUsable, "name_zh must have"),
    ("X-1", dataclasses.replace(BOARD, unit_cost_cents=-1), errors.CostOutOfRange, "-1 cents"),
    ("X-1", dataclasses.replace(BOARD, substitutes=["NO-1"]), errors.UnknownPart, "no part NO-1"),
    ("X-1", dataclasses.replace(BOARD, substitutes=["X-1"]), errors.SubstituteOfItself, "X-1 cannot stand in"),
]


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused(
    session: Session, room: StockRoom, case: tuple[str, PartFacts, type[DomainError], str]
) -> None:
    sku, facts, error, words = case

    with pytest.raises(error, match=words):
        catalogue.add_part(session, sku=sku, facts=facts)

    assert room.battery


def test_tracking_begins_only_while_nobody_has_a_piece(session: Session, room: StockRoom) -> None:
    battery = session.get_one(Part, room.battery)
    room.stock(room.van, room.battery, 3)

    with pytest.raises(errors.TrackingWithStock, match="3 pieces of BAT-1 are on hand, at VAN-1"):
        catalogue.track(session, battery, serial_tracked=True)

    ledger.correct(session, place_id=room.van, part_id=room.battery, counted=0, reason="to be numbered", actor_id=None)
    catalogue.track(session, battery, serial_tracked=True)
    assert battery.serial_tracked


def test_a_warehouse_is_set_up_and_changed(session: Session) -> None:
    place = catalogue.add_warehouse(session, code="EAST", facts=WarehouseFacts(name="Depot East", lat=41.0, lon=-8.0))
    catalogue.change_warehouse(session, code="EAST", facts=WarehouseFacts(name="Depot", address="Rua 1"))

    assert (place.name, place.address, place.lat) == ("Depot", "Rua 1", None)


@pytest.mark.parametrize(
    ("code", "facts", "error"),
    [
        ("NORTH", WarehouseFacts(name="North again"), errors.CodeTaken),
        # The firm's own codes keep out of the way of the places that nobody sets up.
        ("@transit", WarehouseFacts(name="Transit"), errors.CodeTaken),
        ("EAST", WarehouseFacts(name="East", lat=41.0), errors.PositionIncomplete),
        ("EAST", WarehouseFacts(name="East", lat=141.0, lon=0.0), errors.PositionIncomplete),
        ("EAST", WarehouseFacts(name=""), errors.TextNotUsable),
    ],
)
def test_a_warehouse_that_cannot_be_is_refused(
    session: Session, room: StockRoom, code: str, facts: WarehouseFacts, error: type[DomainError]
) -> None:
    with pytest.raises(error):
        catalogue.add_warehouse(session, code=code, facts=facts)

    assert room.north


def test_a_van_is_not_changed_like_a_warehouse(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.PlaceOfWrongKind):
        catalogue.change_warehouse(session, code="VAN-1", facts=WarehouseFacts(name="?"))

    assert room.van


def test_a_bin_is_where_the_picker_looks(session: Session, room: StockRoom) -> None:
    level = catalogue.set_bin(session, place_id=room.north, part_id=room.battery, bin_code=" A-03 ")

    assert level.bin == "A-03"
    assert catalogue.set_bin(session, place_id=room.north, part_id=room.battery, bin_code=" ").bin == ""
