"""Refusals as problem+json (RFC 9457)."""

from typing import Any

from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from api.service import PROBLEM, facts_of
from core.errors import STATUS, DomainError

# Headers of an HTTP error that its receiver needs; the rest describe werkzeug's own page.
KEPT_HEADERS = frozenset({"Allow", "Retry-After", "WWW-Authenticate"})
# What Flask's libraries say themselves is meant for their own log.
SENTENCES = {429: "There were too many attempts from this address within a minute. Wait a minute, then try again."}


def problem(error: DomainError) -> ResponseReturnValue:
    """Answer a refusal of the trade with its code, its sentence and its facts."""
    status = STATUS[error.kind]
    response = _answer(error.facts | {"title": error.code, "status": status, "detail": str(error)})
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def http_problem(error: HTTPException) -> ResponseReturnValue:
    """Answer what Flask or the parser of arguments refused."""
    sentence = SENTENCES.get(error.code or 500) or error.description
    detail = "Some values cannot be used; `errors` lists them." if facts_of(error) else sentence
    response = _answer({"title": error.name, "status": error.code or 500, "detail": detail} | facts_of(error))
    response.headers.extend((name, value) for name, value in error.get_headers() if name in KEPT_HEADERS)
    return response


def _answer(body: dict[str, Any]) -> Response:
    response = jsonify({"type": "about:blank"} | body)
    response.status_code = body["status"]
    response.mimetype = PROBLEM
    return response
