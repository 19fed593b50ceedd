"""Every refusal is answered here, once: as problem+json below /api and to whoever asks for JSON, else as a page."""

import logging

from flask import Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, InternalServerError

import api.errors
import web.errors
from core.collisions import is_collision
from core.db import db
from core.errors import N_, DomainError, Kind

log = logging.getLogger(__name__)


class ChangedMeanwhile(DomainError):
    code = "changed_meanwhile"
    kind = Kind.CONFLICT
    sentence = N_("Somebody else changed the same thing at the same moment; nothing was saved. Reload and try again.")


class DatabaseUnavailable(DomainError):
    code = "database_unavailable"
    kind = Kind.UNAVAILABLE
    sentence = N_(
        "The database did not answer; nothing was saved. Try again, and tell your administrator if it persists."
    )


class ValueNotUsable(DomainError):
    code = "value_not_usable"
    sentence = N_(
        "A number that was sent is too large, or a text holds half a character; nothing was saved. "
        "Correct it and send it again."
    )


class UnexpectedFailure(DomainError):
    code = "unexpected_failure"
    kind = Kind.UNEXPECTED
    sentence = N_(
        "Something went wrong that we did not foresee; nothing was saved. Your administrator finds it in the log."
    )


def register(app: Flask) -> None:
    """Answer errors of the trade, of HTTP and of the database; whatever is left is logged and answered too."""
    app.register_error_handler(DomainError, answer)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(StaleDataError, lambda error: answer_logged(error, ChangedMeanwhile()))
    app.register_error_handler(IntegrityError, lambda error: answer_logged(error, ChangedMeanwhile()))
    # What the database cannot hold, and what its driver cannot even hand over.
    for refused in (DataError, OverflowError, UnicodeEncodeError):
        app.register_error_handler(refused, lambda error: answer_logged(error, ValueNotUsable()))
    app.register_error_handler(OperationalError, answer_database)
    app.register_error_handler(InternalServerError, lambda error: answer_logged(error, UnexpectedFailure()))


def answer(error: DomainError) -> ResponseReturnValue:
    """Undo what the request did so far and say why it was refused."""
    db.session.rollback()
    return api.errors.problem(error) if _for_programs() else web.errors.page(error)


def answer_http(error: HTTPException) -> ResponseReturnValue:
    """Answer what Flask itself refuses: unknown addresses, wrong methods, broken bodies, expired forms."""
    db.session.rollback()
    return api.errors.http_problem(error) if _for_programs() else web.errors.http_page(error)


def answer_database(error: OperationalError) -> ResponseReturnValue:
    """Tell a collision with somebody else's transaction from a database that is not there."""
    return answer_logged(error, ChangedMeanwhile() if is_collision(error) else DatabaseUnavailable())


def answer_logged(cause: Exception, error: DomainError) -> ResponseReturnValue:
    """Keep the cause for the administrator and give the caller a sentence."""
    log.warning("%s %s: %s", request.method, request.path, cause, exc_info=cause)
    return answer(error)


def _for_programs() -> bool:
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"
