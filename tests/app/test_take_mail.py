"""Facts about taking e-mails in from the command line."""

import sqlalchemy as sa
from flask import Flask

from core.db import db
from desk.models import Channel, Ticket

MAIL = b"From: Eva <eva@shop.example>\nSubject: Dead\nMessage-ID: <1@x>\n\nThe terminal is dead.\n"


def test_a_message_becomes_a_ticket_once(app: Flask) -> None:
    results = [app.test_cli_runner().invoke(args=["take-mail"], input=MAIL) for _ in range(2)]

    assert [result.exit_code for result in results] == [0, 0], results[0].output
    with app.app_context():
        ticket = db.session.scalars(sa.select(Ticket)).one()
        assert {result.output.strip() for result in results} == {ticket.number}
        assert (ticket.channel, ticket.contact) == (Channel.EMAIL, "eva@shop.example")


def test_what_says_nothing_is_refused(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["take-mail"], input=b"\n")

    assert result.exit_code == 1
    assert "This is no e-mail" in result.output
