"""
Forms that act once, however often they are sent.

Each such form carries an id of its own (``ui.command_id()``). A double click, a reload or a phone that did not hear the
answer sends the same id again; nothing happens then, and the first answer is given once more.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from flask import Flask, flash, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from core.commands import CommandIdReused, earlier_answer, once
from core.db import db
from core.errors import N_, STATUS, DomainError, Kind
from web.caller import caller_id
from web.wording import sentence

FIELD = "command_id"
# What differs between two sendings of one form, or is asked of every form.
NOT_CONTENT = frozenset({FIELD, "csrf_token"})


@dataclass(frozen=True)
class Answer:
    """Where a form leads once it has acted, and what is said there; no words where the page itself shows it."""

    path: str
    words: str = ""
    tone: str = "done"


class FormWithoutId(DomainError):
    code = "form_without_id"
    sentence = N_("The form was incomplete, so nothing was done. Reload the page and send it again.")


class FormSentBefore(DomainError):
    code = "form_sent_before"
    kind = Kind.CONFLICT
    sentence = N_(
        "This form was sent before with other values, so nothing was done now. "
        "Look at what the page shows, and send it again if it still fits."
    )


def register(app: Flask) -> None:
    """Let templates put a fresh id into each form."""
    app.add_template_global(fresh_command_id)


def fresh_command_id() -> str:
    """Return an id for one form on one page."""
    return uuid.uuid4().hex


def act_once(act: Callable[[], Answer], *, content: bytes = b"") -> Response:
    """
    Carry out what the form asks for and lead on, or only lead on if that was done before.

    ``content`` is what was sent beside the fields, such as a file.
    """
    answer = Answer(**do_once(lambda: asdict(act()), content=content))
    if answer.words:
        flash(answer.words, answer.tone)
    return redirect(answer.path, 303)


def carry_out(act: Callable[[], Answer], page: Callable[[str], str], *, content: bytes = b"") -> ResponseReturnValue:
    """Do once what a form asks for; when it is refused, show the page as it is now with the reason."""
    try:
        return act_once(act, content=content)
    except DomainError as error:
        # What the refused act had changed in memory is gone already: the session was rolled back.
        return page(sentence(error)), STATUS[error.kind]


def carry_out_here(
    act: Callable[[], str], path: str, page: Callable[[Mapping[str, str], str], str]
) -> ResponseReturnValue:
    """
    Do once what a form asks for that leads back to its own page, at ``path``, and say there what ``act`` tells.

    When it is refused, ``page`` is shown as it is now, with what was typed and the reason.
    """
    return carry_out(lambda: Answer(path, act()), lambda problem: page(request.form, problem))


def do_once(act: Callable[[], dict[str, str]], *, content: bytes = b"", step: str = "") -> dict[str, str]:
    """
    Carry out what the form asks for unless that was done before; returns the answer of the first time.

    A form that acts in several transactions names the ``step`` in each but the last.
    """
    session, user_id, name = db.session(), caller_id(), _name_of_form(content)
    form_id = request.form.get(FIELD, "")
    command_id = form_id + step
    if not form_id or len(command_id) > 64:
        raise FormWithoutId
    try:
        return once(session, command_id=command_id, user_id=user_id, name=name, act=act)
    except CommandIdReused as reused:
        raise FormSentBefore from reused
    except (DomainError, IntegrityError):
        # Of two that arrive at the same moment the slower one stumbles over what its twin did meanwhile.
        session.rollback()
        twin = earlier_answer(session, command_id=command_id, user_id=user_id, name=name)
        if twin is None:
            raise
        return twin


def _name_of_form(content: bytes) -> str:
    """Return the address and a digest of what was filled in: another content is another command."""
    fields = sorted((key, value) for key, value in request.form.items(multi=True) if key not in NOT_CONTENT)
    digest = hashlib.sha256(repr(fields).encode() + content).hexdigest()[:24]
    return f"{request.path[:34]} {digest}"
