"""
What somebody should look at: notices to a role, each open until somebody who has the role closes it.

A notice is facts, not a sentence; it is worded where it is shown, in the reader's language.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.accounts import RoleName
from core.db import insert_missing, insert_or_update, take_turn
from core.errors import N_, DomainError, Kind
from dispatch.models.clocks import Notice, NoticeKind, TakenOn
from dispatch.models.jobs import Job

PAGE = 50
# What is to be looked at first.
URGENCY = (
    NoticeKind.CLOCK_BREACHED,
    NoticeKind.PHONE_CONFLICT,
    NoticeKind.PART_MISSING,
    NoticeKind.PROMISE_AT_RISK,
    NoticeKind.CLOCK_WARNING,
    NoticeKind.JOB_UNPLANNED,
)


class UnknownNotice(DomainError):
    code = "unknown_notice"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no notice %(notice_id)s for you. Load the list of notices again.")


@dataclass(frozen=True)
class NoticePage:
    """One page of open notices, the most urgent kind and the newest first."""

    notices: list[Notice]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class Telling:
    """What a role is to hear of a job; ``about`` is the subject, such as which clock."""

    kind: NoticeKind
    role: RoleName
    job_id: int
    about: str
    facts: Mapping[str, Any]
    at: dt.datetime


def raise_notice(
    session: Session,
    *,
    kind: NoticeKind,
    role: RoleName,
    facts: Mapping[str, Any],
    job_id: int | None = None,
    about: str = "",
    at: dt.datetime | None = None,
) -> Notice:
    """
    Tell a role to look at something, once.

    While a notice of the kind is open for the same role, job and subject (``about``, such as which clock), it takes the
    newer facts instead of getting a twin.
    """
    told = {"kind": kind, "role": role, "job_id": job_id, "about": about, "facts": dict(facts), "at": at or clock.now()}
    key, still_open = ["role", "kind", "about"], "closed_at IS NULL AND job_id IS NULL"
    if job_id is not None:
        key, still_open = ["job_id", *key], "closed_at IS NULL"
    notice: Notice = insert_or_update(session, Notice, told, key=key, only=still_open)
    return notice


def count_up_notice(session: Session, *, kind: NoticeKind, role: RoleName, jobs: int, at: dt.datetime) -> None:
    """Tell a role of so many jobs more in one notice, which is about no job in particular."""
    take_turn(session, f"notice of many jobs to {role}")
    known = session.scalar(
        _open().where(Notice.kind == kind, Notice.role == role, Notice.job_id.is_(None), Notice.about == "")
    )
    told_before = 0 if known is None else known.facts["jobs"]
    raise_notice(session, kind=kind, role=role, facts={"jobs": told_before + jobs}, at=at)


def replace_notices(session: Session, *, kinds: Collection[NoticeKind], told: Sequence[Telling]) -> None:
    """
    Tell roles of many jobs at once; each telling takes the place of what was open about its job and subject.

    ``kinds`` are those that may have to give way.
    """
    subjects = {(one.job_id, one.about) for one in told}
    # Found by their jobs alone: there are far more open notices than notices about these.
    known = session.execute(
        sa.select(Notice.id, Notice.kind, Notice.job_id, Notice.about).where(
            Notice.job_id.in_({job_id for job_id, _ in subjects}), Notice.closed_at.is_(None)
        )
    )
    stale = [row.id for row in known if row.kind in kinds and (row.job_id, row.about) in subjects]
    if stale:
        session.execute(
            sa.update(Notice)
            .where(Notice.id.in_(stale))
            .values(closed_at=clock.now())
            .execution_options(synchronize_session="fetch")
        )
    insert_missing(session, Notice, [vars(one) for one in told])


def close_notices(
    session: Session, *, job_id: int, kinds: Collection[NoticeKind], about: str = "", actor_id: int | None = None
) -> None:
    """Close the open notices about a job that have become pointless; with ``about`` only those of that subject."""
    for notice in session.scalars(_open().where(Notice.job_id == job_id, Notice.kind.in_(kinds))):
        if not about or notice.about == about:
            notice.closed_at, notice.closed_by_id = clock.now(), actor_id


def take_on(session: Session, *, notice_id: int, roles: Collection[RoleName], actor_id: int) -> Notice:
    """Say that somebody sees to a notice from now on, also if a colleague did before."""
    notice = _heard(session, notice_id, roles)
    if notice.taken is None:
        notice.taken = TakenOn(user_id=actor_id, at=clock.now())
    elif notice.taken.user_id != actor_id:
        notice.taken.user_id, notice.taken.at = actor_id, clock.now()
    return notice


def let_go(session: Session, *, notice_id: int, roles: Collection[RoleName]) -> Notice:
    """Say that nobody sees to a notice."""
    notice = _heard(session, notice_id, roles)
    notice.taken = None
    return notice


def close_notice(session: Session, *, notice_id: int, roles: Collection[RoleName], actor_id: int) -> Notice:
    """Close a notice that one of the caller's roles was given; one that is closed already stays as it is."""
    notice = _heard(session, notice_id, roles)
    if notice.closed_at is None:
        notice.closed_at, notice.closed_by_id = clock.now(), actor_id
    return notice


def open_notices(session: Session, *, roles: Collection[RoleName], page: int = 1) -> NoticePage:
    """What people with these roles should look at; an admin sees what every role should."""
    wanted = _open().where(_for(roles))
    total = session.scalar(sa.select(sa.func.count()).select_from(wanted.subquery())) or 0
    urgency = sa.case({kind.value: place for place, kind in enumerate(URGENCY)}, value=Notice.kind, else_=len(URGENCY))
    rows = session.scalars(
        wanted.options(joinedload(Notice.job).joinedload(Job.site), joinedload(Notice.taken).joinedload(TakenOn.user))
        .order_by(urgency, Notice.at.desc(), Notice.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return NoticePage(list(rows), total, page)


def count_open(session: Session, *, roles: Collection[RoleName]) -> int:
    """How many notices wait for people with these roles."""
    return session.scalar(sa.select(sa.func.count(Notice.id)).where(Notice.closed_at.is_(None), _for(roles))) or 0


def _heard(session: Session, notice_id: int, roles: Collection[RoleName]) -> Notice:
    """Return a notice that one of the roles was given, locked."""
    notice = session.get(Notice, notice_id, with_for_update={"of": Notice})
    if notice is None or not _hears(roles, notice.role):
        raise UnknownNotice(notice_id=notice_id)
    return notice


def _open() -> sa.Select[Notice]:
    return sa.select(Notice).where(Notice.closed_at.is_(None))


def _for(roles: Collection[RoleName]) -> sa.ColumnElement[bool]:
    return sa.true() if RoleName.ADMIN in roles else Notice.role.in_(roles)


def _hears(roles: Collection[RoleName], role: RoleName) -> bool:
    return RoleName.ADMIN in roles or role in roles
