"""Our JSON contract, version 1: problems and solutions as other programs read and write them."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.formats.fields import Field, Members, load
from routing.formats.files import whole_file
from routing.problem import (
    MAX_COST,
    MAX_QUANTITY,
    MAX_TIME,
    MAX_TOTAL_COST,
    MAX_TOTAL_QUANTITY,
    NO_ROAD,
    Break,
    Depot,
    Overtime,
    Pin,
    Previous,
    Problem,
    ProblemError,
    Shift,
    Visit,
    Window,
)
from routing.solution import Load, Reason, ReasonCode, Route, Solution, Stop, StopKind, Unserved, Value, ValueKind
from routing.tables import Steps

VERSION = 1
# Bytes from which on a problem's file is read without making Python numbers of its matrix.
LARGE = 4_000_000

_SHIFT_KEYS = {
    *("start", "end", "skills", "tools", "trunk", "overtime", "breaks"),
    *("fixed_cost", "travel_cost", "work_cost"),
}
_VISIT_KEYS = {
    *("windows", "due", "lateness_cost", "breach_cost", "unserved_cost", "release", "skills", "tools", "parts"),
    *("technicians", "forbidden", "preferred", "pin", "previous"),
}
_SHIFT_REQUIRED = {"id", "technician", "start_location", "end_location"}
_STOP_REQUIRED = {"kind", "id", "location", "arrive", "start", "leave"}
_SOLUTION_KEYS = {"unserved", "loads", "bound", "gap", "values", "seed", "seconds", "engine", "versions"}


def read_problem(path: Path) -> Problem:
    """
    The problem in a JSON file.

    Raises
    ------
    ProblemError
        If anything is malformed; the message names the field and what is expected there.
    OSError
        If the file cannot be read.
    """
    if path.stat().st_size < LARGE:
        return problem_from(load(path).value)
    # Imported here because loading numba takes half a second, which small files are read without.
    from routing.formats.matrices import load_problem  # noqa: PLC0415

    readers = {name: partial(_items, reader=reader) for name, reader in (("travel", _leg), ("distance", _length))}
    return problem_from(load_problem(path, readers).value)


def problem_from(document: object) -> Problem:
    """The problem in a parsed JSON document; raises as ``read_problem``."""
    members = Field(document).members({"travel", "shifts", "visits"}, {"version", "time_scale", "distance", "depots"})
    _check_version(members)
    return Problem(
        travel=_travel(members["travel"]),
        shifts=tuple(_shift(item) for item in members["shifts"].items()),
        visits=tuple(_visit(item) for item in members["visits"].items()),
        depots=members.read("depots", lambda field: tuple(_depot(item) for item in field.items()), ()),
        distance=members.read_or_none("distance", _distance),
        time_scale=members.read("time_scale", lambda field: field.integer(1, 1_000_000), 1),
    )


def read_visit(path: Path) -> Visit:
    """One visit as it stands in a problem, in a JSON file of its own; raises as ``read_problem``."""
    return _visit(load(path))


def read_solution(path: Path) -> Solution:
    """The solution in a JSON file; raises as ``read_problem``."""
    return solution_from(load(path).value)


def solution_from(document: object) -> Solution:
    """The solution in a parsed JSON document; raises as ``read_problem``."""
    members = Field(document).members({"routes", "cost"}, _SOLUTION_KEYS | {"version"})
    _check_version(members)
    return Solution(
        routes=tuple(_route(item) for item in members["routes"].items()),
        unserved=members.read("unserved", lambda field: tuple(_unserved(item) for item in field.items()), ()),
        loads=members.read_or_none("loads", lambda field: tuple(_load(item) for item in field.items())),
        cost={term: _total(field) for term, field in members["cost"].entries().items()},
        bound=members.read_or_none("bound", _total),
        values=members.read("values", lambda field: tuple(_value(item) for item in field.items()), ()),
        seed=members.read("seed", lambda field: field.integer(0, 2**63 - 1), 0),
        seconds=members.read("seconds", _cost, 0.0),
        engine=members.read("engine", Field.text, ""),
        versions=members.read("versions", lambda field: {k: f.text() for k, f in field.entries().items()}, {}),
    )


def write_problem(problem: Problem, path: Path) -> None:
    """Write a problem that ``read_problem`` reads back, all of it or nothing; members at their default are left out."""
    with whole_file(path) as file:
        file.write(_text(_problem_members(problem))[:-1])
        for key, matrix in _matrices(problem).items():
            file.write(f', "{key}": [')
            # Row by row: as Python numbers, a matrix of ten thousand places would take gigabytes.
            for i, row in enumerate(matrix):
                file.write(f"{', ' if i else ''}{_text(_nullable(row))}")
            file.write("]")
        file.write("}\n")


def write_solution(solution: Solution, path: Path) -> None:
    """Write a solution that ``read_solution`` reads back, all of it or nothing."""
    _write(solution_document(solution), path)


def problem_document(problem: Problem) -> dict[str, object]:
    """A problem as JSON values."""
    matrices = {key: [_nullable(row) for row in matrix] for key, matrix in _matrices(problem).items()}
    return {**_problem_members(problem), **matrices}


def _problem_members(problem: Problem) -> dict[str, object]:
    return {
        "version": VERSION,
        "time_scale": problem.time_scale,
        "shifts": [_shift_document(shift) for shift in problem.shifts],
        "visits": [_visit_document(visit) for visit in problem.visits],
        "depots": [_depot_document(depot) for depot in problem.depots],
    }


def _matrices(problem: Problem) -> dict[str, npt.NDArray[np.integer[Any] | np.float64]]:
    return {"travel": problem.travel} | ({} if problem.distance is None else {"distance": problem.distance})


def solution_document(solution: Solution) -> dict[str, object]:
    """A solution as JSON values."""
    engine = {"engine": solution.engine} if solution.engine else {}
    loads = {} if solution.loads is None else {"loads": [_load_document(load) for load in solution.loads]}
    return {
        "version": VERSION,
        **engine,
        "seed": solution.seed,
        "seconds": solution.seconds,
        "versions": dict(solution.versions),
        "cost": dict(solution.cost),
        **_bound_document(solution),
        "routes": [_route_document(route) for route in solution.routes],
        **loads,
        "unserved": [
            {"visit": left_out.visit, "reasons": [_reason_document(reason) for reason in left_out.reasons]}
            for left_out in solution.unserved
        ],
    }


def _bound_document(solution: Solution) -> dict[str, object]:
    """The bound and what comes with it; the gap is there for the reader and follows from the others."""
    if solution.bound is None:
        return {"bound": None}
    values = [{key: item for key, item in asdict(value).items() if item not in {None, ""}} for value in solution.values]
    return {"bound": solution.bound, "gap": solution.gap, "values": values}


def _value(field: Field) -> Value:
    members = field.members({"kind", "amount"}, {"name", "level", "shift", "depot"})
    return Value(
        kind=ValueKind(_one_of(members["kind"], ValueKind)),
        amount=members["amount"].number(0.0, MAX_TOTAL_COST),
        name=members.read("name", Field.text, ""),
        level=members.read_or_none("level", _number),
        shift=members.read_or_none("shift", Field.text),
        depot=members.read_or_none("depot", _number),
    )


def _check_version(members: Members) -> None:
    version = members.read("version", lambda field: field.integer(0, MAX_TIME), VERSION)
    if version != VERSION:
        raise ProblemError("version", str(VERSION), version)


def _time(field: Field) -> int:
    return field.integer(0, MAX_TIME)


def _cost(field: Field) -> float:
    return field.number(0.0, MAX_COST)


def _total(field: Field) -> float:
    return field.number(-MAX_TOTAL_COST, MAX_TOTAL_COST)


def _leg(field: Field) -> int:
    """A travel time; null where no road leads."""
    return NO_ROAD if field.value is None else _time(field)


def _length(field: Field) -> float:
    """A distance; null where no road leads."""
    return math.nan if field.value is None else _cost(field)


def _number(field: Field) -> int:
    """The level of a skill, or the position of a depot."""
    return field.integer(0, MAX_QUANTITY)


def _counts(field: Field) -> dict[str, int]:
    return {key: item.integer(0, MAX_QUANTITY) for key, item in field.entries().items()}


def _loaded(field: Field) -> dict[str, int]:
    return {key: item.integer(0, MAX_TOTAL_QUANTITY) for key, item in field.entries().items()}


def _stock(field: Field) -> dict[str, int | None]:
    entries = field.entries().items()
    return {key: None if item.value is None else item.integer(0, MAX_QUANTITY) for key, item in entries}


def _names(field: Field) -> frozenset[str]:
    return field.names()


def _window(field: Field) -> Window:
    bounds = field.items()
    if len(bounds) != 2:
        raise field.refuse("[start, end]")
    start, end = (_time(bound) for bound in bounds)
    if start > end:
        raise ProblemError(field.path, "start <= end", f"{start} > {end}")
    return start, end


def _travel(field: Field) -> Steps:
    return np.asarray(_matrix(field, _leg), dtype=np.int32)


def _matrix(field: Field, reader: Callable[[Field], float]) -> npt.ArrayLike:
    """A square matrix of what the reader accepts."""
    if isinstance(field.value, np.ndarray):
        # The rows of a large file are read and checked already.
        return field.value
    rows = field.items()
    return [_row(row, len(rows), reader) for row in rows]


def _row(field: Field, count: int, reader: Callable[[Field], float]) -> list[float]:
    # Nearly all rows pass the short test, which spares a matrix of a million entries as many Field objects.
    values = field.value
    if isinstance(values, list) and len(values) == count and all(type(v) is int and 0 <= v <= MAX_TIME for v in values):
        return values
    return _items(field, count, reader)


def _items(field: Field, count: int, reader: Callable[[Field], float]) -> list[float]:
    if not isinstance(field.value, list) or len(field.value) != count:
        got = f"{len(field.value)}" if isinstance(field.value, list) else "no list"
        raise ProblemError(field.path, f"{count} values, one per row", got)
    return [reader(item) for item in field.items()]


def _distance(field: Field) -> npt.NDArray[np.float64]:
    return np.asarray(_matrix(field, _length), dtype=np.float64)


def _shift(field: Field) -> Shift:
    members = field.members(_SHIFT_REQUIRED, _SHIFT_KEYS)
    return Shift(
        id=members["id"].text(),
        technician=members["technician"].text(),
        start_location=_time(members["start_location"]),
        end_location=_time(members["end_location"]),
        start=members.read("start", _time, 0),
        end=members.read("end", _time, MAX_TIME),
        skills=members.read("skills", _counts, {}),
        tools=members.read("tools", _names, frozenset()),
        trunk=members.read("trunk", _counts, {}),
        overtime=members.read_or_none("overtime", _overtime),
        breaks=members.read("breaks", lambda breaks: tuple(_break(item) for item in breaks.items()), ()),
        fixed_cost=members.read("fixed_cost", _cost, 0.0),
        travel_cost=members.read("travel_cost", _cost, 1.0),
        work_cost=members.read("work_cost", _cost, 0.0),
    )


def _overtime(field: Field) -> Overtime:
    members = field.members(set(), {"max", "cost"})
    return Overtime(members.read("max", _time, 0), members.read("cost", _cost, 0.0))


def _break(field: Field) -> Break:
    members = field.members({"duration"}, {"earliest", "latest"})
    earliest, latest = members.read("earliest", _time, 0), members.read("latest", _time, MAX_TIME)
    return Break(_time(members["duration"]), earliest, latest)


def _visit(field: Field) -> Visit:
    members = field.members({"id", "location", "duration"}, _VISIT_KEYS)
    return Visit(
        id=members["id"].text(),
        location=_time(members["location"]),
        duration=_time(members["duration"]),
        windows=members.read("windows", lambda windows: tuple(_window(item) for item in windows.items()), ()),
        # A job that is overdue when the horizon starts was due before it.
        due=members.read_or_none("due", lambda due: due.integer(-MAX_TIME, MAX_TIME)),
        lateness_cost=members.read("lateness_cost", _cost, 0.0),
        breach_cost=members.read("breach_cost", _cost, 0.0),
        unserved_cost=members.read("unserved_cost", _cost, 0.0),
        release=members.read("release", _time, 0),
        skills=members.read("skills", _counts, {}),
        tools=members.read("tools", _names, frozenset()),
        parts=members.read("parts", _counts, {}),
        technicians=members.read_or_none("technicians", _names),
        forbidden=members.read("forbidden", _names, frozenset()),
        preferred=members.read("preferred", lambda all_: {k: _cost(f) for k, f in all_.entries().items()}, {}),
        pin=members.read_or_none("pin", _pin),
        previous=members.read_or_none("previous", _previous),
    )


def _pin(field: Field) -> Pin:
    members = field.members(set(), {"technician", "start", "window"})
    return Pin(
        technician=members.read_or_none("technician", Field.text),
        start=members.read_or_none("start", _time),
        window=members.read_or_none("window", _window),
    )


def _previous(field: Field) -> Previous:
    members = field.members({"shift", "start"}, {"technician_change_cost", "start_change_cost"})
    return Previous(
        shift=members["shift"].text(),
        start=_time(members["start"]),
        technician_change_cost=members.read("technician_change_cost", _cost, 0.0),
        start_change_cost=members.read("start_change_cost", _cost, 0.0),
    )


def _depot(field: Field) -> Depot:
    members = field.members({"location"}, {"duration", "tools", "parts"})
    return Depot(
        location=_time(members["location"]),
        duration=members.read("duration", _time, 0),
        tools=members.read("tools", _names, frozenset()),
        parts=members.read("parts", _stock, {}),
    )


def _route(field: Field) -> Route:
    members = field.members({"shift", "stops", "depart", "return"}, set())
    stops = tuple(_stop(item) for item in members["stops"].items())
    return Route(members["shift"].text(), stops, _time(members["depart"]), _time(members["return"]))


def _stop(field: Field) -> Stop:
    members = field.members(_STOP_REQUIRED, {"taken"})
    return Stop(
        kind=StopKind(_one_of(members["kind"], StopKind)),
        id=members["id"].text(),
        location=_time(members["location"]),
        arrive=_time(members["arrive"]),
        start=_time(members["start"]),
        leave=_time(members["leave"]),
        taken=members.read("taken", _loaded, {}),
    )


def _unserved(field: Field) -> Unserved:
    members = field.members({"visit"}, {"reasons"})
    return Unserved(members["visit"].text(), members.read("reasons", _reasons, ()))


def _load(field: Field) -> Load:
    members = field.members({"shift", "technician", "depot", "parts"}, set())
    shift, technician = members["shift"].text(), members["technician"].text()
    return Load(shift, technician, _number(members["depot"]), _loaded(members["parts"]))


def _reasons(field: Field) -> tuple[Reason, ...]:
    return tuple(_reason(item) for item in field.items())


def _reason(field: Field) -> Reason:
    members = field.members({"shift", "technician", "code", "sentence"}, set())
    code = ReasonCode(_one_of(members["code"], ReasonCode))
    return Reason(members["shift"].text(), members["technician"].text(), code, members["sentence"].text())


def _one_of(field: Field, choices: type[StopKind] | type[ReasonCode] | type[ValueKind]) -> str:
    allowed = [choice.value for choice in choices]
    if field.value not in allowed:
        raise field.refuse(f"one of {', '.join(allowed)}")
    return str(field.value)


def _nullable(row: npt.NDArray[np.integer[Any] | np.float64]) -> list[object]:
    """A row of a matrix, with null where no road leads."""
    values: list[object] = row.tolist()
    for j in np.flatnonzero(np.isnan(row) if row.dtype.kind == "f" else row == NO_ROAD).tolist():
        values[j] = None
    return values


def _shift_document(shift: Shift) -> dict[str, object]:
    overtime = {"max": shift.overtime.max, "cost": shift.overtime.cost} if shift.overtime else None
    document = {
        "id": shift.id,
        "technician": shift.technician,
        "start_location": shift.start_location,
        "end_location": shift.end_location,
        "start": shift.start,
        "end": shift.end,
        "travel_cost": shift.travel_cost,
    }
    return document | _set_only(
        skills=dict(shift.skills),
        tools=sorted(shift.tools),
        trunk=dict(shift.trunk),
        overtime=overtime,
        breaks=[{"duration": b.duration, "earliest": b.earliest, "latest": b.latest} for b in shift.breaks],
        fixed_cost=shift.fixed_cost,
        work_cost=shift.work_cost,
    )


def _visit_document(visit: Visit) -> dict[str, object]:
    document: dict[str, object] = {"id": visit.id, "location": visit.location, "duration": visit.duration}
    document |= _set_only(
        windows=[list(window) for window in visit.windows],
        lateness_cost=visit.lateness_cost,
        breach_cost=visit.breach_cost,
        unserved_cost=visit.unserved_cost,
        release=visit.release,
        skills=dict(visit.skills),
        tools=sorted(visit.tools),
        parts=dict(visit.parts),
        forbidden=sorted(visit.forbidden),
        preferred=dict(visit.preferred),
        previous=_previous_document(visit.previous) if visit.previous else None,
    )
    # A due time of 0, an empty list of allowed technicians and a pin of nothing are not the default, though empty.
    if visit.due is not None:
        document["due"] = visit.due
    if visit.technicians is not None:
        document["technicians"] = sorted(visit.technicians)
    if visit.pin is not None:
        document["pin"] = _pin_document(visit.pin)
    return document


def _pin_document(pin: Pin) -> dict[str, object]:
    window = None if pin.window is None else list(pin.window)
    stated = {"technician": pin.technician, "start": pin.start, "window": window}
    return {key: value for key, value in stated.items() if value is not None}


def _previous_document(previous: Previous) -> dict[str, object]:
    return {
        "shift": previous.shift,
        "start": previous.start,
        "technician_change_cost": previous.technician_change_cost,
        "start_change_cost": previous.start_change_cost,
    }


def _depot_document(depot: Depot) -> dict[str, object]:
    return {
        "location": depot.location,
        "duration": depot.duration,
        "tools": sorted(depot.tools),
        "parts": dict(depot.parts),
    }


def _route_document(route: Route) -> dict[str, object]:
    stops = [_stop_document(stop) for stop in route.stops]
    return {"shift": route.shift, "depart": route.depart, "return": route.return_, "stops": stops}


def _load_document(load: Load) -> dict[str, object]:
    return {"shift": load.shift, "technician": load.technician, "depot": load.depot, "parts": dict(load.parts)}


def _stop_document(stop: Stop) -> dict[str, object]:
    document: dict[str, object] = {
        "kind": stop.kind.value,
        "id": stop.id,
        "location": stop.location,
        "arrive": stop.arrive,
        "start": stop.start,
        "leave": stop.leave,
    }
    return {**document, "taken": dict(stop.taken)} if stop.kind is StopKind.DEPOT else document


def _reason_document(reason: Reason) -> dict[str, str]:
    return {
        "shift": reason.shift,
        "technician": reason.technician,
        "code": reason.code.value,
        "sentence": reason.sentence,
    }


def _set_only(**members: object) -> dict[str, object]:
    """The members that differ from a default that switches a feature off."""
    return {key: value for key, value in members.items() if value}


def _write(document: Mapping[str, object], path: Path) -> None:
    with whole_file(path) as file:
        file.write(_text(document) + "\n")


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
