"""
`make bench-stock`: the stock room under load on both databases, and at the size of a large firm.

Name parts to run only those: sqlite, postgresql, scale. ``--operations`` and ``--movements`` make it smaller.
"""

import argparse
import contextlib
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.orm import Session

import dispatch.models  # noqa: F401 -- registers every table
from benchmarks.stock import load, scale
from core import commands, settings  # noqa: F401
from core.base import Base
from tests.temporary_postgres import temporary_postgres

PARTS = ("sqlite", "postgresql", "scale")
CLIENTS, OPERATIONS = 16, 20_000
# As many as the service has web processes' worth of cores to run on.
PROCESSES = 2


def main() -> None:
    """Run the parts that were named, or all, and print tables for benchmarks/README.md."""
    parser = argparse.ArgumentParser(prog="make bench-stock", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts; all of them if none is named")
    parser.add_argument("--operations", type=int, default=OPERATIONS)
    parser.add_argument("--movements", type=int, default=scale.Size.movements)
    parser.add_argument("--rounds", type=int, default=500)
    asked = parser.parse_args()
    parts = asked.parts or PARTS
    loads = [part for part in PARTS[:2] if part in parts]
    if loads:
        print(f"## Under load: {CLIENTS} clients, {asked.operations:,} operations\n")
        print("| database | ops/s | p50 | p99 | slowest | done | refused | failed | in the end |")
        print("|---|--:|--:|--:|--:|--:|--:|--:|---|")
    for backend in loads:
        with _database(backend) as url:
            print(_under_load(backend, url, asked.operations), flush=True)
    if "scale" in parts:
        with _database("postgresql") as url:
            _at_scale(url, scale.Size(movements=asked.movements), asked.rounds)


@contextlib.contextmanager
def _database(backend: str) -> Iterator[str]:
    if backend == "postgresql":
        with temporary_postgres() as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="wrenchway-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.sqlite'}"


def _under_load(backend: str, url: str, operations: int) -> str:
    """Run the load in several processes and return its line of the table."""
    engine = load.open_engine(url, CLIENTS)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        world = load.furnish(session)
    engine.dispose()
    context = multiprocessing.get_context("spawn")
    with context.Pool(PROCESSES) as pool:
        # Started and warm before the clock runs.
        pool.map(abs, range(PROCESSES))
        began = time.perf_counter()
        clients, each = CLIENTS // PROCESSES, operations // PROCESSES
        tallies = pool.starmap(load.share, [(url, world, clients, each, number) for number in range(PROCESSES)])
        seconds = time.perf_counter() - began
    tally = load.Tally()
    for part in tallies:
        tally.add(part)
    with Session(engine) as session:
        faults = list(load.faults(session, tally.used))
    engine.dispose()
    return _line(backend, tally, seconds, faults)


def _line(backend: str, tally: load.Tally, seconds: float, faults: list[str]) -> str:
    done = sum(count for ending, count in tally.endings.items() if ending.endswith(" done"))
    failed, total = len(tally.failures), tally.endings.total()
    times = sorted(tally.seconds)
    half, most, slowest = (times[int((len(times) - 1) * share)] * 1000 for share in (0.5, 0.99, 1.0))
    end = "audit clean" if not faults else f"{len(faults)} faults: {faults[0]}"
    if failed:
        end += f"; first failure: {tally.failures[0].splitlines()[0]}"
    return (
        f"| {backend} | {total / seconds:,.0f} | {half:.0f} ms | {most:.0f} ms | {slowest:.0f} ms "
        f"| {done:,} | {total - done - failed:,} | {failed} | {end} |"
    )


def _at_scale(url: str, size: scale.Size, rounds: int) -> None:
    engine = load.open_engine(url, CLIENTS)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        began = time.perf_counter()
        scale.furnish(session, size)
        levels = scale.level_count(session)
        print(f"\n## {levels:,} levels, {size.movements:,} movements (made in {time.perf_counter() - began:.0f} s)\n")
        print("| what | target | median | p95 | times |\n|---|--:|--:|--:|--:|")
        for measured in scale.measure(session, size, rounds=rounds):
            print(measured.row(), flush=True)
    engine.dispose()


if __name__ == "__main__":
    main()
