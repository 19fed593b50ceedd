"""
Vehicle routing with time windows: the files of Solomon (1987, doi:10.1287/opre.35.2.254) and of Gehring & Homberger
(1999).

A vehicle is a shift from and to the depot while that is open. Its capacity is a part, ``capacity``, of which it carries
so many and every customer uses up their demand; no depot refills it. Everybody must be served, and the objective is the
total distance, which is also the travel time. Two conventions are in use, and values of one say nothing in the other:

- ``read``: the DIMACS challenge of 2022 cuts every distance after the first decimal and minimises distance alone.
- ``read_sintef``: the tables at SINTEF take exact distances and prefer fewer vehicles over less distance. Ours
  minimises distance whatever the number of vehicles, so a plan with one vehicle more may beat the table's distance.
  Distances are rounded up to a ten-thousandth, so that a plan on time here is on time with the exact ones.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from routing.formats import known, plane
from routing.formats.columns import number, whole
from routing.problem import Problem, ProblemError, Shift, Visit

CAPACITY = "capacity"
# More than any plan of the published sets costs: leaving a customer out never pays.
UNSERVED_COST = 1_000_000.0
DIMACS_SCALE = 10
SINTEF_SCALE = 10_000
MAX_VEHICLES = 10_000
# Times in SINTEF's scale stay below MAX_TIME.
LATEST = 50_000.0


class _Customer(NamedTuple):
    number: int
    position: plane.Position
    demand: int
    ready: float
    due: float
    service: float


class _Instance(NamedTuple):
    vehicles: int
    capacity: int
    customers: list[_Customer]


def read(path: Path) -> Problem:
    """
    A file in the DIMACS convention; costs are distances in the file's unit.

    Raises
    ------
    ProblemError
        If a line is not what the format says; the path names the line.
    """
    instance = _instance(path)
    return _problem(instance, plane.truncated(_positions(instance), DIMACS_SCALE), DIMACS_SCALE)


def read_sintef(path: Path) -> Problem:
    """A file with exact distances, up to a ten-thousandth; raises as ``read``."""
    instance = _instance(path)
    return _problem(instance, plane.rounded_up(_positions(instance), SINTEF_SCALE), SINTEF_SCALE)


def known_values(folder: Path) -> dict[str, float]:
    """Best known distances in the DIMACS convention."""
    return known.table(folder, "dimacs_bks_verified.json", "cost")


def known_sintef_values(folder: Path) -> dict[str, float]:
    """Distances of the best known plans at SINTEF, which have the fewest vehicles and not always the least distance."""
    homberger = known.table(folder, "sintef_bks_merged_best.json", "distance")
    return homberger | known.table(folder, "sintef_hierarchical_bks.json", "distance")


def _instance(path: Path) -> _Instance:
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    row = _after(lines, "NUMBER", "a line NUMBER  CAPACITY as in Solomon's files")
    fleet = lines[row].split() if row < len(lines) else []
    if len(fleet) != 2:
        raise ProblemError(f"line {row + 1}", "the number of vehicles and their capacity", repr(" ".join(fleet)))
    vehicles, capacity = whole(fleet[0], f"line {row + 1}", 1, MAX_VEHICLES), whole(fleet[1], f"line {row + 1}")
    start = _after(lines, "CUST NO", "a line CUST NO.  XCOORD.  YCOORD. ... as in Solomon's files")
    customers = [_customer(line, f"line {i}") for i, line in enumerate(lines[start:], start + 1) if line.strip()]
    if not customers:
        raise ProblemError("the file", "a depot below the line CUST NO.")
    for i, customer in enumerate(customers):
        if customer.number != i:
            raise ProblemError(path.name, f"customers numbered one by one from 0, {i} next", customer.number)
    return _Instance(vehicles, capacity, customers)


def _after(lines: Sequence[str], head: str, expected: str) -> int:
    """The index of the first line below a head that is not empty."""
    for i, line in enumerate(lines):
        if line.strip().upper().startswith(head):
            return next((k for k in range(i + 1, len(lines)) if lines[k].strip()), len(lines))
    raise ProblemError("the file", expected)


def _customer(line: str, where: str) -> _Customer:
    columns = line.split()
    if len(columns) != 7:
        raise ProblemError(
            where, "CUST NO. XCOORD. YCOORD. DEMAND READY TIME DUE DATE SERVICE TIME", repr(line.strip())
        )
    x, y = number(columns[1], where), number(columns[2], where)
    ready, due, service = (number(column, where, 0, LATEST) for column in columns[4:])
    return _Customer(whole(columns[0], where), (x, y), whole(columns[3], where), ready, due, service)


def _positions(instance: _Instance) -> list[plane.Position]:
    return [customer.position for customer in instance.customers]


def _problem(instance: _Instance, travel: plane.Ints, scale: int) -> Problem:
    depot, *customers = instance.customers
    return Problem(
        travel=travel,
        distance=travel / scale,
        shifts=tuple(_shift(str(v + 1), depot, instance.capacity, scale) for v in range(instance.vehicles)),
        visits=tuple(_visit(customer, scale) for customer in customers),
        time_scale=scale,
    )


def _shift(vehicle: str, depot: _Customer, capacity: int, scale: int) -> Shift:
    return Shift(
        id=vehicle,
        technician=vehicle,
        start_location=0,
        end_location=0,
        start=round(depot.ready * scale),
        end=round(depot.due * scale),
        trunk={CAPACITY: capacity},
    )


def _visit(customer: _Customer, scale: int) -> Visit:
    return Visit(
        id=str(customer.number),
        location=customer.number,
        duration=round(customer.service * scale),
        windows=((round(customer.ready * scale), round(customer.due * scale)),),
        unserved_cost=UNSERVED_COST,
        parts={CAPACITY: customer.demand} if customer.demand else {},
    )
