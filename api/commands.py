"""Commands that a program may send again when it did not hear the answer."""

import functools
import hashlib
from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, request
from flask_login import current_user

from core.commands import once
from core.db import db
from core.errors import N_, DomainError

KEY_HEADER = "Idempotency-Key"

# What a command's description must say about it.
KEY_PARAMETER = {
    "in": "header",
    "name": KEY_HEADER,
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 64},
    "description": "An id of your choice. The same key with the same request acts once and answers the same.",
}


class KeyMissing(DomainError):
    code = "idempotency_key_missing"
    sentence = N_("Send an Idempotency-Key header of 1 to 64 characters, fresh for each new command.")


def command(status: int = 200) -> Callable[[Callable[..., dict[str, Any]]], Callable[..., Response]]:
    """
    Carry the view out once per Idempotency-Key; the view returns its answer as plain JSON values.

    The same key for another request or by another caller is refused: it would stand for two things.
    """

    def wrap(view: Callable[..., dict[str, Any]]) -> Callable[..., Response]:
        @functools.wraps(view)
        def call(*arguments: Any, **named: Any) -> Response:
            key = request.headers.get(KEY_HEADER, "").strip()
            if not 1 <= len(key) <= 64:
                raise KeyMissing
            answer = once(
                db.session(),
                command_id=key,
                user_id=current_user.id,
                name=_name_of_request(),
                act=lambda: view(*arguments, **named),
            )
            response = jsonify(answer)
            response.status_code = status
            return response

        return call

    return wrap


def _name_of_request() -> str:
    digest = hashlib.sha256(f"{request.path}\n".encode() + request.get_data()).hexdigest()[:24]
    return f"{request.method} {request.path[:28]} {digest}"
