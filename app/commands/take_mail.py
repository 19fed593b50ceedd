"""`flask take-mail`: make a ticket of an e-mail, as a mail server hands it over."""

import sys

import click
from flask.cli import with_appcontext

from app.firm_clock import follow_firm_clock
from core.db import db
from core.errors import DomainError
from desk.mail import take_in_mail


@click.command("take-mail")
@with_appcontext
def take_mail() -> None:
    """
    Read an e-mail from standard input and make a ticket of it; prints the ticket's number.

    The same message again changes nothing, so a mail server may try as often as it likes: `flask take-mail < message`.
    """
    session = db.session()
    follow_firm_clock(session)
    try:
        ticket = take_in_mail(session, content=sys.stdin.buffer.read(), actor_id=None)
        session.commit()
    except DomainError as error:
        raise click.ClickException(str(error)) from error
    click.echo(ticket.number)
