"""Facts about who may call what."""

import pytest
from flask import Flask

from app.security import refuse_unmarked_views


def test_the_service_answers_when_it_is_up(app: Flask) -> None:
    answer = app.test_client().get("/healthz")

    assert answer.get_json() == {"status": "up"}


def test_pages_forbid_foreign_scripts(app: Flask) -> None:
    answer = app.test_client().get("/healthz")

    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_view_without_roles_stops_the_start_up(app: Flask) -> None:
    app.view_functions["health.healthz"] = lambda: "open to whom?"

    with pytest.raises(LookupError, match=r"health\.healthz"):
        refuse_unmarked_views(app)
