"""The inbox of a role: what its people should look at."""

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.notices import close_notice, count_open, open_notices
from web import wording
from web.caller import caller, caller_id
from web.commands import Answer, carry_out
from web.forms import read_whole

pages = Blueprint("notices", __name__)

# Technicians have their stops; what concerns them reaches them there.
ROLES = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER, RoleName.WAREHOUSE)


@pages.get("/notices")
@allow(*ROLES)
def index() -> ResponseReturnValue:
    """List what waits for the caller's roles."""
    return _page()


@pages.post("/notices/<int:notice_id>/close")
@allow(*ROLES)
def close(notice_id: int) -> ResponseReturnValue:
    """Put a notice away that was dealt with."""

    def act() -> Answer:
        close_notice(db.session(), notice_id=notice_id, roles=_roles(), actor_id=caller_id())
        return Answer(url_for("notices.index"))

    return carry_out(act, lambda problem: _page(problem=problem))


def waiting() -> int:
    """How many notices wait for the caller, for the navigation; asked once per request."""
    if "notices_waiting" not in g:
        g.notices_waiting = count_open(db.session(), roles=_roles())
    number: int = g.notices_waiting
    return number


def _page(*, problem: str = "") -> str:
    page = read_whole(request.args.get("page", "1"), least=1)
    listed = open_notices(db.session(), roles=_roles(), page=page)
    return render_template("notices/list.html", listed=listed, problem=problem, wording=wording)


def _roles() -> frozenset[RoleName]:
    user = caller()
    return frozenset() if user is None else user.role_names
