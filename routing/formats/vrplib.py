"""
Vehicle routing problems in VRPLIB files, prize-collecting ones included, with the keys of the benchmark instances of
PyVRP (Wouda, Lan & Kool 2024, doi:10.1287/ijoc.2023.0055).

Specifications (``KEY : value``)
    ``DIMENSION`` (depots and clients), ``VEHICLES`` (as many as clients if absent), ``CAPACITY``, ``SERVICE_TIME`` (of
    every client), ``EDGE_WEIGHT_TYPE`` (``EUC_2D``, ``FLOOR_2D``, ``CEIL_2D``, ``EXACT_2D``, ``EXPLICIT``) and
    ``EDGE_WEIGHT_FORMAT`` (``FULL_MATRIX``, ``LOWER_ROW``, ``LOWER_DIAG_ROW``, ``UPPER_ROW``, ``UPPER_DIAG_ROW``),
    ``VEHICLES_FIXED_COST``, ``VEHICLES_UNIT_DISTANCE_COST``, ``VEHICLES_MAX_DURATION`` and its older name ``DISTANCE``.
    What describes the file or its picture (``NAME``, ``COMMENT``, ``TYPE`` ...) changes nothing.
Sections, one row per location
    ``NODE_COORD``, ``DEMAND`` or ``LINEHAUL``, ``SERVICE_TIME``, ``TIME_WINDOW``, ``PRIZE``.
Sections, one row per vehicle
    ``CAPACITY``, ``VEHICLES_DEPOT``, ``VEHICLES_FIXED_COST``, ``VEHICLES_UNIT_DISTANCE_COST``,
    ``VEHICLES_MAX_DURATION``, ``VEHICLES_ALLOWED_CLIENTS``.
Other sections
    ``DEPOT`` and ``EDGE_WEIGHT``.

Everything else changes the problem (deliveries with pickups, reloads, groups of which one is visited, a release that
holds back the whole vehicle, a limit on distance) and is refused by name. So is a longest duration together with time
windows, which a shift cannot express.

The objective is fixed costs, distance, which is also the travel time, and the prizes not collected. A client without a
prize must be visited. Capacity is a part, as in ``routing.formats.solomon``. Ids are the numbers of vehicles from 1 and
of locations from 0, as in published solutions: the first client after a single depot is 1.

``read`` rounds Euclidean distances as ``EDGE_WEIGHT_TYPE`` says (``EUC_2D``: to the nearest whole unit),
``read_dimacs`` cuts them after the first decimal, as the values known for instances with time windows (VRPTW, PCVRPTW)
do.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np

from routing.formats import plane
from routing.formats.columns import number, numbers, whole
from routing.formats.solomon import CAPACITY, MAX_VEHICLES, UNSERVED_COST
from routing.problem import MAX_QUANTITY, MAX_TIME, Problem, ProblemError, Shift, Visit

DIMACS_SCALE = 10
# Exact distances, in thousandths as is usual.
EXACT_SCALE = 1000
MAX_LOCATIONS = 20_000
LATEST = 900_000.0

Rounding = Callable[[Sequence[plane.Position], int], plane.Ints]

_SILENT = {"NAME", "COMMENT", "TYPE", "BEST_KNOWN", "DISPLAY_DATA_TYPE", "NODE_COORD_TYPE"}
_VEHICLE_VALUES = {"CAPACITY", "VEHICLES_FIXED_COST", "VEHICLES_UNIT_DISTANCE_COST", "VEHICLES_MAX_DURATION"}
_SPECIFICATIONS = {
    *("DIMENSION", "VEHICLES", "SERVICE_TIME", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "DISTANCE"),
    *(_SILENT | _VEHICLE_VALUES),
}
_BY_LOCATION = {"NODE_COORD", "DEMAND", "LINEHAUL", "SERVICE_TIME", "TIME_WINDOW", "PRIZE"}
_BY_VEHICLE = {*_VEHICLE_VALUES, "VEHICLES_DEPOT", "VEHICLES_ALLOWED_CLIENTS"}
_SECTIONS = {*_BY_LOCATION, *_BY_VEHICLE, "DEPOT", "EDGE_WEIGHT"}
_ROUNDINGS: dict[str, Rounding] = {
    "EUC_2D": plane.nearest,
    "FLOOR_2D": plane.truncated,
    "CEIL_2D": plane.rounded_up,
    "EXACT_2D": plane.nearest,
}
# Which columns of row ``i`` of ``n`` stand in the file.
_SHAPES: dict[str, Callable[[int, int], range]] = {
    "FULL_MATRIX": lambda _i, n: range(n),
    "LOWER_ROW": lambda i, _n: range(i),
    "LOWER_DIAG_ROW": lambda i, _n: range(i + 1),
    "UPPER_ROW": lambda i, n: range(i + 1, n),
    "UPPER_DIAG_ROW": range,
}
_SECTION = re.compile(r"([A-Z_]+)_SECTION\s*:?")
_SPECIFICATION = re.compile(r"([A-Z_0-9]+)\s*:\s*(.*)")


class _Row(NamedTuple):
    where: str
    values: list[float]


@dataclass
class _Document:
    """What stands in the file: specifications by key and the rows of each section, with their lines."""

    specifications: dict[str, tuple[str, str]] = field(default_factory=dict)
    sections: dict[str, list[_Row]] = field(default_factory=dict)

    def word(self, key: str, default: str) -> str:
        return self.specifications.get(key, (default, ""))[0].upper()

    def count(self, key: str, default: int, high: int) -> int:
        if key not in self.specifications:
            return default
        text, where = self.specifications[key]
        return whole(text, where, 1, high)

    def by_index(self, key: str, size: int) -> dict[int, _Row]:
        """The rows of a section by the index in their first column, counted from 0; none if it is not there."""
        rows = {int(row.values[0]) - 1: _Row(row.where, row.values[1:]) for row in self.sections.get(key, [])}
        if key in self.sections and (sorted(rows) != list(range(size)) or len(self.sections[key]) != size):
            raise ProblemError(f"{key}_SECTION", f"one row for each of 1..{size}", f"{len(self.sections[key])} rows")
        return rows

    def column(self, key: str, size: int, default: float, low: float, high: float) -> list[float]:
        """One value for each location or vehicle: from the section, else the specification, else the default."""
        if key in self.sections:
            return [_single(row, low, high) for _, row in sorted(self.by_index(key, size).items())]
        if key in self.specifications:
            text, where = self.specifications[key]
            return [number(text, where, low, high)] * size
        return [default] * size


class _Client(NamedTuple):
    location: int
    demand: int
    service: float
    window: tuple[float, float] | None
    prize: float
    vehicles: frozenset[str] | None


def read(path: Path) -> Problem:
    """
    A file with the distances that its ``EDGE_WEIGHT_TYPE`` asks for.

    Raises
    ------
    ProblemError
        If a line is not what the format says, or a key is not among those above; the path names line or section.
    """
    document = _document(path)
    kind = document.word("EDGE_WEIGHT_TYPE", "")
    scale = EXACT_SCALE if kind == "EXACT_2D" else 1
    return _problem(document, _travel(document, _ROUNDINGS.get(kind), scale), scale)


def read_dimacs(path: Path) -> Problem:
    """A file with distances and times cut after the first decimal; raises as ``read``."""
    document = _document(path)
    rounding = plane.truncated if document.word("EDGE_WEIGHT_TYPE", "") in _ROUNDINGS else None
    return _problem(document, _travel(document, rounding, DIMACS_SCALE), DIMACS_SCALE)


def known_values(folder: Path) -> dict[str, float]:
    """The costs of the solutions ``NAME.sol`` beside the files."""
    return {file.stem: _stated_cost(file)[0] for file in sorted(folder.glob("*.sol"))}


def known_dimacs_values(folder: Path) -> dict[str, float]:
    """As ``known_values``; a whole number counts tenths, as PyVRP's collection of instances states them."""
    stated = {file.stem: _stated_cost(file) for file in sorted(folder.glob("*.sol"))}
    return {name: cost if "." in text else cost / DIMACS_SCALE for name, (cost, text) in stated.items()}


