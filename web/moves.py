"""Moving visits by hand: what it costs, doing it, undoing it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import STATUS, DomainError
from dispatch.dayplans import plans_of_board
from dispatch.jobs import job_by_number
from dispatch.moves.making import make_move, prepare_move
from dispatch.moves.options import lanes_of
from dispatch.moves.undoing import prepare_undo, undo
from dispatch.moves.weighing import Move, Weighed, weigh
from web import move_words, wording
from web.caller import caller_id
from web.commands import Answer, act_once, do_once
from web.computing import bench, computed
from web.forms import day_asked_for, read_whole
from web.wording import sentence

pages = Blueprint("moves", __name__)
pages.add_app_template_global(move_words.bent, "bent_rule")


@dataclass(frozen=True)
class Asked:
    """What a form asks to move where; ``plan_id`` is that of a draft, None for the published plan."""

    day: dt.date
    move: Move
    plan_id: int | None

    @property
    def board(self) -> str:
        """Where the day is shown."""
        return url_for("board.show", day=self.day.isoformat())


@pages.post("/board/moves/weigh")
@allow(RoleName.DISPATCHER)
def weighed() -> ResponseReturnValue:
    """Answer what a move would do, as a part of a page; nothing takes effect."""
    asked = _asked()
    found, problem = computed(lambda: weigh(bench(), asked.day, asked.move, asked.plan_id))
    return render_template("moves/weighed.html", **_shown(asked, found, problem))


@pages.post("/board/moves")
@allow(RoleName.DISPATCHER)
def make() -> ResponseReturnValue:
    """Make a move, and go back to the board, where it can be undone."""
    asked = _asked()

    def act() -> dict[str, str]:
        # What is computed is computed outside the transaction.
        db.session.rollback()
        found = prepare_move(bench(), asked.day, asked.move, asked.plan_id)
        plan = make_move(
            db.session(),
            found,
            reason=request.form.get("reason", ""),
            consent=frozenset(request.form.getlist("consent")),
            basis=request.form.get("basis") or None,
            actor_id=caller_id(),
        )
        return {"plan": str(plan.id), "words": move_words.done(found)}

    try:
        told = do_once(act)
    except DomainError as error:
        return _page(asked, problem=sentence(error)), STATUS[error.kind]
    flash(Markup(render_template("moves/done.html", **told, day=asked.day)), "done")  # noqa: S704 -- a template of ours
    return redirect(asked.board, 303)


@pages.post("/board/moves/undo")
@allow(RoleName.DISPATCHER)
def take_back() -> ResponseReturnValue:
    """Undo the move that made a plan."""
    plan_id, board = read_whole(request.form.get("plan", ""), least=1), url_for("board.show", day=day_asked_for())

    def act() -> Answer:
        db.session.rollback()
        undoing = prepare_undo(bench(), plan_id)
        plan = undo(db.session(), undoing, actor_id=caller_id())
        words = gettext("Job %(number)s is back where it was.", number=undoing.number)
        return Answer(url_for("board.show", day=plan.day.isoformat()), words)

    try:
        return act_once(act)
    except DomainError as error:
        flash(sentence(error), "refused")
        return redirect(board, 303)


@pages.get("/jobs/<number>/move")
@allow(RoleName.DISPATCHER)
def choose(number: str) -> ResponseReturnValue:
    """Choose where a visit goes and see what that costs, without a drag."""
    return _page(_asked(number))


def _page(asked: Asked, *, problem: str = "") -> str:
    lanes, refusal = computed(lambda: lanes_of(bench(), asked.day, asked.plan_id))
    found = None
    if "technician" in request.values and not refusal:
        found, refusal = computed(lambda: weigh(bench(), asked.day, asked.move, asked.plan_id))
    return render_template(
        "moves/page.html",
        job=job_by_number(db.session(), asked.move.number),
        lanes=lanes or (),
        **_shown(asked, found, problem or refusal),
    )


def _shown(asked: Asked, found: Weighed | None, problem: str) -> Mapping[str, object]:
    return {
        "asked": asked,
        "weighed": found,
        # A move of the published plan ends a draft that waits beside it.
        "ends_draft": plans_of_board(db.session(), asked.day).draft if asked.plan_id is None else None,
        "problem": problem,
        "words": move_words,
        "wording": wording,
        "typed": request.form,
    }


def _asked(number: str = "") -> Asked:
    technician, plan = request.values.get("technician", ""), request.values.get("plan", "")
    move = Move(
        number or request.values.get("number", "").strip(),
        read_whole(technician, least=1) if technician else None,
        request.values.get("before", "").strip() or None,
    )
    return Asked(day_asked_for(), move, read_whole(plan, least=1) if plan else None)
