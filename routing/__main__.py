"""The planner's command line: ``python -m routing solve|check|insert|convert|bench|compile``."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

from routing.check import Violation, ViolationCode, check, recompute_cost
from routing.engines import SolveOptions
from routing.formats import contract
from routing.formats.files import refuse_unwritable
from routing.formats.public import PUBLIC_SETS
from routing.problem import Problem, ProblemError
from routing.solution import Solution, StopKind
from routing.solve import ENGINES, solve

T = TypeVar("T")


class CommandError(Exception):
    """What is wrong with the command or its files, in one sentence; ends the program with exit code 2."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 if all is well, 1 if a plan is wrong, 2 if the input is."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except CommandError as error:
        print(f"routing: {error}", file=sys.stderr)
        return 2


def solve_command(options: argparse.Namespace) -> int:
    """Plan, check the plan, write it."""
    _write(lambda: refuse_unwritable(options.output), options.output)
    problem = _read(contract.read_problem, options.problem)
    start = _read(contract.read_solution, options.start) if options.start else None
    solution = solve(problem, options.engine, replace(_solve_options(options), start=start))
    if options.certify:
        solution = _certified(problem, solution, options)
    _write(lambda: contract.write_solution(solution, options.output), options.output)
    print(_cost_table(solution.cost))
    left_out = len(solution.unserved)
    served = f"{len(problem.visits) - left_out} visits served, {_num_late(problem, solution)} of them late"
    print(f"{served}, {left_out} left out, after {solution.seconds:.2f} s with {solution.engine}.")
    if solution.bound is not None and solution.gap is not None:
        print(_proof(solution.bound, solution.gap))
    return _report(check(problem, solution))


def _proof(bound: float, gap: float) -> str:
    """What is proven, in figures that never say more than that."""
    cents = Decimal("0.01")
    least = Decimal(bound).quantize(cents, ROUND_FLOOR)
    most = Decimal(100 * gap).quantize(cents, ROUND_CEILING)
    return f"No plan costs less than {least:,}; the gap is at most {most:,} %."


def _certified(problem: Problem, solution: Solution, options: argparse.Namespace) -> Solution:
    """The solution with a bound and values."""
    # Imported here because loading numba takes half a second that the other commands may not need.
    from routing.bound.certify import CertifyOptions, certify  # noqa: PLC0415

    seconds = options.certify_seconds or options.seconds
    certificate = certify(problem, solution, CertifyOptions(seconds, options.threads))
    return replace(solution, bound=certificate.bound, values=certificate.values)


def check_command(options: argparse.Namespace) -> int:
    """Print the recomputed cost by term and every violation; 1 if there is any."""
    problem = _read(contract.read_problem, options.problem)
    solution = _read(contract.read_solution, options.solution)
    violations = check(problem, solution)
    if any(violation.code in {ViolationCode.UNKNOWN, ViolationCode.LOCATION} for violation in violations):
        print("No cost: the plan names things that are not in the problem.")
    else:
        print(_cost_table(recompute_cost(problem, solution)))
    return _report(violations)


def insert_command(options: argparse.Namespace) -> int:
    """Print every shift as a home for one more visit, as JSON, the cheapest first; 1 if the plan breaks rules."""
    problem = _read(contract.read_problem, options.problem)
    solution = _read(contract.read_solution, options.solution)
    visit = _read(contract.read_visit, options.visit)
    violations = check(problem, solution)
    for violation in violations:
        print(f"{violation.code}: {violation.sentence}", file=sys.stderr)
    if violations:
        return 1
    # Imported here because loading numba takes half a second that the other commands may not need.
    from routing.live import candidate_document, rank_insertions  # noqa: PLC0415

    candidates = _read(lambda _: rank_insertions(problem, solution, visit), options.visit)
    print(json.dumps([candidate_document(candidate) for candidate in candidates], indent=1, ensure_ascii=False))
    return 0


def convert_command(options: argparse.Namespace) -> int:
    """Write a public file as a problem of the contract."""
    _write(lambda: refuse_unwritable(options.output), options.output)
    problem = _read(PUBLIC_SETS[options.format].read, options.file)
    _write(lambda: contract.write_problem(problem, options.output), options.output)
    sizes = f"{len(problem.visits)} visits, {len(problem.shifts)} shifts, {len(problem.depots)} depots"
    print(f"{options.output}: {sizes}.")
    return 0


def bench_command(options: argparse.Namespace) -> int:
    """Plan every file of a folder with every engine; a markdown table against the known values, where there are any."""
    chosen = PUBLIC_SETS[options.set]
    files = _read(chosen.instances, options.folder)
    if not files:
        raise CommandError(f"{options.folder} holds no instances of {options.set} to plan.")
    known = _read(chosen.known_values, options.folder)
    print("| instance | engine | cost | known | gap | left out | seconds | check |")
    print("|---|---|--:|--:|--:|--:|--:|---|")
    wrong = 0
    for file in files:
        problem = _read(chosen.read, file)
        for engine in options.engines:
            solution = solve(problem, engine, _solve_options(options))
            violations = check(problem, solution)
            wrong += bool(violations)
            row = _bench_row(file.stem, solution, known.get(file.stem), chosen.prices_left_out)
            print(f"| {' | '.join([*row, 'wrong' if violations else 'ok'])} |", flush=True)
    return 1 if wrong else 0


