"""What is planned, by whom, for how long: one contest for each table."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from benchmarks.field_days import Settings, generate
from routing.formats.public import PUBLIC_SETS
from routing.problem import Problem, Visit

DATA = Path(__file__).parents[3] / "shared" / "data"
# The best working times known of four real days, in the files' unit.
REAL_DAYS_KNOWN = {"R1": 4915.767, "R3": 4434.800, "R4": 3831.900, "R6": 1284.734}
NUM_FIELD_DAYS = 12
RIVALS = ("ortools", "pyvrp", "vroom")


@dataclass(frozen=True)
class Entry:
    """One contestant with one budget. Of those that do not repeat, one seed is enough."""

    contestant: str
    seconds: float
    repeats: bool = True

    @property
    def name(self) -> str:
        return f"{self.contestant}@{self.seconds:g}"


@dataclass(frozen=True)
class Contest:
    """
    Instances that several contestants plan.

    Parameters
    ----------
    known
        Best known values by instance, in the unit of the cost without what is left out.
    prices_left_out
        Whether the set has a price for what is left out; if not, a plan that leaves something out does not count.
    in_new_processes
        Whether every run gets a process of its own, which makes its memory known.
    """

    name: str
    title: str
    instances: Mapping[str, Callable[[], Problem]]
    entries: tuple[Entry, ...]
    known: Mapping[str, float] = field(default_factory=dict)
    seeds: tuple[int, ...] = (1, 2, 3)
    prices_left_out: bool = False
    in_new_processes: bool = False

    @property
    def rivals(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.contestant != "ours")

    def seeds_of(self, entry: Entry) -> tuple[int, ...]:
        return self.seeds if entry.repeats else self.seeds[:1]

    def shortened(self, num_instances: int) -> "Contest":
        """So many of the instances, spread evenly over all."""
        names = list(self.instances)
        step = max(1.0, len(names) / num_instances)
        kept = [names[math.floor(k * step)] for k in range(min(num_instances, len(names)))]
        return replace(self, instances={name: self.instances[name] for name in kept})

    def with_seeds(self, seeds: tuple[int, ...]) -> "Contest":
        return replace(self, seeds=seeds)

    def hurried(self, share: float) -> "Contest":
        """The same with a share of the seconds."""
        return replace(self, entries=tuple(replace(entry, seconds=entry.seconds * share) for entry in self.entries))


def contests(data: Path = DATA) -> dict[str, Contest]:
    """All contests by name. Those on public files have no instances where these are missing."""
    field_entries = (Entry("ours", 5), Entry("ours", 30), *_everybody(30))
    listed = [
        _public(
            "pillac",
            "Technician routing and scheduling (29 instances)",
            "trsp",
            data / "trsp_pillac",
            (Entry("ours", 10), Entry("ours", 60), *_everybody(10)),
        ),
        replace(
            _public(
                "real", "Real technician days", "trsp", data / "trsp_real_days", (Entry("ours", 5), *_everybody(5))
            ),
            known=REAL_DAYS_KNOWN,
        ),
        _public(
            "solomon",
            "Solomon, DIMACS convention",
            "solomon",
            data / "solomon_100",
            (Entry("ours", 10), Entry("pyvrp", 10, repeats=False)),
        ),
        _public(
            "homberger",
            "Gehring & Homberger, 200 customers",
            "solomon-sintef",
            data / "homberger_200",
            (Entry("ours", 30), Entry("pyvrp", 30)),
        ),
        _field_days("field120", "Field-service days, 120 visits, 20 technicians", Settings(120, 20), field_entries),
        _field_days("field240", "Field-service days, 240 visits, 40 technicians", Settings(240, 40), field_entries),
        _field_days(
            "bare120",
            "The same days without parts, tools and breaks",
            Settings(120, 20),
            field_entries,
            change=without_supply,
        ),
        replace(
            _field_days(
                "thousand",
                "1,000 visits, 50 technicians, 5 days",
                Settings(1000, 50, days=5),
                (Entry("ours", 60), Entry("ortools-best", 300, repeats=False)),
                num_days=1,
            ),
            in_new_processes=True,
        ),
        replace(
            _field_days(
                "tenthousand",
                "10,000 visits, 300 technicians, 5 days",
                Settings(10_000, 300, days=5),
                (Entry("ours", 300),),
                num_days=1,
            ),
            in_new_processes=True,
            seeds=(1,),
        ),
    ]
    return {contest.name: contest for contest in listed}


def without_supply(problem: Problem) -> Problem:
    """A day as general solvers know it: nothing lacks, nobody rests."""

    def bare(visit: Visit) -> Visit:
        return replace(visit, parts={}, tools=frozenset())

    shifts = tuple(replace(shift, breaks=()) for shift in problem.shifts)
    return replace(problem, shifts=shifts, visits=tuple(map(bare, problem.visits)), depots=())


def _everybody(seconds: float) -> tuple[Entry, ...]:
    return tuple(Entry(rival, seconds, repeats=False) for rival in RIVALS)


def _public(name: str, title: str, kind: str, folder: Path, entries: tuple[Entry, ...]) -> Contest:
    files = PUBLIC_SETS[kind]
    found = files.instances(folder) if folder.is_dir() else []
    return Contest(
        name,
        title,
        instances={path.stem: partial(files.read, path) for path in found},
        entries=entries,
        known=files.known_values(folder),
        prices_left_out=files.prices_left_out,
    )


def _field_days(
    name: str,
    title: str,
    settings: Settings,
    entries: tuple[Entry, ...],
    *,
    num_days: int = NUM_FIELD_DAYS,
    change: Callable[[Problem], Problem] | None = None,
) -> Contest:
    days = {f"day {seed}": replace(settings, seed=seed) for seed in range(1, num_days + 1)}
    instances = {day: partial(_field_day, chosen, change) for day, chosen in days.items()}
    return Contest(name, title, instances, entries, prices_left_out=True)


def _field_day(settings: Settings, change: Callable[[Problem], Problem] | None) -> Problem:
    problem = generate(settings)
    return change(problem) if change else problem
