"""
Commands that are harmless to repeat.

A phone that did not hear the answer sends the command again with the same id; the second time nothing happens and the
first answer is given back.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from core import clock
from core.base import Base
from core.collisions import repeat_after_collisions
from core.errors import N_, DomainError, Kind


class Command(Base):
    """A command that was carried out, with what was answered."""

    __tablename__ = "commands"

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(sa.String(60))
    at: Mapped[dt.datetime]
    answer: Mapped[dict[str, Any]]


class CommandIdReused(DomainError):
    code = "command_id_reused"
    kind = Kind.CONFLICT
    sentence = N_("The command id %(command_id)s was already used for something else (%(name)s). Send a fresh id.")


def once(
    session: Session, *, command_id: str, user_id: int, name: str, act: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """
    Carry ``act`` out unless the same person already did it under this id; returns the answer either way.

    ``name`` says what is done to what ("complete visit 12"); the same id for another name or by another person is
    refused. The row is written in the transaction of the act, so both stand or neither. Of two that arrive at the same
    moment the primary key lets one through; the other fails as a whole and finds the answer when it is sent again. An
    act that collides with somebody else's is carried out again from the start.
    """

    def act_and_keep_answer() -> dict[str, Any]:
        earlier = earlier_answer(session, command_id=command_id, user_id=user_id, name=name)
        if earlier is not None:
            return earlier
        answer = act()
        session.add(Command(id=command_id, user_id=user_id, name=name, at=clock.now(), answer=answer))
        return answer

    return repeat_after_collisions(session, act_and_keep_answer)


def earlier_answer(session: Session, *, command_id: str, user_id: int, name: str) -> dict[str, Any] | None:
    """Return what the command was answered, or None if it was not carried out; raises CommandIdReused."""
    earlier = session.get(Command, command_id)
    if earlier is None:
        return None
    if (earlier.user_id, earlier.name) != (user_id, name):
        raise CommandIdReused(command_id=command_id, name=earlier.name)
    return earlier.answer
