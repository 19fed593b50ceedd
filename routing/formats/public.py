"""The public sets that the command line knows by name: how to find, read and judge their instances."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from routing.formats import known, kovacs, mankowska, solomon, trsp, vrplib
from routing.problem import Problem


@dataclass(frozen=True)
class PublicSet:
    """How one public set is read.

    ``instances`` lists the files of a folder, ``known_values`` the best known costs in the convention of ``read``, by
    file name without ending; empty where none came with the files. ``prices_left_out`` says whether the set's own
    objective has a price for what is left out, or wants everything served.
    """

    read: Callable[[Path], Problem]
    instances: Callable[[Path], list[Path]]
    known_values: Callable[[Path], dict[str, float]]
    prices_left_out: bool = False


def _ending(pattern: str) -> Callable[[Path], list[Path]]:
    return lambda folder: sorted(folder.glob(pattern))


def _none_known(_folder: Path) -> dict[str, float]:
    return {}


def _trsp_known(folder: Path) -> dict[str, float]:
    return known.table(folder, "best_known.json", "working_time")


PUBLIC_SETS: dict[str, PublicSet] = {
    "trsp": PublicSet(trsp.read, _ending("*.txt"), _trsp_known),
    "solomon": PublicSet(solomon.read, _ending("*.txt"), solomon.known_values),
    "solomon-sintef": PublicSet(solomon.read_sintef, _ending("*.txt"), solomon.known_sintef_values),
    "kovacs": PublicSet(kovacs.read, _ending("*.txt"), kovacs.known_values, prices_left_out=True),
    "mankowska": PublicSet(mankowska.read, mankowska.instances, mankowska.known_values),
    # Without its pairs an instance is another one, and no value is known for it.
    "mankowska-singles": PublicSet(mankowska.read_singles, mankowska.instances, _none_known),
    "vrplib": PublicSet(vrplib.read, _ending("*.vrp"), vrplib.known_values, prices_left_out=True),
    "vrplib-dimacs": PublicSet(vrplib.read_dimacs, _ending("*.vrp"), vrplib.known_dimacs_values, prices_left_out=True),
}
