"""
The fault catalogue: symptoms with the work, the skills and the parts that they usually take.

What to try first is a tree, which no row holds: whole catalogues come in as JSON (``dispatch.fault_catalogue``). A line
here leaves the tree of a known fault as it is.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session, selectinload

from customers.models import Priority
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Row, known_by, overwrite
from dispatch.jobs import LONGEST
from dispatch.models import FaultCode, FaultPart, FaultSkill
from inventory.models import PartFamily


def _save(session: Session, row: Row, fault: FaultCode | None, _actor_id: int | None) -> None:
    if fault is None:
        fault = FaultCode(code=row["code"])
        session.add(fault)
    overwrite(fault, row, "name_en", "name_zh", "default_priority", "subject", "by_damage")
    fault.duration_seconds = row["minutes"] * 60
    if "skills" in row:
        _set_skills(fault, row["skills"])
    if "parts" in row:
        _set_parts(fault, row["parts"])


def _set_skills(fault: FaultCode, skills: Mapping[str, int]) -> None:
    """Replace what the fault asks for; skills that stay keep their rows."""
    known = {line.skill: line for line in fault.skills}
    fault.skills = [known.get(skill) or FaultSkill(skill=skill) for skill in skills]
    for line in fault.skills:
        line.level = skills[line.skill]


def _set_parts(fault: FaultCode, parts: Mapping[PartFamily, tuple[int, int]]) -> None:
    """Replace what the fault takes; families that stay keep their rows."""
    known = {line.family: line for line in fault.parts}
    fault.parts = [known.get(family) or FaultPart(family=family) for family in parts]
    for line in fault.parts:
        line.quantity, line.percent = parts[line.family]


FAULTS = Form(
    columns=(
        Column("code", cells.text(30), "PRN-JAM"),
        Column("name_en", cells.text(160), "Printer jammed"),
        Column("name_zh", cells.text(160), "打印机卡纸"),
        Column("minutes", cells.whole(1, LONGEST // 60), "35"),
        Column("default_priority", cells.choice(Priority), "P3", required=False, empty=Priority.P3),
        Column("subject", cells.text(30), "printer", required=False, empty=""),
        Column("by_damage", cells.yes_or_no, "no", required=False, empty=False),
        Column("skills", cells.skills, "printer:2", required=False, empty={}),
        Column("parts", cells.likely_pieces, "printer:1:80", required=False, empty={}),
    ),
    key=("code",),
    known=known_by("code", FaultCode.code, selectinload(FaultCode.skills), selectinload(FaultCode.parts)),
    save=_save,
)
