"""Who else looks at a job at this moment; a page tells so every ten seconds, and when it is left."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import viewers
from dispatch.jobs import job_by_number
from web.caller import caller_id

pages = Blueprint("viewers", __name__)

READERS = (RoleName.DISPATCHER, RoleName.DESK)


@pages.get("/jobs/<number>/viewers")
@allow(*READERS)
def others(number: str) -> ResponseReturnValue:
    """Answer who else looks at a job, as a part of its page."""
    return _others(job_by_number(db.session(), number).id)


@pages.post("/jobs/<number>/viewers")
@allow(*READERS)
def tell(number: str) -> ResponseReturnValue:
    """Take a sign that the caller looks at a job, edits it or is gone, and answer who else does."""
    # No command id: the same sign twice says the same.
    session, user_id = db.session(), caller_id()
    job_id = job_by_number(session, number).id
    if "gone" in request.form:
        viewers.note_gone(session, job_id=job_id, user_id=user_id)
    else:
        viewers.note_viewer(session, job_id=job_id, user_id=user_id, edits="edits" in request.form)
    return _others(job_id)


def _others(job_id: int) -> str:
    return render_template("live/viewers.html", viewers=viewers.viewers_of(db.session(), job_id, besides=caller_id()))
