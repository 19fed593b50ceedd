"""One field that finds jobs, tickets, technicians, parts and pieces from every page."""

from dataclasses import replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from core.access import allow_signed_in
from core.db import db
from desk.finding import Sought, find_everything
from web.caller import may_open
from web.documents import address_of, what_opens
from web.errors import PART

pages = Blueprint("finding", __name__)

# What is found of a kind leads to these pages; whoever may not open the page is not offered the kind.
LEADS_TO = {
    Sought.JOBS: "jobs.show",
    Sought.TICKETS: "tickets.show",
    Sought.TECHNICIANS: "technicians.show",
    Sought.STOCK: "warehouse.part",
}


@pages.get("/search")
@allow_signed_in()
def show() -> ResponseReturnValue:
    """Show what the typed letters may mean, of what the caller may open; to a script the list alone."""
    text = request.args.get("text", "")[:100]
    sought = frozenset(kind for kind, page in LEADS_TO.items() if may_open(page))
    found = find_everything(db.session(), text, sought)
    if found.stock is not None:
        found = replace(found, stock=what_opens(found.stock))
    template = "finding/list.html" if PART in request.headers else "finding/show.html"
    return render_template(template, text=text, found=found, address_of=address_of)
