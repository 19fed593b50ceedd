"""What is computed while somebody waits, outside the transaction of the request."""

from collections.abc import Callable
from typing import TypeVar

from flask import current_app

from core.db import db
from core.errors import DomainError
from dispatch.planning.compute import Workbench
from web.wording import sentence

T = TypeVar("T")


def bench() -> Workbench:
    """Return the tools with which this process computes."""
    made: Workbench = current_app.extensions["workbench"]()
    return made


def computed(compute: Callable[[], T]) -> tuple[T | None, str]:
    """Return what was computed outside the transaction, or None and why it could not be."""
    db.session.rollback()
    try:
        return compute(), ""
    except DomainError as error:
        return None, sentence(error)
