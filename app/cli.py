"""The command line: `flask --app wsgi ...`."""

from importlib import import_module

import click
from flask import Flask
from flask.cli import AppGroup

# By name, imported when asked for: the demonstration and the planner are heavy, and a web server needs neither.
COMMANDS = {
    "audit-stock": ("app.commands.audit", "audit_stock"),
    "demo": ("app.commands.demo", "demo"),
    "found": ("app.commands.found", "found"),
    "password": ("app.commands.password", "password"),
    "plan": ("app.commands.plan", "plan"),
    "take-mail": ("app.commands.take_mail", "take_mail"),
}


class ServiceCommands(AppGroup):
    """The commands of the service beside those that extensions add."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command


def register(app: Flask) -> None:
    """Add the service's own commands to Flask's; before extensions add theirs."""
    app.cli = ServiceCommands(app.name)
