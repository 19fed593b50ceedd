"""Facts about setting up a firm from the command line."""

import dataclasses

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from flask_security import verify_password

from app.config import Config
from app.database import is_empty
from app.preparation import load_demonstration
from core.accounts import RoleName, User
from core.db import db
from core.firm import Firm, read_firm, write_firm
from tests.factories import add_person

PASSWORD = "a sentence that only Ana knows"
FIRM = {"name": "Terminal Repairs", "zone": "Asia/Shanghai", "currency": "CNY", "email": "Ana@firm.example"}


def found(app: Flask, *, password: str = PASSWORD, **changes: str) -> Result:
    options = [word for name, value in (FIRM | changes).items() for word in (f"--{name}", value)]
    return app.test_cli_runner().invoke(args=["found", *options], input=f"{password}\n")


def test_a_firm_begins_with_its_first_administrator(app: Flask) -> None:
    result = found(app, person="Ana Reis")

    assert result.exit_code == 0, result.output
    assert "Terminal Repairs is set up. ana@firm.example signs in as administrator" in result.output
    assert PASSWORD not in result.output
    with app.app_context():
        firm, ana = read_firm(db.session()), db.session.scalars(sa.select(User)).one()
        assert (firm.name, firm.zone.key, firm.currency) == ("Terminal Repairs", "Asia/Shanghai", "CNY")
        assert (ana.name, ana.email) == ("Ana Reis", "ana@firm.example")
        assert ana.role_names == {RoleName.ADMIN}
        assert verify_password(PASSWORD, ana.password)


def test_an_administrator_without_a_name_is_called_like_the_address(app: Flask) -> None:
    found(app, currency="cny")

    with app.app_context():
        assert db.session.scalars(sa.select(User.name)).one() == "ana"
        assert read_firm(db.session()).currency == "CNY"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zone": "Shanghai"}, "There is no time zone Shanghai."),
        ({"currency": "XYZ"}, "There is no currency XYZ."),
        ({"email": "ana"}, "ana is no e-mail address."),
        ({"name": " "}, "A name has 1 to 120 characters"),
        ({"person": " "}, "A name has 1 to 120 characters"),
        ({"password": "short"}, "The password has 5 characters. Use at least 10"),
        ({"password": ""}, "The password has 0 characters."),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(app: Flask, changes: dict[str, str], words: str) -> None:
    result = found(app, **changes)

    assert result.exit_code != 0
    assert words in result.output
    with app.app_context():
        assert is_empty(db.session())


def test_a_second_firm_is_refused(app: Flask) -> None:
    with app.app_context():
        write_firm(db.session(), Firm(name="Old Firm"))
        db.session.commit()

    result = found(app)

    assert result.exit_code == 1
    assert "belongs to the firm Old Firm already" in result.output
    with app.app_context():
        assert db.session.scalars(sa.select(User)).all() == []


def test_a_database_without_tables_is_told_how_to_get_them(app: Flask) -> None:
    with app.app_context():
        db.session.execute(sa.text("DELETE FROM alembic_version"))
        db.session.commit()

    assert "flask --app wsgi db upgrade" in found(app).output


def test_a_forgotten_password_is_replaced_and_old_sessions_end(app: Flask) -> None:
    with app.app_context():
        person = add_person(db.session())
        email, signed_in_as = person.email, person.fs_uniquifier
        db.session.commit()

    result = app.test_cli_runner().invoke(args=["password", email], input=f"{PASSWORD}\n")

    assert result.exit_code == 0, result.output
    with app.app_context():
        person = db.session.scalars(sa.select(User)).one()
        assert verify_password(PASSWORD, person.password)
        assert person.fs_uniquifier != signed_in_as


def test_a_password_for_nobody_is_refused(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["password", "nobody@firm.example"], input=f"{PASSWORD}\n")

    assert result.exit_code == 1
    assert "Nobody signs in as nobody@firm.example." in result.output


def test_a_password_that_is_too_short_leaves_the_old_one(app: Flask) -> None:
    with app.app_context():
        email = add_person(db.session()).email
        db.session.commit()

    result = app.test_cli_runner().invoke(args=["password", email], input="short\n")

    assert result.exit_code == 1
    assert "The password has 5 characters." in result.output
    with app.app_context():
        assert db.session.scalars(sa.select(User.password)).one() == "x"


def test_commands_that_do_not_fit_our_people_are_not_offered(app: Flask) -> None:
    offered = app.test_cli_runner().invoke(args=["--help"]).output

    assert "found" in offered
    assert "users" not in offered
    assert "roles" not in offered


def test_without_the_demonstration_a_start_tells_how_to_set_up_a_firm(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    config: Config = app.extensions["wrenchway"]

    done = load_demonstration(dataclasses.replace(config, demonstration=False), app)

    assert done == ""
    assert "flask --app wsgi found" in capsys.readouterr().out
    with app.app_context():
        assert is_empty(db.session())
