"""Every route with every role: who is let in and who is not."""

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.security import allowed_roles
from core.accounts import RoleName, User, add_user
from core.db import db
from tests.api.conftest import World

METHODS = ("GET", "POST", "PATCH", "PUT", "DELETE")


def calls(app: Flask) -> list[tuple[str, str, str]]:
    """Method, path with made-up ids, and endpoint of everything that can be called."""
    return sorted(
        (method, _path(rule), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in METHODS
        if method in (rule.methods or ())
    )


def _path(rule: Rule) -> str:
    return re.sub(r"<(\w+:)?\w+>", "1", rule.rule)


@pytest.mark.parametrize("role", [None, *RoleName])
def test_every_route_lets_in_exactly_the_roles_it_names(app: Flask, role: RoleName | None) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    if role is not None:
        _sign_in(app, client, role)

    wrong = []
    for method, path, endpoint in calls(app):
        roles = allowed_roles(app, endpoint, method)
        if endpoint.startswith("security."):
            continue
        answer = client.open(path, method=method, headers={"Idempotency-Key": f"{method} {path}"[:64]})
        refused = answer.status_code in {401, 403} or "/login" in answer.headers.get("Location", "")
        expected = roles is not None and (role is None or role not in roles)
        # POST /tokens lets everybody in and answers 401 itself to wrong credentials, 422 to none.
        if refused != expected:
            wrong.append((method, path, answer.status_code, answer.headers.get("Location")))

    assert wrong == []


def test_the_walk_covers_the_whole_service(app: Flask) -> None:
    paths = {path for _, path, _ in calls(app)}

    assert {"/api/v1/jobs", "/api/v1/plans/1/publish", "/board", "/day", "/warehouse", "/healthz"} <= paths
    assert len(paths) > 40


def test_a_revoked_token_lets_nobody_in(world: World) -> None:
    token_id = world.dispatcher.get("/tokens").get_json()[0]["id"]

    assert world.dispatcher.send("DELETE", f"/tokens/{token_id}").status_code == 204

    assert world.dispatcher.get("/jobs").status_code == 401


def test_passwords_cannot_be_guessed_for_ever(app: Flask) -> None:
    client = app.test_client()
    guess = {"email": "ana@x.example", "password": "guess", "name": "phone"}

    answers = [client.post("/api/v1/tokens", json=guess).status_code for _ in range(25)]

    assert answers == [401] * 20 + [429] * 5


def test_a_deactivated_person_is_let_in_nowhere(world: World) -> None:
    caller = world.dispatcher
    world.session.get_one(User, caller.user_id).active = False

    answer = caller.get("/jobs")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_form_from_another_site_is_refused(app: Flask) -> None:
    client = app.test_client()
    _sign_in(app, client, RoleName.DISPATCHER)

    answer = client.post("/api/v1/jobs/retry-parts", headers={"Idempotency-Key": "k"})

    assert answer.status_code == 400
    assert "CSRF" in answer.get_json()["detail"]


def _sign_in(app: Flask, client: Any, role: RoleName) -> None:
    with app.app_context():
        user = add_user(db.session(), email=f"{role}@x.example", name="X", password_hash="-", roles=frozenset({role}))
        db.session.commit()
        with client.session_transaction() as kept:
            kept["_user_id"] = user.fs_uniquifier
            kept["_fresh"] = True
