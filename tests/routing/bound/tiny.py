"""Problems small enough to enumerate and tight enough that every feature decides something."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from routing.problem import Break, Depot, Overtime, Pin, Previous, Problem, Shift, Visit

TIMES = st.integers(0, 60)
RATES = st.sampled_from([0.0, 0.5, 1.0, 3.0])


@st.composite
def tiny_problems(draw: st.DrawFn, most_visits: int = 3) -> Problem:
    """Up to three visits and shifts, one or two depots, and now and then every feature there is."""
    size = draw(st.integers(2, 5))
    travel = np.array(draw(st.lists(st.integers(0, 12), min_size=size**2, max_size=size**2))).reshape(size, size)
    np.fill_diagonal(travel, 0)
    places = st.integers(0, size - 1)
    names = draw(st.lists(st.sampled_from("AB"), min_size=1, max_size=3))
    shifts = tuple(draw(_shifts(f"{name}{i}", 100 * i, places)) for i, name in enumerate(names))
    ids = [f"v{i}" for i in range(draw(st.integers(0, most_visits)))]
    return Problem(
        travel=travel,
        shifts=shifts,
        visits=tuple(draw(_visits(id_, places, shifts)) for id_ in ids),
        depots=tuple(draw(st.lists(_depots(places), max_size=2))),
        time_scale=draw(st.sampled_from([1, 10])),
    )


def _now_and_then(strategy: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(otherwise), st.just(otherwise), strategy)


@st.composite
def _shifts(draw: st.DrawFn, id_: str, begin: int, places: st.SearchStrategy[int]) -> Shift:
    # Half of the shifts lie where the times of the visits do.
    start = draw(st.sampled_from([begin, 0] if id_.endswith("0") else [begin])) + draw(st.integers(0, 10))
    rests = st.builds(
        lambda duration, after, slack: Break(duration, start + after, start + after + slack),
        *(st.integers(0, 10), st.integers(0, 40), st.integers(0, 15)),
    )
    return Shift(
        id=id_,
        technician=id_[0],
        start_location=draw(places),
        end_location=draw(places),
        start=start,
        end=start + draw(st.integers(10, 60)),
        skills=draw(_now_and_then(st.just({"printer": 1}), {"printer": 2})),
        tools=draw(_now_and_then(st.just(frozenset()), frozenset({"probe"}))),
        trunk=draw(st.dictionaries(st.sampled_from(["battery", "keyboard"]), st.integers(0, 2))),
        overtime=draw(_now_and_then(st.builds(Overtime, st.integers(0, 20), RATES), None)),
        breaks=tuple(draw(_now_and_then(st.lists(rests, max_size=3), []))),
        fixed_cost=draw(RATES),
        travel_cost=draw(RATES),
        work_cost=draw(RATES),
    )


@st.composite
def _visits(draw: st.DrawFn, id_: str, places: st.SearchStrategy[int], shifts: tuple[Shift, ...]) -> Visit:
    begin = draw(st.sampled_from([shift.start for shift in shifts]))
    time = TIMES.map(lambda after: begin + after)
    windows = st.tuples(time, st.integers(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))
    technicians = st.sampled_from(sorted({shift.technician for shift in shifts}))
    ids = st.sampled_from([shift.id for shift in shifts])
    return Visit(
        id=id_,
        location=draw(places),
        duration=draw(st.integers(0, 12)),
        windows=tuple(draw(_now_and_then(st.lists(windows, max_size=3), []))),
        due=draw(_now_and_then(time, None)),
        lateness_cost=draw(RATES),
        breach_cost=draw(RATES),
        unserved_cost=draw(st.sampled_from([0.0, 8.0, 30.0, 1000.0])),
        release=draw(_now_and_then(time, 0)),
        skills=draw(_now_and_then(st.just({"printer": 2}), {})),
        tools=draw(_now_and_then(st.just(frozenset({"probe"})), frozenset())),
        parts=draw(_now_and_then(st.dictionaries(st.sampled_from(["battery", "keyboard"]), st.integers(0, 2)), {})),
        technicians=draw(_now_and_then(st.frozensets(technicians), None)),
        forbidden=draw(_now_and_then(st.frozensets(technicians), frozenset())),
        preferred=draw(_now_and_then(st.dictionaries(technicians, RATES), {})),
        pin=draw(_now_and_then(st.builds(Pin, st.none() | technicians, st.none() | time, st.none() | windows), None)),
        previous=draw(_now_and_then(st.builds(Previous, ids, time, RATES, RATES), None)),
    )


@st.composite
def _depots(draw: st.DrawFn, places: st.SearchStrategy[int]) -> Depot:
    return Depot(
        location=draw(places),
        duration=draw(st.integers(0, 5)),
        tools=draw(st.frozensets(st.just("probe"))),
        parts=draw(st.dictionaries(st.sampled_from(["battery", "keyboard"]), st.none() | st.integers(0, 3))),
    )