def _stated_cost(file: Path) -> tuple[float, str]:
    for i, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        words = line.replace(":", " ").split()
        if len(words) == 2 and words[0].lower() == "cost":
            return number(words[1], f"{file.name} line {i}", 0, 1e12), words[1]
    raise ProblemError(file.name, "a line Cost ...")


def _document(path: Path) -> _Document:
    document, rows = _Document(), None
    for i, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        text, where = line.strip(), f"line {i}"
        if text == "EOF":
            break
        if section := _SECTION.fullmatch(text):
            rows = _section(document, section[1], where)
        elif specification := _SPECIFICATION.fullmatch(text):
            _specify(document, specification[1], specification[2], where)
        elif text and rows is not None:
            rows.append(_Row(where, numbers(text.split(), where)))
        elif text:
            raise ProblemError(where, "KEY : value or NAME_SECTION", repr(text))
    return document


def _section(document: _Document, key: str, where: str) -> list[_Row]:
    if key not in _SECTIONS or key in document.sections:
        raise ProblemError(where, f"each once, of {', '.join(sorted(_SECTIONS))}", f"{key}_SECTION")
    return document.sections.setdefault(key, [])


def _specify(document: _Document, key: str, value: str, where: str) -> None:
    if key not in _SPECIFICATIONS:
        raise ProblemError(where, f"one of {', '.join(sorted(_SPECIFICATIONS))}", key)
    document.specifications[key] = (value, where)


