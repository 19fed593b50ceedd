"""The API as a whole: its description as OpenAPI 3.1, and problem+json for what its parsers refuse."""

from typing import Any

import marshmallow as ma
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

PROBLEM = "application/problem+json"

SETTINGS = {
    "API_TITLE": "Wrenchway",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/api",
    "OPENAPI_JSON_PATH": "openapi.json",
}

DESCRIPTION = (
    "Jobs, plans, visits and spare parts of a field-service firm. Sign in with a bearer token (POST /api/v1/tokens). "
    "Every other POST and PATCH carries an Idempotency-Key of your choice: sent twice with the same key, it acts once."
)


class Problem(ma.Schema):
    """A refusal (RFC 9457). The facts of the refusal stand beside these members."""

    type = ma.fields.String(required=True)
    title = ma.fields.String(required=True, metadata={"description": "The refusal's code, for programs."})
    status = ma.fields.Integer(required=True)
    detail = ma.fields.String(metadata={"description": "What happened and what to do next."})
    errors = ma.fields.Dict(metadata={"description": "For malformed input: messages by place and field."})


class ProblemApi(Api):  # type: ignore[misc]
    """flask-smorest with every error as problem+json, in what it answers and in what it describes."""

    ERROR_SCHEMA = Problem
    DEFAULT_RESPONSE_CONTENT_TYPE: str

    def _register_responses(self) -> None:
        kept, self.DEFAULT_RESPONSE_CONTENT_TYPE = self.DEFAULT_RESPONSE_CONTENT_TYPE, PROBLEM
        try:
            super()._register_responses()
        finally:
            self.DEFAULT_RESPONSE_CONTENT_TYPE = kept

    def _register_error_handlers(self) -> None:
        """Leave errors to the service's one place for them."""


def facts_of(error: HTTPException) -> dict[str, Any]:
    """Return what the parser of arguments found wrong, by place and field; empty for other errors."""
    found = getattr(error, "data", None) or {}
    return {"errors": found["messages"]} if found.get("messages") else {}
