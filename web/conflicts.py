"""What phones told and could not be carried out: what the phone says, what we have, and the decision."""

import datetime as dt
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from customers.models import ChargeKind
from dispatch.fieldwork import conflicts
from dispatch.models import FieldConflict
from dispatch.models.live import ConflictState
from dispatch.models.visits import CannotComplete
from web import wording
from web.caller import caller_id
from web.commands import Answer, carry_out
from web.forms import read_whole
from web.history_words import PHONE_ACTIONS

pages = Blueprint("conflicts", __name__)

# What became of commands that were told late is shown to their technician so long.
RECENT = dt.timedelta(days=2)


@pages.get("/conflicts")
@allow(RoleName.DISPATCHER)
def index() -> ResponseReturnValue:
    """Show what waits for a decision, by visit, and what was decided lately."""
    return _page()


@pages.post("/conflicts/<int:conflict_id>/accept")
@allow(RoleName.DISPATCHER)
def accept(conflict_id: int) -> ResponseReturnValue:
    """Let what a phone told count from when it happened."""

    def act() -> Answer:
        accepted = conflicts.accept(db.session(), conflict_id=conflict_id, actor_id=caller_id())
        job = accepted[-1].job
        words = gettext("What the phone told counts now.")
        return Answer(url_for("conflicts.index") if job is None else url_for("jobs.show", number=job.number), words)

    return carry_out(act, _page)


@pages.post("/conflicts/<int:conflict_id>/dismiss")
@allow(RoleName.DISPATCHER)
def dismiss(conflict_id: int) -> ResponseReturnValue:
    """Say why what a phone told does not count."""

    def act() -> Answer:
        reason = request.form.get("reason", "")
        conflict = conflicts.dismiss(db.session(), conflict_id=conflict_id, reason=reason, actor_id=caller_id())
        words = gettext("%(name)s reads why it does not count.", name=conflict.technician.name)
        return Answer(url_for("conflicts.index"), words)

    return carry_out(act, _page)


def refusal_words(conflict: FieldConflict) -> str:
    """Return why a command was not carried out, in the reader's language."""
    return told_words(conflict.refusal)


def told_words(refusal: Mapping[str, Any]) -> str:
    """Return what a refusal says that was kept: a sentence and its facts, in which moments stand as text."""
    if "sentence" not in refusal:
        # Kept before sentences were.
        return str(refusal["detail"])
    facts = {name: _moment(name, value) for name, value in refusal.get("facts", {}).items()}
    return wording.filled(refusal["sentence"], facts)


def _moment(name: str, value: object) -> object:
    return dt.datetime.fromisoformat(value) if name.endswith("_at") and isinstance(value, str) else value


def _page(problem: str = "") -> str:
    session = db.session()
    page = read_whole(request.args.get("page", "1"), least=1)
    waiting = conflicts.conflicts(session, states=[ConflictState.OPEN], page=page)
    decided = conflicts.conflicts(session, states=[ConflictState.ACCEPTED, ConflictState.DISMISSED])
    by_visit = [list(group) for _, group in groupby(waiting.conflicts, key=_together)]
    return render_template(
        "conflicts/list.html",
        waiting=waiting,
        by_visit=by_visit,
        decided=decided.conflicts,
        refusal_words=refusal_words,
        actions=PHONE_ACTIONS,
        reasons=wording.WORDS[CannotComplete],
        kinds=wording.WORDS[ChargeKind],
        values=request.form,
        problem=problem,
        wording=wording,
    )


def _together(conflict: FieldConflict) -> object:
    """What is decided together: the commands about one visit; others stand alone."""
    return conflict.visit_id or f"alone {conflict.id}"
