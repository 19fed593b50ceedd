"""What is computed while somebody waits, outside the transaction of the request."""

from flask import current_app

from dispatch.planning.compute import Workbench


def bench() -> Workbench:
    """Return the tools with which this process computes."""
    made: Workbench = current_app.extensions["workbench"]()
    return made
