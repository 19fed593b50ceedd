"""Facts about taking jobs in, changing and cancelling them."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from core.accounts import RoleName
from core.errors import DomainError
from customers.errors import NoServiceTarget
from customers.models import Priority, Site
from dispatch import errors
from dispatch.jobs import (
    JobChanges,
    NewJob,
    apply,
    cancel_job,
    change_job,
    job_by_number,
    lock_job,
    planning_obstacles,
    renew_promises,
    reopen_job,
    retry_waiting,
    take_in_job,
)
from dispatch.lifecycle import Action
from dispatch.models import Job, JobEvent
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from inventory import ledger
from inventory.levels import find_level
from inventory.models import Part, PartFamily, Place, StockLevel
from tests.factories import (
    MONDAY,
    add_contract,
    add_device,
    add_fault,
    add_part,
    add_person,
    add_place,
    add_site,
    add_stock,
    add_technician,
    add_visit,
    at,
)

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
LUNCH = {day: [["09:00", "12:30"], ["14:00", "19:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture(autouse=True)
def _eight_on_monday() -> Iterator[None]:
    with time_machine.travel(at(8), tick=False):
        yield


@pytest.fixture
def site(session: Session) -> Site:
    return add_site(session, name="Padaria", hours=LUNCH)


def take_in(session: Session, site: Site, **facts: Any) -> Job:
    usual: dict[str, Any] = {"site": site, "priority": Priority.P2, "duration_seconds": 1800}
    new = NewJob(**(usual | facts))
    return take_in_job(session, new=new, actor_id=None)


def events_of(session: Session, job: Job) -> list[JobEvent]:
    session.flush()
    return list(session.scalars(sa.select(JobEvent).where(JobEvent.job_id == job.id).order_by(JobEvent.id)))


def stock_with(session: Session, pieces: int) -> tuple[Part, Place]:
    part, store = add_part(session, sku="P-1042"), add_place(session)
    add_stock(session, store, part, pieces)
    return part, store


# Taking in.


def test_a_job_owes_what_the_contract_says_from_the_report_on(session: Session) -> None:
    contract = add_contract(session, targets={Priority.P1: (120, 240)}, late_cents_per_minute=70, breach_cents=9_000)

    job = take_in(session, add_site(session, contract=contract), priority=Priority.P1, reported_at=at(7))

    assert (job.reported_at, job.response_due, job.resolution_due) == (at(7), at(9), at(11))
    assert (job.late_cents_per_minute, job.breach_cents) == (70, 9_000)


def test_a_job_that_needs_no_parts_is_ready_at_once(session: Session, site: Site) -> None:
    job = take_in(session, site)

    assert job.status is JobStatus.READY
    assert [(event.action, event.from_status, event.to_status) for event in events_of(session, job)] == [
        ("take_in", None, JobStatus.NEW),
        ("ready", JobStatus.NEW, JobStatus.READY),
    ]


def test_numbers_follow_the_order_of_intake(session: Session, site: Site) -> None:
    first, second = take_in(session, site), take_in(session, site)

    assert first.number == f"J-{first.id:06}"
    assert first.number < second.number
    assert job_by_number(session, f" {second.number} ") is second


def test_work_skills_and_parts_follow_from_fault_and_device(session: Session, site: Site) -> None:
    part, store = stock_with(session, 2)
    fault = add_fault(session, minutes=45, skills={"battery": 2}, parts={PartFamily.BATTERY: 2})

    job = take_in(session, site, device=add_device(session, site=site), fault=fault, duration_seconds=None)

    assert (job.duration_seconds, job.skills, job.status) == (2700, {"battery": 2}, JobStatus.READY)
    [line] = job.parts
    assert line.reservation is not None
    assert (line.part_id, line.quantity, line.reservation.place_id) == (part.id, 2, store.id)
    assert line.reservation.reference == job.number


def test_what_is_stated_counts_more_than_the_fault(session: Session, site: Site) -> None:
    part, _ = stock_with(session, 5)
    fault = add_fault(session, skills={"printer": 2}, parts={PartFamily.PRINTER: 1})

    job = take_in(session, site, fault=fault, duration_seconds=600, skills={}, parts={part.id: 3})

    assert (job.duration_seconds, job.skills) == (600, {})
    assert [(line.part_id, line.quantity) for line in job.parts] == [(part.id, 3)]


def test_a_job_whose_parts_are_short_waits_and_the_event_says_what_is_missing(session: Session, site: Site) -> None:
    part, store = stock_with(session, 1)
    plenty = add_part(session, sku="P-7", family=PartFamily.SCREEN)
    add_stock(session, store, plenty, 9)

    job = take_in(session, site, parts={part.id: 2, plenty.id: 1})

    assert job.status is JobStatus.WAITING_PARTS
    assert planning_obstacles(job) == ["waiting_parts"]
    assert events_of(session, job)[-1].facts == {"missing": [{"sku": "P-1042", "available": 1, "wanted": 2}]}
    assert all(line.reservation is None for line in job.parts)
    assert sum(session.scalars(sa.select(StockLevel.reserved))) == 0


def test_a_site_without_position_is_accepted_and_the_job_says_so(session: Session) -> None:
    job = take_in(session, add_site(session, position=None))

    assert job.status is JobStatus.READY
    assert planning_obstacles(job) == ["no_position"]
    assert events_of(session, job)[0].facts == {"obstacles": ["no_position"]}


def test_due_times_that_were_agreed_replace_those_of_the_contract(session: Session, site: Site) -> None:
    job = take_in(session, site, response_due=at(15), resolution_due=at(18))

    assert (job.response_due, job.resolution_due) == (at(15), at(18))


def test_a_promise_is_kept_with_the_job(session: Session, site: Site) -> None:
    job = take_in(session, site, window=(at(9), at(11)))

    assert (job.window_start, job.window_end) == (at(9), at(11))


REFUSED: list[tuple[dict[str, Any], type[DomainError], str]] = [
    ({"reported_at": at(8) + MINUTE}, errors.ReportedInFuture, "2026-11-23 08:01 UTC, which is still to come"),
    ({"reported_at": at(8) - 400 * DAY}, errors.ReportedTooLongAgo, "Check the year"),
    ({"reported_at": dt.datetime.min.replace(tzinfo=dt.UTC)}, errors.ReportedTooLongAgo, "Check the year"),
    ({"duration_seconds": 0}, errors.DurationOutOfRange, "0 seconds"),
    ({"duration_seconds": -60}, errors.DurationOutOfRange, "-60 seconds"),
    ({"duration_seconds": 2**40}, errors.DurationOutOfRange, "from 1 to 86400"),
    ({"duration_seconds": None}, errors.DurationMissing, "Give the duration or a fault code"),
    ({"description": "x" * 4001}, errors.DescriptionTooLong, "Shorten it to 4000"),
    ({"response_due": at(7)}, errors.DueInPast, "response_due 2026-11-23 07:00 UTC has passed"),
    ({"resolution_due": at(7)}, errors.DueInPast, "resolution_due"),
    ({"resolution_due": dt.datetime.max.replace(tzinfo=dt.UTC)}, errors.DueTooFar, "Check the year"),
    ({"response_due": at(12), "resolution_due": at(11)}, errors.DueOutOfOrder, "not before the response"),
    # Windows; the shop is open 09:00-12:30 and 14:00-19:00, Monday to Friday.
    ({"window": (at(7), at(10))}, errors.WindowInPast, r"2026-11-23 07:00 - 10:00 began before now"),
    ({"window": (at(11), at(10))}, errors.WindowOutOfOrder, "Give an end after the start"),
    ({"window": (at(11), at(11))}, errors.WindowOutOfOrder, "Give an end after the start"),
    ({"window": (at(11), at(11, 14))}, errors.WindowTooShort, "at least 15 minutes"),
    ({"window": (at(8, 30), at(10))}, errors.WindowOutsideOpeningHours, "Padaria on that day: 09:00-12:30, 14:00"),
    ({"window": (at(18), at(19, 30))}, errors.WindowOutsideOpeningHours, "09:00-12:30, 14:00-19:00"),
    # The promise would hold in the lunch break too.
    ({"window": (at(10), at(16))}, errors.WindowOutsideOpeningHours, "09:00-12:30, 14:00-19:00"),
    # Saturday.
    (
        {"window": (at(10) + 5 * DAY, at(11) + 5 * DAY)},
        errors.WindowOnClosedDay,
        "Padaria is closed .* opens next: 2026-11-30 09:00-12:30, 14:00-19:00",
    ),
    ({"window": (at(10) + 400 * DAY, at(11) + 400 * DAY)}, errors.WindowTooFar, "Check the year"),
    ({"window": (at(10), dt.datetime.max.replace(tzinfo=dt.UTC))}, errors.WindowTooFar, "Check the year"),
]


@pytest.mark.parametrize(("facts", "refusal", "sentence"), REFUSED)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    session: Session, site: Site, facts: dict[str, Any], refusal: type[DomainError], sentence: str
) -> None:
    with pytest.raises(refusal, match=sentence):
        take_in(session, site, **facts)

    assert session.scalar(sa.select(sa.func.count(Job.id))) == 0


def test_a_window_may_fill_the_opening_hours_and_end_at_closing(session: Session, site: Site) -> None:
    assert take_in(session, site, window=(at(14), at(19))).status is JobStatus.READY


def test_a_shop_whose_hours_nobody_knows_takes_any_window(session: Session) -> None:
    job = take_in(session, add_site(session, hours={}), window=(at(22), at(23)))

    assert job.window_start == at(22)


def test_a_shop_open_around_the_clock_takes_a_window_over_midnight(session: Session) -> None:
    always = {day: [["00:00", "24:00"]] for day in ("mon", "tue")}

    job = take_in(session, add_site(session, hours=always), window=(at(23), at(23) + 2 * HOUR))

    assert job.window_end == at(1, day=MONDAY + DAY)


def test_a_device_of_another_site_is_refused(session: Session, site: Site) -> None:
    stranger = add_device(session, serial="SN-9")

    with pytest.raises(errors.DeviceElsewhere, match="SN-9 stands at site"):
        take_in(session, site, device=stranger)


def test_a_priority_that_the_contract_does_not_serve_is_refused(session: Session) -> None:
    contract = add_contract(session, targets={Priority.P1: (60, 120)})

    with pytest.raises(NoServiceTarget, match="Choose one of P1"):
        take_in(session, add_site(session, contract=contract), priority=Priority.P4)


# Moving along.


def test_every_move_is_written_down_with_who_and_why(session: Session, site: Site) -> None:
    ana = add_person(session, roles=[RoleName.DISPATCHER])
    job = take_in(session, site)

    apply(session, job, Action.PLAN, actor_id=ana.id, note="n" * 400)

    last = events_of(session, job)[-1]
    assert (last.action, last.from_status, last.to_status) == ("plan", JobStatus.READY, JobStatus.PLANNED)
    assert (last.user_id, last.at, len(last.note)) == (ana.id, at(8), 300)


def test_a_move_that_is_not_possible_changes_nothing(session: Session, site: Site) -> None:
    job = take_in(session, site)

    with pytest.raises(errors.ActionNotPossible, match=f'{job.number} is in status "ready"'):
        apply(session, job, Action.ARRIVE, actor_id=None)

    assert job.status is JobStatus.READY
    assert len(events_of(session, job)) == 2


def test_a_writer_who_read_an_older_version_is_stopped_by_the_database(session: Session, site: Site) -> None:
    job = take_in(session, site)
    session.flush()
    session.execute(
        sa.update(Job).where(Job.id == job.id).values(version=Job.version + 1),
        execution_options={"synchronize_session": False},
    )
    apply(session, job, Action.PLAN, actor_id=None)

    with pytest.raises(StaleDataError):
        session.flush()


# Cancelling.


def test_cancelling_frees_the_parts_and_takes_the_visit_off_the_phone(session: Session, site: Site) -> None:
    part, store = stock_with(session, 2)
    job = take_in(session, site, parts={part.id: 2})
    apply(session, job, Action.PLAN, actor_id=None)
    apply(session, job, Action.DISPATCH, actor_id=None)
    visit = add_visit(session, technician=add_technician(session), job=job)

    cancel_job(session, job_id=job.id, reason=" Shop has closed down ", actor_id=None)

    session.refresh(visit)
    assert (job.status, visit.status) == (JobStatus.CANCELLED, VisitStatus.WITHDRAWN)
    assert find_level(session, store.id, part.id).available == 2
    assert events_of(session, job)[-1].note == "Shop has closed down"


def test_a_cancellation_needs_a_reason(session: Session, site: Site) -> None:
    job = take_in(session, site)

    with pytest.raises(errors.ReasonMissing, match=job.number):
        cancel_job(session, job_id=job.id, reason=" ", actor_id=None)

    assert job.status is JobStatus.READY


def test_a_job_on_site_is_not_cancelled_under_the_technicians_hands(session: Session, site: Site) -> None:
    part, store = stock_with(session, 1)
    job = take_in(session, site, parts={part.id: 1})
    for action in (Action.PLAN, Action.DISPATCH, Action.SET_OFF, Action.ARRIVE):
        apply(session, job, action, actor_id=None)

    with pytest.raises(errors.ActionNotPossible, match="Possible now: complete, leave_incomplete"):
        cancel_job(session, job_id=job.id, reason="Duplicate", actor_id=None)

    assert find_level(session, store.id, part.id).reserved == 1


def test_an_unknown_job_is_refused(session: Session) -> None:
    with pytest.raises(errors.UnknownJob, match="no job 4711"):
        lock_job(session, 4711)
    with pytest.raises(errors.UnknownJob, match="J-999999"):
        job_by_number(session, "J-999999")


# Changing.


def test_another_priority_gives_other_due_times_counted_from_the_report(session: Session) -> None:
    contract = add_contract(session, targets={Priority.P1: (60, 120), Priority.P3: (600, 1200)})
    job = take_in(session, add_site(session, contract=contract), priority=Priority.P3, reported_at=at(7))
    session.flush()

    change_job(session, job_id=job.id, version=job.version, changes={"priority": Priority.P1}, actor_id=None)

    assert (job.response_due, job.resolution_due) == (at(8), at(9))
    assert events_of(session, job)[-1].facts == {
        "priority": ["P3", "P1"],
        "response_due": ["2026-11-23T17:00:00+00:00", "2026-11-23T08:00:00+00:00"],
        "resolution_due": ["2026-11-24T03:00:00+00:00", "2026-11-23T09:00:00+00:00"],
    }


def test_agreed_due_times_stay_when_the_form_sends_the_same_priority_back(session: Session, site: Site) -> None:
    job = take_in(session, site, response_due=at(15), resolution_due=at(18))
    session.flush()
    changes: JobChanges = {"priority": Priority.P2, "description": "Bring a ladder"}

    change_job(session, job_id=job.id, version=job.version, changes=changes, actor_id=None)

    assert (job.response_due, job.description) == (at(15), "Bring a ladder")
    assert events_of(session, job)[-1].facts == {"description": ["", "Bring a ladder"]}


def test_a_promise_is_moved_and_taken_back_with_a_trace(session: Session, site: Site) -> None:
    job = take_in(session, site, window=(at(9), at(11)))
    session.flush()

    change_job(session, job_id=job.id, version=job.version, changes={"window": (at(14), at(16))}, actor_id=None)
    assert (job.window_start, job.window_end) == (at(14), at(16))
    session.flush()
    change_job(session, job_id=job.id, version=job.version, changes={"window": None}, actor_id=None)

    assert (job.window_start, job.window_end) == (None, None)
    assert [event.facts for event in events_of(session, job)[-2:]] == [
        {
            "window_start": ["2026-11-23T09:00:00+00:00", "2026-11-23T14:00:00+00:00"],
            "window_end": ["2026-11-23T11:00:00+00:00", "2026-11-23T16:00:00+00:00"],
        },
        {
            "window_start": ["2026-11-23T14:00:00+00:00", None],
            "window_end": ["2026-11-23T16:00:00+00:00", None],
        },
    ]


def test_a_form_that_somebody_overtook_is_refused_with_name_and_time(session: Session, site: Site) -> None:
    rui = add_person(session, name="Rui", roles=[RoleName.DISPATCHER])
    job = take_in(session, site)
    session.flush()
    seen = job.version
    change_job(session, job_id=job.id, version=seen, changes={"duration_seconds": 3600}, actor_id=rui.id)
    session.flush()

    with pytest.raises(errors.JobChanged, match=f"{job.number} was changed by Rui at 2026-11-23 08:00 UTC. Reload"):
        change_job(session, job_id=job.id, version=seen, changes={"duration_seconds": 600}, actor_id=None)

    assert job.duration_seconds == 3600


def test_a_form_that_the_service_itself_overtook_says_so(session: Session, site: Site) -> None:
    job = take_in(session, site)
    session.flush()

    with pytest.raises(errors.JobChanged, match="changed automatically at"):
        change_job(session, job_id=job.id, version=job.version - 1, changes={}, actor_id=None)


def test_nothing_to_change_leaves_version_and_history_alone(session: Session, site: Site) -> None:
    job = take_in(session, site, window=(at(9), at(11)))
    session.flush()
    version = job.version
    same: JobChanges = {
        "priority": Priority.P2,
        "window": (at(9), at(11)),
        "description": "",
        "duration_seconds": 1800,
    }

    change_job(session, job_id=job.id, version=version, changes=same, actor_id=None)

    assert len(events_of(session, job)) == 2
    assert job.version == version


def test_a_promise_that_has_begun_does_not_block_other_changes(session: Session, site: Site) -> None:
    job = take_in(session, site, window=(at(9), at(11)))
    session.flush()

    with time_machine.travel(at(10), tick=False):
        changes: JobChanges = {"window": (at(9), at(11)), "description": "Ring the bell"}
        change_job(session, job_id=job.id, version=job.version, changes=changes, actor_id=None)

    assert job.description == "Ring the bell"


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"window": (at(7), at(10))}, errors.WindowInPast),
        ({"window": (at(20), at(21))}, errors.WindowOutsideOpeningHours),
        ({"duration_seconds": -1}, errors.DurationOutOfRange),
        ({"description": "x" * 5000}, errors.DescriptionTooLong),
        ({"duration_seconds": 600, "window": (at(11), at(10))}, errors.WindowOutOfOrder),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(
    session: Session, site: Site, changes: JobChanges, refusal: type[DomainError]
) -> None:
    job = take_in(session, site, window=(at(9), at(11)))
    session.flush()

    with pytest.raises(refusal):
        change_job(session, job_id=job.id, version=job.version, changes=changes, actor_id=None)

    assert (job.window_start, job.duration_seconds, job.description) == (at(9), 1800, "")


def test_a_job_that_is_over_is_not_changed(session: Session, site: Site) -> None:
    job = take_in(session, site)
    cancel_job(session, job_id=job.id, reason="Duplicate", actor_id=None)
    session.flush()

    with pytest.raises(errors.JobIsOver, match="Take in a new job"):
        change_job(session, job_id=job.id, version=job.version, changes={"duration_seconds": 60}, actor_id=None)


# Waiting for parts.


def test_the_most_urgent_waiting_job_gets_the_part_that_came(session: Session, site: Site) -> None:
    part, store = stock_with(session, 0)
    late, urgent, large = (
        take_in(session, site, priority=priority, parts={part.id: pieces})
        for priority, pieces in ((Priority.P3, 1), (Priority.P2, 1), (Priority.P1, 5))
    )
    ledger.receive(session, place_id=store.id, pieces={part.id: 1}, reference="DN-1", actor_id=None)

    ready = retry_waiting(session, actor_id=None)

    assert ready == [urgent]
    assert [job.status for job in (late, urgent, large)] == [
        JobStatus.WAITING_PARTS,
        JobStatus.READY,
        JobStatus.WAITING_PARTS,
    ]


def test_a_ready_job_whose_parts_were_counted_away_waits_again(session: Session, site: Site) -> None:
    part, store = stock_with(session, 2)
    kept, loser = (take_in(session, site, parts={part.id: 1}) for _ in range(2))
    released = ledger.correct(session, place_id=store.id, part_id=part.id, counted=1, reason="count", actor_id=None)

    short = renew_promises(session, references={one.reference for one in released}, actor_id=None)

    assert short == [loser]
    assert (kept.status, loser.status) == (JobStatus.READY, JobStatus.WAITING_PARTS)
    assert events_of(session, loser)[-1].facts == {"missing": [{"sku": "P-1042", "available": 0, "wanted": 1}]}


def test_a_ready_job_finds_its_counted_away_parts_elsewhere(session: Session, site: Site) -> None:
    part, store = stock_with(session, 1)
    job = take_in(session, site, parts={part.id: 1})
    other = add_place(session)
    add_stock(session, other, part, 1)
    ledger.correct(session, place_id=store.id, part_id=part.id, counted=0, reason="count", actor_id=None)

    assert renew_promises(session, references=[job.number], actor_id=None) == []
    assert job.status is JobStatus.READY
    assert [line.reservation.place_id for line in job.parts if line.reservation] == [other.id]


def test_a_dispatched_job_that_lost_parts_is_told_and_keeps_its_status(session: Session, site: Site) -> None:
    part, store = stock_with(session, 1)
    job = take_in(session, site, parts={part.id: 1})
    apply(session, job, Action.PLAN, actor_id=None)
    apply(session, job, Action.DISPATCH, actor_id=None)
    ledger.correct(session, place_id=store.id, part_id=part.id, counted=0, reason="count", actor_id=None)

    assert renew_promises(session, references=[job.number], actor_id=None) == [job]
    assert job.status is JobStatus.DISPATCHED


@pytest.mark.parametrize(("pieces", "status"), [(1, JobStatus.READY), (0, JobStatus.WAITING_PARTS)])
def test_the_next_visit_is_ready_or_waits_for_what_it_still_needs(
    session: Session, site: Site, pieces: int, status: JobStatus
) -> None:
    part, store = stock_with(session, 1)
    job = take_in(session, site, parts={part.id: 1})
    for action in (Action.PLAN, Action.DISPATCH, Action.SET_OFF, Action.ARRIVE, Action.LEAVE_INCOMPLETE):
        apply(session, job, action, actor_id=None)
    ledger.correct(session, place_id=store.id, part_id=part.id, counted=pieces, reason="count", actor_id=None)

    reopen_job(session, job_id=job.id, actor_id=None)

    assert job.status is status


def test_only_an_incomplete_job_is_reopened(session: Session, site: Site) -> None:
    with pytest.raises(errors.ActionNotPossible, match="reopen"):
        reopen_job(session, job_id=take_in(session, site).id, actor_id=None)
