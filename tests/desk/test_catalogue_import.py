"""Facts about importing what the catalogue says beside names and costs, and pieces with serial numbers."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from desk.csv_import import ImportRefused, import_csv
from inventory.ledger import find_differences
from inventory.models import Part, Serial
from tests.factories import add_part, add_place, add_stock

PARTS = "sku,name_en,name_zh,family,unit_cost,substitutes,barcode,serial_tracked,core_due"
STOCK = "place,sku,on_hand,serials"


def accept(session: Session, kind: str, *lines: str) -> None:
    import_csv(session, kind=kind, text="\n".join(lines), actor_id=None)


def refused(session: Session, kind: str, *lines: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ImportRefused) as refusal:
        accept(session, kind, *lines)
    return [(problem.line, problem.column, problem.code) for problem in refusal.value.problems]


def part(session: Session, sku: str) -> Part:
    session.expire_all()
    return session.scalars(sa.select(Part).where(Part.sku == sku)).one()


def test_a_part_may_name_substitutes_further_down(session: Session) -> None:
    accept(
        session,
        "parts",
        PARTS,
        "B-1,Board,主板,mainboard,99.00,B-3;B-2,4006381333931,yes,是",
        "B-2,Board 2,主板2,mainboard,89.00,,,no,",
        "B-3,Board 3,主板3,mainboard,79.00,,,,no",
    )

    board = part(session, "B-1")
    assert (board.barcode, board.serial_tracked, board.core_due) == ("4006381333931", True, True)
    assert [row.substitute.sku for row in board.substitutes] == ["B-3", "B-2"]
    assert part(session, "B-2").serial_tracked is False


def test_a_file_without_these_columns_leaves_them_as_they_are(session: Session) -> None:
    accept(session, "parts", PARTS, "B-1,Board,主板,mainboard,99.00,,4006381333931,yes,yes")

    accept(session, "parts", "sku,name_en,name_zh,family,unit_cost", "B-1,Board,主板,mainboard,89.00")

    board = part(session, "B-1")
    assert (board.barcode, board.serial_tracked, board.core_due) == ("4006381333931", True, True)


def test_every_bad_line_is_named_and_nothing_is_written(session: Session) -> None:
    add_part(session, sku="OLD-1")
    session.commit()

    problems = refused(
        session,
        "parts",
        PARTS,
        "B-1,Board,主板,mainboard,99.00,NO-1,,perhaps,",
        "B-2,Board,主板,mainboard,99.00,,OLD-1,,",
    )

    assert problems == [(2, "serial_tracked", "not_yes_or_no"), (3, "", "code_taken")]
    assert session.scalars(sa.select(Part.sku)).all() == ["OLD-1"]


def test_an_unknown_substitute_is_named_with_its_line(session: Session) -> None:
    problems = refused(session, "parts", PARTS, "B-1,Board,主板,mainboard,99.00,NO-1,,,")

    assert problems == [(2, "substitutes", "unknown_part")]
    assert session.scalars(sa.select(Part.sku)).all() == []


def test_tracking_does_not_begin_with_pieces_on_the_shelf(session: Session) -> None:
    add_stock(session, add_place(session), add_part(session, sku="B-1"), 2)
    session.commit()

    assert refused(session, "parts", PARTS, "B-1,Board,主板,mainboard,99.00,,,yes,") == [(2, "", "tracking_with_stock")]


def test_opening_stock_and_counts_name_the_pieces(session: Session) -> None:
    add_place(session, code="DEPOT")
    add_part(session, sku="B-1").serial_tracked = True
    session.commit()

    accept(session, "stock", STOCK, "DEPOT,B-1,2,M1;M2")
    accept(session, "stock", STOCK, "DEPOT,B-1,1,M2")

    places = {serial.number: serial.place.code for serial in session.scalars(sa.select(Serial))}
    assert places == {"M1": "@correction", "M2": "DEPOT"}
    assert find_differences(session) == []


def test_pieces_without_a_number_are_refused(session: Session) -> None:
    add_place(session, code="DEPOT")
    add_part(session, sku="B-1").serial_tracked = True
    session.commit()

    assert refused(session, "stock", STOCK, "DEPOT,B-1,2,M1") == [(2, "", "wrong_number_of_serials")]
