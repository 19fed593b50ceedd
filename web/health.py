"""Whether the service is up."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from core.access import allow_everybody

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@allow_everybody()
def healthz() -> ResponseReturnValue:
    """Answer as soon as requests are served; monitors and the supervisor ask."""
    return {"status": "up"}
