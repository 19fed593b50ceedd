"""Refusals as pages."""

from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from core.errors import STATUS, DomainError


def page(error: DomainError) -> ResponseReturnValue:
    """Say on a page what was refused, why, and what to do next."""
    return str(error), STATUS[error.kind]


def http_page(error: HTTPException) -> ResponseReturnValue:
    """Say on a page what Flask itself refused."""
    return str(error.description), error.code or 500
