"""Facts about forms that act once."""

import flask
import pytest
from flask import Flask

from core import clock
from core.accounts import RoleName
from core.commands import Command
from core.db import db
from core.errors import DomainError
from inventory.errors import StockBusy
from tests import factories as make
from tests.web.conftest import World
from web.commands import FormSentBefore, do_once

FORM = {"command_id": "form-1", "note": "done"}


@pytest.fixture
def person(world: World) -> str:
    """What a session keeps of somebody who signed in."""
    kept: str = make.add_person(world.session, roles=[RoleName.TECHNICIAN]).fs_uniquifier
    world.session.commit()
    return kept


def sign_in(person: str) -> None:
    flask.session["_user_id"], flask.session["_fresh"] = person, True


def test_the_slower_of_two_twins_answers_what_the_faster_one_did(app: Flask, person: str) -> None:
    with app.test_request_context("/steps", method="POST", data=FORM):
        sign_in(person)
        do_once(lambda: {"told": "to learn under which name the form is kept"})
        kept = db.session.get_one(Command, "form-1")
        twin = {"id": kept.id, "user_id": kept.user_id, "name": kept.name, "at": clock.now()}
        db.session.rollback()

        def stumble() -> dict[str, str]:
            # The twin commits while this one is at work, which then finds nothing left to do.
            db.session.rollback()
            db.session.add(Command(**twin, answer={"told": "by the twin"}))
            db.session.commit()
            raise StockBusy

        answer = do_once(stumble)

    assert answer == {"told": "by the twin"}


def test_a_refusal_without_a_twin_stays_a_refusal(app: Flask, person: str) -> None:
    def refuse() -> dict[str, str]:
        raise StockBusy

    with app.test_request_context("/steps", method="POST", data=FORM):
        sign_in(person)
        with pytest.raises(StockBusy):
            do_once(refuse)


def test_the_same_id_for_another_content_is_refused(app: Flask, person: str) -> None:
    with app.test_request_context("/steps", method="POST", data=FORM):
        sign_in(person)
        do_once(lambda: {"told": "first"})
        db.session.commit()

    with app.test_request_context("/steps", method="POST", data=FORM | {"note": "other"}):
        sign_in(person)
        with pytest.raises(FormSentBefore):
            do_once(lambda: {"told": "second"})


@pytest.mark.parametrize("command_id", ["", "x" * 65])
def test_a_form_needs_an_id_that_can_be_kept(app: Flask, person: str, command_id: str) -> None:
    with app.test_request_context("/steps", method="POST", data={"command_id": command_id}):
        sign_in(person)
        with pytest.raises(DomainError, match="The form was incomplete"):
            do_once(dict)