def compile_command(_options: argparse.Namespace) -> int:
    """Compile the kernels once, so that nobody's first plan waits for it."""
    # Imported here because loading numba takes half a second that the other commands may not need.
    from routing.warm import compile_kernels  # noqa: PLC0415

    began = time.monotonic()
    compile_kernels()
    print(f"Planner kernels ready after {time.monotonic() - began:.1f} s.")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m routing", description="Plan technicians' visits and check plans.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("solve", help="plan a problem")
    command.add_argument("problem", type=Path, metavar="PROBLEM.json")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="SOLUTION.json")
    command.add_argument("--engine", choices=sorted(ENGINES), default="hybrid")
    command.add_argument("--start", type=Path, metavar="SOLUTION.json", help="plan to go on from, as far as it holds")
    _add_budget(command)
    command.add_argument("--certify", action="store_true", help="prove how good the plan is at most")
    command.add_argument("--certify-seconds", type=_positive(float), help="time for the proof; default: as --seconds")
    command.set_defaults(run=solve_command)

    command = commands.add_parser("check", help="check a plan and its cost")
    command.add_argument("problem", type=Path, metavar="PROBLEM.json")
    command.add_argument("solution", type=Path, metavar="SOLUTION.json")
    command.set_defaults(run=check_command)

    command = commands.add_parser("insert", help="rank all shifts for one more visit")
    command.add_argument("problem", type=Path, metavar="PROBLEM.json")
    command.add_argument("solution", type=Path, metavar="SOLUTION.json")
    command.add_argument("visit", type=Path, metavar="VISIT.json")
    command.set_defaults(run=insert_command)

    command = commands.add_parser("convert", help="make a problem from a public file")
    command.add_argument("format", choices=sorted(PUBLIC_SETS))
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument("-o", "--output", type=Path, required=True, metavar="PROBLEM.json")
    command.set_defaults(run=convert_command)

    command = commands.add_parser("bench", help="plan a folder of public files and print a table")
    command.add_argument("set", choices=sorted(PUBLIC_SETS))
    command.add_argument("folder", type=Path, metavar="FOLDER")
    command.add_argument("--engines", nargs="+", choices=sorted(ENGINES), default=sorted(ENGINES))
    _add_budget(command)
    command.set_defaults(run=bench_command)

    command = commands.add_parser("compile", help="compile the kernels ahead of the first plan")
    command.set_defaults(run=compile_command)
    return parser


def _add_budget(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seconds", type=_positive(float), default=10.0)
    command.add_argument("--iterations", type=_positive(int), default=None, help="budget that makes a run repeatable")
    command.add_argument("--seed", type=_positive(int), default=1)
    command.add_argument("--threads", type=_positive(int), default=1)


def _positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = kind(0)
        if not 0 < number <= 1e9:
            raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
        return number

    return read


def _solve_options(options: argparse.Namespace) -> SolveOptions:
    return SolveOptions(options.seconds, options.seed, options.threads, options.iterations)


def _read(reader: Callable[[Path], T], path: Path) -> T:
    try:
        return reader(path)
    except ProblemError as error:
        raise CommandError(f"{path}: {error}.") from error
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error
    except MemoryError as error:
        raise CommandError(f"{path} holds more than the memory of this machine.") from error


def _write(write: Callable[[], None], path: Path) -> None:
    try:
        write()
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror or error}.") from error


def _report(violations: Sequence[Violation]) -> int:
    for violation in violations:
        print(f"{violation.code}: {violation.sentence}")
    print("The plan is feasible and its cost is right." if not violations else f"{len(violations)} violations.")
    return 1 if violations else 0


def _cost_table(cost: Mapping[str, float]) -> str:
    return "\n".join(f"{term:<11}{amount:>16,.2f}" for term, amount in cost.items())


def _num_late(problem: Problem, solution: Solution) -> int:
    due = {visit.id: visit.due for visit in problem.visits if visit.due is not None}
    visits = [stop for route in solution.routes for stop in route.stops if stop.kind is StopKind.VISIT]
    return sum(stop.id in due and stop.start > due[stop.id] for stop in visits)


def _bench_row(name: str, solution: Solution, known: float | None, prices_left_out: bool) -> list[str]:
    cost, left_out = solution.cost["total"], len(solution.unserved)
    if not prices_left_out:
        # Our price of leaving something out says nothing there, and less work for fewer visits is no better plan.
        cost -= solution.cost["unserved"]
    gap = f"{100 * (cost / known - 1):+.2f} %" if known and (prices_left_out or not left_out) else ""
    value = "" if known is None else f"{known:,.2f}"
    return [name, solution.engine, f"{cost:,.2f}", value, gap, str(left_out), f"{solution.seconds:.1f}"]


def _run() -> int:
    """As a program of its own, which ends in order when it is told to stop."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    # Whoever starts the program may have closed what it prints to.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 -- open as long as the program runs
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 -- as above
    for stream in (sys.stdout, sys.stderr):
        # What the terminal cannot show is printed as a code.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = main()
        sys.stdout.flush()
    except _ToldToStop as stop:
        print("routing: told to stop.", file=sys.stderr)
        code = 128 + int(stop.args[0])
    except BrokenPipeError:
        # Nobody reads on, as with `| head`; Python would try to print the rest once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    return code


class _ToldToStop(KeyboardInterrupt):
    """
    A signal came.

    A class of its own: where a plain KeyboardInterrupt passes code made from text, as libraries make it when they are
    loaded, Python 3.11 ends the process with the signal SIGINT whatever the program returns.
    """


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    raise _ToldToStop(number)


if __name__ == "__main__":
    sys.exit(_run())
