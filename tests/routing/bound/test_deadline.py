"""Whatever a proof is doing when its time is over, it ends there, and what was not found out claims nothing."""

from dataclasses import replace
from time import monotonic

import numpy as np
import pytest

from routing.bound import certify as proofs
from routing.bound.certify import CertifyOptions, certify
from routing.bound.master import Master
from routing.bound.prices import Prices
from routing.bound.pricing import Pricer, cost_to_go, trunk_prices
from routing.bound.relaxed import Relaxation, TooLargeError
from routing.bound.values import Proof, values
from routing.problem import Depot, Problem
from routing.solve import solve
from tests.routing.worlds import on_a_line, shift, visit


def two_vans() -> Problem:
    visits = tuple(visit(f"v{i}", i, duration=50, parts={"fuse": 1}) for i in range(1, 4))
    return on_a_line(
        *(0, 30, 60, 90),
        shifts=(shift("A1"), shift("B1", end=900)),
        visits=visits,
        depots=(Depot(0, parts={"fuse": 2}),),
    )


def over() -> bool:
    return True


def free(relaxation: Relaxation) -> Prices:
    return Prices(np.full(3, 500.0), np.zeros(1), np.zeros(len(relaxation.groups)), np.zeros(0))


def test_laying_out_a_problem_ends_when_time_is_over() -> None:
    with pytest.raises(TooLargeError):
        Relaxation(two_vans(), is_over=over)


def test_a_matrix_that_would_not_fit_is_not_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("routing.bound.relaxed.MOST_PAIRS", 15)

    with pytest.raises(TooLargeError):
        Relaxation(two_vans())


def test_costs_to_go_that_were_not_worked_out_claim_nothing() -> None:
    graph, stop = Relaxation(two_vans()).groups[0].graph, np.ones(1, np.int64)
    gain, worth = np.full(graph.duration.size, 500.0), np.zeros(graph.slot_part.size)

    togo = cost_to_go(graph, gain, trunk_prices(graph, np.zeros((1, 1)), worth), stop)

    assert (togo.cost == -np.inf).all()


def test_routes_that_were_not_looked_for_may_be_as_cheap_as_can_be() -> None:
    relaxation = Relaxation(two_vans())
    pricer = Pricer(relaxation, 1, over)

    least, served = pricer.relaxed_routes(free(relaxation))

    pricer.close()
    assert (least == -np.inf).all()
    assert not served.any()


def test_the_master_problem_has_no_prices_without_time() -> None:
    master = Master(np.full(3, 500.0), [1, 1], [2.0])

    assert master.solve(monotonic()) is None
    assert master.solve(monotonic() + 60.0) is not None


def test_values_that_there_is_no_time_for_are_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    relaxation = Relaxation(two_vans())
    pricer = Pricer(relaxation, 1, over)
    proof = Proof(free(relaxation), (), (0.0,) * len(relaxation.groups))
    monkeypatch.delattr(Relaxation, "group")

    found = values(relaxation, proof, pricer)

    pricer.close()
    assert found == ()


@pytest.mark.parametrize("looks", [1, 2, 5, 10, 20, 50])
def test_a_proof_that_is_over_after_any_look_at_the_clock_looks_only_a_few_times_more(
    looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = replace(two_vans(), depots=(Depot(0, parts={"fuse": 2}), Depot(3, parts={"fuse": 1})))
    plan, asked = solve(problem, "greedy"), []

    def clock() -> float:
        asked.append(monotonic())
        return 0.0 if len(asked) <= looks else 1000.0

    monkeypatch.setattr(proofs, "monotonic", clock)
    certificate = certify(problem, plan, CertifyOptions(seconds=10.0))

    assert 0.0 <= certificate.bound <= plan.cost["total"]
    assert len(asked) <= looks + 10
