"""Facts about the clocks of jobs in the database: started, paused, reset, stopped."""

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from core.accounts import RoleName
from customers.models import CalendarKind, Priority
from dispatch.clocks import ClockState, Pause
from dispatch.clockwork import owed_by, read_clocks
from dispatch.errors import ActionNotPossible, JobChanged
from dispatch.fieldwork import arrive, complete, set_off
from dispatch.jobs import JobChanges, NewJob, cancel_job, change_job, take_in_job
from dispatch.models import ClockEvent, ClockPause, ClockWatch, Job
from dispatch.models.clocks import ClockKind, ClockSign, PauseReason
from dispatch.models.jobs import JobStatus
from dispatch.pauses import AlreadyPaused, NotPaused, PauseNoteTooLong, pause_clocks, resume_clocks
from tests.factories import (
    MONDAY,
    add_contract,
    add_device,
    add_fault,
    add_person,
    add_site,
    add_technician,
    add_visit,
    at,
)

WITH_LUNCH = {day: [["08:00", "12:00"], ["14:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture(autouse=True)
def nine() -> Iterator[Traveller]:
    """Nine o'clock on a Monday."""
    with travel(at(9), tick=False) as traveller:
        yield traveller


def take_in(session: Session, *, priority: Priority = Priority.P2, **agreed: dt.datetime) -> Job:
    """A job reported at nine: P2 is due after 4 and 8 hours of service, of which lunch is none."""
    contract = add_contract(session, calendar=CalendarKind.SERVICE_HOURS, hours=WITH_LUNCH)
    device = add_device(session, site=add_site(session, contract=contract))
    new = NewJob(site=device.site, device=device, fault=add_fault(session), priority=priority, **agreed)
    return take_in_job(session, new=new, actor_id=None)


def told(session: Session, job: Job) -> list[tuple[str, str, dt.datetime]]:
    """The history of a job's clocks: which, what, and by when it was due then."""
    session.flush()
    rows = session.scalars(sa.select(ClockEvent).where(ClockEvent.job_id == job.id).order_by(ClockEvent.id))
    return [(event.clock.value, event.sign.value, event.due) for event in rows]


def test_both_clocks_start_with_the_report(session: Session) -> None:
    job = take_in(session)

    assert (job.response_due, job.resolution_due) == (at(15), at(9, day=MONDAY + dt.timedelta(days=1)))
    assert told(session, job) == [
        ("response", "started", job.response_due),
        ("resolution", "started", job.resolution_due),
    ]
    assert session.get_one(ClockWatch, job.id).look_at == at(9)


def test_a_pause_moves_both_due_times_when_it_ends(session: Session, nine: Traveller) -> None:
    job, person = take_in(session), add_person(session, roles=[RoleName.DISPATCHER])
    version = job.version
    nine.move_to(at(10))
    pause_clocks(session, job_id=job.id, reason=PauseReason.CUSTOMER_ASKED, note="after lunch", actor_id=person.id)
    session.flush()

    # While it lasts the due times in the job stay; the version tells plans that something happened.
    assert (job.response_due, job.version > version) == (at(15), True)
    assert session.get(ClockWatch, job.id) is None

    version = job.version
    nine.move_to(at(15))
    pause = resume_clocks(session, job_id=job.id, actor_id=person.id)
    session.flush()

    # Of five hours two were lunch.
    assert job.response_due == at(18)
    assert job.resolution_due == at(12, day=MONDAY + dt.timedelta(days=1))
    assert job.version > version
    assert (pause.began_at, pause.ended_at, pause.note) == (at(10), at(15), "after lunch")
    assert [sign for _, sign, _ in told(session, job)][2:] == ["paused", "paused", "resumed", "resumed"]
    moved = session.scalars(sa.select(ClockEvent).where(ClockEvent.sign == ClockSign.RESUMED)).first()
    assert moved is not None
    assert (moved.due_was, moved.due, moved.user_id) == (at(15), at(18), person.id)
    assert session.get_one(ClockWatch, job.id).look_at == at(15)


def test_a_pause_that_costs_no_service_still_counts_the_version_up(session: Session, nine: Traveller) -> None:
    job = take_in(session)
    nine.move_to(at(12))
    pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, actor_id=None)
    session.flush()
    version = job.version
    nine.move_to(at(13))

    resume_clocks(session, job_id=job.id, actor_id=None)
    session.flush()

    assert (job.response_due, job.version) == (at(15), version + 1)


def test_a_second_pause_is_refused_with_since_when_and_why(session: Session, nine: Traveller) -> None:
    job = take_in(session)
    pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, actor_id=None)
    nine.move_to(at(10))

    with pytest.raises(AlreadyPaused) as refusal:
        pause_clocks(session, job_id=job.id, reason=PauseReason.FORCE_MAJEURE, actor_id=None)

    assert refusal.value.facts == {"number": job.number, "since": at(9), "pause_reason": PauseReason.NO_ACCESS}


def test_a_running_clock_cannot_be_resumed(session: Session) -> None:
    job = take_in(session)

    with pytest.raises(NotPaused, match=job.number):
        resume_clocks(session, job_id=job.id, actor_id=None)


def test_the_clocks_of_a_job_that_is_over_cannot_be_paused(session: Session) -> None:
    job = take_in(session)
    cancel_job(session, job_id=job.id, reason="closed down", actor_id=None)

    with pytest.raises(ActionNotPossible, match="cancelled"):
        pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, actor_id=None)
    with pytest.raises(ActionNotPossible, match="cancelled"):
        resume_clocks(session, job_id=job.id, actor_id=None)


