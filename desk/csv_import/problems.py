"""What can be wrong with a file: a problem per cell or line, and the refusal of the whole file."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.errors import N_, DomainError, Kind


@dataclass(frozen=True)
class Reason:
    """Why a cell, line or file is no good: a code for programs and a template with ``%(fact)s`` places for people."""

    code: str
    sentence: str


@dataclass(frozen=True)
class ImportProblem:
    """
    One thing to correct.

    ``line`` counts from 1 as a text editor does, the header being line 1. ``column`` is empty when the whole line or
    file is meant.
    """

    line: int
    column: str
    code: str
    sentence: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The sentence in English with its facts filled in."""
        return self.sentence % self.facts

    @classmethod
    def of(cls, line: int, column: str, why: Reason, /, **facts: Any) -> "ImportProblem":
        return cls(line, column, why.code, why.sentence, facts)


class CellRefused(Exception):
    """A cell that does not say what its column asks for; caught where line and column are known."""

    def __init__(self, why: Reason, **facts: Any) -> None:
        super().__init__(why.sentence % facts)
        self.why = why
        self.facts = facts


class ImportRefused(DomainError):
    """The file was not imported; ``problems`` says why, line by line."""

    code = "import_refused"
    kind = Kind.INVALID
    sentence = N_(
        "Nothing was imported. Problems found in the file: %(count)s. Correct the lines listed and import it again."
    )

    def __init__(self, kind: str, problems: Sequence[ImportProblem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line)
        errors = [
            {"line": problem.line, "column": problem.column, "code": problem.code, "reason": problem.reason}
            for problem in self.problems
        ]
        super().__init__(kind=kind, count=len(errors), errors=errors)


class UnknownImportKind(DomainError):
    code = "unknown_import_kind"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no import of %(kind)s. Choose one of: %(kinds)s.")
