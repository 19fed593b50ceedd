"""
``make bench-routing``: plan public instances and field-service days, ours and others, and print the tables.

Every result is kept in a file at once, and what is in it is not run again: start it as often as you like, with as
little as you like. Delete the file, or name another, to measure anew.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic

from benchmarks.routing.arena import Arena, heat
from benchmarks.routing.contestants import CONTESTANTS
from benchmarks.routing.contests import DATA, Contest, contests
from benchmarks.routing.ledger import Ledger
from benchmarks.routing.readings import READINGS
from benchmarks.routing.tables import report

RESULTS = Path("var") / "bench-routing.jsonl"
# A quick look: this share of the seconds, so many instances of each set, one seed.
QUICK_SHARE, QUICK_INSTANCES = 0.1, 2
BEGIN, END = "<!-- measured -->", "<!-- end of what was measured -->"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing, print the tables; 1 if some plan was wrong or some run gave none."""
    parser = _parser()
    options = parser.parse_args(arguments)
    available = {name: _chosen(contest, options) for name, contest in contests(options.data).items()}
    unknown = [name for name in options.sets if name not in (*available, *READINGS)]
    if unknown:
        parser.error(f"no set {', '.join(unknown)}; choose from {', '.join([*available, *READINGS])}")
    ledger = Ledger.open(options.results)
    if not options.tables:
        try:
            _run(available, options, ledger)
        except KeyboardInterrupt:
            print("Interrupted. What is done is kept.", file=sys.stderr)
    tables = report(available, ledger, options.threads)
    if options.into:
        _put(tables, options.into)
    else:
        print(tables)
    return 1 if any(result.error or result.violations for result in ledger.results.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.routing", description="Compare planners.")
    names = ", ".join([*contests(), *READINGS])
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"{names}; default: all")
    parser.add_argument("--entries", nargs="+", help="only these, as contestant@seconds: ours@10 pyvrp@30")
    parser.add_argument("--instances", type=int, help="so many of each set, spread evenly")
    parser.add_argument("--seeds", nargs="+", type=int, help="of each contestant; default: 1 2 3")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="a tenth of the seconds, two instances, one seed")
    parser.add_argument("--results", type=Path, default=RESULTS, help=f"default: {RESULTS}")
    parser.add_argument("--data", type=Path, default=DATA, help="the folder of the public instances")
    parser.add_argument("--tables", action="store_true", help="run nothing, print what is held")
    parser.add_argument("--into", type=Path, help=f"write the tables into a page, between {BEGIN} and {END}")
    return parser


def _chosen(contest: Contest, options: argparse.Namespace) -> Contest:
    """The part of a contest that the options leave."""
    if options.quick:
        contest = contest.hurried(QUICK_SHARE).shortened(QUICK_INSTANCES).with_seeds((1,))
    if options.instances:
        contest = contest.shortened(options.instances)
    return contest.with_seeds(tuple(options.seeds)) if options.seeds else contest


def _run(available: Mapping[str, Contest], options: argparse.Namespace, ledger: Ledger) -> None:
    arena = Arena()
    try:
        for name in options.sets or [*available, *READINGS]:
            if name in READINGS:
                arena.close()
                for reading in (reading for measure in READINGS[name] for reading in measure(options.threads)):
                    ledger.note(reading)
            else:
                _hold(available[name], options, ledger, arena)
    finally:
        arena.close()


def _hold(contest: Contest, options: argparse.Namespace, ledger: Ledger, arena: Arena) -> None:
    """Every heat of a contest that the ledger lacks: all instances with the first seed, then with the next."""
    if not contest.instances:
        print(f"{contest.name}: the instances are not there; see --data.", file=sys.stderr)
    for entry in contest.entries:
        if not CONTESTANTS[entry.contestant].is_there:
            print(f"{entry.name}: not installed, its column stays empty; make .venv/.dev brings it.", file=sys.stderr)
    entries = [entry for entry in contest.entries if CONTESTANTS[entry.contestant].is_there]
    if options.entries:
        entries = [entry for entry in entries if entry.name in options.entries]
    for seed in contest.seeds:
        for instance, read in contest.instances.items():
            for entry in entries:
                runs = heat(contest, instance, entry, seed, options.threads)
                if seed in contest.seeds_of(entry) and any(run not in ledger.results for run in runs):
                    began = monotonic()
                    for result in arena.hold(runs, read, in_new_processes=contest.in_new_processes):
                        ledger.add(result)
                        outcome = result.error or f"{result.total:,.2f}, {result.left_out} left out"
                        took = f"{monotonic() - began:.0f} s"
                        print(f"{contest.name} {instance} {entry.name} {seed}: {outcome}, {took}", file=sys.stderr)


def _put(tables: str, page: Path) -> None:
    """Replace what stands between the marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        sys.exit(f"{page} has no {BEGIN} followed by {END}.")
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
