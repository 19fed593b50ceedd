"""One field that finds jobs, tickets, technicians, parts and pieces from every page."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from core.access import allow_signed_in
from core.accounts import RoleName
from core.db import db
from desk.finding import Sought, find_everything
from web.caller import caller_is
from web.errors import PART

pages = Blueprint("finding", __name__)

# Who may open what is found.
OPENED_BY = {
    Sought.JOBS: (RoleName.DISPATCHER, RoleName.DESK),
    Sought.TICKETS: (RoleName.DISPATCHER, RoleName.DESK),
    Sought.TECHNICIANS: (RoleName.DISPATCHER, RoleName.MANAGER),
    Sought.STOCK: (RoleName.WAREHOUSE, RoleName.DISPATCHER),
}


@pages.get("/search")
@allow_signed_in()
def show() -> ResponseReturnValue:
    """Show what the typed letters may mean, of what the caller may open; to a script the list alone."""
    text = request.args.get("text", "")[:100]
    sought = frozenset(kind for kind, roles in OPENED_BY.items() if caller_is(*roles))
    found = find_everything(db.session(), text, sought)
    template = "finding/list.html" if PART in request.headers else "finding/show.html"
    return render_template(template, text=text, found=found, sought=sought)
