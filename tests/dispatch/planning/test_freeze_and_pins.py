"""Facts about what a new plan may not move, and about ties that cannot be."""

import datetime as dt

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from time_machine import Traveller

from customers.models import Priority
from dispatch.models import Absence, CustomerPreference, Job, Plan, Technician
from dispatch.models.workforce import AbsenceReason, Preference
from dispatch.planning import pin_job, publish, unpin_job
from dispatch.planning.errors import (
    PinAgainstPromise,
    PinContradicts,
    PinInPast,
    PinnedOutsideShift,
    PinnedTechnicianAbsent,
    PinnedTechnicianGone,
    PinnedTechnicianLacksSkill,
    PinnedTechnicianUnwelcome,
    PinOutOfOrder,
    PinReasonMissing,
    PinSaysNothing,
    PinWhileClosed,
    PlanOutdated,
)
from dispatch.planning.pins import NewPin
from dispatch.planning.settings import (
    PlanningSettings,
    SettingOutOfRange,
    read_planning_settings,
    write_planning_settings,
)
from tests.dispatch.planning.conftest import fresh_session, plan_monday
from tests.factories import MONDAY, add_device, add_job, add_shift, add_site, add_technician, at

NEVER = PlanningSettings(freeze_minutes=0)
Place = tuple[int, dt.datetime]


def places(plan: Plan) -> dict[int, Place]:
    """Who comes when, by job."""
    return {
        stop.job_id: (route.technician_id, stop.starts_at)
        for route in plan.routes
        for stop in route.stops
        if stop.job_id is not None
    }


def add_job_at(session: Session, lat: float, lon: float, **values: object) -> Job:
    return add_job(session, device=add_device(session, site=add_site(session, position=(lat, lon))), **values)  # type: ignore[arg-type]


def tied(session: Session, job: Job, **to: object) -> None:
    pin_job(session, job_id=job.id, to=NewPin(**to), reason="The owner asked for it.", actor_id=None)  # type: ignore[arg-type]


def test_what_begins_within_the_hour_stays_though_something_urgent_came(
    session: Session, seven_thirty: Traveller
) -> None:
    add_shift(session, add_technician(session))
    first = add_job_at(session, 41.17, -8.60)
    later = add_job_at(session, 41.18, -8.65)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    before = places(plan_monday(session))
    seven_thirty.move_to(at(7, 50))
    add_job_at(session, 41.16, -8.63, priority=Priority.P1, response_due=at(8, 5), minutes=60)

    after = places(plan_monday(session))

    soon = {first.id, later.id}
    assert {job: after[job] for job in soon} == {job: before[job] for job in soon}
    # The example of docs/dispatch.md.
    assert [f"{start:%H:%M}" for _, start in sorted(after.values(), key=lambda place: place[1])] == [
        "08:06",
        "08:45",
        "09:21",
    ]


def test_a_frozen_visit_whose_technician_runs_late_keeps_the_technician_only(
    session: Session, seven_thirty: Traveller
) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    job = add_job(session)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    add_shift(session, add_technician(session))
    seven_thirty.move_to(at(9))

    technician_id, start = places(plan_monday(session))[job.id]

    assert technician_id == technician.id
    assert start >= at(9)


def test_a_frozen_visit_of_somebody_who_fell_ill_goes_to_another(session: Session, seven_thirty: Traveller) -> None:
    ill = add_technician(session)
    add_shift(session, ill)
    job = add_job(session)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    other = add_technician(session)
    add_shift(session, other)
    session.add(Absence(technician=ill, starts_at=at(0), ends_at=at(23), reason=AbsenceReason.SICK, noted_at=at(7, 40)))
    session.flush()

    assert places(plan_monday(session))[job.id][0] == other.id


