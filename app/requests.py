"""One transaction per request: reads take no write lock, writes are committed once, here."""

import functools
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, make_response, request

from app.firm_clock import follow_firm_clock
from app.security import SAFE_METHODS
from core.db import db, reading


def register(app: Flask) -> None:
    """Wrap every view so that what it changed is committed before it answers, and undone when it refuses."""
    # First of all: the guard already reads the caller from the database.
    app.before_request_funcs.setdefault(None, []).insert(0, _begin)
    app.teardown_request(_end)
    for endpoint, view in app.view_functions.items():
        app.view_functions[endpoint] = _committing(view)


def _begin() -> None:
    if request.method in SAFE_METHODS:
        g.reading = reading()
        g.reading.__enter__()
    else:
        # The whole body first: on SQLite the transaction is the write lock, and a phone with a weak signal, or
        # somebody who means harm, may take minutes to send a form.
        request.get_data()
    if request.endpoint not in {"static", None}:
        follow_firm_clock(db.session())


def _end(_error: BaseException | None) -> None:
    held = g.pop("reading", None)
    if held is not None:
        # The session gives its connection back first, so that its transaction ends as it began.
        db.session.remove()
        held.__exit__(None, None, None)


def _committing(view: Callable[..., Any]) -> Callable[..., Response]:
    """Commit after an unsafe request that went well; whatever is raised undoes everything when the session ends."""

    @functools.wraps(view)
    def call(**arguments: Any) -> Response:
        response = make_response(view(**arguments))
        if request.method not in SAFE_METHODS:
            if response.status_code < 400:
                db.session.commit()
            else:
                db.session.rollback()
        return response

    return call
