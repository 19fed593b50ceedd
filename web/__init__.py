"""Pages for people: parse, call one function, render."""

from flask import Flask

from web import errors, health


def register(app: Flask) -> None:
    """Add the pages, their languages and their static files."""
    app.register_blueprint(health.pages)
