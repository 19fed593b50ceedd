"""Who is calling, and whether they may."""

import datetime as dt
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from flask_security import Security, SQLAlchemyUserDatastore
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Request

from core.access import ALL_ROLES, NotAllowed, NotSignedIn
from core.accounts import Role, RoleName, User, user_of_token
from core.db import db

csrf = CSRFProtect()

SETTINGS: dict[str, Any] = {
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_PASSWORD_SINGLE_HASH": True,
    "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False, "test_environment": True},
    "SECURITY_LOGOUT_METHODS": ["POST"],
    "SECURITY_POST_LOGIN_VIEW": "/",
    "SECURITY_POST_LOGOUT_VIEW": "/login",
    "SECURITY_FLASH_MESSAGES": False,
    "SECURITY_SEND_REGISTER_EMAIL": False,
    "SECURITY_DEFAULT_REMEMBER_ME": False,
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    # Its commands know neither the names of our people nor our roles; ours are `flask found` and `flask password`.
    "SECURITY_CLI_USERS_NAME": False,
    "SECURITY_CLI_ROLES_NAME": False,
    "PERMANENT_SESSION_LIFETIME": dt.timedelta(hours=14),
    # The views that Flask-Security brings protect their own forms; ours are protected in `admit`.
    "WTF_CSRF_CHECK_DEFAULT": False,
    "WTF_CSRF_TIME_LIMIT": None,
    "RATELIMIT_STORAGE_URI": "memory://",
    "RATELIMIT_HEADERS_ENABLED": True,
}

# Views of libraries, which cannot carry our mark.
FOREIGN_VIEWS: dict[str, frozenset[RoleName] | None] = {
    "security.static": None,
    "security.login": None,
    "security.logout": ALL_ROLES,
    "security.verify": ALL_ROLES,
    "api-docs.openapi_json": None,
}

# Views that take a password, and how often one address may try.
TAKE_PASSWORDS = ("security.login", "api_tokens.Tokens")
GUESSES = "20 per minute"

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def register(app: Flask) -> None:
    """Add sign-in, tokens, CSRF, the limit on guessing passwords, the guard of every route, and the headers."""
    for name, value in SETTINGS.items():
        app.config.setdefault(name, value)
    # One salt per installation, derived from nothing that is stored elsewhere; Flask-Security asks for its presence.
    app.config.setdefault("SECURITY_PASSWORD_SALT", app.config["SECRET_KEY"])
    Security(app, SQLAlchemyUserDatastore(db, User, Role))
    csrf.init_app(app)
    app.login_manager.request_loader(_caller_by_token)  # type: ignore[attr-defined]
    limiter = Limiter(get_remote_address, app=app)
    for endpoint in TAKE_PASSWORDS:
        view: Any = app.view_functions[endpoint]
        app.view_functions[endpoint] = limiter.limit(GUESSES, methods=["POST"])(view)
    app.before_request(admit)
    app.after_request(add_headers)


def allowed_roles(app: Flask, endpoint: str, method: str) -> frozenset[RoleName] | None:
    """
    Return the roles that may call a route, or None if everybody may.

    Raises
    ------
    LookupError
        If the view says nothing about it.
    """
    if endpoint in FOREIGN_VIEWS:
        return FOREIGN_VIEWS[endpoint]
    view: Any = app.view_functions[endpoint]
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        view = getattr(view_class, "get" if method in {"HEAD", "OPTIONS"} else method.lower(), view_class)
    if not hasattr(view, "allowed_roles"):
        raise LookupError(f"{method} {endpoint} does not say who may call it; mark it with core.access.allow.")
    roles: frozenset[RoleName] | None = view.allowed_roles
    return roles


def refuse_unmarked_views(app: Flask) -> None:
    """Stop the start-up when some route says nothing about who may call it."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            allowed_roles(app, rule.endpoint, method)


def admit() -> None:
    """Refuse callers who may not do what they ask for; unknown addresses go on to their 404."""
    if request.endpoint is None or request.method == "OPTIONS":
        return
    roles = allowed_roles(current_app, request.endpoint, request.method)
    if roles is not None:
        if not current_user.is_authenticated:
            raise NotSignedIn
        if not current_user.role_names & roles:
            raise NotAllowed(roles=", ".join(sorted(roles)))
    if request.method not in SAFE_METHODS and _rides_on_cookie(roles):
        csrf.protect()


def _rides_on_cookie(roles: frozenset[RoleName] | None) -> bool:
    """
    Whether the caller's cookie is what admits a request: a browser sends it along with a forged form too.

    A token is sent by whoever holds it. A program that asks for one brings e-mail and password, and no cookie.
    """
    asks_for_token = roles is None and request.path.startswith("/api/")
    return not (asks_for_token or g.get("called_by_token") or request.blueprint == "security")


def _caller_by_token(incoming: Request) -> User | None:
    scheme, _, secret = incoming.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        return None
    user = user_of_token(db.session(), secret.strip())
    g.called_by_token = user is not None
    return user


def add_headers(response: Response) -> Response:
    """Tell browsers to run nothing but our own scripts and to show us in nobody's frame."""
    policy = {
        "default-src": "'self'",
        # The reader of barcodes is compiled to WebAssembly, which counts as a script.
        "script-src": "'self' 'wasm-unsafe-eval'",
        # Leaflet and the timeline place their elements by inline styles.
        "style-src": "'self' 'unsafe-inline'",
        # Photos are shown from the phone's own store before they are sent.
        "img-src": "'self' data: blob:",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    response.headers.setdefault("Content-Security-Policy", "; ".join(f"{k} {v}" for k, v in policy.items()))
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    response.headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(self), microphone=()")
    response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    # Whoever is known by now: asking for the caller would ask the database, and it may be what failed.
    if getattr(g.get("_login_user"), "is_authenticated", False):
        # Pages behind a sign-in stay out of shared caches; hashed assets set their own rule and are not touched.
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response
