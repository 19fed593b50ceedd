"""
What the demonstration's firm repairs, and with what: device models, spare parts, and the faults that occur.

Parts stand in the table beside this file, and so does how often each fault of the shipped catalogue is reported here.
Several values in a cell are separated by ``;``, the words of callers by ``|``. For every family that a model has there
is exactly one part that fits it.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from customers.models import Priority
from dispatch.fault_catalogue import shipped_catalogue
from dispatch.models.jobs import JobKind
from dispatch.parts import WANTED_PERCENT
from inventory.models import PartFamily

FOLDER = Path(__file__).parent

T200, T300 = "Tavora T200", "Tavora T300 Move"
ONE, BASE = "Celtis One", "Celtis Base"
R10, R15 = "Orbal R10", "Orbal R15"
P7, NIMBRA_GO = "Nimbra P7", "Nimbra Go"

# By model: how serial numbers begin, and the software versions that are about.
MODELS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    T200: ("TV2", ("3.8.1", "3.9.0")),
    T300: ("TV3", ("3.9.0", "3.9.2")),
    ONE: ("CE1", ("11.4", "11.6", "12.0")),
    BASE: ("CEB", ("11.4", "11.6")),
    R10: ("OR10", ("2024.2", "2025.1")),
    R15: ("OR15", ("2025.1", "2025.3")),
    P7: ("NP7", ("7.02", "7.10")),
    NIMBRA_GO: ("NGO", ("2.4", "2.5")),
}


# Families whose defective pieces are worth mending.
CORE_FAMILIES = frozenset({PartFamily.MAINBOARD, PartFamily.PRINTER, PartFamily.SCREEN, PartFamily.CARD_READER})


@dataclass(frozen=True)
class PartSpec:
    """
    A spare part.

    ``daily_use`` is how many pieces the whole firm uses on a usual day; the levels of trunks and warehouses follow.
    """

    sku: str
    name_en: str
    name_zh: str
    family: PartFamily
    cost_cents: int
    daily_use: float
    pack_size: int
    lead_time_days: int
    fits: tuple[str, ...]


@dataclass(frozen=True)
class FaultSpec:
    """
    A fault, or planned work that is ordered by a code as well.

    It asks for ``parts`` and occurs on ``models`` that have these and the families ``found_on``. ``weight`` says how
    often it is reported compared with the others of its priority; one of ``words`` becomes the job's description.
    """

    code: str
    kind: JobKind
    priority: Priority
    minutes: int
    weight: float
    parts: tuple[PartFamily, ...]
    found_on: tuple[PartFamily, ...]
    models: tuple[str, ...]
    words: tuple[str, ...]

    def occurs_on(self, model: str) -> bool:
        """Whether a device of this model can have it."""
        return model in self.models and FAMILIES_OF_MODEL[model].issuperset((*self.parts, *self.found_on))

    def skus_on(self, model: str) -> list[str]:
        """The parts it asks for on a device of this model."""
        return [part.sku for part in PARTS if part.family in self.parts and model in part.fits]


def _part(row: Mapping[str, str]) -> PartSpec:
    return PartSpec(
        sku=row["sku"],
        name_en=row["name_en"],
        name_zh=row["name_zh"],
        family=PartFamily(row["family"]),
        cost_cents=int(row["cost_cents"]),
        daily_use=float(row["daily_use"]),
        pack_size=int(row["pack_size"]),
        lead_time_days=int(row["lead_time_days"]),
        fits=_several(row["fits"]),
    )


def _fault(row: Mapping[str, str]) -> FaultSpec:
    fault = SHIPPED[row["code"]]
    return FaultSpec(
        code=fault.code,
        kind=JobKind(row["kind"]),
        priority=fault.priority,
        minutes=fault.minutes,
        weight=float(row["weight"]),
        parts=tuple(part.family for part in fault.parts if part.percent >= WANTED_PERCENT),
        found_on=tuple(PartFamily(family) for family in _several(row["found_on"])),
        models=_several(row["models"]) or tuple(MODELS),
        words=_several(row["words"], "|"),
    )


def _several(cell: str, separator: str = ";") -> tuple[str, ...]:
    return tuple(value.strip() for value in cell.split(separator) if value.strip())


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SHIPPED = {fault.code: fault for fault in shipped_catalogue()}
PARTS = tuple(_part(row) for row in _rows("parts.csv"))
FAULTS = tuple(_fault(row) for row in _rows("faults.csv"))
FAMILIES_OF_MODEL: Mapping[str, frozenset[PartFamily]] = {
    model: frozenset(part.family for part in PARTS if model in part.fits) for model in MODELS
}
