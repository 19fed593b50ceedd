"""Values known for the instances of a public set, read from the file that came with them."""

from pathlib import Path

from routing.formats.fields import Field, load
from routing.problem import MAX_COST


def table(folder: Path, file: str, key: str) -> dict[str, float]:
    """
    One value by instance from a JSON table ``{"instance": {key: value, ...}, ...}``, empty if there is no such file.

    Raises
    ------
    ProblemError
        If the file is no such table.
    """
    path = folder / file
    if not path.is_file():
        return {}
    return {name: _value(row, key) for name, row in load(path).entries().items()}


def _value(row: Field, key: str) -> float:
    entries = row.entries()
    if key not in entries:
        raise row.refuse(f"an object with {key!r}")
    return entries[key].number(0.0, MAX_COST)
