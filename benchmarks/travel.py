"""
Times the road travel matrix of a demonstration day and compares it with the great-circle estimate.

Run from the project's root: ``python -m benchmarks.travel``; prints tables in Markdown. With ``--osrm http://host:port``
the times are also compared with those of a running road server.
"""

import argparse
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from routing.travel import Point, TravelMatrix, travel_times
from routing.travel.osm import OsmTravelTimes
from routing.travel.places import read_streets
from routing.travel.protocol import coordinates, great_circle_metres

MAP_FILE = Path(__file__).parents[1] / "demo_data" / "porto_portugal.osm.pbf"
NUM_POINTS = 260
SEED = 1
# Shops gather in the centres: the chance of a position grows with this power of how central it is.
GATHERING = 2.5

T = TypeVar("T")


@dataclass(frozen=True)
class Timed:
    """What was timed, and how long it took."""

    what: str
    seconds: float


def timed(log: list[Timed], what: str, call: Callable[[], T]) -> T:
    start = time.perf_counter()
    answer = call()
    log.append(Timed(what, time.perf_counter() - start))
    return answer


def shop_positions(log: list[Timed]) -> list[Point]:
    """Positions on real streets, more of them where the town is lively."""
    streets = timed(log, "named streets of the map", lambda: read_streets(MAP_FILE))
    places = [place for street in streets for place in street.points]
    chance = np.array([place.centrality for place in places]) ** GATHERING
    chosen = np.random.default_rng(SEED).choice(len(places), NUM_POINTS, replace=False, p=chance / chance.sum())
    return [places[i].point for i in chosen]


def measure(points: list[Point], log: list[Timed]) -> TravelMatrix:
    """Cold and warm times of the map provider."""
    with tempfile.TemporaryDirectory() as folder:

        def load() -> OsmTravelTimes:
            return OsmTravelTimes(MAP_FILE, Path(folder))

        cold = timed(log, "prepare the roads, cold", load)
        timed(log, f"{NUM_POINTS} x {NUM_POINTS} matrix, first", lambda: cold.matrix(points))
        travel = timed(log, "load the prepared roads", load)
        matrix = timed(log, f"{NUM_POINTS} x {NUM_POINTS} matrix, warm", lambda: travel.matrix(points))
        timed(
            log,
            "one more point: its row and column",
            lambda: (travel.table(points[:1], points), travel.table(points, points[:1])),
        )
        timed(log, "path of one drive", lambda: travel.path(points[0], points[1]))
        timed(log, "paths of a route of 10 stops", lambda: travel.paths(points[:10]))
    return matrix


def print_timings(log: list[Timed]) -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    print("| what | seconds |\n|---|---|")
    for entry in log:
        print(f"| {entry.what} | {entry.seconds:.3f} |")


def print_comparison(points: list[Point], matrices: dict[str, TravelMatrix]) -> None:
    """How far and how long drives are, against the distance as the crow flies."""
    lat, lon = coordinates(points)
    straight = great_circle_metres(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    # Next-door pairs have meaningless ratios.
    pairs = straight > 300
    print("\n| provider | detour factor p10 / p50 / p90 | crow-fly km/h | mean s | mean abs t - t' | 0.086 m + 151 s |")
    print("|---|---|---|---|---|---|")
    for name, matrix in matrices.items():
        print(f"| {name} | {comparison_row(matrix, straight, pairs)} |")


def comparison_row(matrix: TravelMatrix, straight: npt.NDArray[np.float64], pairs: npt.NDArray[np.bool_]) -> str:
    seconds, metres, crow = matrix.seconds[pairs], matrix.metres[pairs], straight[pairs]
    detour = " / ".join(f"{value:.2f}" for value in np.percentile(metres / crow, [10, 50, 90]))
    speed = np.median(crow / seconds) * 3.6
    asymmetry = np.abs(matrix.seconds - matrix.seconds.T)[pairs].mean()
    error = np.mean(np.abs(0.086 * crow + 151 - seconds) / seconds)
    return f"{detour} | {speed:.1f} | {seconds.mean():.0f} | {asymmetry:.0f} | mean error {error:.1%} |".rstrip(" |")


def report(address: str | None = None) -> None:
    """Measure and print; ``address`` is that of a road server to compare with, or None."""
    log: list[Timed] = []
    points = shop_positions(log)
    matrices = {"osm": measure(points, log), "great_circle": travel_times("great_circle").matrix(points)}
    if address:
        server = travel_times("osrm", url=address)
        matrices["osrm"] = timed(
            log, f"{NUM_POINTS} x {NUM_POINTS} from the road server", lambda: server.matrix(points)
        )
    print_timings(log)
    print_comparison(points, matrices)
    if address:
        apart = matrices["osrm"].seconds > 60
        ratio = matrices["osm"].seconds[apart] / matrices["osrm"].seconds[apart]
        print(f"\nosm / osrm, p10 / p50 / p90: {' / '.join(f'{r:.2f}' for r in np.percentile(ratio, [10, 50, 90]))}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--osrm", help="address of a running road server to compare with")
    report(parser.parse_args().osrm)
