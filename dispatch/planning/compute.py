"""One plan run from its claim to its draft: snapshot, problem, solve, record. Called by the background worker alone."""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise

from core.db import reading
from core.errors import DomainError
from dispatch.models import PlanRun
from dispatch.planning import leases
from dispatch.planning.errors import NobodyWorks, NothingToPlan, PlanningFailed, TravelTimesUnavailable
from dispatch.planning.kept import Kept
from dispatch.planning.leases import Claim
from dispatch.planning.prices import Prices
from dispatch.planning.problem import reachable_part, to_problem
from dispatch.planning.record import Computed, record_plans, refuse_broken_plan
from dispatch.planning.search import Order, search
from dispatch.planning.snapshot import take_snapshot
from dispatch.planning.travel import Sessions, known_travel
from routing.engines import Progress
from routing.solution import StopKind
from routing.travel import Point, TravelError, TravelTimes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Workbench:
    """What a worker needs to compute plans: its database, the roads, and how long it may keep a claim unrenewed."""

    sessions: Sessions
    travel_times: Callable[[], TravelTimes]
    lease_seconds: float
    threads: int = 1
    prices: Prices = field(default_factory=Prices)
    # What is kept of days that are asked about again and again; by default nothing.
    kept: Kept = field(default_factory=Kept)


def compute_run(bench: Workbench, run_id: int) -> bool:
    """
    Compute a run if it is free; returns whether this worker did it to its end.

    Whatever goes wrong is written into the run, so that the person who asked is told.
    """
    with bench.sessions() as session:
        held = leases.claim(session, run_id, bench.lease_seconds)
        session.commit()
    if held is None:
        return False
    with _keeping(bench, held) as keeper:
        try:
            return _compute(bench, held, keeper)
        except TravelError as error:
            return _fail(bench, held, TravelTimesUnavailable(cause=str(error)))
        except DomainError as error:
            return _fail(bench, held, error)
        except Exception:
            log.exception("Plan run %s failed", run_id)
            return _fail(bench, held, PlanningFailed())
        except KeyboardInterrupt:
            # The process is to end: a worker that is stopped gets it too.
            _give_back(bench, held)
            raise


def _compute(bench: Workbench, held: Claim, keeper: "_Keeper") -> bool:
    with reading(), bench.sessions() as session:
        run = session.get_one(PlanRun, held.run_id)
        order = Order(run.engine, run.seconds, run.seed, run.most_changed_promises or 0)
        snapshot = take_snapshot(session, run.day, run.last_day)
    if not snapshot.shifts:
        raise NobodyWorks(day=snapshot.day.isoformat())
    if not snapshot.jobs:
        raise NothingToPlan(day=snapshot.day.isoformat())
    provider = bench.travel_times()
    travel = known_travel(bench.sessions, provider, snapshot.points)
    snapshot = reachable_part(snapshot, travel)
    computed = search(
        snapshot,
        to_problem(snapshot, travel, bench.prices),
        order,
        threads=bench.threads,
        on_progress=keeper.tell,
        should_stop=keeper.stop.is_set,
    )
    refuse_broken_plan(computed.problem, computed.solution)
    if keeper.stop.is_set():
        return _stop(bench, held)
    computed = with_paths(provider, computed)
    with bench.sessions() as session:
        run = session.get_one(PlanRun, held.run_id)
        plans = record_plans(session, computed, run=run, actor_id=run.requested_by_id)
        if not leases.finish(session, held, plans[0].id):
            # Cancelled or taken over in the last moment: the plans go away with this transaction.
            session.rollback()
            return _stop(bench, held)
        session.commit()
    return True


def _stop(bench: Workbench, held: Claim) -> bool:
    with bench.sessions() as session:
        leases.end_cancelled(session, held)
        session.commit()
    return False


def _fail(bench: Workbench, held: Claim, error: DomainError) -> bool:
    with bench.sessions() as session:
        leases.fail(session, held, error)
        session.commit()
    return True


def _give_back(bench: Workbench, held: Claim) -> None:
    with bench.sessions() as session:
        leases.give_back(session, held)
        session.commit()


def with_paths(provider: TravelTimes, computed: Computed) -> Computed:
    """Add each route as one line along the streets, for drawing."""
    places, problem = computed.snapshot.points, computed.problem
    found = {}
    for route in computed.solution.routes:
        shift = problem.shifts[problem.shift_index[route.shift]]
        stops = [stop.location for stop in route.stops if stop.kind is not StopKind.BREAK]
        on_the_way = [places[index] for index in (shift.start_location, *stops, shift.end_location)]
        found[route.shift] = _line(provider, on_the_way)
    return replace(computed, paths=found)


def _line(provider: TravelTimes, stops: Sequence[Point]) -> list[list[float]]:
    moving = [stops[0], *(there for here, there in pairwise(stops) if here != there)]
    if len(moving) < 2:
        return []
    points = [point for leg in provider.paths(moving) for point in leg]
    # Five decimals are a metre, which no screen shows; the line of a day is several thousand points long.
    return [[round(point.lat, 5), round(point.lon, 5)] for point in points]


class _Keeper:
    """Renews a claim from a thread of its own and learns there that the run is to stop."""

    def __init__(self, bench: Workbench, held: Claim) -> None:
        self._bench = bench
        self._held = held
        self._latest = Progress(0.0, float("inf"))
        self._over = threading.Event()
        self.stop = threading.Event()

    def tell(self, progress: Progress) -> None:
        """Note how far the search is; the next renewal writes it down."""
        self._latest = progress

    def run(self) -> None:
        every = min(1.0, self._bench.lease_seconds / 4)
        while not self._over.wait(every):
            if not self._renewed():
                self.stop.set()
                return

    def end(self) -> None:
        self._over.set()

    def _renewed(self) -> bool:
        known = self._latest.best_cost
        with self._bench.sessions() as session:
            renewed = leases.renew(
                session,
                self._held,
                self._bench.lease_seconds,
                min(0.99, self._latest.elapsed),
                known if known < float("inf") else None,
            )
            session.commit()
        return renewed


@contextmanager
def _keeping(bench: Workbench, held: Claim) -> Iterator[_Keeper]:
    keeper = _Keeper(bench, held)
    thread = threading.Thread(target=keeper.run, name=f"claim-{held.run_id}", daemon=True)
    thread.start()
    try:
        yield keeper
    finally:
        keeper.end()
        thread.join()
