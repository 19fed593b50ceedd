"""
Service technician routing and scheduling without teams (Kovacs, Parragh, Doerner & Hartl 2012, J. Scheduling 15:579,
doi:10.1007/s10951-011-0246-9).

Two files make an instance: ``tasks_noTeam/NAME.txt`` and ``technicians_noTeam/technicians_NAME.txt``; the second may
also lie beside the first. A task states for every domain and level how many technicians of at least that level it
needs. Without teams that is one at most, so the task asks one technician for the highest level stated in each domain.
The objective is distance plus the cost of outsourcing what is not served, ``200 + (sum of all d)^1.5``; demand,
capacity and the column ``cost`` are not used, as the set's source says.

Distance is travel time, Euclidean; it is rounded up to a ten-thousandth, so that a plan on time here is on time with
the exact distances. All technicians start and end at the first task's position, within its window.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from routing.formats import known, plane
from routing.formats.columns import number, whole
from routing.problem import Problem, ProblemError, Shift, Visit

TIME_SCALE = 10_000
# Times in this scale stay below MAX_TIME.
LATEST = 50_000.0
MAX_LEVELS = 100
# CUST NO., XCOORD., YCOORD., DEMAND, READY TIME, DUE DATE, SERVICE TIME and cost stand before the levels.
NUM_PLAIN_COLUMNS = 8


class _Task(NamedTuple):
    number: int
    position: plane.Position
    ready: float
    due: float
    service: float
    # Per domain, 0 where none is needed.
    levels: list[int]
    # How many (domain, level) pairs are needed.
    size: int


class _Crew(NamedTuple):
    num_levels: int
    # Level by domain, of each technician.
    technicians: dict[str, list[int]]


def read(path: Path) -> Problem:
    """
    A tasks file, with the technicians file that belongs to it.

    Raises
    ------
    ProblemError
        If a line of either is not what the format says (the path names file and line), or a task needs a team.
    OSError
        If either file cannot be read.
    """
    crew = _crew(_technicians_file(path))
    num_domains = len(next(iter(crew.technicians.values())))
    depot, *tasks = _tasks(path, num_domains, crew.num_levels)
    positions = [task.position for task in (depot, *tasks)]
    travel = plane.rounded_up(positions, TIME_SCALE)
    return Problem(
        travel=travel,
        distance=travel / TIME_SCALE,
        shifts=tuple(_shift(name, levels, depot) for name, levels in crew.technicians.items()),
        visits=tuple(_visit(location, task) for location, task in enumerate(tasks, 1)),
        time_scale=TIME_SCALE,
    )


def known_values(folder: Path) -> dict[str, float]:
    """Best known costs, from ``best_known.json`` beside the files; the set itself came with none."""
    return known.table(folder, "best_known.json", "cost")


def _technicians_file(path: Path) -> Path:
    name = f"technicians_{path.name}"
    beside = path.parent / name
    return beside if beside.exists() else path.parent.parent / path.parent.name.replace("tasks", "technicians") / name


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _crew(path: Path) -> _Crew:
    lines = _lines(path)
    num_technicians, num_domains, num_levels = (
        _stated(lines, title, path) for title in ("Number of Technicians", "domains", "proficiency level")
    )
    technicians: dict[str, list[int]] = {}
    for i, line in enumerate(lines, 1):
        columns = line.split()
        if columns and columns[0].isdigit():
            where = f"{path.name} line {i}"
            if len(columns) != num_domains + 1:
                raise ProblemError(where, f"an ID and {num_domains} levels", repr(line.strip()))
            technicians[columns[0]] = [whole(column, where, 0, num_levels) for column in columns[1:]]
    if len(technicians) != num_technicians:
        raise ProblemError(path.name, f"{num_technicians} technicians, each with an ID of its own", len(technicians))
    return _Crew(num_levels, technicians)


def _stated(lines: Sequence[str], title: str, path: Path) -> int:
    """The count that stands behind a title."""
    for i, line in enumerate(lines, 1):
        name, colon, count = line.partition(":")
        if colon and name.strip() == title:
            return whole(count.strip(), f"{path.name} line {i}", 1, MAX_LEVELS)
    raise ProblemError(path.name, f"a line '{title}: ...'")


def _tasks(path: Path, num_domains: int, num_levels: int) -> list[_Task]:
    lines = _lines(path)
    heads = [i for i, line in enumerate(lines) if line.strip().startswith("CUST NO.")]
    if not heads:
        raise ProblemError("the file", "a line CUST NO.  XCOORD.  YCOORD. ... as in task files")
    rows = [(i, line) for i, line in enumerate(lines[heads[0] + 1 :], heads[0] + 2) if line.strip()]
    if not rows:
        raise ProblemError("the file", "a depot below the line CUST NO.")
    return [_task(line, f"line {i}", num_domains, num_levels) for i, line in rows]


def _task(line: str, where: str, num_domains: int, num_levels: int) -> _Task:
    columns = line.split()
    if len(columns) != NUM_PLAIN_COLUMNS + num_domains * num_levels:
        expected = f"{NUM_PLAIN_COLUMNS} columns and {num_domains} x {num_levels} counts of technicians"
        raise ProblemError(where, expected, f"{len(columns)} columns")
    needed = [whole(column, where) for column in columns[NUM_PLAIN_COLUMNS:]]
    if max(needed) > 1:
        raise ProblemError(where, "tasks for one technician (teams are not planned)", f"a team of {max(needed)}")
    ready, due, service = (number(column, where, 0, LATEST) for column in columns[4:7])
    return _Task(
        number=whole(columns[0], where),
        position=(number(columns[1], where), number(columns[2], where)),
        ready=ready,
        due=due,
        service=service,
        levels=[_highest(needed[d * num_levels : (d + 1) * num_levels]) for d in range(num_domains)],
        size=sum(needed),
    )


def _highest(needed: Sequence[int]) -> int:
    """The highest level at which somebody is needed, counted from 1; 0 if nobody is."""
    return max((level for level, count in enumerate(needed, 1) if count), default=0)


def _skills(levels: Sequence[int]) -> dict[str, int]:
    return {f"domain{d}": level for d, level in enumerate(levels, 1) if level}


def _units(time: float) -> int:
    return round(time * TIME_SCALE)


def _shift(technician: str, levels: Sequence[int], depot: _Task) -> Shift:
    return Shift(
        id=technician,
        technician=technician,
        start_location=0,
        end_location=0,
        start=_units(depot.ready),
        end=_units(depot.due),
        skills=_skills(levels),
    )


def _visit(location: int, task: _Task) -> Visit:
    return Visit(
        id=str(task.number),
        location=location,
        duration=_units(task.service),
        windows=((_units(task.ready), _units(task.due)),),
        unserved_cost=200.0 + task.size**1.5,
        skills=_skills(task.levels),
    )
