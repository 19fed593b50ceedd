"""The whole demonstration as plain values, drawn from a seed, a day and the streets of a map."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.demo.addresses import Address, AddressBook
from app.demo.crew import CrewMember, draw_crew
from app.demo.day import Report, draw_reports
from app.demo.shops import Shop, draw_shops
from app.demo.stock import Shelf, WarehouseSpec, draw_stock, draw_warehouses
from routing.travel.places import Street


@dataclass(frozen=True)
class Demonstration:
    """Everything that is there on the morning of ``day``."""

    seed: int
    day: dt.date
    shops: Sequence[Shop]
    crew: Sequence[CrewMember]
    warehouses: Sequence[tuple[WarehouseSpec, Address]]
    shelves: Sequence[Shelf]
    reports: Sequence[Report]


def draw(streets: Sequence[Street], *, seed: int, day: dt.date) -> Demonstration:
    """Draw the demonstration; the same seed, day and streets give the same one."""
    book = AddressBook(streets)
    shops = draw_shops(seed, book, day)
    crew = draw_crew(seed, book, day)
    reports = draw_reports(seed, shops, day)
    return Demonstration(
        seed=seed,
        day=day,
        shops=shops,
        crew=crew,
        warehouses=draw_warehouses(seed, book),
        shelves=draw_stock(seed, crew, reports),
        reports=reports,
    )
