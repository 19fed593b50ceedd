"""The generator of field-service days: valid, repeatable, neither trivial nor hopeless."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.field_days import DAY, SKILLS, Settings, generate, main
from routing.check import check
from routing.formats.contract import problem_document, read_problem
from routing.problem import Problem
from routing.solution import StopKind
from routing.solve import solve
from routing.tables import has_skills


def day(**settings: int) -> Problem:
    return generate(Settings(**settings))  # type: ignore[arg-type]


def test_the_same_settings_give_the_same_problem() -> None:
    assert problem_document(day(visits=60, seed=3)) == problem_document(day(visits=60, seed=3))


def test_another_seed_gives_another_problem() -> None:
    assert problem_document(day(visits=60, seed=3)) != problem_document(day(visits=60, seed=4))


def test_technicians_follow_from_visits_unless_they_are_given() -> None:
    assert len(day(visits=120).shifts) == 20
    assert len(day(visits=121).shifts) == 21
    assert len(day(visits=120, days=2).shifts) == 20
    assert len(day(visits=120, technicians=7).shifts) == 7


def test_every_technician_has_a_shift_with_a_break_on_every_day() -> None:
    problem = day(visits=60, days=3)

    for chain in problem.shifts_of.values():
        shifts = [problem.shifts[s] for s in chain]
        assert [shift.start // DAY for shift in shifts] == [0, 1, 2]
        assert all(shift.start < shift.breaks[0].earliest < shift.breaks[0].latest < shift.end for shift in shifts)


def test_travel_is_asymmetric_and_about_as_fast_both_ways() -> None:
    travel = day(visits=60).travel

    assert (travel != travel.T).mean() > 0.9
    assert np.median(np.abs(travel - travel.T) / np.maximum(travel, 1)) < 0.25
    assert 300 < travel.mean() < 3600


def test_every_feature_of_a_field_service_is_there() -> None:
    problem = day(visits=240, days=2)

    visits, shifts = problem.visits, problem.shifts
    assert {skill for visit in visits for skill in visit.skills} == {skill.name for skill in SKILLS}
    assert {level for visit in visits for level in visit.skills.values()} == {1, 2, 3}
    assert any(len(visit.skills) == 2 for visit in visits)
    assert any(visit.tools for visit in visits)
    assert any(visit.release for visit in visits)
    assert any(shift.overtime for shift in shifts)
    assert any(shift.overtime is None for shift in shifts)
    assert len({visit.unserved_cost for visit in visits}) == 4
    appointments = [visit for visit in visits if visit.windows and visit.windows[0][1] - visit.windows[0][0] == 7200]
    assert 0.1 < len(appointments) / len(visits) < 0.3
    assert all(visit.due is None for visit in appointments)
    late = [visit for visit in visits if visit.due is not None]
    assert all(visit.lateness_cost and visit.breach_cost for visit in late)
    assert 0.5 < len(late) / len(visits) < 0.8


def test_scarce_parts_are_at_the_depots_but_not_for_everybody() -> None:
    problem = day(visits=240)

    scarce = {part for depot in problem.depots for part, count in depot.parts.items() if count is not None}
    assert len(problem.depots) == 2
    assert len(scarce) == 3
    for part in scarce:
        needed = sum(visit.parts.get(part, 0) for visit in problem.visits)
        assert 0 < sum(depot.parts[part] or 0 for depot in problem.depots) < needed


@pytest.mark.parametrize("seed", range(1, 6))
def test_somebody_has_the_skill_for_nearly_every_visit_even_in_a_small_fleet(seed: int) -> None:
    problem = day(visits=20, seed=seed)

    hopeless = [visit for visit in problem.visits if not any(has_skills(shift, visit) for shift in problem.shifts)]

    assert len(hopeless) <= 1


@pytest.mark.parametrize(("visits", "seed"), [(20, 1), (60, 2), (120, 1), (120, 2), (120, 3)])
def test_greedy_serves_most_but_pays_for_it(visits: int, seed: int) -> None:
    problem = day(visits=visits, seed=seed)

    solution = solve(problem, "greedy")

    assert check(problem, solution) == []
    assert len(solution.unserved) <= 0.1 * visits
    used = {route.shift for route in solution.routes}
    assert len(used) >= 0.7 * len(problem.shifts)
    if visits == 120:
        depot_stops = [stop for route in solution.routes for stop in route.stops if stop.kind is StopKind.DEPOT]
        assert depot_stops
        assert solution.cost["lateness"] + solution.cost["overtime"] + solution.cost["unserved"] > 0


def test_more_visits_than_sites_share_places() -> None:
    problem = day(visits=100, technicians=10, sites=25)

    assert problem.num_locations == len(problem.depots) + 10 + 25
    assert len({visit.location for visit in problem.visits}) == 25


def test_roads_give_drives_on_real_streets() -> None:
    problem = generate(Settings(visits=20, roads=True))

    assert 600 < problem.travel.max() < 3 * 3600
    assert (problem.travel != problem.travel.T).any()


def test_a_day_is_written_as_the_contract_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "day.json"

    main(["--visits", "20", "--technicians", "5", "--seed", "3", "-o", str(file)])

    assert "20 visits, 5 shifts, 26 locations" in capsys.readouterr().out
    assert problem_document(read_problem(file)) == problem_document(day(visits=20, technicians=5, seed=3))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("visits", 19, "Expected visits in 20..10000, got 19"),
        ("visits", 10_001, "Expected visits in 20..10000, got 10001"),
        ("technicians", 0, "Expected technicians in 1..10000, got 0"),
        ("days", 0, "Expected days in 1..31, got 0"),
        ("depots", 4, "Expected depots in 1..3, got 4"),
        ("sites", 0, "Expected sites in 1..10000, got 0"),
        ("seed", -1, "Expected seed in 0..4294967295, got -1"),
    ],
)
def test_settings_out_of_range_are_refused(name: str, value: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**{name: value})  # type: ignore[arg-type]


def test_the_command_refuses_settings_with_the_same_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--visits", "5", "-o", "day.json"])

    assert end.value.code == 2
    assert "Expected visits in 20..10000, got 5." in capsys.readouterr().err
