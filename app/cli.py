"""The command line: `flask --app wsgi ...`."""

from flask import Flask


def register(app: Flask) -> None:
    """Add the service's own commands to Flask's."""
    del app
