"""Facts about watching the clocks: each sign once, and who hears of it."""

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from core.accounts import RoleName
from customers.models import Contract, Priority
from dispatch.jobs import JobChanges, NewJob, cancel_job, change_job, take_in_job
from dispatch.models import ClockEvent, ClockWatch, Job, Notice
from dispatch.models.clocks import WARNINGS, ClockKind, ClockSign, NoticeKind, PauseReason
from dispatch.pauses import pause_clocks, resume_clocks
from dispatch.signs import MOST_AT_ONCE, sweep_clocks
from tests.factories import MONDAY, add_contract, add_device, add_fault, add_site, at

TUESDAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def eight() -> Iterator[Traveller]:
    """Eight o'clock on a Monday."""
    with travel(at(8), tick=False) as traveller:
        yield traveller


def take_in(session: Session, *, contract: Contract | None = None, priority: Priority = Priority.P2) -> Job:
    """A job reported at eight, day and night: P2 responds by noon, and is solved by four."""
    device = add_device(session, site=add_site(session, contract=contract))
    new = NewJob(site=device.site, device=device, fault=add_fault(session), priority=priority)
    return take_in_job(session, new=new, actor_id=None)


def written(session: Session) -> list[tuple[str, str, dt.datetime]]:
    """The signs in the history, with the moments at which they came."""
    session.flush()
    rows = session.scalars(sa.select(ClockEvent).where(ClockEvent.sign.in_(WARNINGS)).order_by(ClockEvent.id))
    return [(event.clock.value, event.sign.value, event.at) for event in rows]


def open_notices(session: Session) -> list[tuple[NoticeKind, RoleName, str]]:
    session.flush()
    rows = session.scalars(sa.select(Notice).where(Notice.closed_at.is_(None)).order_by(Notice.id))
    return [(notice.kind, notice.role, notice.facts.get("sign", "")) for notice in rows]


def test_a_sign_is_written_down_at_its_moment_and_only_once(session: Session, eight: Traveller) -> None:
    take_in(session)
    assert sweep_clocks(session) == 1
    assert written(session) == []
    # Nothing to tell before ten.
    eight.move_to(at(9, 59))
    assert sweep_clocks(session) == 0

    eight.move_to(at(10, 1))
    assert sweep_clocks(session) == 1
    assert sweep_clocks(session) == 0

    assert written(session) == [("response", "half", at(10))]
    assert open_notices(session) == [(NoticeKind.CLOCK_WARNING, RoleName.DISPATCHER, "half")]


def test_a_later_sign_takes_the_place_of_the_notice_before(session: Session, eight: Traveller) -> None:
    job = take_in(session)
    for minutes in range(0, 245, 5):
        eight.move_to(at(8) + dt.timedelta(minutes=minutes))
        sweep_clocks(session)

    assert written(session) == [
        ("response", "half", at(10)),
        ("response", "three_quarters", at(11)),
        ("response", "nine_tenths", at(11, 36)),
        ("resolution", "half", at(12)),
    ]
    # At noon itself the response is not late yet.
    assert open_notices(session) == [
        (NoticeKind.CLOCK_WARNING, RoleName.DISPATCHER, "nine_tenths"),
        (NoticeKind.CLOCK_WARNING, RoleName.DISPATCHER, "half"),
    ]
    assert session.get_one(ClockWatch, job.id).look_at == at(12)


def test_a_breach_is_told_to_both_roles_of_the_contract(session: Session, eight: Traveller) -> None:
    contract = add_contract(session)
    contract.warned_role, contract.breach_role = "desk", "manager"
    take_in(session, contract=contract, priority=Priority.P1)
    eight.move_to(at(9, 50))
    sweep_clocks(session)
    assert open_notices(session)[:1] == [(NoticeKind.CLOCK_WARNING, RoleName.DESK, "nine_tenths")]

    eight.move_to(at(10, 1))
    sweep_clocks(session)

    told = [notice for notice in open_notices(session) if notice[0] is NoticeKind.CLOCK_BREACHED]
    assert told == [
        (NoticeKind.CLOCK_BREACHED, RoleName.DESK, "breached"),
        (NoticeKind.CLOCK_BREACHED, RoleName.MANAGER, "breached"),
    ]
    about_the_response = session.scalars(
        sa.select(Notice).where(Notice.closed_at.is_(None), Notice.kind == NoticeKind.CLOCK_WARNING)
    ).all()
    assert [notice.about for notice in about_the_response] == ["resolution"]


def test_signs_that_came_before_a_pause_are_not_given_again(session: Session, eight: Traveller) -> None:
    job = take_in(session)
    eight.move_to(at(10, 30))
    sweep_clocks(session)
    pause_clocks(session, job_id=job.id, reason=PauseReason.NO_ACCESS, actor_id=None)
    assert open_notices(session) == []
    eight.move_to(at(12, 30))
    assert sweep_clocks(session) == 0
    resume_clocks(session, job_id=job.id, actor_id=None)
    sweep_clocks(session)

    eight.move_to(at(13, 1))
    sweep_clocks(session)

    assert written(session) == [("response", "half", at(10)), ("response", "three_quarters", at(13))]
    assert job.response_due == at(14)


def test_another_priority_lets_the_signs_begin_anew(session: Session, eight: Traveller) -> None:
    job = take_in(session)
    eight.move_to(at(10, 1))
    sweep_clocks(session)
    session.flush()
    change_job(session, job_id=job.id, version=job.version, changes=JobChanges(priority=Priority.P3), actor_id=None)
    assert open_notices(session) == []
    sweep_clocks(session)

    # Half of eight hours.
    eight.move_to(at(12, 1))
    sweep_clocks(session)

    assert written(session) == [("response", "half", at(10)), ("response", "half", at(12))]


def test_a_cancelled_job_gives_no_sign(session: Session, eight: Traveller) -> None:
    job = take_in(session)
    cancel_job(session, job_id=job.id, reason="closed down", actor_id=None)
    eight.move_to(at(12, day=TUESDAY))

    assert sweep_clocks(session) == 0
    assert written(session) == []


def test_what_a_few_sweeps_missed_is_written_down_and_told_job_by_job(session: Session, eight: Traveller) -> None:
    take_in(session)
    eight.move_to(at(12, day=TUESDAY))

    sweep_clocks(session)

    assert written(session) == [
        ("response", "half", at(10)),
        ("response", "three_quarters", at(11)),
        ("response", "nine_tenths", at(11, 36)),
        ("response", "breached", at(12)),
        ("resolution", "half", at(12)),
        ("resolution", "three_quarters", at(14)),
        ("resolution", "nine_tenths", at(15, 12)),
        ("resolution", "breached", at(16)),
    ]
    # The latest sign of each clock, to both roles.
    assert sorted(open_notices(session)) == [
        (NoticeKind.CLOCK_BREACHED, RoleName.DISPATCHER, "breached"),
        (NoticeKind.CLOCK_BREACHED, RoleName.DISPATCHER, "breached"),
        (NoticeKind.CLOCK_BREACHED, RoleName.MANAGER, "breached"),
        (NoticeKind.CLOCK_BREACHED, RoleName.MANAGER, "breached"),
    ]


def test_a_jump_of_the_clock_buries_nobody_in_notices(session: Session, eight: Traveller) -> None:
    contract = add_contract(session)
    jobs = [take_in(session, contract=contract) for _ in range(MOST_AT_ONCE + 1)]
    eight.move_to(at(12, day=TUESDAY))

    sweep_clocks(session)

    assert len(written(session)) == 8 * len(jobs)
    told = session.scalars(sa.select(Notice).order_by(Notice.id)).all()
    assert [(notice.kind, notice.role, notice.facts["jobs"]) for notice in told] == [
        (NoticeKind.CLOCK_BREACHED, RoleName.DISPATCHER, len(jobs)),
        (NoticeKind.CLOCK_BREACHED, RoleName.MANAGER, len(jobs)),
    ]


def test_a_clock_set_back_tells_nothing_twice(session: Session, eight: Traveller) -> None:
    take_in(session)
    eight.move_to(at(10, 1))
    sweep_clocks(session)
    eight.move_to(at(8))
    assert sweep_clocks(session) == 0
    eight.move_to(at(10, 2))

    sweep_clocks(session)

    assert written(session) == [("response", "half", at(10))]


def test_a_batch_leaves_the_rest_for_the_next(session: Session, eight: Traveller) -> None:
    contract = add_contract(session)
    for _ in range(3):
        take_in(session, contract=contract)
    eight.move_to(at(10, 1))

    assert [sweep_clocks(session, limit=2) for _ in range(3)] == [2, 1, 0]
    assert len(written(session)) == 3


def test_the_table_itself_refuses_a_warning_of_the_same_due_time_twice(session: Session) -> None:
    job = take_in(session)
    for _ in range(2):
        session.add(
            ClockEvent(job_id=job.id, clock=ClockKind.RESPONSE, sign=ClockSign.HALF, at=at(10), due=job.response_due)
        )

    with pytest.raises(sa.exc.IntegrityError):
        session.flush()
