"""The inbox: what waits for the caller's decision, the most urgent first, with what can be done about each."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from core.access import allow
from core.db import db
from dispatch.inbox import count_inbox, read_inbox
from web import live_words, wording
from web.notices import ROLES, own_roles

pages = Blueprint("inbox", __name__)


@pages.get("/inbox")
@allow(*ROLES)
def index() -> ResponseReturnValue:
    """Show the inbox of the caller's roles."""
    return _rendered("live/inbox_page.html")


@pages.get("/inbox/list")
@allow(*ROLES)
def listed() -> ResponseReturnValue:
    """Answer the inbox as a part of another page."""
    return _rendered("live/inbox.html")


def waiting() -> int:
    """How many things wait for the caller, for the navigation; asked once per request."""
    if "inbox_waiting" not in g:
        g.inbox_waiting = count_inbox(db.session(), own_roles())
    number: int = g.inbox_waiting
    return number


def _rendered(template: str) -> str:
    inbox = read_inbox(db.session(), own_roles())
    # What the list counts is what the navigation says, and is not asked twice.
    g.inbox_waiting = inbox.total
    return render_template(template, inbox=inbox, words=live_words, wording=wording)
