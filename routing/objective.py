"""
What a plan costs, term by term: the one place where the formula stands.

    fixed        Σ used shifts    fixed_cost
    travel       Σ used shifts    travel_cost · travel time
    work         Σ used shifts    work_cost · (return - departure)
    overtime     Σ used shifts    overtime cost · max(0, return - end of the shift)
    lateness     Σ served visits  lateness_cost · max(0, start - due)
    breach       Σ served visits  breach_cost, if start > due
    unserved     Σ other visits   unserved_cost
    change       Σ served visits  technician_change_cost, if another technician comes than in the previous plan,
                                  + start_change_cost · |start - previous start|
    preference   Σ served visits  largest worth of a preferred technician - worth of the one who comes

Times are divided by ``time_scale`` before they meet a rate.
"""

from itertools import pairwise

from routing.problem import Problem, Shift, Visit
from routing.solution import Route, Solution, StopKind

TERMS = ("fixed", "travel", "work", "overtime", "lateness", "breach", "unserved", "change", "preference")


def cost_by_term(problem: Problem, solution: Solution) -> dict[str, float]:
    """Every term of ``TERMS`` and ``total``, from the times that the routes state."""
    costs = dict.fromkeys(TERMS, 0.0)
    served: set[str] = set()
    for route in solution.routes:
        shift = problem.shifts[problem.shift_index[route.shift]]
        _add(costs, shift_costs(problem, shift, route))
        for stop in route.stops:
            if stop.kind is StopKind.VISIT:
                served.add(stop.id)
                visit = problem.visits[problem.visit_index[stop.id]]
                _add(costs, visit_costs(problem, visit, shift, stop.start))
    costs["unserved"] = float(sum(visit.unserved_cost for visit in problem.visits if visit.id not in served))
    return costs | {"total": sum(costs.values())}


def shift_costs(problem: Problem, shift: Shift, route: Route) -> dict[str, float]:
    """What one used shift costs."""
    # A break is taken at the place of a neighbouring stop, so it adds no leg.
    stops = [stop.location for stop in route.stops if stop.kind is not StopKind.BREAK]
    legs = pairwise([shift.start_location, *stops, shift.end_location])
    travel = sum(int(problem.travel[here, there]) for here, there in legs)
    overtime = max(0, route.return_ - shift.end)
    scale = problem.time_scale
    return {
        "fixed": shift.fixed_cost,
        "travel": shift.travel_cost * travel / scale,
        "work": shift.work_cost * (route.return_ - route.depart) / scale,
        "overtime": shift.overtime.cost * overtime / scale if shift.overtime else 0.0,
    }


def visit_costs(problem: Problem, visit: Visit, shift: Shift, start: int) -> dict[str, float]:
    """What one served visit costs when its service starts at ``start``."""
    late = 0 if visit.due is None else max(0, start - visit.due)
    change = technician_cost(problem, visit, shift)
    if visit.previous:
        change += visit.previous.start_change_cost * abs(start - visit.previous.start) / problem.time_scale
    return {
        "lateness": visit.lateness_cost * late / problem.time_scale,
        "breach": visit.breach_cost if late else 0.0,
        "change": change,
        "preference": preference_cost(visit, shift),
    }


def technician_cost(problem: Problem, visit: Visit, shift: Shift) -> float:
    """What it costs that another technician comes than in the previous plan."""
    if visit.previous is None:
        return 0.0
    was_with = problem.shifts[problem.shift_index[visit.previous.shift]].technician
    return 0.0 if was_with == shift.technician else visit.previous.technician_change_cost


def preference_cost(visit: Visit, shift: Shift) -> float:
    """What it costs that somebody less preferred comes."""
    return max(visit.preferred.values(), default=0.0) - visit.preferred.get(shift.technician, 0.0)


def _add(costs: dict[str, float], more: dict[str, float]) -> None:
    for term, cost in more.items():
        costs[term] += cost
