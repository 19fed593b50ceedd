"""The API for programs and phones: parse, call one function, answer JSON."""

from flask import Flask


def register(app: Flask) -> None:
    """Add the API's resources."""
