"""Price lists: what work costs that no contract and no warranty covers."""

from sqlalchemy.orm import Session

from customers.models import PriceList
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Row, known_by, overwrite

MOST_PERCENT = 1_000
# As the form of an empty cell, and of a file without the column.
USUAL = {"labour_step_minutes": 15, "parts_markup_percent": 0, "urgent_percent": 0, "tax_percent": 0}


def _save(session: Session, row: Row, prices: PriceList | None, _actor_id: int | None) -> None:
    if prices is None:
        prices = PriceList(code=row["code"], **USUAL)
        session.add(prices)
    overwrite(prices, row, "name", *USUAL)
    prices.call_out_cents = row["call_out"]
    prices.labour_cents_per_hour = row["labour_per_hour"]
    prices.travel_cents_per_km = row["travel_per_km"]


PRICE_LISTS = Form(
    columns=(
        Column("code", cells.text(30), "STANDARD"),
        Column("name", cells.text(160), "Usual prices 2026"),
        Column("call_out", cells.cents, "35.00"),
        Column("labour_per_hour", cells.cents, "60.00"),
        Column("travel_per_km", cells.cents, "0.45"),
        Column("labour_step_minutes", cells.whole(1, 480), "15", required=False, empty=USUAL["labour_step_minutes"]),
        Column("parts_markup_percent", cells.whole(0, MOST_PERCENT), "20", required=False, empty=0),
        Column("urgent_percent", cells.whole(0, MOST_PERCENT), "50", required=False, empty=0),
        Column("tax_percent", cells.whole(0, 100), "23", required=False, empty=0),
    ),
    key=("code",),
    known=known_by("code", PriceList.code),
    save=_save,
)
