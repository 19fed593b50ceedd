"""Facts about commands of a phone that was offline: merged by rules, or kept as conflicts, never lost or doubled."""

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from customers.models import ChargeKind
from dispatch import fieldwork
from dispatch.fieldwork import conflicts
from dispatch.fieldwork.errors import ColleagueOnSite, ConflictDecided, DismissalWithoutReason, UnknownConflict
from dispatch.fieldwork.late import Outcome, by_our_clock
from dispatch.fieldwork.parts import PartNotInTrunk
from dispatch.jobs import cancel_job
from dispatch.models import ClockEvent, FieldConflict, Notice, Promise, Visit
from dispatch.models.clocks import ClockKind, ClockSign
from dispatch.models.jobs import JobStatus
from dispatch.models.live import ConflictState
from dispatch.models.promises import PromiseState
from dispatch.models.visits import VisitStatus
from dispatch.promise_book import renegotiate
from inventory import ledger
from tests import factories as make
from tests.dispatch.phone import World, told
from tests.factories import at


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    """The phone finds a signal at noon."""
    with time_machine.travel(at(12), tick=False) as clock:
        yield clock


@pytest.fixture
def world(session: Session) -> Iterator[World]:
    made = World.made(session)
    yield made
    made.assert_books_agree()


# When it happened


@pytest.mark.parametrize(
    ("told_at", "phone_now", "expected"),
    [
        (at(10), at(12), at(10)),
        # The phone is a quarter of an hour slow, or fast.
        (at(9, 45), at(11, 45), at(10)),
        (at(10, 15), at(12, 15), at(10)),
        # A weak signal took most of a minute, or longer than that.
        (at(10), at(12) - dt.timedelta(seconds=50), at(10)),
        (at(10), at(12) - dt.timedelta(seconds=70), at(10) + dt.timedelta(seconds=70)),
        # Its clock stands in another year.
        (at(10) - dt.timedelta(days=365), at(12) - dt.timedelta(days=365), at(10)),
        # Never in the future.
        (at(13), at(12), at(12)),
        (at(13), None, at(12)),
        (at(10), None, at(10)),
    ],
)
def test_a_phones_clock_is_corrected_by_what_it_shows_now(
    told_at: dt.datetime, phone_now: dt.datetime | None, expected: dt.datetime
) -> None:
    assert by_our_clock(told_at, phone_now=phone_now, now=at(12)) == expected


def test_steps_count_from_when_they_happened(world: World) -> None:
    world.tell("set_off", at(8, 30))
    world.tell("arrive", at(8, 55))
    world.use(at(9, 10))
    world.tell("complete", at(9, 20), note="New battery", signed_by="Wang")

    assert told(world.answers) == ["done"] * 4
    visit, job = world.visit, world.job
    assert (visit.set_off_at, visit.arrived_at, visit.ended_at) == (at(8, 30), at(8, 55), at(9, 20))
    assert (job.status, job.responded_at, job.completed_at) == (JobStatus.COMPLETED, at(8, 55), at(9, 20))
    assert (visit.note, visit.signed_by, visit.implied) == ("New battery", "Wang", [])
    assert world.van() == (2, 0)
    world.session.refresh(job)
    assert job.events[-1].facts == {"happened_at": at(9, 20).isoformat(), "visit": visit.id}


def test_nothing_happened_before_the_step_before_it(world: World) -> None:
    world.tell("set_off", at(9))
    world.tell("arrive", at(8, 50))
    world.tell("complete", at(8, 40))

    assert (world.visit.arrived_at, world.visit.ended_at) == (at(9), at(9))


def test_what_is_charged_counts_from_when_it_was_found(world: World) -> None:
    world.tell("arrive", at(9))
    world.use(at(9, 10))

    world.tell("add_charge", at(9, 15), kind="labour", quantity=20, reason="It fell")
    world.tell("add_charge", at(9, 16), kind="parts", quantity=1, sku="P-1042", reason="It fell")

    assert told(world.answers[2:]) == ["done", "done"]
    charges = world.visit.charges
    assert [(one.kind, one.quantity, one.part, one.at) for one in charges] == [
        (ChargeKind.LABOUR, 20, None, at(9, 15)),
        (ChargeKind.PARTS, 1, world.battery, at(9, 16)),
    ]


