"""Who looks at the page, and the firm they work for; safe to ask even when the database does not answer."""

from zoneinfo import ZoneInfo

from flask import current_app, g
from flask_login import AnonymousUserMixin, current_user

from core.accounts import RoleName, User
from core.db import db
from core.firm import Firm, read_firm


def do_without_database() -> None:
    """Render the rest of this request without asking the database; it is what failed."""
    g.firm = Firm()
    # Flask-Login gives every template the caller, whom it would look up; here nobody is signed in.
    g._login_user = AnonymousUserMixin()


def caller() -> User | None:
    """Return the person who is signed in, or None."""
    if not current_user.is_authenticated:
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


def may_open(endpoint: str) -> bool:
    """Whether a page lets the person in, by the roles that its view is marked with."""
    roles = getattr(current_app.view_functions[endpoint], "allowed_roles", None)
    user = caller()
    return roles is None or (user is not None and bool(user.role_names & roles))


def reader_zone() -> ZoneInfo:
    """Return the zone in which times are told to the reader: their own if they chose one, else the firm's."""
    user = caller()
    return ZoneInfo(user.zone) if user is not None and user.zone else firm().zone


def firm() -> Firm:
    """Return the firm, read once per request."""
    if "firm" not in g:
        g.firm = read_firm(db.session())
    made: Firm = g.firm
    return made
