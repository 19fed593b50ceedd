"""What phones send when they find a signal: each command taken once, answered, and answered alike when sent again."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.commands import Command, CommandIdReused, earlier_answer, once
from core.errors import DomainError
from dispatch.fieldwork.conflicts import Answer, conflict_of_command, plain_facts, take
from dispatch.fieldwork.late import Outcome, PhoneCommand
from dispatch.models import FieldConflict, Technician

# Names of commands that came from phones begin with this.
PHONE = "phone "
DONE_BEFORE = "done_before"


def receive(session: Session, command: PhoneCommand, technician: Technician, *, user_id: int) -> dict[str, Any]:
    """
    Take a command unless it was taken before, and return what became of it as plain JSON values.

    ``outcome`` is done, merged, conflict or refused; done_before for what was carried out when it came the first time.
    A conflict says how it stands by now. The transaction must hold nothing else: it may be begun anew.
    """
    try:
        return _receive(session, command, technician, user_id)
    except IntegrityError:
        # Of two that arrive at the same moment the slower one finds the answer of its twin.
        session.rollback()
        return _receive(session, command, technician, user_id)


def _receive(session: Session, command: PhoneCommand, technician: Technician, user_id: int) -> dict[str, Any]:
    name = _name(command)
    try:
        earlier = earlier_answer(session, command_id=command.id, user_id=user_id, name=name)
        if earlier is not None:
            return _again(session, earlier)
        return once(
            session,
            command_id=command.id,
            user_id=user_id,
            name=name,
            act=lambda: _told(take(session, command, technician, actor_id=user_id)),
        )
    except CommandIdReused as reused:
        return _told(Answer(command_id=command.id, outcome=Outcome.REFUSED, refusal=reused))


def results(session: Session, *, user_id: int, since: dt.datetime) -> list[dict[str, Any]]:
    """Return what became of a person's commands that were taken since, the oldest first; conflicts as they stand."""
    rows = session.scalars(
        sa.select(Command)
        .where(Command.user_id == user_id, Command.name.startswith(PHONE), Command.at >= since)
        .order_by(Command.at, Command.id)
    )
    return [_as_it_stands(session, row.answer) for row in rows]


def problem_of(refusal: DomainError) -> dict[str, Any]:
    """A refusal as the API tells it; sentence and facts stand apart, so that it can be told in other languages."""
    return {
        "title": refusal.code,
        "detail": str(refusal),
        "sentence": refusal.sentence,
        "facts": plain_facts(refusal.facts),
    }


def _name(command: PhoneCommand) -> str:
    """Say what is done to what: the same id for something else is refused. The time may be corrected otherwise."""
    content = json.dumps([command.visit_id, command.values], sort_keys=True, default=str)
    return f"{PHONE}{command.action} {hashlib.sha256(content.encode()).hexdigest()[:24]}"


def _told(answer: Answer) -> dict[str, Any]:
    told: dict[str, Any] = {"id": answer.command_id, "outcome": answer.outcome.value}
    if answer.visit is not None:
        told |= {"visit": answer.visit.id, "status": answer.visit.status.value, "job": answer.visit.job.number}
    if answer.refusal is not None:
        told["problem"] = problem_of(answer.refusal)
    if answer.conflict is not None:
        told["conflict"] = _state(answer.conflict)
    return told


def _again(session: Session, earlier: Mapping[str, Any]) -> dict[str, Any]:
    told = _as_it_stands(session, earlier)
    if told["outcome"] in {Outcome.DONE, Outcome.MERGED}:
        told["outcome"] = DONE_BEFORE
    return told


def _as_it_stands(session: Session, earlier: Mapping[str, Any]) -> dict[str, Any]:
    if earlier["outcome"] != Outcome.CONFLICT:
        return dict(earlier)
    conflict = conflict_of_command(session, earlier["id"])
    return dict(earlier) if conflict is None else {**earlier, "conflict": _state(conflict)}


def _state(conflict: FieldConflict) -> dict[str, Any]:
    return {
        "id": conflict.id,
        "state": conflict.state.value,
        "note": conflict.note,
        "resolved_at": conflict.resolved_at.isoformat() if conflict.resolved_at else None,
    }
