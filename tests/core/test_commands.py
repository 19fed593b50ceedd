"""Facts about commands that are sent twice."""

import pytest
from sqlalchemy.orm import Session

from core.accounts import RoleName, User, add_user
from core.commands import CommandIdReused, once


@pytest.fixture
def ana(session: Session) -> User:
    roles = frozenset({RoleName.TECHNICIAN})
    user = add_user(session, email="Ana@Example.com", name="Ana", password_hash="x", roles=roles)
    session.flush()
    return user


def test_a_repeated_command_acts_once_and_gives_the_first_answer(session: Session, ana: User) -> None:
    acts: list[int] = []

    def act() -> dict[str, int]:
        acts.append(1)
        return {"acts": len(acts)}

    first = once(session, command_id="c-1", user_id=ana.id, name="arrive 7", act=act)
    second = once(session, command_id="c-1", user_id=ana.id, name="arrive 7", act=act)

    assert first == second == {"acts": 1}


def test_an_id_that_was_used_for_something_else_is_refused(session: Session, ana: User) -> None:
    once(session, command_id="c-1", user_id=ana.id, name="arrive 7", act=dict)

    with pytest.raises(CommandIdReused, match="arrive 7"):
        once(session, command_id="c-1", user_id=ana.id, name="arrive 8", act=dict)


def test_emails_are_kept_in_lower_case(ana: User) -> None:
    assert ana.email == "ana@example.com"
