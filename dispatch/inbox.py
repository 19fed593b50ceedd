"""
What waits for somebody's decision, in one list, the most urgent first.

For every role its notices; for dispatchers also what was told of the day and not answered, repairs that were proposed,
and drafts that nobody has published or thrown away.
"""

import datetime as dt
import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.accounts import RoleName
from core.firm import read_firm
from dispatch.live.log import unanswered
from dispatch.models import DayEvent, Notice, Plan
from dispatch.models.clocks import NoticeKind
from dispatch.models.plans import PlanState
from dispatch.notices import count_open, open_notices

DECIDERS = frozenset({RoleName.DISPATCHER, RoleName.ADMIN})


class Matter(enum.StrEnum):
    """What an item of the inbox is about, the most urgent first."""

    CLOCK_BREACHED = "clock_breached"
    PHONE_CONFLICT = "phone_conflict"
    UNANSWERED = "unanswered"
    PART_MISSING = "part_missing"
    PROMISE_AT_RISK = "promise_at_risk"
    PROPOSAL = "proposal"
    CLOCK_WARNING = "clock_warning"
    DRAFT = "draft"
    JOB_UNPLANNED = "job_unplanned"


_OF_NOTICE: Mapping[NoticeKind, Matter] = {kind: Matter(kind.value) for kind in NoticeKind}
_URGENCY = {matter: place for place, matter in enumerate(Matter)}


@dataclass(frozen=True)
class Item:
    """One thing to decide: a notice, an event of the day, or a draft with the event it was proposed for."""

    matter: Matter
    at: dt.datetime
    notice: Notice | None = None
    event: DayEvent | None = None
    plan: Plan | None = None


@dataclass(frozen=True)
class Inbox:
    """What waits, the most urgent first; ``total`` counts notices that are not listed here too."""

    items: list[Item]
    total: int


def read_inbox(session: Session, roles: Collection[RoleName]) -> Inbox:
    """Return what waits for people with these roles."""
    notices = open_notices(session, roles=roles)
    items = [Item(_OF_NOTICE[notice.kind], notice.at, notice=notice) for notice in notices.notices]
    if DECIDERS & set(roles):
        items += [Item(Matter.UNANSWERED, event.at, event=event) for event in session.scalars(unanswered(session))]
        items += _drafts(session)
    # Newest first within what is equally urgent, as the list of notices is.
    items.sort(key=lambda item: (_URGENCY[item.matter], -item.at.timestamp()))
    return Inbox(items, notices.total + len(items) - len(notices.notices))


def count_inbox(session: Session, roles: Collection[RoleName]) -> int:
    """How many things wait for people with these roles."""
    waiting = count_open(session, roles=roles)
    if not DECIDERS & set(roles):
        return waiting
    for wanted in (unanswered(session), _waiting_drafts(session)):
        waiting += session.scalar(sa.select(sa.func.count()).select_from(wanted.order_by(None).subquery())) or 0
    return waiting


def _drafts(session: Session) -> list[Item]:
    drafts = session.scalars(_waiting_drafts(session)).all()
    proposed = session.scalars(
        sa.select(DayEvent)
        .where(DayEvent.plan_id.in_([plan.id for plan in drafts]))
        .options(joinedload(DayEvent.technician), joinedload(DayEvent.job))
        .order_by(DayEvent.id)
    )
    events = {event.plan_id: event for event in proposed}
    return [
        Item(
            Matter.PROPOSAL if plan.id in events else Matter.DRAFT,
            plan.created_at,
            event=events.get(plan.id),
            plan=plan,
        )
        for plan in drafts
    ]


def _waiting_drafts(session: Session) -> sa.Select[Plan]:
    return sa.select(Plan).where(Plan.state == PlanState.DRAFT, Plan.day >= read_firm(session).today())
