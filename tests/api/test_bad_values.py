"""Facts about values that are well-formed and that no database takes."""

import pytest
from flask import Flask
from sqlalchemy.exc import DataError

from core.access import allow_everybody
from tests.api.conftest import World
from tests.factories import add_device, add_fault


@pytest.mark.parametrize("path", ["/plans/{}", "/plan-runs/{}"])
def test_a_number_of_thirty_digits_names_nothing(world: World, path: str) -> None:
    answer = world.dispatcher.get(path.format(10**30))

    assert (answer.status_code, answer.get_json()["title"]) == (422, "value_not_usable")


def test_half_a_character_is_refused_and_nothing_is_saved(world: World) -> None:
    add_device(world.session, serial="SN-1")
    add_fault(world.session, code="battery-dead")

    answer = world.dispatcher.post(
        "/jobs", {"device_serial": "SN-1", "fault_code": "battery-dead", "description": "\ud83d"}
    )

    assert (answer.status_code, answer.get_json()["title"]) == (422, "value_not_usable")
    assert world.dispatcher.get("/jobs").get_json()["total"] == 0


def test_what_postgresql_alone_cannot_hold_is_refused_too(app: Flask) -> None:
    @allow_everybody()
    def find() -> str:
        raise DataError("SELECT 1", {}, ValueError("PostgreSQL text fields cannot contain NUL (0x00) bytes"))

    app.view_functions["health.healthz"] = find

    assert app.test_client().get("/healthz").status_code == 422
