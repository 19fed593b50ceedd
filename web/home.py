"""The front door: everybody is sent to where they work."""

from flask import Blueprint, redirect
from flask.typing import ResponseReturnValue

from core.access import NotAllowed, allow_signed_in
from core.accounts import RoleName
from web.caller import caller_is

pages = Blueprint("home", __name__)

# Asked in this order, since a person may have several roles.
HOMES = (
    (RoleName.DISPATCHER, "/board"),
    (RoleName.WAREHOUSE, "/warehouse"),
    (RoleName.TECHNICIAN, "/day"),
    (RoleName.DESK, "/tickets"),
    (RoleName.MANAGER, "/notices"),
)


@pages.get("/")
@allow_signed_in()
def front_door() -> ResponseReturnValue:
    """Send a dispatcher or an admin to the board, a warehouse clerk to the warehouse, a technician to the day."""
    for role, home in HOMES:
        if caller_is(role):
            return redirect(home)
    raise NotAllowed(roles=", ".join(role for role, _home in HOMES))
