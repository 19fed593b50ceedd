"""
Commands of phones that could not be carried out when they arrived: kept, shown, and decided by a dispatcher.

A technician did something, and what we know speaks against it: the job was cancelled or given to a colleague while the
phone was offline, the van lacks the part, the visit ended otherwise. Nothing of that is dropped. A dispatcher accepts
it, and it counts from when it happened, or dismisses it with a reason that the technician reads.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.accounts import RoleName, User
from core.errors import DomainError
from dispatch.corework import NotYourCore
from dispatch.fieldwork.errors import (
    ChargedAnyway,
    ChargeWithoutReason,
    ColleagueOnSite,
    ConflictDecided,
    CorrectionWithoutReason,
    DismissalWithoutReason,
    LongerThanADay,
    NotOnSiteYet,
    NotUsedThere,
    NotYourPickList,
    NotYourVisit,
    TimesOutOfOrder,
    UnknownConflict,
    UnknownVisit,
)
from dispatch.fieldwork.late import Outcome, PhoneAction, PhoneCommand, carry_out
from dispatch.jobs import apply, lock_job
from dispatch.lifecycle import Action
from dispatch.models import FieldConflict, Job, Technician, Visit
from dispatch.models.clocks import NoticeKind
from dispatch.models.jobs import JobStatus
from dispatch.models.live import ConflictState
from dispatch.models.visits import VisitStatus
from dispatch.notices import close_notices, raise_notice
from dispatch.vanwork import NotYourTransfer
from inventory.errors import ScanAmbiguous, ScanUnknown, UnknownPart, UnknownPickList, UnknownPlace
from inventory.locking import all_or_none
from inventory.returns_errors import UnknownCore
from inventory.transfer_errors import UnknownTransfer

NOTE_LENGTH = 300
PAGE = 50
# Not about anything of this technician's, about nothing that there is, or not to be written down as it stands: no
# dispatcher could let it count, but the technician may correct it.
NEVER = (
    UnknownVisit,
    NotYourVisit,
    NotYourPickList,
    NotYourCore,
    NotYourTransfer,
    UnknownPickList,
    UnknownCore,
    UnknownTransfer,
    UnknownPlace,
    ScanUnknown,
    ScanAmbiguous,
    UnknownPart,
    ChargeWithoutReason,
    ChargedAnyway,
    LongerThanADay,
    NotUsedThere,
    CorrectionWithoutReason,
    TimesOutOfOrder,
    NotOnSiteYet,
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a command: the refusal and the conflict it was kept as, if it was refused."""

    command_id: str
    outcome: Outcome
    visit: Visit | None = None
    refusal: DomainError | None = None
    conflict: FieldConflict | None = None


@dataclass(frozen=True)
class ConflictPage:
    """One page of conflicts, those of one visit together, in the order in which they happened."""

    conflicts: Sequence[FieldConflict]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def take(session: Session, command: PhoneCommand, technician: Technician, *, actor_id: int | None) -> Answer:
    """
    Carry a command of a phone out, or keep it as a conflict; never raises what is the technician's matter.

    Commands are not harmless to repeat by themselves: whoever takes them from a phone wraps them with ``once``.
    """
    try:
        with all_or_none(session):
            outcome = carry_out(session, command, technician, actor_id=actor_id)
            # What the database refuses belongs to this command, too.
            session.flush()
    except NEVER as refused:
        return Answer(command_id=command.id, outcome=Outcome.REFUSED, refusal=refused)
    except DomainError as refused:
        kept = _keep(session, command, technician, refused)
        return Answer(command_id=command.id, outcome=Outcome.CONFLICT, visit=kept.visit, refusal=refused, conflict=kept)
    visit = session.get(Visit, command.visit_id) if command.visit_id is not None else None
    return Answer(command_id=command.id, outcome=outcome, visit=visit)


def accept(session: Session, *, conflict_id: int, actor_id: int) -> list[FieldConflict]:
    """
    Let a command count from when it happened, and with it those of the same visit that happened before it.

    1. A visit that was withdrawn, or ended otherwise, becomes the technician's again, and a colleague who has not begun
       is called off. The clocks stop at the times that the technician told.
    2. Of a job that is over only the visit is written down, and its parts; work that was done makes a cancelled job
       completed, and the earlier of two ends counts.

    Raises the refusal that still stands in the way, such as a part that the van lacks: count the van first.
    """
    accepted = _held(session, conflict_id)
    together = _earlier_of_visit(session, accepted)
    if accepted.visit is not None:
        done = any(conflict.action == PhoneAction.COMPLETE for conflict in together)
        _give_back(session, accepted.visit, done=done, actor_id=actor_id)
    for conflict in together:
        command = PhoneCommand(
            id=conflict.command_id,
            action=PhoneAction(conflict.action),
            happened_at=conflict.happened_at,
            visit_id=conflict.visit_id,
            values=conflict.payload,
        )
        carry_out(session, command, conflict.technician, actor_id=conflict.technician.user_id, accepted=True)
        session.flush()
        _decide(session, conflict, ConflictState.ACCEPTED, "", actor_id)
    return together


