"""Who looks at the page, and the firm they work for; safe to ask even when the database does not answer."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import g
from flask_login import current_user

from core.accounts import RoleName, User
from core.db import db
from core.settings import read_setting

UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Firm:
    """The firm's name, the zone of its office and the currency of its costs."""

    name: str = ""
    zone: ZoneInfo = UTC
    currency: str = "EUR"


def do_without_database() -> None:
    """Render the rest of this request without asking the database; it is what failed."""
    g.without_database = True


def caller() -> User | None:
    """Return the person who is signed in, or None."""
    if g.get("without_database") or not current_user.is_authenticated:
        return None
    user: User = current_user._get_current_object()
    return user


def caller_id() -> int:
    """Return the id of the person who is signed in; only for views that ask for a role."""
    user_id: int = current_user.id
    return user_id


def caller_is(*roles: RoleName) -> bool:
    """Whether the person has one of the roles; an admin has them all."""
    user = caller()
    return user is not None and bool(user.role_names & {*roles, RoleName.ADMIN})


def firm() -> Firm:
    """Return the firm, read once per request."""
    if "firm" not in g:
        g.firm = Firm() if g.get("without_database") else _read_firm(read_setting(db.session(), "firm") or {})
    made: Firm = g.firm
    return made


def _read_firm(kept: dict[str, Any]) -> Firm:
    return Firm(
        name=kept.get("name", Firm.name),
        zone=ZoneInfo(kept.get("zone", "UTC")),
        currency=kept.get("currency", Firm.currency),
    )
