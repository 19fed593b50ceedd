"""The service as its processes run it: each test has one of its own."""

import pytest
from flask import Flask


@pytest.fixture
def app(own_app: Flask) -> Flask:
    """A service with its files in the folder of the test, where other processes find them."""
    return own_app
