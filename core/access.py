"""
Who may call a route.

Every view carries the roles that may call it; the composition root refuses to start when one does not, and refuses each
request whose caller has none of them. The mark is a plain attribute, so this file needs no web framework.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from core.accounts import RoleName
from core.errors import N_, DomainError, Kind

View = TypeVar("View", bound=Callable[..., Any])

ALL_ROLES = frozenset(RoleName)


class NotSignedIn(DomainError):
    code = "not_signed_in"
    kind = Kind.NOT_SIGNED_IN
    sentence = N_("You are not signed in. Sign in and try again.")


class NotAllowed(DomainError):
    code = "not_allowed"
    kind = Kind.FORBIDDEN
    sentence = N_("Your account may not do this; it needs one of the roles: %(roles)s.")


def allow(*roles: RoleName) -> Callable[[View], View]:
    """Let callers with one of these roles in. An admin is always let in."""
    return _mark(frozenset(roles) | {RoleName.ADMIN})


def allow_signed_in() -> Callable[[View], View]:
    """Let everybody in who is signed in."""
    return _mark(ALL_ROLES)


def allow_everybody() -> Callable[[View], View]:
    """Let everybody in, signed in or not."""
    return _mark(None)


def _mark(roles: frozenset[RoleName] | None) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.allowed_roles = roles  # type: ignore[attr-defined]
        return view

    return mark
