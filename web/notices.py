"""Notices to a role, a page at a time, and what is done with one."""

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.notices import close_notice, let_go, open_notices, take_on
from web import wording
from web.caller import caller, caller_id
from web.commands import Answer, carry_out
from web.forms import back_to, read_whole

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

    return _done_with(lambda: close_notice(db.session(), notice_id=notice_id, roles=own_roles(), actor_id=caller_id()))


@pages.post("/notices/<int:notice_id>/take-on")
@allow(*ROLES)
def take(notice_id: int) -> ResponseReturnValue:
    """Say that the caller sees to a notice."""
    return _done_with(lambda: take_on(db.session(), notice_id=notice_id, roles=own_roles(), actor_id=caller_id()))


@pages.post("/notices/<int:notice_id>/let-go")
@allow(*ROLES)
def leave(notice_id: int) -> ResponseReturnValue:
    """Say that the caller does not see to a notice after all."""
    return _done_with(lambda: let_go(db.session(), notice_id=notice_id, roles=own_roles()))


def own_roles() -> frozenset[RoleName]:
    """Return the caller's roles; none for nobody."""
    user = caller()
    return frozenset() if user is None else user.role_names


def _done_with(do: Callable[[], object]) -> ResponseReturnValue:
    """Do something with a notice and go back to the list that asked for it."""

    def act() -> Answer:
        do()
        return Answer(back_to(request.form.get("next", ""), url_for("notices.index")))

    return carry_out(act, lambda problem: _page(problem=problem))


def _page(*, problem: str = "") -> str:
    page = read_whole(request.args.get("page", "1"), least=1)
    listed = open_notices(db.session(), roles=own_roles(), page=page)
    return render_template("notices/list.html", listed=listed, problem=problem, wording=wording)
