"""Draws addresses on the streets of the map: a street's name, a number that counts its metres, and the position."""

import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.demo.towns import Town
from dispatch.distances import METRES_PER_DEGREE
from routing.travel.places import Street
from routing.travel.protocol import Point, coordinates, great_circle_metres

# What a name begins with where people live and trade; the map also names junctions, bridges and access roads.
STREET_WORDS = ("Rua ", "Avenida ", "Praça ", "Largo ", "Travessa ", "Alameda ", "Praceta ", "Calçada ", "Campo ")
SIDE_METRES = 6.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Address:
    """A door on a street."""

    street: str
    number: int
    town: str
    point: Point

    def __str__(self) -> str:
        return f"{self.street} {self.number}, {self.town}"


@dataclass(frozen=True)
class _Stretch:
    """The part of a street that lies in a town; ``liveliness`` is how much the part attracts shops."""

    street: Street
    positions: tuple[int, ...]
    liveliness: float


@dataclass
class AddressBook:
    """Deals out addresses, no door twice."""

    streets: Sequence[Street]
    taken: set[tuple[str, int, str]] = field(default_factory=set)
    _stretches: dict[Town, list[_Stretch]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Names with brackets carry a mapper's remark ("antiga EN 14").
        self.streets = [s for s in self.streets if s.name.startswith(STREET_WORDS) and "(" not in s.name]
        lat, lon = coordinates([at.point for street in self.streets for at in street.points])
        self._lat, self._lon = lat, lon
        # Where each street's positions begin among those of all streets.
        self._first = np.cumsum([0, *(len(street.points) for street in self.streets[:-1])])

    def shopping_street(self, chance: random.Random, town: Town, doors: int) -> list[Address]:
        """Some doors close to each other on a lively street of the town; fewer where the street is short."""
        stretches = self._stretches_in(town)
        stretch = chance.choices(stretches, weights=[s.liveliness for s in stretches])[0]
        first = chance.choices(stretch.positions, weights=[self._pull(stretch, p) for p in stretch.positions])[0]
        nearest = sorted(stretch.positions, key=lambda p: (abs(p - first), p))
        found: list[Address] = []
        for position in nearest[:doors]:
            found.extend(self._door(chance, stretch.street, position, town))
        return found

    def home(self, chance: random.Random, town: Town) -> Address:
        """A door anywhere in the town."""
        while True:
            stretch = chance.choice(self._stretches_in(town))
            for address in self._door(chance, stretch.street, chance.choice(stretch.positions), town):
                return address

    def _door(self, chance: random.Random, street: Street, position: int, town: Town) -> Iterator[Address]:
        """The door at a position, unless it was dealt out before."""
        at = street.points[position]
        # Numbers count metres from the street's beginning, odd ones on the left, as they do in Porto.
        number = max(1, at.metres + chance.randint(1, 30))
        key = (street.name, number, town.name)
        if key not in self.taken:
            self.taken.add(key)
            yield Address(street.name, number, town.name, beside(street, position, left=bool(number % 2)))

    def _stretches_in(self, town: Town) -> list[_Stretch]:
        if town not in self._stretches:
            self._stretches[town] = list(self._find_stretches(town))
        return self._stretches[town]

    def _find_stretches(self, town: Town) -> Iterator[_Stretch]:
        centre_lat, centre_lon = coordinates([town.centre])
        inside = great_circle_metres(self._lat, self._lon, centre_lat, centre_lon) <= town.radius_metres
        found = np.flatnonzero(inside)
        streets = np.searchsorted(self._first, found, side="right") - 1
        for index, pairs in itertools.groupby(zip(streets.tolist(), found.tolist(), strict=True), key=lambda p: p[0]):
            street = self.streets[index]
            positions = tuple(place - int(self._first[index]) for _, place in pairs)
            yield _Stretch(street, positions, sum(street.points[p].centrality ** 3 for p in positions))

    @staticmethod
    def _pull(stretch: _Stretch, position: int) -> float:
        return max(stretch.street.points[position].centrality, 0.01) ** 2


def beside(street: Street, position: int, *, left: bool) -> Point:
    """A position off the middle of the street, at the house front."""
    here = street.points[position].point
    neighbour = street.points[position + 1 if position + 1 < len(street.points) else position - 1].point
    shrink = float(np.cos(np.radians(here.lat)))
    north, east = neighbour.lat - here.lat, (neighbour.lon - here.lon) * shrink
    if position + 1 == len(street.points):
        north, east = -north, -east
    length = float(np.hypot(north, east)) or 1.0
    side = (1 if left else -1) * SIDE_METRES / METRES_PER_DEGREE / length
    return Point(round(here.lat + east * side, 6), round(here.lon - north * side / shrink, 6))
