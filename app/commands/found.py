"""`flask found`: set up a firm with its first administrator in an empty database."""

from zoneinfo import ZoneInfo

import click
from babel.numbers import is_currency
from flask import current_app
from flask.cli import with_appcontext
from flask_security import hash_password
from sqlalchemy.orm import Session

from app.commands.password import read_password
from app.database import SchemaError, refuse_wrong_schema
from core.accounts import RoleName, add_person, usable_email
from core.db import db
from core.errors import DomainError
from core.firm import Firm, found_firm, refuse_founded
from customers.calendars import zone_named
from dispatch.fault_catalogue import load_catalogue, shipped_catalogue


def _currency(_context: click.Context, _option: click.Parameter, text: str) -> str:
    code = text.upper()
    if not is_currency(code, locale="en"):
        raise click.BadParameter(f"There is no currency {text}. Use a code of three letters like EUR or CNY.")
    return code


def _zone(_context: click.Context, _option: click.Parameter, text: str) -> ZoneInfo:
    try:
        return zone_named(text)
    except DomainError as error:
        raise click.BadParameter(str(error)) from error


@click.command("found")
@click.option("--name", required=True, help="The firm's name, as its pages show it.")
@click.option("--zone", required=True, callback=_zone, help="Time zone of the office, such as Europe/Lisbon.")
@click.option("--currency", required=True, callback=_currency, help="Currency of its costs, such as EUR.")
@click.option("--email", required=True, help="With which the first administrator signs in.")
@click.option("--person", help="The administrator's name; the address up to the @ if absent.")
@with_appcontext
def found(name: str, zone: ZoneInfo, currency: str, email: str, person: str | None) -> None:
    """
    Set up a firm with its first administrator.

    Asks for the administrator's password, or reads it from standard input. A database that has a firm is refused.
    """
    session = db.session()
    try:
        refuse_wrong_schema(current_app)
        # Nobody should choose a password and hear only then that it was in vain.
        refuse_founded(session)
        email = usable_email(email)
        # And no transaction waits for somebody who types.
        session.rollback()
        _write(session, Firm(name.strip(), zone, currency), email, person or email.partition("@")[0], read_password())
    except (DomainError, SchemaError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{name.strip()} is set up. {email} signs in as administrator and adds the others under Accounts.")


def _write(session: Session, firm: Firm, email: str, person: str, password: str) -> None:
    found_firm(session, firm)
    password_hash = hash_password(password)
    load_catalogue(session, shipped_catalogue())
    add_person(session, email=email, name=person, password_hash=password_hash, roles=frozenset({RoleName.ADMIN}))
    session.commit()
