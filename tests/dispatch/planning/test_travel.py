"""Facts about travel matrices that are kept."""

from sqlalchemy.orm import Session

from tests.dispatch.planning.conftest import plan_monday
from tests.factories import add_device, add_job, add_shift, add_site, add_technician


def test_shops_a_hand_apart_are_the_same_place_on_the_road(session: Session) -> None:
    add_shift(session, add_technician(session))
    for lat in (41.15, 41.15000004):
        add_job(session, device=add_device(session, site=add_site(session, position=(lat, -8.61))))

    plan = plan_monday(session)

    assert plan.left_out == []