def test_without_a_freeze_horizon_everything_may_move(session: Session) -> None:
    write_planning_settings(session, NEVER)
    add_shift(session, add_technician(session), hours=(8, 10))
    job = add_job(session, priority=Priority.P4, minutes=90)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    add_job(session, priority=Priority.P1, minutes=90)

    assert job.id not in places(plan_monday(session))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    positions=st.lists(
        st.tuples(st.integers(-8, 8), st.integers(-8, 8), st.integers(15, 60)), min_size=2, max_size=6, unique=True
    ),
    urgent=st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), max_size=3),
    minutes=st.sampled_from([30, 90, 240]),
)
def test_frozen_visits_never_move(
    engine: sa.Engine,
    positions: list[tuple[int, int, int]],
    urgent: list[tuple[int, int]],
    minutes: int,
) -> None:
    with fresh_session(engine) as session:
        write_planning_settings(session, PlanningSettings(freeze_minutes=minutes))
        for _ in range(2):
            add_shift(session, add_technician(session))
        for north, east, length in positions:
            add_job_at(session, 41.15 + north / 100, -8.62 + east / 100, minutes=length)
        before = places(publish(session, plan_id=plan_monday(session).id, actor_id=None))
        for north, east in urgent:
            add_job_at(
                session,
                41.15 + north / 100,
                -8.62 + east / 100,
                priority=Priority.P1,
                response_due=at(8, 10),
                minutes=45,
            )

        after = places(plan_monday(session))

        horizon = at(7, 30) + dt.timedelta(minutes=minutes)
        frozen = {job: place for job, place in before.items() if place[1] <= horizon}
        assert {job: after.get(job) for job in frozen} == frozen


def test_the_choices_of_the_firm_are_kept_and_checked(session: Session) -> None:
    assert read_planning_settings(session) == PlanningSettings()

    write_planning_settings(session, PlanningSettings(freeze_minutes=90))

    assert read_planning_settings(session).freeze_minutes == 90
    with pytest.raises(SettingOutOfRange, match="freeze_minutes"):
        write_planning_settings(session, PlanningSettings(freeze_minutes=-1))


def test_a_dearer_change_of_technician_keeps_a_job_where_it_is(session: Session) -> None:
    write_planning_settings(session, PlanningSettings(freeze_minutes=0, technician_change_cents=50_000))
    far = add_technician(session, home=(41.30, -8.60))
    add_shift(session, far)
    job = add_job_at(session, 41.15, -8.61)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    near = add_technician(session, home=(41.15, -8.61))
    add_shift(session, near)

    stays = places(plan_monday(session))[job.id][0]
    write_planning_settings(session, NEVER)
    plan = plan_monday(session)
    moves = places(plan)[job.id][0]

    assert (stays, moves) == (far.id, near.id)
    # The example of docs/dispatch.md.
    assert plan.standing_cost is not None
    told = [plan.standing_cost["total"], plan.cost["work"], plan.cost["change"], plan.cost["total"]]
    assert [round(cents) for cents in told] == [3476, 300, 426, 726]


def test_a_job_tied_to_a_technician_goes_to_them_though_others_are_nearer(session: Session) -> None:
    far = add_technician(session, home=(41.30, -8.60))
    for technician in (far, add_technician(session)):
        add_shift(session, technician)
    job = add_job(session)
    tied(session, job, technician_id=far.id)

    assert places(plan_monday(session))[job.id][0] == far.id


def test_a_job_tied_to_a_start_begins_then(session: Session) -> None:
    add_shift(session, add_technician(session))
    job = add_job(session)
    tied(session, job, starts_at=at(14, 15))

    assert places(plan_monday(session))[job.id][1] == at(14, 15)


def test_a_job_tied_to_both_has_both(session: Session) -> None:
    far = add_technician(session, home=(41.30, -8.60))
    for technician in (far, add_technician(session)):
        add_shift(session, technician)
    job = add_job(session)
    tied(session, job, technician_id=far.id, starts_at=at(11))

    assert places(plan_monday(session))[job.id] == (far.id, at(11))


def test_a_job_tied_to_a_window_begins_within_it(session: Session) -> None:
    add_shift(session, add_technician(session))
    job = add_job(session)
    tied(session, job, window=(at(15), at(16)))

    assert at(15) <= places(plan_monday(session))[job.id][1] <= at(16)


def test_a_job_tied_to_tomorrow_is_neither_planned_nor_missed_today(session: Session) -> None:
    technician, tomorrow = add_technician(session), MONDAY + dt.timedelta(days=1)
    for day in (MONDAY, tomorrow):
        add_shift(session, technician, day=day)
    job = add_job(session)
    add_job(session)
    tied(session, job, starts_at=at(10, day=tomorrow))

    plan = plan_monday(session)

    assert job.id not in places(plan)
    assert job.id not in {row.job_id for row in plan.left_out}


