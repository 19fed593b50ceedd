"""
Home health care routing and scheduling (Mankowska, Meisel & Bierwirth 2014, doi:10.1007/s10729-013-9243-1), in the JSON
form of Ceschia, Di Gaspero, Rosati & Schaerf (2024, doi:10.1111/itor.13585).

A service may not start before the patient's window opens and is late when it starts after the window closes. The
set's objective is a third each of the distance, of the total lateness and of the largest lateness. Distance is travel
time. The largest lateness is no sum over visits and does not fit our objective: a converted problem prices the first
two at a third each and leaves the last one out, so its cost compares with ``(distance + total_tardiness) / 3`` of a
published plan and not with ``total_cost``.

Patients who need two caregivers at related times are a different problem: ``read`` refuses a file that has any, and
``read_singles`` leaves these patients out. All 70 instances of 2014 have some.

An instance in an archive is named as if the archive were a folder: ``instances.tar.gz/NAME.json``.
"""

import tarfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routing.formats.fields import Field, Members, parse
from routing.problem import Problem, ProblemError, Shift, Visit

# Distances have three decimals.
TIME_SCALE = 1000
LATEST = 500_000.0
# Each term of the objective.
WEIGHT = 1 / 3
# More than any plan of the published sets costs: every patient must be seen.
UNSERVED_COST = 1_000_000.0
ARCHIVES = (".tar.gz", ".tgz")
# No instance comes near; a small archive that unpacks to much more is none.
MAX_BYTES = 50_000_000

_HEADS = {"distance_traveled", "total_tardiness"}


def read(path: Path) -> Problem:
    """
    An instance without synchronised pairs.

    Raises
    ------
    ProblemError
        If a field is malformed, or a patient needs two caregivers; the message names the field.
    OSError
        If the file cannot be read.
    """
    return _problem(path, singles_only=False)


def read_singles(path: Path) -> Problem:
    """The patients of an instance who need one caregiver; the others are left out. Raises as ``read``."""
    return _problem(path, singles_only=True)


def instances(folder: Path) -> list[Path]:
    """The instances in a folder, or those in an archive or in the archives of a folder."""
    if _is_archive(folder):
        return _members(folder)
    archives = sorted(file for file in folder.iterdir() if _is_archive(file)) if folder.is_dir() else []
    return sorted(folder.glob("*.json")) + [member for archive in archives for member in _members(archive)]


def known_values(folder: Path) -> dict[str, float]:
    """
    What the best known plans cost without the largest lateness, from the table ``mankowska_best.md``.

    Raises
    ------
    ProblemError
        If the table lacks a column or holds no number where one belongs.
    """
    file = (folder.parent if _is_archive(folder) else folder) / "mankowska_best.md"
    if not file.is_file():
        return {}
    head, _, *rows = [_cells(line) for line in file.read_text(encoding="utf-8").splitlines()] + [[], []]
    if not {"instance", *_HEADS} <= set(head):
        raise ProblemError(file.name, "a table with instance, distance_traveled and total_tardiness", head)
    values = {}
    for row in rows:
        cells = dict(zip(head, row, strict=False))
        if cells:
            name = cells["instance"].removesuffix(".json")
            values[name] = WEIGHT * sum(_cell(cells, column, file) for column in _HEADS)
    return values


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _cell(cells: dict[str, str], column: str, file: Path) -> float:
    try:
        return float(cells[column])
    except (KeyError, ValueError):
        raise ProblemError(f"{file.name} {cells['instance']}", f"a number under {column}", cells.get(column)) from None


def _is_archive(path: Path) -> bool:
    return path.name.endswith(ARCHIVES) and path.is_file()


def _members(archive: Path) -> list[Path]:
    with _opened(archive) as tar:
        names = [Path(member.name).name for member in _contents(tar, archive)]
    return [archive / name for name in sorted(names)]


def _contents(tar: tarfile.TarFile, archive: Path) -> list[tarfile.TarInfo]:
    try:
        return [member for member in tar.getmembers() if member.isfile() and member.name.endswith(".json")]
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _broken(archive, error) from error


