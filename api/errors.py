"""Refusals as problem+json (RFC 9457)."""

from flask import jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from core.errors import STATUS, DomainError


def problem(error: DomainError) -> ResponseReturnValue:
    """Answer a refusal of the trade with its code, its sentence and its facts."""
    body = {
        "type": "about:blank",
        "title": error.code,
        "status": STATUS[error.kind],
        "detail": str(error),
        **error.facts,
    }
    response = jsonify(body)
    response.mimetype = "application/problem+json"
    return response, STATUS[error.kind]


def http_problem(error: HTTPException) -> ResponseReturnValue:
    """Answer what Flask itself refused."""
    response = jsonify({"type": "about:blank", "title": error.name, "status": error.code, "detail": error.description})
    response.mimetype = "application/problem+json"
    return response, error.code or 500
