"""The hybrid engine on tiny problems: what enumeration finds best, and the same however the problem is written down."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.engines import SolveOptions
from routing.problem import Problem
from routing.solve import solve
from tests.routing.bound.enumeration import least_cost
from tests.routing.bound.tiny import tiny_problems
from tests.routing.worlds import on_a_line, shift, visit

SOME = settings(max_examples=60, deadline=None)


def cost(problem: Problem) -> float:
    return solve(problem, "hybrid", SolveOptions(iterations=2000)).cost["total"]


def plain(problem: Problem) -> Problem:
    """
    The problem without what the enumeration does better.

    It departs late enough for another window, nearer to the start before, or when being later costs nothing more;
    it takes several breaks in any order, and passes a depot only because the way over it is shorter.
    """
    travel = problem.travel
    for via in range(len(travel)):
        travel = np.minimum(travel, travel[:, via, None] + travel[None, via, :])
    return replace(
        problem,
        travel=travel,
        shifts=tuple(replace(s, breaks=s.breaks[:1]) for s in problem.shifts),
        visits=tuple(
            replace(
                v,
                windows=v.windows[:1],
                # At least what working so long costs.
                lateness_cost=v.lateness_cost + 3.0,
                previous=v.previous and replace(v.previous, start_change_cost=0.0),
            )
            for v in problem.visits
        ),
    )


@SOME
@given(tiny_problems(4).map(plain))
def test_it_finds_what_enumeration_finds(problem: Problem) -> None:
    assert cost(problem) == pytest.approx(least_cost(problem))


def test_two_visits_that_are_worth_the_way_only_together_are_served() -> None:
    visits = (visit("v1", 1, 0, unserved_cost=15.0), visit("v2", 1, 0, unserved_cost=15.0))

    assert cost(on_a_line(0, 10, shifts=(shift(),), visits=visits)) == 20.0


@SOME
@given(tiny_problems(4))
def test_it_finds_nothing_cheaper_than_enumeration(problem: Problem) -> None:
    assert cost(problem) >= least_cost(problem) - 1e-6


def renamed(problem: Problem) -> Problem:
    """Everybody and everything has another id."""
    name = "x{}".format
    before = {shift.id: name(shift.id) for shift in problem.shifts}
    return replace(
        problem,
        shifts=tuple(replace(s, id=name(s.id), technician=name(s.technician)) for s in problem.shifts),
        visits=tuple(
            replace(
                v,
                id=name(v.id),
                technicians=None if v.technicians is None else frozenset(map(name, v.technicians)),
                forbidden=frozenset(map(name, v.forbidden)),
                preferred={name(who): worth for who, worth in v.preferred.items()},
                pin=v.pin and replace(v.pin, technician=v.pin.technician and name(v.pin.technician)),
                previous=v.previous and replace(v.previous, shift=before[v.previous.shift]),
            )
            for v in problem.visits
        ),
    )


def reordered(problem: Problem) -> Problem:
    """Shifts, visits, depots and places stand in the opposite order."""
    last = problem.num_locations - 1
    return replace(
        problem,
        travel=np.ascontiguousarray(problem.travel[::-1, ::-1]),
        shifts=tuple(
            replace(s, start_location=last - s.start_location, end_location=last - s.end_location)
            for s in reversed(problem.shifts)
        ),
        visits=tuple(replace(v, location=last - v.location) for v in reversed(problem.visits)),
        depots=tuple(replace(d, location=last - d.location) for d in reversed(problem.depots)),
    )


def dearer(problem: Problem) -> Problem:
    """Every price is four times as high."""
    return replace(
        problem,
        shifts=tuple(
            replace(
                s,
                fixed_cost=4 * s.fixed_cost,
                travel_cost=4 * s.travel_cost,
                work_cost=4 * s.work_cost,
                overtime=s.overtime and replace(s.overtime, cost=4 * s.overtime.cost),
            )
            for s in problem.shifts
        ),
        visits=tuple(
            replace(
                v,
                lateness_cost=4 * v.lateness_cost,
                breach_cost=4 * v.breach_cost,
                unserved_cost=4 * v.unserved_cost,
                preferred={who: 4 * worth for who, worth in v.preferred.items()},
                previous=v.previous
                and replace(
                    v.previous,
                    technician_change_cost=4 * v.previous.technician_change_cost,
                    start_change_cost=4 * v.previous.start_change_cost,
                ),
            )
            for v in problem.visits
        ),
    )


def finer(problem: Problem) -> Problem:
    """Times are counted in halves of what they were."""
    return replace(
        problem,
        travel=2 * problem.travel,
        time_scale=2 * problem.time_scale,
        shifts=tuple(
            replace(
                s,
                start=2 * s.start,
                end=2 * s.end,
                overtime=s.overtime and replace(s.overtime, max=2 * s.overtime.max),
                breaks=tuple(
                    replace(b, duration=2 * b.duration, earliest=2 * b.earliest, latest=2 * b.latest) for b in s.breaks
                ),
            )
            for s in problem.shifts
        ),
        visits=tuple(
            replace(
                v,
                duration=2 * v.duration,
                windows=tuple((2 * a, 2 * b) for a, b in v.windows),
                due=None if v.due is None else 2 * v.due,
                release=2 * v.release,
                pin=v.pin
                and replace(
                    v.pin,
                    start=None if v.pin.start is None else 2 * v.pin.start,
                    window=v.pin.window and (2 * v.pin.window[0], 2 * v.pin.window[1]),
                ),
                previous=v.previous and replace(v.previous, start=2 * v.previous.start),
            )
            for v in problem.visits
        ),
        depots=tuple(replace(d, duration=2 * d.duration) for d in problem.depots),
    )


@pytest.mark.parametrize(
    ("change", "factor"), [(renamed, 1.0), (reordered, 1.0), (dearer, 4.0), (finer, 1.0)], ids=lambda it: str(it)[:12]
)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_how_a_problem_is_written_down_does_not_matter(
    change: Callable[[Problem], Problem], factor: float, data: st.DataObject
) -> None:
    problem = data.draw(tiny_problems(3).map(plain))

    assert cost(change(problem)) == pytest.approx(factor * cost(problem))


@SOME
@given(tiny_problems(3).map(plain))
def test_a_twin_of_every_technician_makes_nothing_dearer(problem: Problem) -> None:
    twins = tuple(replace(s, id=f"{s.id}'", technician=f"{s.technician}'") for s in problem.shifts)

    assert cost(replace(problem, shifts=(*problem.shifts, *twins))) <= cost(problem) + 1e-6