def test_a_pause_asked_for_from_an_older_state_is_refused(session: Session) -> None:
    job = take_in(session)
    session.flush()
    seen = job.version
    pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, actor_id=None, version=seen)
    session.flush()

    with pytest.raises(JobChanged):
        resume_clocks(session, job_id=job.id, actor_id=None, version=seen)


def test_a_note_that_does_not_fit_is_refused(session: Session) -> None:
    job = take_in(session)

    with pytest.raises(PauseNoteTooLong, match="301"):
        pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, note="x" * 301, actor_id=None)


def test_another_priority_counts_from_the_report_and_past_the_pauses(session: Session, nine: Traveller) -> None:
    job = take_in(session)
    pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, actor_id=None)
    nine.move_to(at(10))
    resume_clocks(session, job_id=job.id, actor_id=None)
    session.flush()

    change_job(session, job_id=job.id, version=job.version, changes=JobChanges(priority=Priority.P1), actor_id=None)
    session.flush()

    # Two hours from nine, and the hour of the pause.
    assert (job.response_due, job.response_seconds) == (at(12), 7200)
    resets = [event for event in told(session, job) if event[1] == "reset"]
    assert resets == [("response", "reset", at(12)), ("resolution", "reset", job.resolution_due)]


def test_another_priority_leaves_a_response_that_was_given_as_it_was_owed(session: Session, nine: Traveller) -> None:
    job = take_in(session)
    technician = add_technician(session)
    job.status = JobStatus.DISPATCHED
    visit = add_visit(session, technician=technician, job=job)
    set_off(session, visit_id=visit.id, technician_id=technician.id, actor_id=None)
    nine.move_to(at(10))
    arrive(session, visit_id=visit.id, technician_id=technician.id, actor_id=None)
    session.flush()

    change_job(session, job_id=job.id, version=job.version, changes=JobChanges(priority=Priority.P1), actor_id=None)

    assert (job.response_due, job.response_seconds) == (at(15), 4 * 3600)
    assert job.resolution_due == at(15)


def test_an_agreed_due_time_moves_with_a_pause_too(session: Session, nine: Traveller) -> None:
    job = take_in(session, response_due=at(11), resolution_due=at(17))
    pause_clocks(session, job_id=job.id, reason=PauseReason.CUSTOMER_SUPPLIES, actor_id=None)
    nine.move_to(at(11))

    resume_clocks(session, job_id=job.id, actor_id=None)

    assert (job.response_seconds, job.response_due) == (None, at(15))
    assert job.resolution_due == at(9, day=MONDAY + dt.timedelta(days=1))


def test_due_times_can_be_agreed_on_later_and_are_a_reset(session: Session) -> None:
    job = take_in(session)
    session.flush()

    change_job(session, job_id=job.id, version=job.version, changes=JobChanges(response_due=at(17)), actor_id=None)

    assert (job.response_due, job.response_seconds, job.resolution_seconds) == (at(17), None, 8 * 3600)
    assert told(session, job)[2:] == [("response", "reset", at(17))]


def test_arrival_and_completion_stop_the_clocks_and_say_whether_they_were_kept(
    session: Session, nine: Traveller
) -> None:
    job = take_in(session)
    technician = add_technician(session)
    job.status = JobStatus.DISPATCHED
    visit = add_visit(session, technician=technician, job=job)
    set_off(session, visit_id=visit.id, technician_id=technician.id, actor_id=None)
    nine.move_to(at(15, 30))
    arrive(session, visit_id=visit.id, technician_id=technician.id, actor_id=None)
    nine.move_to(at(16))

    complete(session, visit_id=visit.id, technician_id=technician.id, actor_id=None)

    assert (job.responded_at, job.completed_at) == (at(15, 30), at(16))
    assert [(clock, sign) for clock, sign, _ in told(session, job)][2:] == [
        ("response", "missed"),
        ("resolution", "met"),
    ]
    assert session.get(ClockWatch, job.id) is None
    readings = read_clocks(session, job)
    assert [readings[kind].kept for kind in ClockKind] == [False, True]


def test_whoever_arrives_ends_the_pause(session: Session, nine: Traveller) -> None:
    job = take_in(session)
    technician = add_technician(session)
    job.status = JobStatus.DISPATCHED
    visit = add_visit(session, technician=technician, job=job)
    pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, actor_id=None)
    set_off(session, visit_id=visit.id, technician_id=technician.id, actor_id=None)
    nine.move_to(at(16))

    arrive(session, visit_id=visit.id, technician_id=technician.id, actor_id=None)

    pause = session.scalars(sa.select(ClockPause)).one()
    assert pause.ended_at == at(16)
    # Five hours of service were paused, so it is due at ten tomorrow and was kept.
    assert job.response_due == at(10, day=MONDAY + dt.timedelta(days=1))
    assert ("response", "met", job.response_due) in told(session, job)


def test_a_cancelled_job_has_no_clock_to_watch(session: Session) -> None:
    job = take_in(session)
    pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, actor_id=None)

    cancel_job(session, job_id=job.id, reason="closed down", actor_id=None)
    session.flush()

    assert session.get(ClockWatch, job.id) is None
    assert session.scalars(sa.select(ClockPause.ended_at)).one() == at(9)
    assert {reading.state for reading in read_clocks(session, job).values()} == {ClockState.STOPPED}


def test_planning_races_the_due_time_as_if_a_paused_job_ran_on_now(session: Session) -> None:
    job = take_in(session)
    pause = Pause(at(9), None)

    assert owed_by(job, None, at(11)) == at(15)
    assert owed_by(job, pause, at(11)) == at(17)
    job.responded_at = at(10)
    assert owed_by(job, None, at(11)) == job.resolution_due
