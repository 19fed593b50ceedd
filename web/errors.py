"""Refusals as pages: what happened, to what, and what to do next."""

from dataclasses import dataclass
from urllib.parse import quote

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from core.accounts import administrators
from core.db import db
from core.errors import N_, STATUS, DomainError, Kind
from web.caller import do_without_database
from web.forms import own_path
from web.wording import sentence

# Sent by scripts that fetch a part of a page: it is answered by a part then, not by a page within a page.
PART = "X-Part"


@dataclass(frozen=True)
class Refusal:
    """What a page says about a status: a headline and what to do next."""

    headline: str
    advice: str


REFUSALS = {
    400: Refusal(
        N_("The page could not read what was sent"),
        N_("Go back, reload the page and send the form again. A form that stood open for very long may have expired."),
    ),
    401: Refusal(N_("You are signed out"), N_("Sign in again; you come back to this page.")),
    403: Refusal(
        N_("This is not for your account"), N_("If you need it for your work, ask for the role. These can give it:")
    ),
    404: Refusal(
        N_("There is nothing here"),
        N_("Check the address, or look for it on the board or in the list of jobs. It may have been removed."),
    ),
    405: Refusal(
        N_("This address does something else"),
        N_("It answers to a button on a page, not to being opened. Go back and press the button there."),
    ),
    409: Refusal(
        N_("It has changed meanwhile"), N_("Go back, look at what it is like now, and do it again if it still fits.")
    ),
    413: Refusal(N_("That is too much at once"), N_("Send a smaller file, or split it into several.")),
    422: Refusal(N_("That was not possible"), N_("Go back, put it right and try again. Nothing was saved.")),
    429: Refusal(N_("Too many attempts"), N_("Wait a minute, then try again. It keeps passwords from being guessed.")),
    500: Refusal(
        N_("Something went wrong on our side"),
        N_("Nothing was saved. Try again; if it persists, tell your administrator what you did."),
    ),
    503: Refusal(N_("Not available right now"), N_("Nothing was saved. Try again in a moment.")),
}

# What Flask and its libraries say themselves is English and meant for programmers.
HTTP_SENTENCES = {
    400: N_("The form was incomplete, or it had expired."),
    404: N_("There is no page at this address."),
    405: N_("A page cannot be opened at this address."),
    413: N_("What was sent is larger than the 8 MB that are accepted."),
    429: N_("There were too many attempts from your connection within a minute."),
}
# What may go well when it is simply asked for again.
WORTH_ANOTHER_TRY = frozenset({429, 500, 503})
# An error whose cause may be the database is shown on a page that does not ask it anything.
WITHOUT_DATABASE = frozenset({Kind.UNAVAILABLE, Kind.UNEXPECTED})


def page(error: DomainError) -> ResponseReturnValue:
    """Say on a page what was refused, why, and what to do next; lead to the sign-in whoever is not signed in."""
    if error.kind is Kind.NOT_SIGNED_IN and not _asks_for_part():
        return redirect(_sign_in())
    if error.kind in WITHOUT_DATABASE:
        do_without_database()
    return _refused(STATUS[error.kind], sentence(error))


def http_page(error: HTTPException) -> ResponseReturnValue:
    """Say on a page what Flask itself refused."""
    if error.response is not None:
        # A redirect or a finished answer that was raised.
        return error.get_response()
    status = error.code or 500
    text = HTTP_SENTENCES.get(status)
    response = _refused(status, gettext(text) if text else error.description or error.name)
    return (*response, {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}})


def _refused(status: int, text: str) -> tuple[str, int]:
    refusal = REFUSALS.get(status, REFUSALS[500 if status >= 500 else 422])
    body = render_template(
        "errors/part.html" if _asks_for_part() else "errors/refused.html",
        status=status,
        headline=gettext(refusal.headline),
        sentence=text,
        advice=gettext(refusal.advice),
        administrators=administrators(db.session()) if status == STATUS[Kind.FORBIDDEN] else (),
        again=request.full_path.rstrip("?") if _is_worth_another_try(status) else "",
        sign_in=_sign_in() if status == STATUS[Kind.NOT_SIGNED_IN] else "",
    )
    return body, status


def _asks_for_part() -> bool:
    return PART in request.headers


def _is_worth_another_try(status: int) -> bool:
    return status in WORTH_ANOTHER_TRY and request.method == "GET"


def _sign_in() -> str:
    """Return the address of the sign-in; whoever only opened a page comes back to it afterwards."""
    if request.method != "GET":
        return "/login"
    # Whoever looks at a part looks at the page around it.
    shown = own_path(request.referrer) if _asks_for_part() else request.full_path.rstrip("?")
    return f"/login?next={quote(shown)}"
