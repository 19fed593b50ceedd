"""The command line: `flask --app wsgi ...`."""

from flask import Flask

from app.commands.audit import audit_stock
from app.commands.demo import demo
from app.commands.plan import plan


def register(app: Flask) -> None:
    """Add the service's own commands to Flask's."""
    for command in (audit_stock, demo, plan):
        app.cli.add_command(command)