def test_a_time_that_is_corrected_is_the_one_on_the_sites_clock(world: World) -> None:
    world.tell("arrive", at(9))
    world.tell("complete", at(9, 30))

    answer = world.tell("correct_times", at(11), arrived_at="08:50", ended_at="09:40", reason="Tapped late")

    assert answer.outcome is Outcome.DONE
    assert (world.visit.arrived_at, world.visit.ended_at) == (at(8, 50), at(9, 40))
    assert (world.job.responded_at, world.job.completed_at) == (at(8, 50), at(9, 40))


@pytest.mark.parametrize(
    ("action", "values", "code"),
    [
        ("add_charge", {"kind": "labour", "reason": "It fell"}, "not_on_site_yet"),
        ("add_charge", {"kind": "parts", "sku": "P-1042", "reason": "It fell"}, "not_on_site_yet"),
        ("add_charge", {"kind": "parts", "sku": "P-9", "reason": "It fell"}, "unknown_part"),
        ("correct_times", {"arrived_at": "08:50", "reason": "Tapped late"}, "not_on_site_yet"),
    ],
)
def test_what_cannot_be_charged_or_corrected_is_left_to_the_technician(
    world: World, action: str, values: dict[str, str], code: str
) -> None:
    answer = world.tell(action, at(9), **values)

    assert (answer.outcome, answer.refusal and answer.refusal.code) == (Outcome.REFUSED, code)
    assert world.conflicts() == []


# Steps that imply others


def test_arriving_implies_having_set_off(world: World) -> None:
    answer = world.tell("arrive", at(9))

    assert answer.outcome is Outcome.MERGED
    assert (world.visit.set_off_at, world.visit.arrived_at, world.visit.implied) == (at(9), at(9), ["set_off_at"])


def test_a_completion_implies_an_arrival_as_early_as_the_work_takes(world: World) -> None:
    # Half an hour is planned for the work.
    answer = world.tell("complete", at(10))

    assert answer.outcome is Outcome.MERGED
    assert (world.visit.arrived_at, world.visit.implied) == (at(9, 30), ["set_off_at", "arrived_at"])
    assert world.job.responded_at == at(9, 30)


def test_an_implied_arrival_is_not_before_setting_off(world: World) -> None:
    world.tell("set_off", at(9, 40))

    world.tell("complete", at(10))

    assert world.visit.arrived_at == at(9, 40)


def test_an_implied_arrival_is_not_before_setting_off_nor_before_the_visit_before_ended(world: World) -> None:
    before = make.add_visit(world.session, technician=world.technician, position=2)
    world.tell("complete", at(9, 50), before)
    world.tell("set_off", at(9, 40))

    world.tell("complete", at(10))

    assert world.visit.arrived_at == at(9, 50)


def test_a_part_that_was_used_says_that_somebody_was_there(world: World) -> None:
    answer = world.use(at(9, 15))

    assert answer.outcome is Outcome.MERGED
    assert (world.visit.status, world.visit.arrived_at) == (VisitStatus.ON_SITE, at(9, 15))


def test_a_time_that_is_told_takes_the_place_of_one_that_was_assumed(world: World) -> None:
    world.tell("complete", at(10))

    world.tell("arrive", at(9, 5))
    world.tell("set_off", at(8, 40))

    assert (world.visit.set_off_at, world.visit.arrived_at) == (at(8, 40), at(9, 5))
    assert (world.visit.implied, world.job.responded_at) == ([], at(9, 5))
    signs = world.session.execute(
        sa.select(ClockEvent.sign, ClockEvent.at).where(ClockEvent.clock == ClockKind.RESPONSE).order_by(ClockEvent.id)
    ).all()
    assert [tuple(sign) for sign in signs] == [(ClockSign.MET, at(9, 30)), (ClockSign.MET, at(9, 5))]


def test_a_step_that_is_told_twice_happened_at_the_earlier_time(world: World) -> None:
    world.tell("arrive", at(9, 10))
    world.tell("arrive", at(9))
    world.tell("complete", at(10), note="first")
    world.tell("complete", at(9, 50), note="second")

    assert (world.visit.arrived_at, world.visit.ended_at, world.visit.note) == (at(9), at(9, 50), "first")
    assert world.job.completed_at == at(9, 50)


def test_a_promise_that_was_missed_meanwhile_was_kept_after_all(world: World) -> None:
    promise = Promise(
        job_id=world.job.id,
        starts_at=at(9),
        ends_at=at(10),
        made_at=at(7),
        state=PromiseState.BROKEN,
        ended_at=at(10, 5),
    )
    world.session.add(promise)
    world.session.flush()

    world.tell("arrive", at(9, 30))

    assert promise.state is PromiseState.KEPT


