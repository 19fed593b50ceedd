"""Running: every method in a process of its own, those of one contestant at once, none longer than it may take."""

import multiprocessing
import os
import resource
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import count
from multiprocessing.connection import Connection

from benchmarks.routing.contestants import CONTESTANTS, answer, get_ready
from benchmarks.routing.contests import Contest, Entry
from benchmarks.routing.ledger import Result, Run
from routing.check import check
from routing.problem import Problem

# Making an exact plan of a proposal, reasons and the check come after the search.
GRACE_SECONDS, GRACE_SHARE = 300.0, 1.0


def heat(contest: Contest, instance: str, entry: Entry, seed: int, threads: int) -> list[Run]:
    """The runs that make one answer of a contestant, to be run at once."""
    contestant = CONTESTANTS[entry.contestant]
    copies = 1 if contestant.uses_threads else threads
    return [
        Run(
            contest.name,
            instance,
            entry.name,
            contestant.methods[copy % len(contestant.methods)],
            entry.seconds,
            # No two copies of all repetitions have the same seed.
            seed if copies == 1 else seed * copies + copy,
            threads if copies == 1 else 1,
            copy,
        )
        for copy in range(copies)
    ]


class Arena:
    """As many worker processes as runs that go on at once; they are kept, with what they have imported."""

    def __init__(self) -> None:
        self._workers: list[_Worker] = []

    def hold(self, runs: Sequence[Run], read: Callable[[], Problem], *, in_new_processes: bool = False) -> list[Result]:
        """Run all at once; the result of each."""
        if in_new_processes:
            self.close()
        while len(self._workers) < len(runs):
            self._workers.append(_Worker())
        workers = self._workers[: len(runs)]
        for worker, run in zip(workers, runs, strict=True):
            worker.get_ready(run.method)
        load = os.getloadavg()[0]
        for worker, run in zip(workers, runs, strict=True):
            worker.start(run, read)
        results = [worker.finish(run) for worker, run in zip(workers, runs, strict=True)]
        self._workers = [worker for worker in self._workers if not worker.is_closed]
        now, revision = datetime.now(UTC).isoformat(timespec="seconds"), head()
        return [replace(result, load=round(load, 2), at=now, revision=revision) for result in results]

    def close(self) -> None:
        for worker in self._workers:
            worker.close()
        self._workers.clear()


class _Worker:
    """One process; closed when it does not answer in time."""

    _numbers = count()

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, lower = context.Pipe()
        # Not a daemon: some methods start processes of their own.
        self._process = context.Process(target=_work, args=(lower,), name=f"bench-{next(self._numbers)}")
        self._process.start()
        self._known: set[str] = set()
        self.is_closed = False
        lower.close()

    def get_ready(self, method: str) -> None:
        if method not in self._known:
            self._pipe.send(("ready", method))
            self._pipe.recv()
            self._known.add(method)

    def start(self, run: Run, read: Callable[[], Problem]) -> None:
        self._pipe.send(("run", (run, read)))

    def finish(self, run: Run) -> Result:
        try:
            if self._pipe.poll(run.seconds * (1 + GRACE_SHARE) + GRACE_SECONDS):
                result: Result = self._pipe.recv()
                return result
            error = f"no answer after {run.seconds * (1 + GRACE_SHARE) + GRACE_SECONDS:.0f} s"
        except (EOFError, ConnectionError):
            self._process.join()
            error = f"the process ended with code {self._process.exitcode}"
        self.close()
        return Result(run, error=error)

    def close(self) -> None:
        self.is_closed = True
        self._pipe.close()
        self._process.join(1.0)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def _work(pipe: Connection) -> None:
    """What a worker does until its caller hangs up."""
    while True:
        try:
            order, what = pipe.recv()
        except EOFError:
            return
        if order == "ready":
            get_ready(what)
            pipe.send(None)
        else:
            pipe.send(_result(*what))


def _result(run: Run, read: Callable[[], Problem]) -> Result:
    problem = read()
    try:
        solution = answer(run.method, problem, seconds=run.seconds, seed=run.seed, threads=run.threads)
    except Exception as error:  # noqa: BLE001 - whatever a contestant trips over is its result.
        return Result(run, error=f"{type(error).__name__}: {error}")
    return Result(
        run,
        cost=solution.cost["total"] - solution.cost["unserved"],
        total=solution.cost["total"],
        left_out=len(solution.unserved),
        violations=len(check(problem, solution)),
        took=round(solution.seconds, 3),
        peak_mb=round(_peak_kb() / 1024),
    )


def _peak_kb() -> int:
    """Of this process and the largest of its children."""
    return sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


@lru_cache(maxsize=1)
def head() -> str:
    """The commit that is measured, with a mark if files differ from it; empty outside a repository."""
    found = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return found.stdout.strip()