def dismiss(session: Session, *, conflict_id: int, reason: str, actor_id: int) -> FieldConflict:
    """Say that a command does not count, with the reason that its technician reads."""
    conflict = _held(session, conflict_id)
    reason = reason.strip()
    if not reason:
        raise DismissalWithoutReason
    _decide(session, conflict, ConflictState.DISMISSED, reason[:NOTE_LENGTH], actor_id)
    return conflict


def conflicts(session: Session, *, states: Collection[ConflictState], page: int = 1) -> ConflictPage:
    """Return a page of conflicts; the open ones in the order in which they came, others the latest first."""
    found = sa.select(FieldConflict).where(FieldConflict.state.in_(states))
    total = session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0
    order = (
        (FieldConflict.visit_id, FieldConflict.happened_at, FieldConflict.id)
        if set(states) == {ConflictState.OPEN}
        else (FieldConflict.resolved_at.desc(), FieldConflict.id.desc())
    )
    rows = session.scalars(found.options(*_SHOWN).order_by(*order).limit(PAGE).offset((page - 1) * PAGE)).all()
    return ConflictPage(rows, total, page)


def conflicts_of(session: Session, *, technician_id: int, since: dt.datetime) -> list[FieldConflict]:
    """Return what became of a technician's conflicts: those that are open, and those that came since."""
    return list(
        session.scalars(
            sa.select(FieldConflict)
            .where(
                FieldConflict.technician_id == technician_id,
                sa.or_(FieldConflict.state == ConflictState.OPEN, FieldConflict.received_at >= since),
            )
            .options(*_SHOWN)
            .order_by(FieldConflict.received_at, FieldConflict.id)
        )
    )


def conflict_by_id(session: Session, conflict_id: int) -> FieldConflict:
    """Return one conflict; raises UnknownConflict."""
    conflict = session.get(FieldConflict, conflict_id, options=_SHOWN)
    if conflict is None:
        raise UnknownConflict(conflict_id=conflict_id)
    return conflict


def conflict_of_command(session: Session, command_id: str) -> FieldConflict | None:
    """Return the conflict that a command was kept as, or None."""
    return session.scalar(sa.select(FieldConflict).where(FieldConflict.command_id == command_id))


_SHOWN = (
    joinedload(FieldConflict.technician),
    joinedload(FieldConflict.visit).joinedload(Visit.technician),
    joinedload(FieldConflict.job).joinedload(Job.site),
)


def _keep(session: Session, command: PhoneCommand, technician: Technician, refused: DomainError) -> FieldConflict:
    visit = session.get(Visit, command.visit_id) if command.visit_id is not None else None
    conflict = FieldConflict(
        command_id=command.id,
        technician=technician,
        visit=visit,
        job=visit.job if visit is not None else None,
        action=command.action.value,
        payload=dict(command.values),
        happened_at=command.happened_at,
        received_at=clock.now(),
        refusal={"code": refused.code, "sentence": refused.sentence, "facts": plain_facts(refused.facts)},
    )
    session.add(conflict)
    session.flush()
    raise_notice(
        session,
        kind=NoticeKind.PHONE_CONFLICT,
        role=RoleName.DISPATCHER,
        job_id=conflict.job_id,
        about=f"technician {technician.code}",
        facts={"conflict": conflict.id, "technician": technician.name, "action": conflict.action},
    )
    return conflict


