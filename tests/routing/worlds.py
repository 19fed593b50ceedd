"""Small problems for the tests: places on a line, and random ones with every feature."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from routing.problem import Break, Depot, Overtime, Pin, Previous, Problem, Shift, Visit

SKILLS, TOOLS, PARTS = ("printer", "screen"), ("probe", "loader"), ("battery", "keyboard")


def shift(id: str = "A1", **values: Any) -> Shift:  # noqa: A002
    """A shift of technician A from 0 to 1000 at location 0."""
    defaults = {"technician": id[0], "start_location": 0, "end_location": 0, "start": 0, "end": 1000}
    return Shift(id=id, **(defaults | values))


def visit(id: str, location: int, duration: int = 10, **values: Any) -> Visit:  # noqa: A002
    """A visit that is worth 1000."""
    return Visit(id=id, location=location, duration=duration, **({"unserved_cost": 1000.0} | values))


def on_a_line(*places: int, **values: Any) -> Problem:
    """A problem whose locations lie at ``places`` on a line, one second of travel apart per unit."""
    line = np.array(places, dtype=np.int64)
    return Problem(travel=np.abs(line[:, None] - line[None, :]), **values)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Up to 6 visits, 4 shifts of 3 technicians and 2 depots, every feature now and then."""
    size = draw(st.integers(2, 5))
    travel = np.array(draw(st.lists(st.integers(0, 40), min_size=size**2, max_size=size**2))).reshape(size, size)
    np.fill_diagonal(travel, 0)
    locations = st.integers(0, size - 1)
    names = draw(st.lists(st.sampled_from("ABC"), min_size=1, max_size=4))
    shifts = tuple(draw(_shifts(f"{name}{i}", 300 * i, locations)) for i, name in enumerate(names))
    ids = [f"v{i}" for i in range(draw(st.integers(0, 6)))]
    return Problem(
        travel=travel,
        shifts=shifts,
        visits=tuple(draw(_visits(id_, locations, shifts)) for id_ in ids),
        depots=tuple(draw(st.lists(_depots(locations), max_size=2))),
        time_scale=draw(st.sampled_from([1, 10])),
    )


def _rarely(strategy: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(otherwise), st.just(otherwise), strategy)


def _costs() -> st.SearchStrategy[float]:
    return st.sampled_from([0.0, 0.5, 3.0])


@st.composite
def _shifts(draw: st.DrawFn, id_: str, begin: int, locations: st.SearchStrategy[int]) -> Shift:
    start = begin + draw(st.integers(0, 50))
    end = start + draw(st.integers(0, 180))
    rest = st.builds(
        lambda duration, after, slack: Break(duration, start + after, start + after + slack),
        *(st.integers(0, 30), st.integers(0, 100), st.integers(0, 60)),
    )
    return Shift(
        id=id_,
        technician=id_[0],
        start_location=draw(locations),
        end_location=draw(locations),
        start=start,
        end=end,
        skills=draw(st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 3))),
        tools=draw(st.frozensets(st.sampled_from(TOOLS))),
        trunk=draw(st.dictionaries(st.sampled_from(PARTS), st.integers(0, 3))),
        overtime=draw(_rarely(st.builds(Overtime, st.integers(0, 40), _costs()), None)),
        breaks=tuple(draw(_rarely(st.lists(rest, max_size=3), []))),
        fixed_cost=draw(_costs()),
        travel_cost=draw(_costs()),
        work_cost=draw(_costs()),
    )


@st.composite
def _visits(draw: st.DrawFn, id_: str, locations: st.SearchStrategy[int], shifts: tuple[Shift, ...]) -> Visit:
    window = st.tuples(st.integers(0, 900), st.integers(0, 300)).map(lambda pair: (pair[0], pair[0] + pair[1]))
    technicians = st.sampled_from(sorted({shift.technician for shift in shifts}))
    ids = st.sampled_from([shift.id for shift in shifts])
    times = st.integers(0, 900)
    return Visit(
        id=id_,
        location=draw(locations),
        duration=draw(st.integers(0, 40)),
        windows=tuple(draw(_rarely(st.lists(window, max_size=3), []))),
        due=draw(_rarely(st.integers(-50, 900), None)),
        lateness_cost=draw(_costs()),
        breach_cost=draw(_costs()),
        unserved_cost=draw(st.sampled_from([0.0, 20.0, 1000.0])),
        release=draw(_rarely(times, 0)),
        skills=draw(_rarely(st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 3)), {})),
        tools=draw(_rarely(st.frozensets(st.sampled_from(TOOLS)), frozenset())),
        parts=draw(st.dictionaries(st.sampled_from(PARTS), st.integers(0, 2))),
        technicians=draw(_rarely(st.frozensets(technicians), None)),
        forbidden=draw(_rarely(st.frozensets(technicians), frozenset())),
        preferred=draw(_rarely(st.dictionaries(technicians, _costs()), {})),
        pin=draw(_rarely(st.builds(Pin, st.none() | technicians, st.none() | times, st.none() | window), None)),
        previous=draw(_rarely(st.builds(Previous, ids, times, _costs(), _costs()), None)),
    )


@st.composite
def _depots(draw: st.DrawFn, locations: st.SearchStrategy[int]) -> Depot:
    return Depot(
        location=draw(locations),
        duration=draw(st.integers(0, 10)),
        tools=draw(st.frozensets(st.sampled_from(TOOLS))),
        parts=draw(st.dictionaries(st.sampled_from(PARTS), st.none() | st.integers(0, 4))),
    )
