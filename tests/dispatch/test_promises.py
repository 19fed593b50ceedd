"""Facts about promises: records that are only ever ended, and a ledger of what became of them."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from dispatch import jobs
from dispatch.errors import ActionNotPossible, JobChanged, UnknownPromise, WindowInPast
from dispatch.jobs import NewJob, take_in_job
from dispatch.models import Job
from dispatch.models.promises import PromiseState
from dispatch.promise_book import (
    NothingPromised,
    NothingToTell,
    PromiseReasonMissing,
    give_up_promise,
    ledger,
    note_told,
    promises_of,
    renegotiate,
    withdraw_promise,
)
from dispatch.promises import judge_promise, note_missed
from tests.factories import MONDAY, Priority, add_job, add_person, add_site, add_technician, add_visit, at

MORNING = (at(9), at(11))
AFTERNOON = (at(14), at(16))


@pytest.fixture(autouse=True)
def seven_thirty() -> Iterator[Traveller]:
    """Half past seven on Monday."""
    with travel(at(7, 30), tick=False) as clock:
        yield clock


def states(session: Session, job: Job) -> list[PromiseState]:
    session.flush()
    return [promise.state for promise in reversed(promises_of(session, job))]


def take_in(session: Session) -> Job:
    new = NewJob(site=add_site(session), priority=Priority.P3, duration_seconds=1800, window=MORNING)
    return take_in_job(session, new=new, actor_id=None)


def test_a_window_given_at_intake_is_a_promise(session: Session) -> None:
    job = take_in(session)

    promise = promises_of(session, job)[0]

    assert (promise.starts_at, promise.ends_at, promise.state) == (*MORNING, PromiseState.OPEN)


def test_another_window_ends_the_promise_before_and_keeps_it(session: Session) -> None:
    job, dispatcher = take_in(session), add_person(session)

    renegotiate(session, job_id=job.id, window=AFTERNOON, reason="The owner is away.", actor_id=dispatcher.id)

    latest, before = promises_of(session, job)
    assert (before.state, before.reason, before.ended_by_id) == (
        PromiseState.RENEGOTIATED,
        "The owner is away.",
        dispatcher.id,
    )
    assert (latest.starts_at, latest.ends_at, latest.state) == (*AFTERNOON, PromiseState.OPEN)
    assert (job.window_start, job.window_end) == AFTERNOON
    assert job.events[-1].facts["window"] == [
        [one.isoformat() for one in MORNING],
        [one.isoformat() for one in AFTERNOON],
    ]


def test_a_first_promise_needs_no_reason_and_another_one_does(session: Session) -> None:
    job = add_job(session)
    renegotiate(session, job_id=job.id, window=MORNING, reason="", actor_id=None)

    with pytest.raises(PromiseReasonMissing):
        renegotiate(session, job_id=job.id, window=AFTERNOON, reason=" ", actor_id=None)

    assert states(session, job) == [PromiseState.OPEN]


def test_the_form_of_a_job_books_its_window_as_well(session: Session) -> None:
    job = take_in(session)
    jobs.change_job(session, job_id=job.id, version=job.version, changes={"window": AFTERNOON}, actor_id=None)
    session.flush()
    jobs.change_job(session, job_id=job.id, version=job.version, changes={"window": None}, actor_id=None)

    assert states(session, job) == [PromiseState.RENEGOTIATED, PromiseState.WITHDRAWN]


@pytest.mark.parametrize(
    ("arrival", "state"),
    [
        (at(8, 50), PromiseState.KEPT),  # Who is early waits.
        (at(9), PromiseState.KEPT),
        (at(11), PromiseState.KEPT),
        (at(11, 1), PromiseState.BROKEN),
    ],
)
def test_the_first_arrival_judges_a_promise(session: Session, arrival: dt.datetime, state: PromiseState) -> None:
    job = add_job(session, window=MORNING)

    judge_promise(session, job, arrival, actor_id=None)

    assert states(session, job) == [state]
    # The next visit is not bound by it.
    assert job.window_start is None


def test_a_window_that_passes_without_anybody_breaks_the_promise(session: Session, seven_thirty: Traveller) -> None:
    job, later = add_job(session, window=MORNING), add_job(session, window=AFTERNOON)
    seven_thirty.move_to(at(11, 30))

    assert [promise.job_id for promise in note_missed(session)] == [job.id]

    assert states(session, job) == [PromiseState.BROKEN]
    assert states(session, later) == [PromiseState.OPEN]
    # Nobody drives there unannounced: planning asks for another window first.
    assert job.window_start == at(9)
    assert note_missed(session) == []


def test_a_missed_promise_is_followed_by_another(session: Session, seven_thirty: Traveller) -> None:
    job = add_job(session, window=MORNING)
    seven_thirty.move_to(at(11, 30))
    note_missed(session)

    renegotiate(session, job_id=job.id, window=AFTERNOON, reason="We came late.", actor_id=None)

    assert states(session, job) == [PromiseState.BROKEN, PromiseState.OPEN]


def test_the_ledger_keeps_as_much_of_a_long_reason_as_it_holds(session: Session) -> None:
    job = take_in(session)

    jobs.cancel_job(session, job_id=job.id, reason="x" * 500, actor_id=None)

    assert promises_of(session, job)[0].reason == "x" * 300


def test_a_cancelled_job_withdraws_its_promise(session: Session) -> None:
    job = add_job(session, window=MORNING)

    jobs.cancel_job(session, job_id=job.id, reason="Solved by phone.", actor_id=None)

    assert states(session, job) == [PromiseState.WITHDRAWN]
    with pytest.raises(ActionNotPossible):
        renegotiate(session, job_id=job.id, window=AFTERNOON, reason="Again.", actor_id=None)


def test_a_promise_that_is_no_longer_needed_is_withdrawn(session: Session) -> None:
    job = add_job(session, window=MORNING)

    withdraw_promise(session, job_id=job.id, reason="Any time will do.", actor_id=None)

    assert states(session, job) == [PromiseState.WITHDRAWN]
    assert job.window_start is None
    with pytest.raises(NothingPromised):
        withdraw_promise(session, job_id=job.id, reason="Any time will do.", actor_id=None)


def test_of_two_who_change_a_promise_the_second_is_told(session: Session) -> None:
    job = add_job(session, window=MORNING)
    seen = job.version
    renegotiate(session, job_id=job.id, window=AFTERNOON, reason="The owner called.", actor_id=None, version=seen)

    with pytest.raises(JobChanged):
        withdraw_promise(session, job_id=job.id, reason="Not needed.", actor_id=None, version=seen)


def test_a_window_that_cannot_be_promised_is_refused(session: Session) -> None:
    job = add_job(session)

    with pytest.raises(WindowInPast):
        renegotiate(session, job_id=job.id, window=(at(6), at(7)), reason="", actor_id=None)


def test_the_ledger_tells_what_is_open_at_risk_and_untold(session: Session, seven_thirty: Traveller) -> None:
    safe, late, nobody = (add_job(session, window=AFTERNOON) for _ in range(3))
    technician = add_technician(session)
    add_visit(session, technician=technician, job=safe, start=at(14, 30))
    visit = add_visit(session, technician=technician, job=late, start=at(15, 30))
    visit.expected_at = at(16, 20)
    broken = add_job(session, window=MORNING)
    give_up_promise(session, job_id=broken.id, reason="Nobody has the part.", actor_id=None)
    session.flush()

    book = ledger(session, day=MONDAY)

    assert {line.promise.job_id for line in book.open} == {safe.id, late.id, nobody.id}
    assert {line.promise.job_id for line in book.at_risk} == {late.id, nobody.id}
    assert [promise.job_id for promise in book.untold] == [broken.id]
    assert [promise.job_id for promise in book.over] == [broken.id]


def test_a_customer_is_told_once(session: Session, seven_thirty: Traveller) -> None:
    dispatcher = add_person(session)
    job, kept = add_job(session, window=MORNING), add_job(session, window=MORNING)
    give_up_promise(session, job_id=job.id, reason="Nobody has the part.", actor_id=None)
    session.flush()
    broken = promises_of(session, job)[0]

    note_told(session, promise_id=broken.id, actor_id=dispatcher.id)
    seven_thirty.move_to(at(8))
    note_told(session, promise_id=broken.id, actor_id=None)

    assert (broken.told_at, broken.told_by_id) == (at(7, 30), dispatcher.id)
    session.flush()
    assert list(ledger(session, day=MONDAY).untold) == []
    with pytest.raises(NothingToTell):
        note_told(session, promise_id=promises_of(session, kept)[0].id, actor_id=None)
    with pytest.raises(UnknownPromise):
        note_told(session, promise_id=999_999, actor_id=None)
