"""
The fault catalogue as a file: reading it, judging its trees, and writing it into the tables.

A catalogue is JSON: ``{"faults": [{"code": "PRINTER-JAM", ...}, ...]}``; docs/dispatch.md describes the members. The
one that ships, for payment terminals, stands beside this file; a firm reads in its own in the same form.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from core.errors import N_, DomainError
from customers.models import Priority
from dispatch.fault_trees import Tree, TreeProblem, tree_problems
from dispatch.models import FaultAlarm, FaultCause, FaultCode, FaultPart, FaultSkill, FaultStep
from inventory.models import PartFamily

SHIPPED = Path(__file__).parent / "catalogue" / "pos_terminals.json"

LARGEST = 4 * 1024 * 1024
MOST_FAULTS = 5_000
MOST_STEPS = 50
KEY = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class CatalogueProblem:
    """One thing to correct: where (``PRINTER-JAM.steps[2].yes``), a code for programs and a sentence for people."""

    place: str
    code: str
    sentence: str
    facts: Mapping[str, Any]

    @property
    def reason(self) -> str:
        """The sentence in English with its facts filled in."""
        return self.sentence % dict(self.facts)


class CatalogueRefused(DomainError):
    """The catalogue was not read in; ``problems`` says why, one by one."""

    code = "catalogue_refused"
    sentence = N_("The catalogue was not read in. Problems found: %(count)s. Correct what is listed and send it again.")

    def __init__(self, problems: Sequence[CatalogueProblem]) -> None:
        self.problems = list(problems)
        errors = [{"place": problem.place, "code": problem.code, "reason": problem.reason} for problem in self.problems]
        super().__init__(count=len(errors), errors=errors)


@dataclass(frozen=True)
class Step:
    """A question or trial, and where its answers lead."""

    key: str
    text_en: str
    text_zh: str
    yes: str
    no: str


@dataclass(frozen=True)
class PartOfFault:
    """How often a fault takes pieces of a family."""

    family: PartFamily
    quantity: int
    percent: int


@dataclass(frozen=True)
class Cause:
    """What a fault comes from in ``probability`` per cent of the cases."""

    key: str
    name_en: str
    name_zh: str
    probability: int


@dataclass(frozen=True)
class Fault:
    """A fault of a catalogue, before it is a row."""

    code: str
    subject: str
    name_en: str
    name_zh: str
    priority: Priority
    minutes: int
    by_damage: bool
    skills: Mapping[str, int]
    parts: Sequence[PartOfFault]
    causes: Sequence[Cause]
    alarms: Sequence[str]
    tree: Tree
    steps: Sequence[Step]


@dataclass(frozen=True)
class Loaded:
    """How many faults were added and how many were written over."""

    added: int
    updated: int


@cache
def shipped_catalogue() -> tuple[Fault, ...]:
    """The catalogue for payment terminals that every firm begins with."""
    return tuple(read_catalogue(SHIPPED.read_bytes()))


def read_catalogue(content: bytes) -> list[Fault]:
    """Read a catalogue; raises CatalogueRefused with everything that is wrong with its form."""
    entries = _entries(content)
    reader = _Reader()
    faults = [reader.fault(entry, f"faults[{position}]") for position, entry in enumerate(entries)]
    reader.problems += _named_twice(faults)
    if reader.problems:
        raise CatalogueRefused(reader.problems)
    return faults


def load_catalogue(session: Session, faults: Iterable[Fault]) -> Loaded:
    """
    Write faults over those of the same code, or add them; faults that are not named stay.

    Raises CatalogueRefused if, taken together with those that stay, a tree leads nowhere or in a circle.
    """
    wanted = {fault.code: fault for fault in faults}
    rows = {row.code: row for row in session.scalars(sa.select(FaultCode).options(selectinload(FaultCode.steps)))}
    trees = {code: tree_of(row) for code, row in rows.items()} | {code: fault.tree for code, fault in wanted.items()}
    if problems := tree_problems(trees):
        raise CatalogueRefused([_told(problem) for problem in problems])
    alarms = {row.code: row for row in session.scalars(sa.select(FaultAlarm))}
    for code, fault in wanted.items():
        row = rows.get(code)
        if row is None:
            row = FaultCode(code=code)
            session.add(row)
        _write(row, fault, alarms)
    session.flush()
    updated = len(wanted.keys() & rows.keys())
    return Loaded(len(wanted) - updated, updated)


def as_entry(fault: FaultCode) -> dict[str, Any]:
    """Write a row as an entry of a catalogue, which reads in as the same row."""
    names = ("code", "subject", "name_en", "name_zh")
    return {name: getattr(fault, name) for name in names if getattr(fault, name)} | {
        "priority": fault.default_priority.value,
        "minutes": -(-fault.duration_seconds // 60),
        "by_damage": fault.by_damage,
        "skills": {line.skill: line.level for line in fault.skills},
        "parts": [
            {"family": line.family.value, "quantity": line.quantity, "percent": line.percent} for line in fault.parts
        ],
        "causes": [
            {"key": cause.key, "name_en": cause.name_en, "name_zh": cause.name_zh, "probability": cause.probability}
            for cause in fault.causes
        ],
        "alarms": [alarm.code for alarm in fault.alarms],
        **({"first_step": fault.first_step} if fault.first_step else {}),
        "steps": [
            {
                "key": step.key,
                "text_en": step.text_en,
                "text_zh": step.text_zh,
                "yes": step.on_yes,
                "no": step.on_no,
            }
            for step in fault.steps
        ],
    }


def tree_of(fault: FaultCode) -> Tree:
    """The decision tree of a row."""
    return Tree(fault.first_step, {step.key: (step.on_yes, step.on_no) for step in fault.steps})


def _write(row: FaultCode, fault: Fault, alarms: dict[str, FaultAlarm]) -> None:
    row.subject, row.name_en, row.name_zh = fault.subject, fault.name_en, fault.name_zh
    row.default_priority, row.duration_seconds = fault.priority, fault.minutes * 60
    row.by_damage, row.first_step = fault.by_damage, fault.tree.first
    # Rows that stay are written over: a row that is replaced would meet its successor in the unique constraints.
    skills = {line.skill: line for line in row.skills}
    row.skills = [skills.get(skill) or FaultSkill(skill=skill) for skill in fault.skills]
    for skill in row.skills:
        skill.level = fault.skills[skill.skill]
    parts = {line.family: line for line in row.parts}
    row.parts = [parts.get(part.family) or FaultPart(family=part.family) for part in fault.parts]
    for line, part in zip(row.parts, fault.parts, strict=True):
        line.quantity, line.percent = part.quantity, part.percent
    causes = {line.key: line for line in row.causes}
    row.causes = [causes.get(cause.key) or FaultCause(key=cause.key) for cause in fault.causes]
    for known, cause in zip(row.causes, fault.causes, strict=True):
        known.name_en, known.name_zh, known.probability = cause.name_en, cause.name_zh, cause.probability
    steps = {step.key: step for step in row.steps}
    row.steps = [steps.get(step.key) or FaultStep(key=step.key) for step in fault.steps]
    for asked, step in zip(row.steps, fault.steps, strict=True):
        asked.text_en, asked.text_zh, asked.on_yes, asked.on_no = step.text_en, step.text_zh, step.yes, step.no
    # An alarm that meant another fault until now moves here.
    row.alarms = [alarms.get(code) or alarms.setdefault(code, FaultAlarm(code=code)) for code in fault.alarms]


NOT_JSON = ("not_json", N_("This is no JSON: %(problem)s."))
NOT_A_CATALOGUE = ("not_a_catalogue", N_("Expected an object with a list of faults: {“faults”: [...]}."))
TOO_LARGE = ("too_large", N_("A catalogue has at most %(most)s faults and %(megabytes)s MB."))
NOT_AN_OBJECT = ("not_an_object", N_("Expected an object with named members here."))
NOT_A_LIST = ("not_a_list", N_("Expected a list of at most %(most)s entries here."))
MISSING = ("missing", N_("This member is missing. Fill it in."))
UNKNOWN = ("unknown_member", N_("There is no member of this name. Correct it or take it out."))
NOT_TEXT = ("not_text", N_("Expected text of 1 to %(most)s characters."))
NOT_A_KEY = ("not_a_key", N_("Expected letters, digits, - and _ only, at most %(most)s of them."))
NOT_IN_RANGE = ("not_in_range", N_("Expected a whole number from %(least)s to %(most)s."))
NOT_YES_OR_NO = ("not_true_or_false", N_("Expected true or false."))
NOT_A_CHOICE = ("not_a_choice", N_("“%(value)s” is not known here. Choose one of: %(choices)s."))
NOT_100 = ("not_100", N_("The causes come to %(sum)s per cent together. Make it 100."))
TWICE = ("named_twice", N_("“%(value)s” stands twice in the cell. Remove one of them."))
TREE = {
    "first_step_missing": N_("There are steps, but first_step does not say which is the first."),
    "no_such_step": N_(
        "%(step)s leads to “%(target)s”, which is no step of this fault, nor fixed, visit or fault:CODE."
    ),
    "no_such_fault": N_("%(step)s leads to the fault “%(target)s”, which is not in the catalogue."),
    "never_reached": N_("Nothing leads to the step %(step)s. Lead there, or take it out."),
    "goes_in_a_circle": N_("The steps go in a circle: %(steps)s. Whoever follows them would never come to an end."),
}


def _told(problem: TreeProblem) -> CatalogueProblem:
    return CatalogueProblem(problem.fault, problem.code, TREE[problem.code], problem.facts)


def _problem(place: str, why: tuple[str, str], **facts: Any) -> CatalogueProblem:
    return CatalogueProblem(place, why[0], why[1], facts)


def _entries(content: bytes) -> list[Any]:
    if len(content) > LARGEST:
        raise CatalogueRefused([_problem("", TOO_LARGE, most=MOST_FAULTS, megabytes=LARGEST // 2**20)])
    try:
        read = json.loads(content.decode("utf-8-sig"))
    # A file of brackets alone is deeper than Python follows.
    except (ValueError, RecursionError) as error:
        raise CatalogueRefused([_problem("", NOT_JSON, problem=str(error)[:200])]) from None
    faults = read.get("faults") if isinstance(read, dict) else None
    if not isinstance(faults, list):
        raise CatalogueRefused([_problem("", NOT_A_CATALOGUE)])
    if len(faults) > MOST_FAULTS:
        raise CatalogueRefused([_problem("", TOO_LARGE, most=MOST_FAULTS, megabytes=LARGEST // 2**20)])
    return faults


def _named_twice(faults: Sequence[Fault]) -> Iterator[CatalogueProblem]:
    """Find codes and alarms that two faults of the file claim."""
    seen: set[tuple[str, str]] = set()
    for fault in faults:
        for kind, value in [("code", fault.code), *(("alarms", alarm) for alarm in fault.alarms)]:
            if value and (kind, value) in seen:
                yield _problem(f"{fault.code}.{kind}", TWICE, value=value)
            seen.add((kind, value))


class _Reader:
    """Reads entries of a file and notes what is wrong; a value that is no good is replaced by a harmless one."""

    def __init__(self) -> None:
        self.problems: list[CatalogueProblem] = []

    def fault(self, entry: Any, place: str) -> Fault:
        if isinstance(entry, dict) and isinstance(entry.get("code"), str) and entry["code"]:
            place = entry["code"][:30]
        known = {"code", "subject", "name_en", "name_zh", "priority", "minutes", "by_damage", "skills", "parts"}
        given = self._object(entry, place, known | {"causes", "alarms", "first_step", "steps"})
        steps = self._list(given, "steps", place, self._step, MOST_STEPS)
        first = self._key(given, "first_step", place, 30) if "first_step" in given else None
        causes = self._list(given, "causes", place, self._cause)
        if causes and (total := sum(cause.probability for cause in causes)) != 100:
            self._note(f"{place}.causes", NOT_100, sum=total)
        for name, keys in (("steps", [step.key for step in steps]), ("causes", [cause.key for cause in causes])):
            self._each_once(keys, f"{place}.{name}")
        parts = self._list(given, "parts", place, self._part)
        self._each_once([part.family.value for part in parts], f"{place}.parts")
        return Fault(
            code=self._key(given, "code", place, 30),
            subject=self._key(given, "subject", place, 30) if "subject" in given else "",
            name_en=self._text(given, "name_en", place, 160),
            name_zh=self._text(given, "name_zh", place, 160),
            priority=self._choice(given, "priority", place, Priority),
            minutes=self._whole(given, "minutes", place, 1, 1440),
            by_damage=self._flag(given, "by_damage", place),
            skills=self._skills(given, place),
            parts=parts,
            causes=causes,
            alarms=self._list(given, "alarms", place, self._alarm),
            tree=Tree(first, {step.key: (step.yes, step.no) for step in steps}),
            steps=steps,
        )

    def _step(self, entry: Any, place: str) -> Step:
        given = self._object(entry, place, {"key", "text_en", "text_zh", "yes", "no"})
        return Step(
            key=self._key(given, "key", place, 30),
            text_en=self._text(given, "text_en", place, 300),
            text_zh=self._text(given, "text_zh", place, 300),
            yes=self._text(given, "yes", place, 40),
            no=self._text(given, "no", place, 40),
        )

    def _cause(self, entry: Any, place: str) -> Cause:
        given = self._object(entry, place, {"key", "name_en", "name_zh", "probability"})
        return Cause(
            key=self._key(given, "key", place, 40),
            name_en=self._text(given, "name_en", place, 160),
            name_zh=self._text(given, "name_zh", place, 160),
            probability=self._whole(given, "probability", place, 0, 100),
        )

    def _part(self, entry: Any, place: str) -> PartOfFault:
        given = {"quantity": 1, "percent": 100} | self._object(entry, place, {"family", "quantity", "percent"})
        return PartOfFault(
            family=self._choice(given, "family", place, PartFamily),
            quantity=self._whole(given, "quantity", place, 1, 99),
            percent=self._whole(given, "percent", place, 1, 100),
        )

    def _alarm(self, entry: Any, place: str) -> str:
        return self._key({"alarm": entry}, "alarm", place, 40)

    def _skills(self, given: Mapping[str, Any], place: str) -> dict[str, int]:
        skills = given.get("skills", {})
        if not isinstance(skills, dict):
            self._note(f"{place}.skills", NOT_AN_OBJECT)
            return {}
        for skill in skills:
            if not 1 <= len(skill) <= 40:
                self._note(f"{place}.skills", NOT_TEXT, most=40)
        return {skill: self._whole(skills, skill, f"{place}.skills", 1, 3) for skill in skills}

    def _object(self, entry: Any, place: str, known: set[str]) -> dict[str, Any]:
        if not isinstance(entry, dict):
            self._note(place, NOT_AN_OBJECT)
            return {}
        for name in entry.keys() - known:
            self._note(f"{place}.{name[:40]}", UNKNOWN)
        return entry

    def _list(
        self, given: Mapping[str, Any], name: str, place: str, read: Callable[[Any, str], Any], most: int = 99
    ) -> list[Any]:
        entries = given.get(name, [])
        if not isinstance(entries, list) or len(entries) > most:
            self._note(f"{place}.{name}", NOT_A_LIST, most=most)
            return []
        return [read(entry, f"{place}.{name}[{position}]") for position, entry in enumerate(entries)]

    def _each_once(self, keys: Sequence[str], place: str) -> None:
        for key in sorted({key for key in keys if key and keys.count(key) > 1}):
            self._note(place, TWICE, value=key)

    def _text(self, given: Mapping[str, Any], name: str, place: str, most: int) -> str:
        value = self._value(given, name, place)
        if value is None:
            return ""
        if not isinstance(value, str) or not 1 <= len(value.strip()) <= most or "\0" in value:
            self._note(f"{place}.{name}", NOT_TEXT, most=most)
            return ""
        return value.strip()

    def _key(self, given: Mapping[str, Any], name: str, place: str, most: int) -> str:
        value = self._value(given, name, place)
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > most or not KEY.fullmatch(value):
            self._note(f"{place}.{name}", NOT_A_KEY, most=most)
            return ""
        return value

    def _whole(self, given: Mapping[str, Any], name: str, place: str, least: int, most: int) -> int:
        value = self._value(given, name, place)
        if value is None:
            return least
        # True is a whole number to Python.
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._note(f"{place}.{name}", NOT_IN_RANGE, least=least, most=most)
            return least
        return value

    def _flag(self, given: Mapping[str, Any], name: str, place: str) -> bool:
        value = given.get(name, False)
        if not isinstance(value, bool):
            self._note(f"{place}.{name}", NOT_YES_OR_NO)
        return value is True

    def _choice(self, given: Mapping[str, Any], name: str, place: str, choices: Any) -> Any:
        value = self._value(given, name, place)
        if value in list(choices):
            return choices(value)
        if value is not None:
            self._note(f"{place}.{name}", NOT_A_CHOICE, value=str(value)[:40], choices=", ".join(choices))
        return next(iter(choices))

    def _value(self, given: Mapping[str, Any], name: str, place: str) -> Any:
        if given.get(name) is None:
            self._note(f"{place}.{name}", MISSING)
        return given.get(name)

    def _note(self, place: str, why: tuple[str, str], **facts: Any) -> None:
        self.problems.append(_problem(place, why, **facts))