@pytest.mark.parametrize(
    ("heard_before", "days", "state"),
    [
        # Whoever was there told so, or tells it only now: the customer was promised another visit meanwhile.
        (True, 2, PromiseState.OPEN),
        (False, 2, PromiseState.OPEN),
        # Nobody knew that somebody was there already.
        (False, 0, PromiseState.KEPT),
    ],
)
def test_an_arrival_that_is_told_late_leaves_the_promise_of_the_next_visit_alone(
    world: World, heard_before: bool, days: int, state: PromiseState
) -> None:
    if heard_before:
        world.tell("arrive", at(9))
    later = dt.timedelta(days=days)
    window = (at(14) + later, at(16) + later)
    promise = renegotiate(world.session, job_id=world.job.id, window=window, reason="", actor_id=None)

    world.tell("arrive", at(8, 55))

    assert world.visit.arrived_at == at(8, 55)
    assert promise.state is state
    assert (world.job.window_start is not None) == (state is PromiseState.OPEN)


# Parts that are told late


def test_a_part_is_booked_after_the_completion_on_the_same_day(world: World) -> None:
    world.tell("complete", at(10))

    before = world.use(at(9, 45))
    after = world.use(at(10, 30))

    assert (before.outcome, after.outcome) == (Outcome.MERGED, Outcome.MERGED)
    assert (world.van(), world.used()) == ((1, 0), 2)


def test_a_part_of_another_day_is_for_the_dispatcher(world: World, noon: time_machine.Traveller) -> None:
    world.tell("complete", at(10))
    noon.move_to(at(12) + dt.timedelta(days=1))

    answer = world.use(at(9) + dt.timedelta(days=1))

    assert answer.refusal is not None
    assert answer.refusal.code == "used_on_another_day"
    assert world.van() == (3, 0)


def test_a_part_that_was_used_before_the_visit_failed_is_not_sought_again(world: World) -> None:
    world.tell("cannot_complete", at(10), reason="no_access")
    assert (world.job.status, world.van()) == (JobStatus.READY, (3, 1))

    world.use(at(9, 45))

    assert (world.job.status, world.van()) == (JobStatus.READY, (2, 0))
    assert [(line.quantity, line.used) for line in world.job.parts] == [(1, 1)]


def test_what_was_asked_for_stays_beyond_what_was_used(world: World) -> None:
    world.tell("cannot_complete", at(10), reason="needs_part", sku="P-1042", quantity=1)

    world.use(at(9, 45))

    assert [(line.quantity, line.used) for line in world.job.parts] == [(2, 1)]
    assert world.job.status is JobStatus.READY


def test_a_part_that_the_van_lacks_is_a_conflict_with_the_numbers(world: World) -> None:
    answer = world.use(at(9, 15), quantity=5)

    assert answer.outcome is Outcome.CONFLICT
    (kept,) = world.conflicts()
    assert kept.refusal == {
        "code": "part_not_in_trunk",
        "sentence": PartNotInTrunk.sentence,
        "facts": {"sku": "P-1042", "missing": 2},
    }
    assert (world.visit.status, world.van(), world.used()) == (VisitStatus.DISPATCHED, (3, 1), 0)


def test_a_part_that_a_count_may_have_is_for_the_dispatcher(world: World) -> None:
    ledger.correct(
        world.session,
        place_id=world.technician.trunk_id,
        part_id=world.battery.id,
        counted=2,
        reason="count",
        actor_id=None,
    )

    answer = world.use(at(9, 15))

    assert answer.refusal is not None
    assert answer.refusal.code == "counted_since"
    assert world.van()[0] == 2


def test_a_code_that_no_part_has_is_for_the_technician_to_correct(world: World) -> None:
    answer = world.tell("use_part", at(9, 15), sku="P-NONE", quantity=1)

    assert answer.outcome is Outcome.REFUSED
    assert world.conflicts() == []


def test_what_follows_a_refused_command_is_judged_by_itself(world: World) -> None:
    world.tell("use_part", at(9, 15), sku="P-NONE", quantity=1)

    answer = world.tell("complete", at(9, 30))
    corrected = world.use(at(9, 15))

    assert told([answer, corrected]) == ["merged", "merged"]
    assert (world.visit.ended_at, world.van(), world.used()) == (at(9, 30), (2, 0), 1)


# Conflicts