def _opened(archive: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(archive)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _broken(archive, error) from error


def _broken(archive: Path, error: Exception) -> ProblemError:
    return ProblemError(archive.name, "a whole gzipped tar archive", error)


def _content(path: Path) -> bytes:
    archive = path.parent
    if not _is_archive(archive):
        return path.read_bytes()
    with _opened(archive) as tar:
        for member in _contents(tar, archive):
            if Path(member.name).name == path.name:
                return _unpacked(tar, member, archive)
    raise ProblemError(archive.name, f"an instance {path.name} in the archive")


def _unpacked(tar: tarfile.TarFile, member: tarfile.TarInfo, archive: Path) -> bytes:
    if member.size > MAX_BYTES:
        raise ProblemError(f"{archive.name}/{member.name}", f"at most {MAX_BYTES:,} bytes", f"{member.size:,}")
    try:
        stream = tar.extractfile(member)
        return stream.read() if stream else b""
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _broken(archive, error) from error


def _problem(path: Path, *, singles_only: bool) -> Problem:
    keys = {"patients", "services", "caregivers", "central_offices", "distances"}
    members = parse(_content(path)).members(keys, {"name"})
    if len(members["central_offices"].items()) != 1:
        raise members["central_offices"].refuse("one central office")
    patients = members["patients"].items()
    travel = _travel(members["distances"], len(patients) + 1)
    durations = dict(_service(item) for item in members["services"].items())
    visits = [_visit(patient, location, durations, singles_only) for location, patient in enumerate(patients, 1)]
    return Problem(
        travel=travel,
        distance=travel / TIME_SCALE,
        shifts=tuple(_shift(item) for item in members["caregivers"].items()),
        visits=tuple(visit for visit in visits if visit),
        time_scale=TIME_SCALE,
    )


def _travel(field: Field, size: int) -> npt.NDArray[np.int64]:
    """The matrix: the office first, then the patients in their order."""
    rows = field.items()
    if len(rows) != size:
        raise ProblemError(field.path, f"{size} rows, the office and the patients", len(rows))
    return np.array([_row(row, size) for row in rows], dtype=np.int64)


def _row(field: Field, size: int) -> Sequence[int]:
    values = [_units(item) for item in field.items()]
    if len(values) != size:
        raise ProblemError(field.path, f"{size} distances", len(values))
    return values


def _units(field: Field) -> int:
    return round(field.number(0.0, LATEST) * TIME_SCALE)


def _service(field: Field) -> tuple[str, int]:
    members = field.members({"id"}, {"default_duration"})
    return members["id"].text(), members.read("default_duration", _units, 0)


def _shift(field: Field) -> Shift:
    members = field.members({"id", "abilities"}, set())
    name = members["id"].text()
    return Shift(
        id=name,
        technician=name,
        start_location=0,
        end_location=0,
        start=0,
        end=round(LATEST * TIME_SCALE),
        skills=dict.fromkeys(sorted(members["abilities"].names()), 1),
        travel_cost=WEIGHT,
    )


def _visit(field: Field, location: int, durations: dict[str, int], singles_only: bool) -> Visit | None:
    """The visit to a patient, or None if the patient needs two caregivers and those are left out."""
    members = field.members({"id", "time_window", "required_caregivers"}, {"location", "synchronization"})
    needs = members["required_caregivers"].items()
    if len(needs) != 1:
        if singles_only and needs:
            return None
        expected = "one caregiver: synchronised pairs are not planned (mankowska-singles leaves such patients out)"
        raise ProblemError(members["required_caregivers"].path, expected, f"{len(needs)} caregivers")
    opens, closes = _window(members)
    service = needs[0].members({"service"}, {"duration"})
    name = service["service"].text()
    if name not in durations:
        raise service["service"].refuse(f"one of the services {', '.join(durations)}")
    return Visit(
        id=members["id"].text(),
        location=location,
        duration=service.read("duration", _units, durations[name]),
        release=opens,
        due=closes,
        lateness_cost=WEIGHT,
        unserved_cost=UNSERVED_COST,
        skills={name: 1},
    )


def _window(members: Members) -> tuple[int, int]:
    bounds = members["time_window"].items()
    if len(bounds) != 2:
        raise members["time_window"].refuse("[opens, closes]")
    opens, closes = (_units(bound) for bound in bounds)
    if opens > closes:
        raise ProblemError(members["time_window"].path, "opens <= closes", f"{opens} > {closes}")
    return opens, closes
