"""`flask password`: let somebody who forgot the password sign in again."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_security import hash_password
from sqlalchemy.orm import Session

from app.database import SchemaError, refuse_wrong_schema
from core.accounts import User, check_password, set_password, user_by_email
from core.db import db
from core.errors import DomainError


@click.command("password")
@click.argument("email")
@with_appcontext
def password(email: str) -> None:
    """Give the person who signs in with EMAIL another password; asks for it, or reads it from standard input."""
    session = db.session()
    try:
        refuse_wrong_schema(current_app)
        _person(session, email)
        # No transaction waits for somebody who types.
        session.rollback()
        password_hash = hash_password(read_password())
    except (DomainError, SchemaError) as error:
        raise click.ClickException(str(error)) from error
    user = _person(session, email)
    set_password(user, password_hash)
    session.commit()
    click.echo(f"{user.name} signs in with the new password from now on.")


def _person(session: Session, email: str) -> User:
    user = user_by_email(session, email)
    if user is None:
        raise click.ClickException(f"Nobody signs in as {email}. The addresses stand on the page Accounts.")
    return user


def read_password() -> str:
    """
    Ask for a password twice, unseen; without a terminal, read the first line of standard input.

    Raises PasswordTooShort and PasswordTooLong.
    """
    if sys.stdin.isatty():
        text = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    check_password(text)
    return str(text)
