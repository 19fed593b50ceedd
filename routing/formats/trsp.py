"""
Instances of the technician routing and scheduling problem (Pillac, Guéret & Medaglia 2013,
doi:10.1007/s11590-012-0567-4).

Node 0 is the depot, nodes ``1..K`` are the technicians' homes, the others the requests. The objective is the working
time of all technicians; every request must be served.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.problem import Depot, Problem, ProblemError, Shift, Visit

# Distances are real numbers; ten thousandths keep the rounding of a whole plan below a hundredth of a unit.
TIME_SCALE = 10_000
# More than any plan of the published sets costs: leaving a request out never pays.
UNSERVED_COST = 1_000_000.0

_BRACKETS = re.compile(r"\[([^\]]*)\]")


class _Node(NamedTuple):
    number: int
    position: tuple[float, float]
    window: tuple[float, float]
    service: float
    skills: frozenset[str]
    tools: frozenset[str]
    parts: dict[str, int]


def read(path: Path) -> Problem:
    """
    A TRSP file as a problem. Its travel times are the file's own matrix, or Euclidean distances if it has none.

    Raises
    ------
    ProblemError
        If a line is not what the format says; the path names the line.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    num_technicians = _crew(lines)
    nodes = _nodes(lines)
    if len(nodes) < num_technicians + 1:
        raise ProblemError(path.name, f"a depot and {num_technicians} technicians", f"{len(nodes)} nodes")
    distance = _matrix(lines, "DISTANCES", len(nodes))
    travel = _matrix(lines, "TRAVEL TIMES", len(nodes))
    if travel is None:
        travel = distance if distance is not None else _euclidean(nodes)
    technicians, requests = nodes[1 : num_technicians + 1], nodes[num_technicians + 1 :]
    everything = {part for node in nodes for part in node.parts}
    tools = frozenset(tool for node in requests for tool in node.tools)
    return Problem(
        travel=_scaled(travel),
        distance=distance,
        shifts=tuple(_shift(node) for node in technicians),
        visits=tuple(_visit(node) for node in requests),
        depots=(Depot(0, _units(nodes[0].service), tools, dict.fromkeys(sorted(everything))),),
        time_scale=TIME_SCALE,
    )


def _crew(lines: Sequence[str]) -> int:
    for i, line in enumerate(lines):
        if line.upper().startswith("CREW"):
            counts = lines[i + 1].split() if i + 1 < len(lines) else []
            if not counts or not counts[0].isdigit():
                raise ProblemError(f"line {i + 2}", "the number of technicians", repr(" ".join(counts)))
            return int(counts[0])
    raise ProblemError("the file", "a line CREW COUNT  SKILLS  TOOLS  SPARE PARTS as in TRSP files")


def _nodes(lines: Sequence[str]) -> list[_Node]:
    """The lines between the head ``ID X Y ...`` and the first line that is no node."""
    nodes: list[_Node] = []
    heads = [i for i, line in enumerate(lines) if line.split()[:3] == ["ID", "X", "Y"]]
    if not heads:
        raise ProblemError("the file", "a line ID  X  Y  TWS  TWE  Serv ... as in TRSP files")
    for i, line in enumerate(lines[heads[0] + 1 :], start=heads[0] + 2):
        if not line.strip()[:1].isdigit():
            if line.strip():
                break
            continue
        nodes.append(_node(line, f"line {i}"))
        if nodes[-1].number != len(nodes) - 1:
            raise ProblemError(f"line {i}", f"node {len(nodes) - 1}", nodes[-1].number)
    return nodes


def _node(line: str, where: str) -> _Node:
    columns = line.partition("[")[0].split()
    lists = [[item.strip() for item in group.split(",") if item.strip()] for group in _BRACKETS.findall(line)]
    if len(columns) != 6 or len(lists) != 3:
        raise ProblemError(where, "ID X Y TWS TWE Serv [skills] [tools] [parts]", repr(line.strip()))
    number, x, y, opens, closes, service = (_number(column, where) for column in columns)
    skills, tools, counts = lists
    parts = {str(part): int(_number(count, where)) for part, count in enumerate(counts) if _number(count, where) > 0}
    return _Node(int(number), (x, y), (opens, closes), service, frozenset(skills), frozenset(tools), parts)


def _number(text: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ProblemError(where, "a number", repr(text)) from None
    if not 0 <= abs(number) <= 1e5:
        raise ProblemError(where, "a number up to 100000", text)
    return number


def _matrix(lines: Sequence[str], title: str, size: int) -> npt.NDArray[np.float64] | None:
    """
    The rows ``i;value;value;...`` under a title, or None if the file has no such section.

    The matrices of the real days go on after the last node, with copies of the homes that nothing refers to.
    """
    heads = [i for i, line in enumerate(lines) if line.strip().upper() == title]
    if not heads:
        return None
    rows = []
    for i, line in enumerate(lines[heads[0] + 1 : heads[0] + 1 + size], start=heads[0] + 2):
        row = [_number(value, f"line {i}") for value in line.strip().strip(";").split(";")]
        if len(row) < size + 1:
            raise ProblemError(f"line {i}", f"a row number and {size} values", f"{len(row)} values")
        rows.append(row[1 : size + 1])
    if len(rows) != size:
        raise ProblemError(f"line {heads[0] + 1}", f"{size} rows under {title}", len(rows))
    return np.array(rows)


def _euclidean(nodes: Iterable[_Node]) -> npt.NDArray[np.float64]:
    positions = np.array([node.position for node in nodes])
    apart: npt.NDArray[np.float64] = np.linalg.norm(positions[:, None, :] - positions[None, :, :], axis=2)
    return apart


def _scaled(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.rint(values * TIME_SCALE).astype(np.int64)


def _units(value: float) -> int:
    return round(value * TIME_SCALE)


def _shift(node: _Node) -> Shift:
    return Shift(
        id=str(node.number),
        technician=str(node.number),
        start_location=node.number,
        end_location=node.number,
        start=_units(node.window[0]),
        end=_units(node.window[1]),
        skills=dict.fromkeys(sorted(node.skills), 1),
        tools=node.tools,
        trunk=node.parts,
        travel_cost=0.0,
        work_cost=1.0,
    )


def _visit(node: _Node) -> Visit:
    return Visit(
        id=str(node.number),
        location=node.number,
        duration=_units(node.service),
        windows=((_units(node.window[0]), _units(node.window[1])),),
        unserved_cost=UNSERVED_COST,
        skills=dict.fromkeys(sorted(node.skills), 1),
        tools=node.tools,
        parts=node.parts,
    )
