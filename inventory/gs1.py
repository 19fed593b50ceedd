"""
What the text of a scanned code says: scanner marks taken off, GS1 codes taken apart. Pure.

Scanners may put an AIM identifier (``]C1``, ``]d2``) before the text and control characters around it. A GS1 code holds
several facts, each after its application identifier; here the trade number (01, or the content of a box, 02) and the
serial number (21) matter, the others are read over. Source: GS1 General Specifications, sections 3 and 7.8.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

AIM_LENGTH = 3
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
# What a scanner sends between two facts of which the first has no fixed length, and what may stand in for it.
SEPARATOR = "\x1d"
_SEPARATORS = re.compile(r"[\x1d\u241d]|\{GS\}|<GS>", re.IGNORECASE)
# Application identifiers whose value has a fixed length, by their first two digits: length of the value.
_FIXED = {
    "00": 18,
    "01": 14,
    "02": 14,
    "03": 14,
    "04": 16,
    "11": 6,
    "12": 6,
    "13": 6,
    "14": 6,
    "15": 6,
    "16": 6,
    "17": 6,
    "18": 6,
    "19": 6,
    "20": 2,
}
# Those of three or four digits that labels of parts bear; others have two.
_THREE, _FOUR = ("24", "25", "40", "41", "42"), ("31", "32", "33", "34", "35", "36", "39", "70", "80", "82")
_MEASURES = ("31", "32", "33", "34", "35", "36")
_MEASURE_LENGTH = 6
_LOCATION, _LOCATION_LENGTH = "41", 13
_IN_BRACKETS = re.compile(r"\((\d{2,4})\)([^(]*)")


@dataclass(frozen=True)
class Code:
    """A code as it was printed: the text without marks and, of a GS1 code, trade number and serial number."""

    text: str
    gtin: str = ""
    serial: str = ""

    @property
    def barcodes(self) -> list[str]:
        """The trade number in the lengths in which a catalogue may have it: with 14, 13, 12 or 8 digits."""
        if not self.gtin:
            return []
        full = self.gtin.zfill(14)
        return [full[14 - length :] for length in (14, 13, 12, 8) if not full[: 14 - length].strip("0")]


def read_label(scanned: str) -> Code:
    """Return what a scanned text says; a text that is no GS1 code stands for itself."""
    text = _without_marks(scanned)
    facts = _facts(text)
    gtin = facts.get("01", facts.get("02", ""))
    return Code(text, gtin=gtin, serial=facts.get("21", ""))


def _without_marks(scanned: str) -> str:
    """Take off blanks, control characters on both sides, and the identifier of the kind of code."""
    text = re.sub(r"^[\s\x00-\x1f]+|[\s\x00-\x1f]+$", "", scanned)
    return text[AIM_LENGTH:].lstrip(SEPARATOR) if _AIM.match(text) else text


def _facts(text: str) -> dict[str, str]:
    if text.startswith("("):
        return {identifier: value.strip() for identifier, value in _IN_BRACKETS.findall(text)}
    if text.lower().startswith(("http://", "https://")):
        return _of_link(text)
    return _of_string(_SEPARATORS.sub(SEPARATOR, text))


def _of_link(address: str) -> dict[str, str]:
    """Read a GS1 digital link, whose path goes identifier by identifier: ``/01/09506000134352/21/12345``."""
    steps = [unquote(step) for step in urlsplit(address).path.split("/") if step]
    start = next((place for place, step in enumerate(steps) if step == "01"), len(steps))
    pairs = steps[start:]
    return dict(zip(pairs[::2], pairs[1::2], strict=False))


def _of_string(text: str) -> dict[str, str]:
    """Read identifiers and values one after the other; empty unless the whole text is such, beginning with 01 or 02."""
    facts: dict[str, str] = {}
    if not re.match(r"0[12]\d{14}", text):
        return facts
    while text:
        identifier, length = _identifier(text)
        value, text = _value(text[len(identifier) :], length)
        if not identifier.isdecimal() or not value:
            return {}
        facts[identifier] = value
    return facts


def _identifier(text: str) -> tuple[str, int | None]:
    """Return the application identifier that a text begins with and the length of its value, None if that varies."""
    start = text[:2]
    if start in _MEASURES:
        return text[:4], _MEASURE_LENGTH
    if start == _LOCATION:
        return text[:3], _LOCATION_LENGTH
    digits = 3 if start in _THREE else 4 if start in _FOUR else 2
    return text[:digits], _FIXED.get(start)


def _value(text: str, length: int | None) -> tuple[str, str]:
    """Split the value off; one without a fixed length ends at the separator."""
    if length is None:
        value, _, rest = text.partition(SEPARATOR)
        return value, rest
    value, rest = text[:length], text[length:]
    return (value if len(value) == length else ""), rest.removeprefix(SEPARATOR)
