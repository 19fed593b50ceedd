"""Rows of part and quantity in a form, as somebody types or scans them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.db import db
from core.errors import DomainError
from inventory.models import Part
from inventory.tracing import scan
from web.forms import read_whole
from web.wording import sentence

ROWS = 6


@dataclass(frozen=True)
class LinesForm:
    """A form with rows as it stands: what was typed, what is wrong beside which field, and above it all."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    rows: int = ROWS

    def value(self, name: str) -> str:
        return self.values.get(name, "")


def read_rows(values: Mapping[str, str], rows: int = ROWS) -> tuple[list[tuple[Part, int]], dict[str, str]]:
    """Read the rows that are filled in, by SKU or barcode, and say beside each field what is wrong with it."""
    lines: list[tuple[Part, int]] = []
    errors: dict[str, str] = {}
    for row in range(rows):
        code, quantity = (values.get(f"{name}-{row}", "").strip() for name in ("sku", "quantity"))
        if not (code or quantity):
            continue
        try:
            part = scan(db.session(), code).part
        except DomainError as error:
            errors[f"sku-{row}"] = sentence(error)
            continue
        try:
            lines.append((part, read_whole(quantity, least=1)))
        except DomainError as error:
            errors[f"quantity-{row}"] = sentence(error)
    return lines, errors
