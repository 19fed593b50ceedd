"""Errors of the trade: a code, a sentence with the facts, and the facts as data."""

import enum
from typing import Any, ClassVar


class Kind(enum.StrEnum):
    """What sort of refusal an error is; the edges turn it into a status code."""

    INVALID = "invalid"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    NOT_SIGNED_IN = "not_signed_in"
    UNAVAILABLE = "unavailable"
    UNEXPECTED = "unexpected"


# What each kind is over HTTP; here once because both edges answer with it.
STATUS = {
    Kind.INVALID: 422,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.FORBIDDEN: 403,
    Kind.NOT_SIGNED_IN: 401,
    Kind.UNAVAILABLE: 503,
    Kind.UNEXPECTED: 500,
}


def N_(sentence: str) -> str:  # noqa: N802 -- the customary mark for a sentence that is translated later
    """Mark a sentence for the message catalogues; it is translated where it is shown."""
    return sentence


class DomainError(Exception):
    """
    A refusal that a person can act on.

    Subclasses state ``code``, ``kind`` and ``sentence``, a template with named ``%(fact)s`` places, so that the edges
    can translate the sentence and fill in the facts afterwards.
    """

    code: ClassVar[str] = "refused"
    kind: ClassVar[Kind] = Kind.INVALID
    sentence: ClassVar[str] = N_("The request was refused.")

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.sentence % facts)