def test_a_tie_made_after_the_draft_refuses_its_publication_by_name(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    job = add_job(session)
    plan = plan_monday(session)
    tied(session, job, technician_id=technician.id)

    with pytest.raises(PlanOutdated) as refusal:
        publish(session, plan_id=plan.id, actor_id=None)

    assert refusal.value.facts["jobs"] == [{"number": job.number, "change": "pin"}]


def test_a_job_that_is_untied_is_free_again(session: Session) -> None:
    add_shift(session, add_technician(session))
    job = add_job(session)
    tied(session, job, starts_at=at(14))
    unpin_job(session, job_id=job.id, actor_id=None)
    session.flush()
    session.expire(job)

    assert job.pin is None
    assert [event.action for event in job.events][-2:] == ["pin", "unpin"]
    assert places(plan_monday(session))[job.id][1] < at(14)


def test_a_new_tie_replaces_the_old_one(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    job = add_job(session)
    tied(session, job, starts_at=at(14))

    tied(session, job, technician_id=technician.id)
    session.flush()

    assert job.pin is not None
    assert (job.pin.technician_id, job.pin.starts_at) == (technician.id, None)


@pytest.mark.parametrize(
    ("to", "refusal"),
    [
        (NewPin(), PinSaysNothing),
        (NewPin(starts_at=at(7)), PinInPast),
        (NewPin(window=(at(12), at(11))), PinOutOfOrder),
        (NewPin(starts_at=at(12), window=(at(11), at(13))), PinOutOfOrder),
        (NewPin(starts_at=at(21)), PinWhileClosed),
    ],
)
def test_ties_that_make_no_sense_are_refused(session: Session, to: NewPin, refusal: type[Exception]) -> None:
    job = add_job(session)

    with pytest.raises(refusal):
        pin_job(session, job_id=job.id, to=to, reason="Because.", actor_id=None)


def test_a_tie_needs_a_reason(session: Session) -> None:
    with pytest.raises(PinReasonMissing):
        pin_job(session, job_id=add_job(session).id, to=NewPin(starts_at=at(12)), reason=" ", actor_id=None)


def contradict(session: Session, job: Job, technician: Technician, start: dt.datetime | None = None) -> PinContradicts:
    with pytest.raises(PinContradicts) as refusal:
        tied(session, job, technician_id=technician.id, starts_at=start)
    return refusal.value


def test_contradictions_are_refused_with_the_facts(session: Session) -> None:
    technician = add_technician(session, name="Ana", skills={"printer": 1})
    add_shift(session, technician, hours=(8, 16))
    job = add_job(session)
    promised = add_job(session, window=(at(14), at(15)))
    demanding = add_job(session, skills={"printer": 3})
    gone = add_technician(session, name="Rui")
    gone.active = False
    session.add(
        Absence(technician=technician, starts_at=at(9), ends_at=at(11), reason=AbsenceReason.TRAINING, noted_at=at(7))
    )
    session.flush()

    assert isinstance(contradict(session, job, gone), PinnedTechnicianGone)
    assert "printer 3" in str(contradict(session, demanding, technician))
    assert isinstance(contradict(session, demanding, technician), PinnedTechnicianLacksSkill)
    assert "2026-11-23 09:00 - 11:00" in str(contradict(session, job, technician, at(10)))
    assert isinstance(contradict(session, job, technician, at(10)), PinnedTechnicianAbsent)
    assert "2026-11-23 08:00 - 16:00" in str(contradict(session, job, technician, at(17)))
    assert isinstance(contradict(session, job, technician, at(17)), PinnedOutsideShift)
    assert isinstance(contradict(session, promised, technician, at(12)), PinAgainstPromise)


def test_a_customer_who_excludes_somebody_does_not_get_them_by_a_tie(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    job = add_job(session)
    session.add(
        CustomerPreference(
            customer_id=job.site.customer_id, technician_id=technician.id, preference=Preference.EXCLUDED
        )
    )
    session.flush()

    assert isinstance(contradict(session, job, technician), PinnedTechnicianUnwelcome)