def plain_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON has them."""
    return {name: _plain_value(value) for name, value in facts.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _held(session: Session, conflict_id: int) -> FieldConflict:
    """Return an open conflict, held together with its job; raises UnknownConflict and ConflictDecided."""
    conflict = conflict_by_id(session, conflict_id)
    if conflict.job_id is not None:
        lock_job(session, conflict.job_id)
    session.refresh(conflict, with_for_update={"of": FieldConflict})
    if conflict.state is not ConflictState.OPEN:
        by = session.get(User, conflict.resolved_by_id) if conflict.resolved_by_id is not None else None
        raise ConflictDecided(name=by.name if by else "?", at=conflict.resolved_at)
    return conflict


def _earlier_of_visit(session: Session, last: FieldConflict) -> list[FieldConflict]:
    """Return the open conflicts of the same visit up to this one, in the order in which they happened."""
    if last.visit_id is None:
        return [last]
    rows = session.scalars(
        sa.select(FieldConflict)
        .where(
            FieldConflict.visit_id == last.visit_id,
            FieldConflict.state == ConflictState.OPEN,
            sa.or_(
                FieldConflict.happened_at < last.happened_at,
                sa.and_(FieldConflict.happened_at == last.happened_at, FieldConflict.id <= last.id),
            ),
        )
        .order_by(FieldConflict.happened_at, FieldConflict.id)
    )
    return list(rows)


def _give_back(session: Session, visit: Visit, *, done: bool, actor_id: int) -> None:
    """Let a visit that was taken away, or ended otherwise than it did, be the technician's once more."""
    session.refresh(visit)
    job = visit.job
    if job.status is JobStatus.CANCELLED and not done:
        # Nobody goes there again: what was done is only written down.
        _reopen_visit(visit)
        return
    if visit.status is VisitStatus.INCOMPLETE and not done:
        return
    if job.status is not JobStatus.COMPLETED and (visit.status not in _RUNNING or job.status is JobStatus.CANCELLED):
        _call_colleagues_off(session, visit)
        _move_job_to(session, job, visit, actor_id)
    _reopen_visit(visit)


_RUNNING = frozenset({VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE, VisitStatus.ON_SITE, VisitStatus.COMPLETED})


def _move_job_to(session: Session, job: Job, visit: Visit, actor_id: int) -> None:
    """Move a job to where this visit has brought it, out of whatever became of it meanwhile."""
    facts = {"technician": visit.technician.name, "visit": visit.id}
    if job.status is not JobStatus.DISPATCHED:
        apply(session, job, Action.REINSTATE, actor_id=actor_id, facts=facts)
    if visit.set_off_at is not None:
        apply(session, job, Action.SET_OFF, actor_id=actor_id, facts=facts)
    if visit.arrived_at is not None:
        apply(session, job, Action.ARRIVE, actor_id=actor_id, facts=facts)


def _reopen_visit(visit: Visit) -> None:
    """Put a visit that was taken away or left unfinished back to where its times say that it was."""
    if visit.status not in {VisitStatus.WITHDRAWN, VisitStatus.INCOMPLETE}:
        return
    visit.status = VisitStatus.DISPATCHED
    if visit.set_off_at is not None:
        visit.status = VisitStatus.EN_ROUTE
    if visit.arrived_at is not None:
        visit.status = VisitStatus.ON_SITE
    visit.ended_at = visit.cannot_complete = None


def _call_colleagues_off(session: Session, visit: Visit) -> None:
    """Withdraw the job's other visits that have not begun; raises ColleagueOnSite when somebody works there."""
    others = session.scalars(
        sa.select(Visit)
        .where(
            Visit.job_id == visit.job_id,
            Visit.id != visit.id,
            Visit.status.in_([VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE, VisitStatus.ON_SITE]),
        )
        .options(joinedload(Visit.technician))
    )
    for other in others:
        if other.status is VisitStatus.ON_SITE:
            raise ColleagueOnSite(technician=other.technician.name, number=visit.job.number)
        other.status = VisitStatus.WITHDRAWN


def _decide(session: Session, conflict: FieldConflict, state: ConflictState, note: str, actor_id: int) -> None:
    conflict.state, conflict.note = state, note
    conflict.resolved_at, conflict.resolved_by_id = clock.now(), actor_id
    session.flush()
    if conflict.job_id is not None and not _is_open(session, conflict):
        about = f"technician {conflict.technician.code}"
        close_notices(
            session, job_id=conflict.job_id, kinds=[NoticeKind.PHONE_CONFLICT], about=about, actor_id=actor_id
        )


def _is_open(session: Session, conflict: FieldConflict) -> bool:
    """Whether something of the same technician about the same job still waits for a decision."""
    return bool(
        session.scalar(
            sa.select(sa.func.count(FieldConflict.id)).where(
                FieldConflict.job_id == conflict.job_id,
                FieldConflict.technician_id == conflict.technician_id,
                FieldConflict.state == ConflictState.OPEN,
            )
        )
    )
