"""Facts about drafts beside what is published, and about publishing only some of their changes."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from time_machine import Traveller

from customers.models import Priority
from dispatch import jobs
from dispatch.models import Absence, Job, Plan, PlanEvent, Visit
from dispatch.models.clocks import PauseReason
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.models.visits import VisitStatus
from dispatch.models.workforce import AbsenceReason
from dispatch.pauses import pause_clocks
from dispatch.planning import compare, publish
from dispatch.planning.choose import mix, publish_mixture
from dispatch.planning.comparison import CallCode, Change, WhyCode
from dispatch.planning.compute import Workbench
from dispatch.planning.errors import (
    ChoiceClashes,
    NotADraft,
    NothingChosen,
    NotInComparison,
    PlanOutdated,
)
from dispatch.planning.pins import NewPin, pin_job
from dispatch.planning.settings import PlanningSettings, write_planning_settings
from inventory.audit import find_differences
from tests.dispatch.planning.conftest import ROADS, fresh_session, plan_monday, promise
from tests.factories import (
    MONDAY,
    add_device,
    add_job,
    add_part,
    add_person,
    add_place,
    add_shift,
    add_site,
    add_stock,
    add_technician,
    at,
)


def bench_of(session: Session) -> Workbench:
    @contextmanager
    def sessions() -> Iterator[Session]:
        yield session

    return Workbench(sessions=sessions, travel_times=lambda: ROADS, lease_seconds=60)


def choose(session: Session, plan: Plan, chosen: Collection[str]) -> list[Plan]:
    mixture = mix(bench_of(session), plan_id=plan.id, chosen=chosen)
    return publish_mixture(session, mixture, actor_id=None)


def changes(session: Session, plan: Plan) -> dict[int, Change]:
    return {change.job.id: change for change in compare(session, plan).changes}


def waiting(session: Session) -> dict[int, tuple[int, dt.datetime]]:
    rows = session.scalars(sa.select(Visit).where(Visit.status == VisitStatus.DISPATCHED))
    return {row.job_id: (row.technician_id, row.planned_start) for row in rows}


def add_job_at(session: Session, lat: float, lon: float, **values: object) -> Job:
    return add_job(session, device=add_device(session, site=add_site(session, position=(lat, lon))), **values)  # type: ignore[arg-type]


def free_to_move(session: Session) -> None:
    write_planning_settings(session, PlanningSettings(freeze_minutes=0))


def test_the_first_plan_of_a_day_is_all_new(session: Session) -> None:
    add_shift(session, add_technician(session))
    job = add_job(session)

    comparison = compare(session, plan_monday(session))

    assert [(change.job.id, change.was, change.why.code, change.call) for change in comparison.changes] == [
        (job.id, None, WhyCode.NEW, None)
    ]
    assert comparison.gain_cents is None


def test_a_pause_moves_the_due_time_that_the_comparison_tells(session: Session, seven_thirty: Traveller) -> None:
    add_shift(session, add_technician(session))
    job = add_job(session)
    pause_clocks(session, job_id=job.id, reason=PauseReason.CUSTOMER_ASKED, actor_id=None)
    seven_thirty.move_to(at(8, 30))

    [change] = compare(session, plan_monday(session)).changes

    assert change.why.facts["due"] == job.response_due + dt.timedelta(hours=1)


def test_planning_again_without_news_changes_nothing(session: Session, seven_thirty: Traveller) -> None:
    for _ in range(2):
        add_shift(session, add_technician(session))
    for n in range(5):
        add_job_at(session, 41.15 + n / 100, -8.6)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    seven_thirty.move_to(at(7, 31))

    comparison = compare(session, plan_monday(session))

    assert list(comparison.changes) == []
    assert comparison.gain_cents == pytest.approx(0)
    assert comparison.stability_cents == pytest.approx(0)


def test_somebody_absent_is_told_as_the_reason_and_the_price_is_that_of_the_start_alone(session: Session) -> None:
    ill = add_technician(session, name="Ana")
    add_shift(session, ill)
    job = add_job(session)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    add_shift(session, add_technician(session))
    session.add(Absence(technician=ill, starts_at=at(0), ends_at=at(23), reason=AbsenceReason.SICK, noted_at=at(7)))
    session.flush()

    change = changes(session, plan_monday(session))[job.id]

    assert (change.why.code, change.why.facts) == (WhyCode.ABSENT, {"technician": "Ana"})
    assert change.price_cents < 100


def test_a_tie_is_told_as_the_reason(session: Session) -> None:
    free_to_move(session)
    first, other = add_technician(session), add_technician(session, home=(41.3, -8.6))
    for technician in (first, other):
        add_shift(session, technician)
    job = add_job(session)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    pin_job(session, job_id=job.id, to=NewPin(technician_id=other.id), reason="Knows the shop.", actor_id=None)

    change = changes(session, plan_monday(session))[job.id]

    assert (change.why.code, change.why.facts) == (WhyCode.PIN, {"reason": "Knows the shop."})
    assert change.price_cents >= 400


def test_room_for_something_urgent_is_told_with_its_number(session: Session) -> None:
    free_to_move(session)
    add_shift(session, add_technician(session))
    job = add_job(session)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    urgent = add_job_at(session, 41.16, -8.63, priority=Priority.P1, response_due=at(8, 1), minutes=60)

    found = changes(session, plan_monday(session))

    assert found[urgent.id].why.code is WhyCode.NEW
    assert (found[job.id].why.code, found[job.id].why.facts) == (WhyCode.ROOM, {"jobs": [urgent.number]})


def test_whom_nobody_comes_to_any_more_is_to_be_called(session: Session) -> None:
    free_to_move(session)
    add_shift(session, add_technician(session), hours=(8, 10))
    job = add_job(session, priority=Priority.P4, minutes=90)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    add_job(session, priority=Priority.P1, minutes=90)

    change = changes(session, plan_monday(session))[job.id]

    assert (change.now, change.why.facts, change.call) == (None, {"reason": "full"}, CallCode.EXPECTED)


def test_a_promise_that_the_draft_leaves_out_is_to_be_called_first(session: Session) -> None:
    free_to_move(session)
    add_shift(session, add_technician(session), hours=(8, 10))
    job = add_job(session, priority=Priority.P4, minutes=90, window=(at(8, 15), at(9)))
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    add_job(session, priority=Priority.P1, minutes=90)

    first = compare(session, plan_monday(session)).changes[0]

    assert (first.job.id, first.call) == (job.id, CallCode.PROMISED_AND_OUT)


def test_costs_stand_side_by_side(session: Session) -> None:
    add_shift(session, add_technician(session))
    add_job(session)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    add_job_at(session, 41.18, -8.6)

    comparison = compare(session, plan_monday(session))

    by_term = {line.term: (line.was, line.now) for line in comparison.costs}
    was, now = by_term["unserved"]
    assert was is not None
    assert was >= 20_000
    assert now == 0
    assert comparison.gain_cents is not None
    assert 0 < comparison.gain_cents < was


def a_day_with_two_changes(session: Session) -> tuple[Plan, Job, Job, Job]:
    """One job published; two new ones far from each other in the draft."""
    free_to_move(session)
    for home in ((41.10, -8.60), (41.25, -8.60)):
        add_shift(session, add_technician(session, home=home))
    old = add_job_at(session, 41.11, -8.60)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    south, north = add_job_at(session, 41.12, -8.60), add_job_at(session, 41.24, -8.60)
    return plan_monday(session), old, south, north


def test_a_chosen_change_is_published_and_the_rest_stays(session: Session) -> None:
    draft, old, south, north = a_day_with_two_changes(session)
    before = waiting(session)

    plan = choose(session, draft, [north.number])[0]

    after = waiting(session)
    assert after[old.id] == before[old.id]
    assert set(after) == {old.id, north.id}
    assert south.status is JobStatus.READY
    assert plan.state is PlanState.PUBLISHED
    assert {row.job_id: row.reason for row in plan.left_out} == {south.id: "not_chosen"}
    # Told with the prices that every plan has.
    assert plan.standing_cost is not None
    assert plan.cost["unserved"] == pytest.approx(plan.standing_cost["unserved"] / 2)
    assert 0 < plan.cost["unserved"] < 100_000
    session.refresh(draft)
    assert draft.state is PlanState.DISCARDED
    events = session.scalars(sa.select(PlanEvent).where(PlanEvent.plan_id == plan.id).order_by(PlanEvent.id)).all()
    assert [event.to_state for event in events] == [PlanState.DRAFT, PlanState.PUBLISHED]
    assert events[0].facts == {"chosen": [north.number], "of_version": draft.version}


def test_a_choice_that_needs_another_is_refused_and_names_it(session: Session) -> None:
    free_to_move(session)
    add_shift(session, add_technician(session, home=(41.15, -8.61)), hours=(8, 10))
    old = add_job(session, priority=Priority.P4, minutes=100)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    urgent = add_job(session, priority=Priority.P1, minutes=100)
    draft = plan_monday(session)

    with pytest.raises(ChoiceClashes) as refusal:
        choose(session, draft, [urgent.number])

    assert [clash["number"] for clash in refusal.value.facts["clashes"]] == [urgent.number]
    assert set(waiting(session)) == {old.id}
    assert draft.state is PlanState.DRAFT


def test_choosing_what_belongs_together_works(session: Session) -> None:
    free_to_move(session)
    add_shift(session, add_technician(session, home=(41.15, -8.61)), hours=(8, 10))
    old = add_job(session, priority=Priority.P4, minutes=100)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    urgent = add_job(session, priority=Priority.P1, minutes=100)

    choose(session, plan_monday(session), [urgent.number, old.number])

    assert set(waiting(session)) == {urgent.id}
    assert old.status is JobStatus.READY


def test_choices_that_cannot_be_are_refused(session: Session) -> None:
    draft, old, south, _ = a_day_with_two_changes(session)

    with pytest.raises(NothingChosen):
        choose(session, draft, [])
    with pytest.raises(NotInComparison, match=old.number):
        choose(session, draft, [old.number])
    jobs.cancel_job(session, job_id=south.id, reason="Closed down.", actor_id=None)
    session.flush()
    with pytest.raises(PlanOutdated, match=south.number):
        choose(session, draft, [south.number])
    publish_draft = plan_monday(session)
    publish(session, plan_id=publish_draft.id, actor_id=None)
    with pytest.raises(NotADraft):
        choose(session, publish_draft, [south.number])


def test_an_edit_between_mixing_and_publishing_is_not_overwritten(session: Session) -> None:
    draft, old, _, north = a_day_with_two_changes(session)
    mixture = mix(bench_of(session), plan_id=draft.id, chosen=[north.number])
    old.description = "The owner called again."
    session.flush()

    with pytest.raises(PlanOutdated, match=old.number):
        publish_mixture(session, mixture, actor_id=None)

    assert north.status is JobStatus.READY


def test_a_chosen_job_brings_its_parts_along(session: Session) -> None:
    draft, _, _, _ = a_day_with_two_changes(session)
    warehouse, battery = add_place(session), add_part(session)
    add_stock(session, warehouse, battery, 1)
    job = add_job_at(session, 41.23, -8.61)
    line = promise(session, job, battery, warehouse)
    draft = plan_monday(session)

    choose(session, draft, [job.number])

    assert job.status is JobStatus.DISPATCHED
    assert line.reservation is not None
    assert find_differences(session) == []


def test_the_history_of_a_plan_tells_who_did_what(session: Session) -> None:
    add_shift(session, add_technician(session))
    add_job(session)
    dispatcher = add_person(session)
    first = publish(session, plan_id=plan_monday(session).id, actor_id=dispatcher.id)
    second = publish(session, plan_id=plan_monday(session).id, actor_id=dispatcher.id)

    events = session.scalars(sa.select(PlanEvent).where(PlanEvent.plan_id == first.id).order_by(PlanEvent.id)).all()

    assert [(event.from_state, event.to_state, event.user_id) for event in events] == [
        (None, PlanState.DRAFT, None),
        (PlanState.DRAFT, PlanState.PUBLISHED, dispatcher.id),
        (PlanState.PUBLISHED, PlanState.SUPERSEDED, dispatcher.id),
    ]
    assert (second.base_id, second.published_by_id) == (first.id, dispatcher.id)


@settings(max_examples=8, deadline=None)
@given(
    old=st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), min_size=1, max_size=4, unique=True),
    new=st.lists(st.tuples(st.integers(-8, 8), st.integers(-8, 8)), min_size=1, max_size=4, unique=True),
    picked=st.sets(st.integers(0, 7), min_size=1),
)
def test_any_choice_is_published_as_chosen_or_refused(
    engine: sa.Engine, old: list[tuple[int, int]], new: list[tuple[int, int]], picked: set[int]
) -> None:
    """Every published plan has passed the checker; here: unchosen visits did not move, chosen ones are as drafted."""
    with fresh_session(engine) as session:
        free_to_move(session)
        for _ in range(2):
            add_shift(session, add_technician(session), hours=(8, 12))
        for north, east in old:
            add_job_at(session, 41.15 + north / 60, -8.62 + east / 60, minutes=60)
        publish(session, plan_id=plan_monday(session).id, actor_id=None)
        for north, east in new:
            add_job_at(session, 41.15 + north / 60, -8.62 + east / 60, minutes=60, priority=Priority.P1)
        draft, before = plan_monday(session), waiting(session)
        found = list(compare(session, draft).changes)
        chosen = [change for n, change in enumerate(found) if n in picked]
        if not chosen:
            return
        expected = dict(before)
        for change in chosen:
            expected.pop(change.job.id, None)
            if change.now is not None:
                expected[change.job.id] = (change.now.technician.id, change.now.start)
        try:
            choose(session, draft, [change.job.number for change in chosen])
        except ChoiceClashes:
            expected = before
        assert waiting(session) == expected
        assert draft.day == MONDAY
