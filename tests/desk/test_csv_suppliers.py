"""Facts about the import of suppliers, of what they sell, and of past demand."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.models import PastDemand, Place, Supplier, Supply
from tests import factories as make
from tests.desk.test_csv_import import accept, lines, refused, where


def test_suppliers_are_added_and_known_ones_written_over(session: Session) -> None:
    make.add_part(session)  # whose maker is ACME

    result = accept(session, "suppliers", lines("code,name", "ACME,Acme Ltd", "BEST,Best Parts"))

    assert result == (1, 1)
    names = session.execute(sa.select(Supplier.code, Supplier.name).order_by(Supplier.code)).all()
    assert [tuple(row) for row in names] == [("ACME", "Acme Ltd"), ("BEST", "Best Parts")]
    assert session.scalar(sa.select(sa.func.count()).where(Place.code == "@supplier-BEST")) == 1


def test_what_a_supplier_sells_is_written_over_and_the_rest_stays(session: Session) -> None:
    part = make.add_part(session, sku="P-1", pack_size=12)

    accept(session, "supplies", lines("supplier,sku,lead_time_days,price", "ACME,P-1,21,9.80"))

    supply = session.scalars(sa.select(Supply)).one()
    assert (supply.part_id, supply.lead_time_days, supply.price_cents, supply.pack_size) == (part.id, 21, 980, 12)


def test_every_bad_line_of_supplies_is_listed(session: Session) -> None:
    make.add_part(session, sku="P-1")
    text = lines(
        "supplier,sku,lead_time_days,price,pack_size",
        "NOBODY,P-1,7,9.80,1",
        "ACME,P-9,7,9.80,1",
        "ACME,P-1,-7,x,0",
        "ACME,P-1,7,9.80,1",
    )

    assert where(refused(session, "supplies", text)) == [
        (2, "supplier", "unknown_supplier"),
        (3, "sku", "unknown_part"),
        (4, "lead_time_days", "negative"),
        (4, "price", "not_money"),
        (4, "pack_size", "out_of_range"),
        (5, "supplier", "duplicate_row"),
    ]


def test_past_demand_is_told_by_mondays(session: Session) -> None:
    part = make.add_part(session, sku="P-1")
    session.add(PastDemand(part_id=part.id, week=dt.date(2026, 11, 9), quantity=1))
    session.flush()

    text = lines("sku,week,quantity", "P-1,2026-11-09,3", "P-1,2026-11-16,0")
    assert accept(session, "history", text) == (1, 1)
    assert session.scalars(sa.select(PastDemand.quantity).order_by(PastDemand.week)).all() == [3, 0]

    (problem,) = refused(session, "history", lines("sku,week,quantity", "P-1,2026-11-18,3"))
    assert problem.reason == "2026-11-18 is no Monday. Name a week by its Monday; this one begins on 2026-11-16."
