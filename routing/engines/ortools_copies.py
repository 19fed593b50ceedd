"""Further searches in processes of their own, each with another order of shifts and visits."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from routing.engines.ortools_rounds import Plan, Rounds, Task
from routing.timing import Timing

# What a process may take beyond its budget before it is ended.
GRACE_SECONDS = 1.5


class Copies:
    """
    Searches that run beside the caller's.

    A pipe joins each to the caller. Plans come up through it as they are found; when its upper end is closed, by the
    caller or by the caller's death, the search below ends within a tenth of a second.
    """

    def __init__(self, tasks: list[Task]) -> None:
        context = multiprocessing.get_context("spawn")
        self.best: Plan | None = None
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []
        for task in tasks:
            upper, lower = context.Pipe()
            process = context.Process(target=_search, args=(task, lower), name=f"ortools-{task.copy}", daemon=True)
            process.start()
            lower.close()
            self._pipes.append(upper)
            self._processes.append(process)

    def collect(self) -> Plan | None:
        """The best plan received so far, without waiting."""
        for pipe in list(self._pipes):
            try:
                while pipe.poll():
                    self._receive(pipe.recv())
            except (EOFError, OSError):
                self._pipes.remove(pipe)
        return self.best

    def wait(self, seconds: float) -> None:
        """Until all have ended, or for so long."""
        until = time.monotonic() + seconds
        while self._pipes and time.monotonic() < until:
            self.collect()
            time.sleep(0.01)

    def end(self) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.terminate()
            process.join()

    def _receive(self, plan: Plan) -> None:
        if self.best is None or plan.cost < self.best.cost:
            self.best = plan


@contextmanager
def copies_of(tasks: list[Task]) -> Iterator[Copies]:
    """Start one process per task, and see that none is left when the block ends."""
    # A daemonic process, such as a worker of some pools, may not have children.
    copies = Copies([] if multiprocessing.current_process().daemon else tasks)
    try:
        yield copies
    finally:
        copies.end()


def _search(task: Task, pipe: Connection) -> None:
    """What a copy's process does."""

    def upper_end_is_closed() -> bool:
        # Nothing is ever sent down: that something can be read means the end of the file.
        return pipe.poll()

    try:
        Rounds(Timing(task.problem), task, pipe.send, upper_end_is_closed).search()
    except BrokenPipeError:
        pass
    finally:
        pipe.close()
