"""Facts about a day that was read and is kept for the next questions about it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from dispatch.live.present import read_present
from dispatch.models.workforce import Preference
from dispatch.planning.kept import Kept
from dispatch.planning.settings import PlanningSettings, write_planning_settings
from dispatch.workforce.preferences import set_preference
from inventory.models import PickList
from inventory.picking import PickWanted, draw_up, leave_rest
from tests.dispatch.live.conftest import Day
from tests.factories import MONDAY, add_part, add_place, add_stock


@pytest.fixture
def fetching(day: Day) -> Day:
    """Ana has a shop to go to, and something to fetch on the way."""
    day.add_job(east=-8)
    day.publish()
    depot, part = add_place(day.session), add_part(day.session)
    add_stock(day.session, depot, part, 1)
    trunk = day.technicians[0].trunk
    draw_up(day.session, warehouse_id=depot.id, trunk_id=trunk.id, day=MONDAY, lines=[PickWanted(part.id, 1)])
    return day


def nothing(day: Day) -> None:
    pass


def left_behind(day: Day) -> None:
    leave_rest(day.session, pick_list_id=day.session.scalars(sa.select(PickList.id)).one())


def frozen_longer(day: Day) -> None:
    write_planning_settings(day.session, PlanningSettings(freeze_minutes=90))


def unwelcome(day: Day) -> None:
    [visit] = day.visits().values()
    set_preference(
        day.session,
        customer_code=visit.job.site.customer.code,
        technician_code=visit.technician.code,
        preference=Preference.EXCLUDED,
        actor_id=None,
    )


@pytest.mark.parametrize(
    ("happens", "serves_again"),
    [
        (nothing, True),
        # No piece moves by it, but the van calls at the depot no more.
        (left_behind, False),
        (frozen_longer, False),
        (unwelcome, False),
    ],
)
def test_a_day_that_was_read_serves_again_until_something_happens(
    fetching: Day, happens: Callable[[Day], None], serves_again: bool
) -> None:
    bench = replace(fetching.bench, kept=Kept(seconds=30))
    first = read_present(bench, MONDAY)

    happens(fetching)
    fetching.session.flush()

    assert (read_present(bench, MONDAY) is first) is serves_again
