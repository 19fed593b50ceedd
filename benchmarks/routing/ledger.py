"""Results, one JSON object per line: what is in the file need not be run again, and tables are made from it alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """One method on one instance. ``copy`` numbers those that run at once for one contestant."""

    contest: str
    instance: str
    entry: str
    method: str
    seconds: float
    seed: int
    threads: int
    copy: int = 0


@dataclass(frozen=True)
class Result:
    """
    How a run ended.

    ``cost`` is without what is left out, ``total`` with it. ``violations`` counts what the checker found; ``error`` is
    why there is no plan, or empty. ``took`` is the search's own time, ``peak_mb`` the memory of its process so far,
    ``load`` that of the machine just before.
    """

    run: Run
    cost: float = 0.0
    total: float = 0.0
    left_out: int = 0
    violations: int = 0
    took: float = 0.0
    peak_mb: float = 0.0
    error: str = ""
    load: float = 0.0
    at: str = ""
    revision: str = ""


@dataclass(frozen=True)
class Reading:
    """A time or a value measured many times: its median and its largest, in ``unit``."""

    name: str
    median: float
    most: float
    unit: str
    times: int
    load: float = 0.0
    at: str = ""
    revision: str = ""


@dataclass
class Ledger:
    """The file of results, and what it holds."""

    path: Path
    results: dict[Run, Result] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path) -> "Ledger":
        """The results so far. A last line that was cut off when a run was interrupted is passed over."""
        ledger = cls(path)
        for entry in _entries(path):
            if "run" in entry:
                result = Result(**{**entry, "run": Run(**entry["run"])})
                ledger.results[result.run] = result
            else:
                ledger.readings[str(entry["name"])] = Reading(**entry)
        return ledger

    def add(self, result: Result) -> None:
        """Keep a result, at once."""
        self.results[result.run] = result
        self._write(asdict(result))

    def note(self, reading: Reading) -> None:
        """Keep a reading, at once; it replaces an older one of that name."""
        self.readings[reading.name] = reading
        self._write(asdict(reading))

    def _write(self, entry: Mapping[str, object]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue
