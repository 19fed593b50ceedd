"""What waits for whom, in which order, and who sees to it."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session
from time_machine import travel

from core.accounts import RoleName
from dispatch.inbox import Matter, count_inbox, read_inbox
from dispatch.models import DayEvent, Notice, Plan
from dispatch.models.clocks import NoticeKind
from dispatch.models.live import DayEventKind
from dispatch.models.plans import PlanState
from dispatch.notices import UnknownNotice, let_go, open_notices, raise_notice, take_on
from tests.factories import MONDAY, add_job, add_person, add_technician, at

DISPATCHER = frozenset({RoleName.DISPATCHER})
DESK = frozenset({RoleName.DESK})


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with travel(at(10), tick=False):
        yield


def tell(session: Session, kind: NoticeKind, role: RoleName = RoleName.DISPATCHER) -> Notice:
    return raise_notice(session, kind=kind, role=role, facts={}, job_id=add_job(session).id)


def add_event(session: Session, **values: object) -> DayEvent:
    known = {"kind": DayEventKind.TECHNICIAN_LATE, "day": MONDAY, "at": at(9), "facts": {}}
    event = DayEvent(technician=add_technician(session), **(known | values))
    session.add(event)
    session.flush()
    return event


def add_draft(session: Session, *, day: dt.date = MONDAY, state: PlanState = PlanState.DRAFT) -> Plan:
    plan = Plan(day=day, version=1, state=state, engine="greedy", seed=1, seconds=1.0, cost={}, created_at=at(9))
    session.add(plan)
    session.flush()
    return plan


def matters(session: Session, roles: frozenset[RoleName] = DISPATCHER) -> list[Matter]:
    inbox = read_inbox(session, roles)
    assert inbox.total == count_inbox(session, roles)
    return [item.matter for item in inbox.items]


def test_what_cannot_wait_stands_first(session: Session) -> None:
    add_draft(session)
    tell(session, NoticeKind.CLOCK_WARNING)
    add_event(session)
    tell(session, NoticeKind.CLOCK_BREACHED)
    tell(session, NoticeKind.PHONE_CONFLICT)

    assert matters(session) == [
        Matter.CLOCK_BREACHED,
        Matter.PHONE_CONFLICT,
        Matter.UNANSWERED,
        Matter.CLOCK_WARNING,
        Matter.DRAFT,
    ]


def test_the_desk_sees_its_notices_and_no_plans(session: Session) -> None:
    add_draft(session)
    add_event(session)
    tell(session, NoticeKind.CLOCK_WARNING)
    tell(session, NoticeKind.CLOCK_BREACHED, RoleName.DESK)

    assert matters(session, DESK) == [Matter.CLOCK_BREACHED]


def test_a_draft_that_an_event_proposed_names_it(session: Session) -> None:
    draft = add_draft(session)
    event = add_event(session, facts={"asked_at": "x", "answer": "proposed"}, plan_id=draft.id)

    (item,) = read_inbox(session, DISPATCHER).items

    assert (item.matter, item.plan, item.event) == (Matter.PROPOSAL, draft, event)


@pytest.mark.parametrize(
    "values",
    [
        {"facts": {"answer": "holds"}},
        # A phone's step asks the worker for a proposal; nobody has to press anything.
        {"facts": {"asked_at": "2026-11-23T09:00:00+00:00"}},
        {"kind": DayEventKind.VISIT_STARTED},
        {"day": MONDAY - dt.timedelta(days=1)},
    ],
)
def test_what_needs_no_answer_does_not_wait(session: Session, values: dict[str, object]) -> None:
    add_event(session, **values)

    assert matters(session) == []


def test_published_plans_and_drafts_of_the_past_do_not_wait(session: Session) -> None:
    add_draft(session, state=PlanState.PUBLISHED)
    add_draft(session, day=MONDAY - dt.timedelta(days=1))

    assert matters(session) == []


def test_a_notice_is_taken_on_by_one_taken_over_by_another_and_let_go(session: Session) -> None:
    ana, ben = (add_person(session, name=name, roles=DISPATCHER) for name in ("Ana", "Ben"))
    notice = tell(session, NoticeKind.CLOCK_WARNING)

    for person in (ana, ben):
        take_on(session, notice_id=notice.id, roles=DISPATCHER, actor_id=person.id)
        session.flush()
        session.expire_all()
        (shown,) = open_notices(session, roles=DISPATCHER).notices
        assert shown.taken is not None
        assert shown.taken.user.name == person.name

    let_go(session, notice_id=notice.id, roles=DISPATCHER)
    session.flush()
    session.expire_all()
    assert open_notices(session, roles=DISPATCHER).notices[0].taken is None


def test_only_those_who_hear_a_notice_can_take_it_on(session: Session) -> None:
    notice = tell(session, NoticeKind.CLOCK_WARNING)
    ana = add_person(session, roles=DESK)

    with pytest.raises(UnknownNotice):
        take_on(session, notice_id=notice.id, roles=DESK, actor_id=ana.id)
