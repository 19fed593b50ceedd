"""Facts about plans over the API."""

from tests.api.conftest import World
from tests.factories import add_shift, add_technician


def test_a_requested_plan_run_can_be_followed(world: World) -> None:
    add_shift(world.session, add_technician(world.session))

    asked = world.dispatcher.post("/plan-runs", {"engine": "greedy", "seconds": 2})
    followed = world.dispatcher.get(f"/plan-runs/{asked.get_json()['id']}")

    assert asked.status_code == 202
    assert followed.status_code == 200
    assert followed.get_json() == asked.get_json()
    assert (followed.get_json()["day"], followed.get_json()["state"]) == ("2026-11-23", "queued")
    assert followed.get_json()["worker_is_alive"] is False