def _single(row: _Row, low: float, high: float) -> float:
    if len(row.values) != 1 or not low <= row.values[0] <= high:
        raise ProblemError(row.where, f"an index and one number in {low:g}..{high:g}", row.values)
    return row.values[0]


def _pair(row: _Row, low: float, high: float) -> tuple[float, float]:
    if len(row.values) != 2 or not all(low <= value <= high for value in row.values):
        raise ProblemError(row.where, f"an index and two numbers in {low:g}..{high:g}", row.values)
    return row.values[0], row.values[1]


def _size(document: _Document) -> int:
    size = document.count("DIMENSION", 0, MAX_LOCATIONS)
    if not size:
        raise ProblemError("the file", "DIMENSION : the number of depots and clients")
    return size


def _travel(document: _Document, rounding: Rounding | None, scale: int) -> plane.Ints:
    size, kind = _size(document), document.word("EDGE_WEIGHT_TYPE", "")
    if kind == "EXPLICIT":
        return _explicit(document, size, scale)
    if rounding is None or document.word("EDGE_WEIGHT_TYPE", "") not in _ROUNDINGS:
        raise ProblemError(
            "EDGE_WEIGHT_TYPE", f"EXPLICIT, {', '.join(_ROUNDINGS)}", document.word("EDGE_WEIGHT_TYPE", "")
        )
    rows = document.by_index("NODE_COORD", size)
    if not rows:
        raise ProblemError("the file", "a NODE_COORD_SECTION")
    return rounding([_pair(rows[i], -LATEST, LATEST) for i in range(size)], scale)


def _explicit(document: _Document, size: int, scale: int) -> plane.Ints:
    """The matrix of an EDGE_WEIGHT_SECTION; half a matrix holds for both directions."""
    form = document.word("EDGE_WEIGHT_FORMAT", "FULL_MATRIX")
    if form not in _SHAPES:
        raise ProblemError("EDGE_WEIGHT_FORMAT", f"one of {', '.join(_SHAPES)}", form)
    cells = [(i, j) for i in range(size) for j in _SHAPES[form](i, size)]
    weights = [value for row in document.sections.get("EDGE_WEIGHT", []) for value in row.values]
    if len(weights) != len(cells):
        raise ProblemError("EDGE_WEIGHT_SECTION", f"{len(cells)} numbers, a {form} of {size}", len(weights))
    matrix = np.zeros((size, size))
    for (i, j), weight in zip(cells, weights, strict=True):
        matrix[i, j] = weight
        if form != "FULL_MATRIX":
            matrix[j, i] = weight
    # Some files forbid the way from a place to itself by a large number.
    np.fill_diagonal(matrix, 0)
    if scale == DIMACS_SCALE:
        return np.floor(matrix * scale).astype(np.int64)
    return np.floor(matrix * scale + 0.5).astype(np.int64)


def _problem(document: _Document, travel: plane.Ints, scale: int) -> Problem:
    size, num_depots = len(travel), _num_depots(document)
    num_vehicles = document.count("VEHICLES", size - num_depots, MAX_VEHICLES)
    clients = _clients(document, size, num_depots, num_vehicles)
    return Problem(
        travel=travel,
        distance=travel / scale,
        shifts=tuple(_shifts(document, size, num_vehicles, num_depots, scale)),
        visits=tuple(_visit(client, scale) for client in clients),
        time_scale=scale,
    )


def _num_depots(document: _Document) -> int:
    """The depots are the first locations; there is one if the file names none."""
    listed = [int(value) for row in document.sections.get("DEPOT", []) for value in row.values if value != -1]
    if listed != list(range(1, len(listed) + 1)):
        raise ProblemError("DEPOT_SECTION", "the first locations, 1, 2, ... in order", listed)
    return max(1, len(listed))


