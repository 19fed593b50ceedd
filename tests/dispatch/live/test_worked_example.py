"""The examples of docs/dispatch.md: "The living day" and "Why, and what would help"."""

import sqlalchemy as sa

from dispatch.live.advice import why_not
from dispatch.live.answers import answer
from dispatch.live.choices import Asked
from dispatch.live.facts import tell_late
from dispatch.live.fixes import apply_fix, prepare_fix
from dispatch.models import Notice
from dispatch.models.clocks import NoticeKind
from dispatch.models.plans import PlanState
from tests.dispatch.live.conftest import Day
from tests.factories import MONDAY, at


def test_who_is_late_hands_a_promise_on(day: Day) -> None:
    ana, ben = day.technicians
    one, two = day.add_job(east=-8, window=(at(8, 30), at(9, 30))), day.add_job(east=8)
    day.publish()
    assert (day.by(ana), day.by(ben)) == ([one.number], [two.number])

    told = tell_late(day.session, technician_id=ana.id, until=at(11), actor_id=None)
    assert f"{day.visits()[one.number].expected_at:%H:%M}" == "11:03"
    notice = day.session.scalars(sa.select(Notice).where(Notice.kind == NoticeKind.PROMISE_AT_RISK)).one()
    assert (notice.job_id, notice.about) == (one.id, "promise")

    event = answer(day.bench, told.id)

    assert event.plan is not None
    assert event.plan.state is PlanState.DRAFT
    route = next(route for route in event.plan.routes if route.technician_id == ben.id)
    starts = {stop.job_id: f"{stop.starts_at:%H:%M}" for stop in route.stops}
    assert (starts[two.id], starts[one.id]) == ("08:06", "08:57")
    assert [stop.job_id for stop in route.stops] == [two.id, one.id]
    assert event.facts["broken"] == []


def test_three_minutes_of_overtime_help(day: Day) -> None:
    ana, ben = day.technicians
    ben.skills.clear()
    day.session.flush()
    day.publish_empty()
    job = day.add_job(east=-8, minutes=8 * 60 + 55, skills={"battery": 1})
    asked = Asked(job.id, job.number)

    told = why_not(day.bench, asked, MONDAY)

    assert {one.technician: one.why.code for one in told.against} == {"Ana": "shift", "Ben": "skill"}
    fix = told.fixes[0]
    assert (fix.kind, fix.technician, fix.facts["minutes"]) == ("overtime", "Ana", 3)
    assert f"{fix.facts['until']:%H:%M}" == "17:02"

    apply_fix(day.session, prepare_fix(day.bench, asked, MONDAY, fix.key), actor_id=None)
    assert day.by(ana) == [job.number]
