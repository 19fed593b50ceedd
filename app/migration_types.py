"""How the house's own column types are written into migrations, so that old migrations never import today's code."""

from typing import Any, Literal

from core.base import UtcDateTime


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write ``UtcDateTime`` as the plain type underneath; leave everything else to Alembic."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False
