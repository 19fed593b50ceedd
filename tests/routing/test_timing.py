"""Schedules of given orders: departure, windows, breaks, overtime; by hand and against brute force."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.objective import cost_by_term
from routing.problem import Break, Depot, Overtime, Previous, Problem, Shift, Visit
from routing.solution import Route, Solution
from routing.timing import OrderError, Timing
from tests.routing.worlds import on_a_line, problems, shift, visit


def route_of(problem: Problem, order: Sequence[int], s: int = 0) -> Route | None:
    return Timing(problem).route(s, order)


def times(route: Route | None) -> tuple[int, list[int], int]:
    assert route is not None
    return route.depart, [stop.start for stop in route.stops], route.return_


def test_the_departure_waits_until_the_first_window_can_be_met() -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=(visit("v", 1, 20, windows=((500, 600),)),))

    assert times(route_of(problem, [0])) == (490, [500], 530)


def test_a_route_without_waiting_departs_when_the_shift_starts() -> None:
    problem = on_a_line(0, 10, shifts=(shift(start=50),), visits=(visit("v", 1, 20),))

    assert times(route_of(problem, [0])) == (50, [60], 90)


def test_the_departure_is_delayed_only_as_far_as_an_earlier_window_allows() -> None:
    visits = (visit("early", 1, 20, windows=((0, 100),)), visit("late", 1, 20, windows=((500, 600),)))
    problem = on_a_line(0, 10, shifts=(shift(),), visits=visits)

    assert times(route_of(problem, [0, 1])) == (90, [100, 500], 530)


def test_the_departure_is_not_delayed_into_lateness() -> None:
    visits = (visit("due", 1, 20, due=60), visit("late", 1, 20, windows=((500, 600),)))
    problem = on_a_line(0, 10, shifts=(shift(),), visits=visits)

    assert times(route_of(problem, [0, 1])) == (50, [60, 500], 530)


def test_a_visit_that_is_late_already_gets_no_later() -> None:
    visits = (visit("overdue", 1, 20, due=-30), visit("late", 1, 20, windows=((500, 600),)))
    problem = on_a_line(0, 10, shifts=(shift(),), visits=visits)

    assert times(route_of(problem, [0, 1])) == (0, [10, 500], 530)


def test_a_delayed_departure_does_not_move_a_start_away_from_the_previous_plan() -> None:
    previous = Previous("A1", 40, start_change_cost=1.0)
    visits = (visit("kept", 1, 20, previous=previous), visit("late", 1, 20, windows=((500, 600),)))
    problem = on_a_line(0, 10, shifts=(shift(),), visits=visits)

    assert times(route_of(problem, [0, 1])) == (30, [40, 500], 530)


def test_a_visit_missed_in_one_window_is_served_in_the_next() -> None:
    problem = on_a_line(
        *(0, 50),
        shifts=(shift(),),
        visits=(visit("v", 1, 20, windows=((300, 400), (10, 20), (100, 200))),),
    )

    assert times(route_of(problem, [0])) == (50, [100], 170)


def test_windows_that_overlap_count_as_one() -> None:
    assert visit("v", 0, windows=((10, 20), (0, 100), (101, 110), (200, 300))).start_windows == ((0, 110), (200, 300))


def test_release_and_pin_narrow_the_windows() -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=(visit("v", 1, 20, windows=((0, 900),), release=70),))

    assert times(route_of(problem, [0])) == (60, [70], 100)


def test_an_order_that_misses_a_window_has_no_schedule() -> None:
    problem = on_a_line(0, 50, shifts=(shift(),), visits=(visit("v", 1, windows=((0, 49),)),))

    assert route_of(problem, [0]) is None


def test_a_return_after_the_shift_is_refused_without_overtime_and_priced_with() -> None:
    visits = (visit("v", 1, 85),)
    strict = on_a_line(0, 10, shifts=(shift(end=100),), visits=visits)
    paid = on_a_line(0, 10, shifts=(shift(end=100, overtime=Overtime(5, 2.0)),), visits=visits)

    route = route_of(paid, [0])

    assert route_of(strict, [0]) is None
    assert route is not None
    assert cost_by_term(paid, Solution((route,)))["overtime"] == 10.0


def test_a_break_comes_between_two_visits_where_the_technician_is() -> None:
    problem = on_a_line(
        *(0, 10, 20),
        shifts=(shift(breaks=(Break(30, 100, 130),)),),
        visits=(visit("a", 1, 90), visit("b", 2, 90)),
    )

    route = route_of(problem, [0, 1])

    assert route is not None
    assert [(stop.kind, stop.location, stop.start, stop.leave) for stop in route.stops] == [
        ("visit", 1, 10, 100),
        ("break", 1, 100, 130),
        ("visit", 2, 140, 230),
    ]


def test_a_break_may_be_taken_on_arrival_while_waiting_for_the_window() -> None:
    problem = on_a_line(
        *(0, 10, 60),
        shifts=(shift(breaks=(Break(30, 150, 170),)),),
        visits=(visit("a", 1, 90, windows=((10, 10),)), visit("b", 2, 10, windows=((200, 300),))),
    )

    route = route_of(problem, [0, 1])

    assert route is not None
    assert [(stop.kind, stop.location, stop.arrive, stop.start) for stop in route.stops[1:]] == [
        ("break", 2, 150, 150),
        ("visit", 2, 180, 200),
    ]


@pytest.mark.parametrize(
    ("window", "why"),
    [((0, 40), "back by 70, before the break has to begin"), ((300, 400), "leaves at 290, after the break is over")],
)
def test_a_break_outside_the_route_needs_no_stop(window: tuple[int, int], why: str) -> None:
    problem = on_a_line(
        *(0, 10), shifts=(shift(breaks=(Break(50, 100, 150),)),), visits=(visit("v", 1, 20, windows=(window,)),)
    )

    route = route_of(problem, [0])

    assert route is not None
    assert [stop.kind for stop in route.stops] == ["visit"], why


def test_a_service_that_leaves_no_room_for_the_break_has_no_schedule() -> None:
    problem = on_a_line(
        *(0, 10), shifts=(shift(breaks=(Break(30, 100, 130),)),), visits=(visit("v", 1, 200, windows=((0, 50),)),)
    )

    assert route_of(problem, [0]) is None


@pytest.mark.parametrize(
    ("breaks", "taken"),
    [
        # The second may begin first, and would be late behind the other.
        ((Break(60, 300, 400), Break(30, 310, 320)), ["1", "0"]),
        # As above, but the other would be late itself.
        ((Break(10, 300, 320), Break(30, 310, 315)), ["0", "1"]),
        ((Break(30, 300, 400), Break(30, 300, 330)), ["1", "0"]),
    ],
)
def test_breaks_whose_times_overlap_are_taken_in_an_order_that_makes_none_late(
    breaks: tuple[Break, Break], taken: list[str]
) -> None:
    visits = (visit("before", 0, 300, windows=((0, 0),)), visit("behind", 0, 500, windows=((400, 450),)))
    problem = on_a_line(0, shifts=(shift(breaks=breaks),), visits=visits)

    route = route_of(problem, [0, 1])

    assert route is not None
    assert [stop.id for stop in route.stops if stop.kind == "break"] == taken


def test_two_breaks_are_placed_in_one_day() -> None:
    breaks = (Break(15, 300, 330), Break(15, 100, 130))
    problem = on_a_line(0, 10, shifts=(shift(breaks=breaks),), visits=tuple(visit(f"v{i}", 1, 95) for i in range(5)))

    route = route_of(problem, [0, 1, 2, 3, 4])

    assert route is not None
    assert [(stop.id, stop.start) for stop in route.stops if stop.kind == "break"] == [("1", 105), ("0", 310)]


def test_an_order_without_the_part_it_needs_is_refused_by_name() -> None:
    problem = on_a_line(
        *(0, 10),
        shifts=(shift(),),
        visits=(visit("v", 1, parts={"battery": 1}),),
        depots=(Depot(0, parts={"battery": 1}),),
    )
    timing = Timing(problem)

    with pytest.raises(OrderError, match="The stops of A lack a tool or a part"):
        timing.routes({0: [0]})

    assert timing.routes({0: [1, 0]})[0].stops[0].taken == {"battery": 1}


def _run(
    problem: Problem, shift: Shift, visits: Sequence[Visit], rests: dict[int, Break], depart: int
) -> list[int] | None:
    """Starts and, last, the return, all as early as can be; ``rests`` by place (2i before, 2i + 1 after)."""
    time, here, starts = depart, shift.start_location, []
    for i, visit_ in enumerate(visits):
        time += int(problem.travel[here, visit_.location])
        for place in (2 * i, 2 * i + 1):
            if place in rests:
                time = max(time, rests[place].earliest)
                if time > rests[place].latest:
                    return None
                time += rests[place].duration
            if place == 2 * i:
                open_ = [max(time, first) for first, last in visit_.windows or ((0, 10**6),) if time <= last]
                if not open_:
                    return None
                time = min(open_)
                starts.append(time)
                time += visit_.duration
        here = visit_.location
    return [*starts, time + int(problem.travel[here, shift.end_location])]


def _schedules(problem: Problem, shift: Shift, visits: Sequence[Visit]) -> Iterator[tuple[int, list[int]]]:
    """For every place of the one break: the latest departure that makes neither the return nor anybody later."""
    rest = shift.breaks[0] if shift.breaks else None
    for place in range(-1, 2 * len(visits) + 1) if rest else [0]:
        inside = rest is not None and 0 <= place < 2 * len(visits)
        rests = {place: rest} if inside and rest else {}
        first = max(shift.start, rest.earliest + rest.duration) if rest and place == -1 else shift.start
        early = _run(problem, shift, visits, rests, first)
        limit = min(shift.latest_return, rest.latest) if rest and place == 2 * len(visits) else shift.latest_return
        if early is None or early[-1] > limit:
            continue
        best = (first, early)
        for depart in range(first, shift.latest_return + 1):
            run = _run(problem, shift, visits, rests, depart)
            if run and run[-1] == early[-1] and not _later(visits, early, run):
                best = (depart, run)
        yield best


def _later(visits: Sequence[Visit], early: list[int], run: list[int]) -> bool:
    ahead = zip(visits, early[:-1], run[:-1], strict=True)
    return any(visit_.due is not None and after > max(visit_.due, before) for visit_, before, after in ahead)


@st.composite
def one_route(draw: st.DrawFn) -> tuple[Problem, int]:
    """A problem whose first shift serves its first visits in order; at most one break, no pins."""
    problem = draw(problems())
    visits = tuple(
        Visit(v.id, v.location, v.duration, v.windows, v.due, v.lateness_cost, v.breach_cost)
        for v in problem.visits[:3]
    )
    first = problem.shifts[0]
    only = Shift(
        *("A", "A", first.start_location, first.end_location, first.start, first.end),
        overtime=first.overtime,
        breaks=first.breaks[:1],
        work_cost=first.work_cost,
        travel_cost=0.0,
    )
    return Problem(travel=problem.travel, shifts=(only,), visits=visits, time_scale=problem.time_scale), len(visits)


@settings(max_examples=50, deadline=None)
@given(one_route())
def test_the_schedule_costs_what_brute_force_finds(case: tuple[Problem, int]) -> None:
    problem, count = case
    assume(count > 0)
    shift_ = problem.shifts[0]

    def cost(depart: int, run: list[int]) -> float:
        late = [(v, start - v.due) for v, start in zip(problem.visits, run, strict=False) if v.due is not None]
        total = shift_.work_cost * (run[-1] - depart) / problem.time_scale
        if shift_.overtime:
            total += shift_.overtime.cost * max(0, run[-1] - shift_.end) / problem.time_scale
        return total + sum(v.lateness_cost * s / problem.time_scale + v.breach_cost for v, s in late if s > 0)

    costs = [cost(*schedule) for schedule in _schedules(problem, shift_, problem.visits)]
    route = route_of(problem, range(count))

    assert (route is None) == (costs == [])
    if route is not None:
        assert cost_by_term(problem, Solution((route,)))["total"] == pytest.approx(min(costs))


@settings(max_examples=30, deadline=None)
@given(one_route())
def test_no_departure_works_less_when_every_visit_has_one_window(case: tuple[Problem, int]) -> None:
    problem, count = case
    assume(count > 0)
    shift_ = replace(problem.shifts[0], breaks=())
    visits = tuple(replace(visit_, windows=visit_.windows[:1], due=None) for visit_ in problem.visits)
    route = route_of(replace(problem, shifts=(shift_,), visits=visits), range(count))

    runs = ((d, _run(problem, shift_, visits, {}, d)) for d in range(shift_.start, shift_.latest_return + 1))
    works = [run[-1] - depart for depart, run in runs if run and run[-1] <= shift_.latest_return]

    assert (route is None) == (works == [])
    if route is not None:
        assert route.return_ - route.depart == min(works)
