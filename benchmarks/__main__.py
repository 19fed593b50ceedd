"""`make bench`: measure what benchmarks/README.md states. Name parts to run only those, loadout for example."""

import platform
import sys
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import cast

PARTS = {
    "day": ("The demonstration's day, planned", "benchmarks.day"),
    "loadout": ("Five printers for nine jobs", "benchmarks.loadout"),
    "pictures": ("Pictures of a plan", "benchmarks.plan_pictures"),
    "scale": ("Days of up to 10,000 visits", "benchmarks.scale"),
    "pages": ("Pages", "benchmarks.pages"),
    "checks": ("The three screens, as Lighthouse sees them", "benchmarks.checks"),
    "travel": ("Travel times on roads", "benchmarks.travel"),
    "cache": ("Travel times from the cache", "benchmarks.travel_cache"),
    "live": ("The living day: who can come, and the repaired plan", "benchmarks.live"),
    "replay": ("A day replayed: events, overruns, an absence, urgent calls", "benchmarks.day_replay"),
    "forecast": ("Reorder points for demand that comes now and then", "benchmarks.forecast"),
}
LIBRARIES = ("ortools", "numba", "numpy", "scipy", "osmium", "flask", "sqlalchemy")


def main() -> None:
    """Run the parts that were named, or all."""
    named = sys.argv[1:] or list(PARTS)
    unknown = [name for name in named if name not in PARTS]
    if unknown:
        sys.exit(f"There is no part {', '.join(unknown)}. Choose from: {', '.join(PARTS)}.")
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    print(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {versions}")
    for name in named:
        title, module = PARTS[name]
        print(f"\n## {title}\n", flush=True)
        cast("Callable[[], None]", import_module(module).report)()


if __name__ == "__main__":
    main()
