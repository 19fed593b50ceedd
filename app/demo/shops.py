"""Draws the demonstration's shops: where they are, what they are called, when they are open, and their devices."""

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.demo.addresses import Address, AddressBook
from app.demo.catalogue import MODELS
from app.demo.dice import dice
from app.demo.firm import TRADES, WEEK, Hours, Trade
from app.demo.names import FIRST_NAMES, PLEASANT_THINGS, SAINTS, SURNAMES
from app.demo.towns import TOWNS, Town

NUM_SHOPS = 260
# Street words that a branch leaves out of its name.
ARTICLES = frozenset({"de", "do", "da", "dos", "das", "d'"})


@dataclass(frozen=True)
class Machine:
    """A device in a shop."""

    serial: str
    model: str
    software_version: str
    warranty_until: dt.date | None


@dataclass(frozen=True)
class Shop:
    """A shop of a trade; ``located`` is False if nobody has put it on the map yet."""

    code: str
    name: str
    trade: Trade
    address: Address
    opening_hours: Hours
    contact_name: str
    phone: str
    machines: tuple[Machine, ...]
    located: bool = True


def draw_shops(seed: int, book: AddressBook, day: dt.date) -> list[Shop]:
    """All shops with their devices, one of them without a position; ends of warranties lie around ``day``."""
    chance = dice(seed, "shops")
    addresses = list(_addresses(chance, book))
    trades = chance.sample(TRADES, counts=[trade.shops for trade in TRADES], k=NUM_SHOPS)
    names: set[str] = set()
    shops = []
    for number, (trade, address) in enumerate(zip(trades, addresses, strict=True), start=1):
        name = _new_name(chance, trade, address, names)
        opening = chance.choices([week for _, week in trade.openings], weights=[share for share, _ in trade.openings])
        shops.append(
            Shop(
                code=f"{trade.customer_code}-{number:03}",
                name=name,
                trade=trade,
                address=address,
                opening_hours=opening[0],
                contact_name=f"{chance.choice(FIRST_NAMES)} {chance.choice(SURNAMES)}",
                phone=fictional_phone(number),
                machines=tuple(_machines(chance, trade, number, day)),
            )
        )
    # Nobody has put the newest shop on the map yet; it is one that is open today, so that its job is among today's.
    newest = max(n for n, shop in enumerate(shops) if WEEK[day.weekday()] in shop.opening_hours)
    shops[newest] = replace(shops[newest], located=False)
    return shops


def fictional_phone(number: int) -> str:
    """A number that cannot belong to anybody: none in Portugal begins with zero."""
    return f"+351 000 {number // 1000:03} {number % 1000:03}"


def _addresses(chance: random.Random, book: AddressBook) -> Iterator[Address]:
    """As many doors as there are shops, in small groups along lively streets, town after town."""
    for town, shops in zip(TOWNS, _shares([town.shops for town in TOWNS], NUM_SHOPS), strict=True):
        yield from _addresses_in(chance, book, town, shops)


def _addresses_in(chance: random.Random, book: AddressBook, town: Town, wanted: int) -> Iterator[Address]:
    while wanted > 0:
        doors = book.shopping_street(chance, town, min(wanted, chance.choice((1, 1, 2, 2, 3, 4))))
        wanted -= len(doors)
        yield from doors


def _shares(weights: list[int], total: int) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total."""
    bounds = [0]
    for end in range(1, len(weights) + 1):
        bounds.append(round(total * sum(weights[:end]) / sum(weights)))
    return [end - start for start, end in itertools.pairwise(bounds)]


def _new_name(chance: random.Random, trade: Trade, address: Address, names: set[str]) -> str:
    """A name that no other shop has; branches in one street are told apart by their number."""
    while True:
        name = chance.choice(trade.names).format(
            street=short_street(address.street),
            saint=chance.choice(SAINTS),
            surname=chance.choice(SURNAMES),
            thing=chance.choice(PLEASANT_THINGS),
            first=chance.choice(FIRST_NAMES),
        )
        if name in names and "{street}" in trade.names[0]:
            name = f"{name} {address.number}"
        if name not in names:
            names.add(name)
            return name


def short_street(street: str) -> str:
    """What people call a street: without its kind and the articles behind it."""
    words = street.split()[1:]
    while len(words) > 1 and words[0].lower() in ARTICLES:
        words = words[1:]
    return " ".join(words)


def _machines(chance: random.Random, trade: Trade, shop_number: int, day: dt.date) -> Iterator[Machine]:
    count = chance.choices(range(1, trade.most_devices + 1), weights=(5, 4, 2)[: trade.most_devices])[0]
    models = chance.choices(list(trade.models), weights=list(trade.models.values()), k=count)
    for position, model in enumerate(models, start=1):
        prefix, versions = MODELS[model]
        warranty = day + dt.timedelta(days=chance.randint(-600, 900))
        yield Machine(
            serial=f"{prefix}-{chance.randint(20, 25)}{shop_number:03}{position}{chance.randint(10, 99)}",
            model=model,
            software_version=chance.choice(versions),
            warranty_until=warranty if chance.random() < 0.9 else None,
        )