def _clients(document: _Document, size: int, num_depots: int, num_vehicles: int) -> list[_Client]:
    demand_key = "LINEHAUL" if "LINEHAUL" in document.sections else "DEMAND"
    demands = document.column(demand_key, size, 0, 0, MAX_QUANTITY)
    services = document.column("SERVICE_TIME", size, 0, 0, LATEST)
    prizes = document.column("PRIZE", size, 0, 0, 1e12)
    windows = _windows(document, size)
    vehicles = _allowed(document, size, num_vehicles)
    # Where vehicles list their clients, one that none lists is nobody's.
    unlisted: frozenset[str] | None = frozenset() if vehicles else None
    return [
        _Client(
            location=i,
            demand=_pieces(demands[i], demand_key),
            service=services[i],
            window=windows.get(i),
            prize=prizes[i],
            vehicles=vehicles.get(i, unlisted),
        )
        for i in range(num_depots, size)
    ]


def _pieces(quantity: float, key: str) -> int:
    if quantity != int(quantity):
        raise ProblemError(f"{key}_SECTION", "whole quantities", quantity)
    return int(quantity)


def _windows(document: _Document, size: int) -> dict[int, tuple[float, float]]:
    return {i: _pair(row, 0, LATEST) for i, row in document.by_index("TIME_WINDOW", size).items()}


def _allowed(document: _Document, size: int, num_vehicles: int) -> dict[int, frozenset[str]]:
    """Who may visit each client; empty if the file does not say."""
    allowed: dict[int, set[str]] = {}
    for vehicle, row in document.by_index("VEHICLES_ALLOWED_CLIENTS", num_vehicles).items():
        for client in row.values:
            if not 1 <= client <= size:
                raise ProblemError(row.where, f"clients in 1..{size}", client)
            allowed.setdefault(int(client) - 1, set()).add(str(vehicle + 1))
    return {client: frozenset(vehicles) for client, vehicles in allowed.items()}


def _shifts(document: _Document, size: int, num_vehicles: int, num_depots: int, scale: int) -> Iterable[Shift]:
    capacities = document.column("CAPACITY", num_vehicles, MAX_QUANTITY, 0, MAX_QUANTITY)
    depots = document.column("VEHICLES_DEPOT", num_vehicles, 1, 1, num_depots)
    fixed = document.column("VEHICLES_FIXED_COST", num_vehicles, 0, 0, 1e12)
    rates = document.column("VEHICLES_UNIT_DISTANCE_COST", num_vehicles, 1, 0, 1e6)
    longest = _longest(document, num_vehicles)
    windows = _windows(document, size)
    for v in range(num_vehicles):
        depot = int(depots[v]) - 1
        opens, closes = windows.get(depot, (0.0, longest[v]))
        yield Shift(
            id=str(v + 1),
            technician=str(v + 1),
            start_location=depot,
            end_location=depot,
            start=int(opens * scale),
            end=min(MAX_TIME, int(closes * scale)),
            trunk={CAPACITY: _pieces(capacities[v], "CAPACITY")},
            fixed_cost=fixed[v],
            travel_cost=rates[v],
        )


def _longest(document: _Document, num_vehicles: int) -> list[float]:
    """How long each vehicle may be away; a very long time if nothing is said."""
    limits = [key for key in ("VEHICLES_MAX_DURATION", "DISTANCE") if _states(document, key)]
    if limits and "TIME_WINDOW" in document.sections:
        raise ProblemError(limits[0], "no longest duration together with time windows, which shifts cannot express")
    return document.column(limits[0] if limits else "VEHICLES_MAX_DURATION", num_vehicles, LATEST, 0, LATEST)


def _states(document: _Document, key: str) -> bool:
    return key in document.specifications or key in document.sections


def _visit(client: _Client, scale: int) -> Visit:
    window = () if client.window is None else ((int(client.window[0] * scale), int(client.window[1] * scale)),)
    return Visit(
        id=str(client.location),
        location=client.location,
        duration=int(client.service * scale),
        windows=window,
        # The format has no other word for a client who must be visited.
        unserved_cost=client.prize or UNSERVED_COST,
        parts={CAPACITY: client.demand} if client.demand else {},
        technicians=client.vehicles,
    )