def test_setting_off_for_a_visit_that_was_withdrawn_is_a_conflict_that_dispatchers_hear_of(world: World) -> None:
    world.visit.status = VisitStatus.WITHDRAWN

    answer = world.tell("set_off", at(9))

    assert answer.outcome is Outcome.CONFLICT
    (kept,) = world.conflicts()
    assert (kept.state, kept.happened_at, kept.received_at) == (ConflictState.OPEN, at(9), at(12))
    notice = world.session.scalars(sa.select(Notice)).one()
    assert (notice.role, notice.job_id, notice.facts["action"]) == ("dispatcher", world.job.id, "set_off")


def cancelled_while_offline(world: World) -> FieldConflict:
    """The dispatcher cancels the job; the phone tells afterwards that the work was done."""
    cancel_job(world.session, job_id=world.job.id, reason="Works again", actor_id=None)
    world.tell("set_off", at(8, 40))
    world.tell("arrive", at(9))
    world.use(at(9, 10))
    world.tell("complete", at(9, 20), note="Done")
    assert told(world.answers) == ["conflict"] * 4
    return world.conflicts()[-1]


def dispatcher(world: World) -> int:
    return make.add_person(world.session, name="Dora").id


def test_work_on_a_cancelled_job_counts_from_when_it_was_done_once_it_is_accepted(world: World) -> None:
    last = cancelled_while_offline(world)

    accepted = conflicts.accept(world.session, conflict_id=last.id, actor_id=dispatcher(world))

    assert len(accepted) == 4
    job, visit = world.job, world.visit
    assert (job.status, job.responded_at, job.completed_at) == (JobStatus.COMPLETED, at(9), at(9, 20))
    assert (visit.status, visit.set_off_at, visit.arrived_at, visit.ended_at) == (
        VisitStatus.COMPLETED,
        at(8, 40),
        at(9),
        at(9, 20),
    )
    assert (world.van(), world.used()) == ((2, 0), 1)
    assert {kept.state for kept in world.conflicts()} == {ConflictState.ACCEPTED}
    assert world.session.scalars(sa.select(Notice)).one().closed_at is not None


def test_a_failed_visit_to_a_cancelled_job_is_written_down_and_the_job_stays_cancelled(world: World) -> None:
    cancel_job(world.session, job_id=world.job.id, reason="Works again", actor_id=None)
    world.tell("arrive", at(9))
    world.tell("cannot_complete", at(9, 10), reason="customer_refused")

    conflicts.accept(world.session, conflict_id=world.conflicts()[-1].id, actor_id=dispatcher(world))

    assert (world.visit.status, world.visit.arrived_at) == (VisitStatus.INCOMPLETE, at(9))
    assert world.job.status is JobStatus.CANCELLED


def test_what_is_accepted_in_part_can_still_be_completed(world: World) -> None:
    last = cancelled_while_offline(world)
    first = world.conflicts()[1]
    boss = dispatcher(world)

    conflicts.accept(world.session, conflict_id=first.id, actor_id=boss)
    assert (world.visit.status, world.job.status) == (VisitStatus.ON_SITE, JobStatus.CANCELLED)
    conflicts.accept(world.session, conflict_id=last.id, actor_id=boss)

    assert (world.visit.status, world.job.status) == (VisitStatus.COMPLETED, JobStatus.COMPLETED)


def test_a_conflict_is_dismissed_with_a_reason_that_the_technician_reads(world: World) -> None:
    last = cancelled_while_offline(world)

    with pytest.raises(DismissalWithoutReason):
        conflicts.dismiss(world.session, conflict_id=last.id, reason="  ", actor_id=dispatcher(world))
    conflicts.dismiss(world.session, conflict_id=last.id, reason="It was another shop", actor_id=dispatcher(world))

    assert (last.state, last.note) == (ConflictState.DISMISSED, "It was another shop")
    assert world.job.status is JobStatus.CANCELLED
    mine = conflicts.conflicts_of(world.session, technician_id=world.technician.id, since=at(0))
    assert [kept.state for kept in mine] == [ConflictState.OPEN] * 3 + [ConflictState.DISMISSED]


def test_a_conflict_is_decided_once(world: World) -> None:
    last = cancelled_while_offline(world)
    conflicts.accept(world.session, conflict_id=last.id, actor_id=dispatcher(world))

    with pytest.raises(ConflictDecided, match="Dora decided"):
        conflicts.dismiss(world.session, conflict_id=last.id, reason="No", actor_id=dispatcher(world))
    with pytest.raises(UnknownConflict):
        conflicts.accept(world.session, conflict_id=987654, actor_id=dispatcher(world))


def reassigned(world: World, status: VisitStatus = VisitStatus.DISPATCHED) -> Visit:
    """A newer plan gives the job to Eva while Rui's phone is offline."""
    world.visit.status = VisitStatus.WITHDRAWN
    eva = make.add_technician(world.session, name="Eva")
    moved = make.add_visit(world.session, technician=eva, job=world.job, start=at(14), status=status)
    world.job.status = {
        VisitStatus.DISPATCHED: JobStatus.DISPATCHED,
        VisitStatus.EN_ROUTE: JobStatus.EN_ROUTE,
        VisitStatus.ON_SITE: JobStatus.ON_SITE,
        VisitStatus.COMPLETED: JobStatus.COMPLETED,
    }[status]
    if status is VisitStatus.COMPLETED:
        moved.ended_at = world.job.completed_at = at(11, 30)
    world.session.flush()
    return moved


@pytest.mark.parametrize("status", [VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE])
def test_a_job_that_a_colleague_has_not_begun_is_taken_off_him(world: World, status: VisitStatus) -> None:
    moved = reassigned(world, status)
    world.tell("complete", at(10))

    conflicts.accept(world.session, conflict_id=world.conflicts()[0].id, actor_id=dispatcher(world))

    assert (moved.status, world.visit.status) == (VisitStatus.WITHDRAWN, VisitStatus.COMPLETED)
    assert (world.job.status, world.job.completed_at) == (JobStatus.COMPLETED, at(10))


def test_while_a_colleague_works_there_nothing_is_decided(world: World) -> None:
    reassigned(world, VisitStatus.ON_SITE)
    world.tell("complete", at(10))

    with pytest.raises(ColleagueOnSite, match="Eva works on job"):
        conflicts.accept(world.session, conflict_id=world.conflicts()[0].id, actor_id=dispatcher(world))


def test_of_two_who_completed_the_same_job_the_earlier_stopped_the_clock(world: World) -> None:
    reassigned(world, VisitStatus.COMPLETED)
    world.use(at(9, 50))
    world.tell("complete", at(10))

    conflicts.accept(world.session, conflict_id=world.conflicts()[-1].id, actor_id=dispatcher(world))

    assert (world.job.status, world.job.completed_at) == (JobStatus.COMPLETED, at(10))
    assert (world.visit.status, world.used()) == (VisitStatus.COMPLETED, 1)


def test_a_visit_that_ended_otherwise_can_be_accepted_as_done(world: World) -> None:
    world.tell("cannot_complete", at(9, 30), reason="no_access")
    answer = world.tell("complete", at(10))
    assert answer.refusal is not None
    assert answer.refusal.code == "ended_otherwise"

    conflicts.accept(world.session, conflict_id=world.conflicts()[0].id, actor_id=dispatcher(world))

    assert (world.visit.status, world.visit.cannot_complete) == (VisitStatus.COMPLETED, None)
    assert (world.job.status, world.job.completed_at) == (JobStatus.COMPLETED, at(10))


def test_a_part_that_the_van_lacked_is_booked_once_it_was_counted(world: World) -> None:
    world.tell("arrive", at(9))
    world.use(at(9, 15), quantity=5)
    (kept,) = world.conflicts()
    boss = dispatcher(world)
    with pytest.raises(PartNotInTrunk):
        conflicts.accept(world.session, conflict_id=kept.id, actor_id=boss)
    world.session.expire_all()

    ledger.correct(
        world.session,
        place_id=world.technician.trunk_id,
        part_id=world.battery.id,
        counted=6,
        reason="found",
        actor_id=None,
    )
    conflicts.accept(world.session, conflict_id=kept.id, actor_id=boss)

    assert (world.used(), world.van()) == (5, (1, 0))


def test_another_technicians_visit_is_refused_for_good(world: World) -> None:
    others = make.add_visit(world.session, technician=make.add_technician(world.session, name="Eva"))

    answer = world.tell("arrive", at(9), others)

    assert answer.outcome is Outcome.REFUSED
    assert world.conflicts() == []


def test_the_next_visit_may_begin_before_the_end_of_the_last_one_is_told(world: World) -> None:
    second = make.add_visit(world.session, technician=world.technician, position=2, start=at(11))
    world.tell("arrive", at(9))

    assert world.tell("set_off", at(10), second).outcome is Outcome.DONE
    world.tell("complete", at(9, 40))

    assert (world.visit.ended_at, second.status) == (at(9, 40), VisitStatus.EN_ROUTE)


def test_connected_phones_still_hear_of_steps_out_of_turn(world: World) -> None:
    with pytest.raises(fieldwork.NotSetOff):
        fieldwork.arrive(world.session, visit_id=world.visit.id, technician_id=world.technician.id, actor_id=None)
