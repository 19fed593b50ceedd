"""The dispatcher's board: the day's queue, timeline and map."""

import datetime as dt
import functools
import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, DomainError
from customers.models import Priority
from dispatch import bulk as bulk_acts
from dispatch.board import BoardView, QueueOrder, board
from dispatch.daymap import map_of
from dispatch.models.jobs import JobStatus
from dispatch.planning.pins import NewPin
from dispatch.queries import JobFilter
from dispatch.week import week_of
from web import board_words, map_drawing, timeline, wording
from web.caller import caller_id, firm
from web.commands import Answer, carry_out
from web.forms import NotAChoice, at_local, day_asked_for, read_choice, read_day, read_whole

pages = Blueprint("board", __name__)

LISTS = ("queue", "late", "left_out", "inbox")
# The technicians' day as a timeline or as a table, or their week.
VIEWS = ("day", "table", "week")
WEEK = dt.timedelta(days=7)

for filter_of_board in (
    board_words.load,
    board_words.spoken,
    board_words.state_icon,
    board_words.marks,
    timeline.placed,
    timeline.strip,
):
    pages.add_app_template_filter(filter_of_board)


class TechnicianNotChosen(DomainError):
    code = "technician_not_chosen"
    sentence = N_("Choose the technician to whom the ticked jobs are tied.")


@pages.get("/board")
@allow(RoleName.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show a day: today unless another is asked for."""
    return render_board(day_asked_for(), only=filter_asked_for())


@pages.post("/board/bulk")
@allow(RoleName.DISPATCHER)
def bulk() -> ResponseReturnValue:
    """Do the same with every ticked job of the queue, and say which of them refused it and why."""
    numbers, question = request.form.getlist("number"), _query()
    page = f"{url_for('board.show')}?{question}" if question else url_for("board.show")

    def act() -> Answer:
        done = _with_all(numbers)
        return Answer(page, board_words.told_of_many(done), "done" if not done.refused else "note")

    def refused(problem: str) -> str:
        return render_board(day_asked_for(), only=filter_asked_for(), problem=problem, ticked=request.form)

    return carry_out(act, refused)


@pages.get("/board/map.json")
@allow(RoleName.DISPATCHER)
def map_json() -> ResponseReturnValue:
    """Answer what the map of a day draws, for the page's script."""
    view = map_of(db.session(), day=day_asked_for(), published=_published_asked_for())
    return map_drawing.drawing(view)


@pages.get("/map/roads.json")
@allow(RoleName.DISPATCHER)
def roads_json() -> ResponseReturnValue:
    """Answer the main roads as lines, drawn under the map; none if no map was prepared."""
    file: Path = current_app.extensions["wrenchway"].data_dir / "map" / "roads.json"
    if not file.exists():
        return []
    packed = _packed(file, file.stat().st_mtime_ns)
    headers = {"Cache-Control": "private, max-age=86400", "Vary": "Accept-Encoding"}
    if request.accept_encodings.best_match(["gzip"]):
        return Response(packed, mimetype="application/json", headers=headers | {"Content-Encoding": "gzip"})
    return Response(gzip.decompress(packed), mimetype="application/json", headers=headers)


def render_board(
    day: dt.date,
    *,
    only: JobFilter,
    problem: str | None = None,
    typed: Mapping[str, str] | None = None,
    ticked: MultiDict[str, str] | None = None,
) -> str:
    """Render the board of a day; if a plan or an act on many was refused, with what was typed or ticked, and why."""
    asked = typed or {}
    order = read_choice(request.args.get("order", ""), QueueOrder) or QueueOrder.DUE
    view = board(db.session(), day=day, only=only, order=order, published=_published_asked_for())
    shown_view = request.args.get("view", "") if request.args.get("view") in VIEWS else VIEWS[0]
    config = current_app.extensions["wrenchway"]
    step = WEEK if shown_view == "week" else dt.timedelta(days=1)
    return render_template(
        "board/board.html",
        view=view,
        only=only,
        order=order,
        orders=QueueOrder,
        scale=timeline.scale_of(view.lanes, at_local(day, dt.time(), firm().zone)),
        **_week_asked_for(day, shown_view),
        shown_list=_list_asked_for(view),
        shown_view=shown_view,
        today=firm().today(),
        earlier=day - step,
        later=day + step,
        problem=problem,
        query_of_board=_query(),
        ticked=ticked or MultiDict(),
        day_to_tie=day + dt.timedelta(days=1),
        engines=[(engine, wording.in_words(engine, wording.ENGINES)) for engine in wording.ENGINES],
        engine=asked.get("engine", config.plan_engine),
        seconds=asked.get("seconds", f"{config.plan_seconds:g}"),
        days=asked.get("days", "1"),
        most_changed=asked.get("most_changed", "0"),
        statuses=JobStatus,
        priorities=Priority,
        wording=wording,
        words=board_words,
    )


def filter_asked_for() -> JobFilter:
    """Return the filter of the address."""
    return JobFilter(
        status=read_choice(request.args.get("status", ""), JobStatus),
        priority=read_choice(request.args.get("priority", ""), Priority),
        text=request.args.get("text", "")[:100],
        skill=request.args.get("skill", "")[:40],
        customer_id=_id_asked_for("customer"),
        territory_id=_id_asked_for("territory"),
    )


@functools.lru_cache(maxsize=1)
def _packed(file: Path, _changed_at: int) -> bytes:
    """Compress the roads once; they are the largest thing that the board fetches."""
    return gzip.compress(file.read_bytes())


def _query() -> str:
    """Return what was asked of the board, as the end of an address: that of a form may name the day beside it."""
    asked = request.args.to_dict()
    if request.values.get("day"):
        asked["day"] = request.values["day"]
    return urlencode(asked)


def _published_asked_for() -> bool:
    return request.args.get("show") == "published"


def _id_asked_for(name: str) -> int | None:
    text = request.args.get(name, "")
    return read_whole(text) if text else None


def _week_asked_for(day: dt.date, shown_view: str) -> dict[str, Any]:
    """What the week's table is made of; nothing if it is not asked for."""
    if shown_view != "week":
        return {"week": None}
    week = week_of(db.session(), day, published=_published_asked_for())
    midnights = {one: at_local(one, dt.time(), firm().zone) for one in week.days}
    return {"week": week, "scales": timeline.week_scales(week, midnights)}


def _with_all(numbers: Sequence[str]) -> bulk_acts.Done:
    """Carry out on all jobs named what the pressed button of the form says."""
    session, values, actor_id = db.session(), request.form, caller_id()
    match values.get("act", ""):
        case "technician":
            if not values.get("technician"):
                raise TechnicianNotChosen
            to = NewPin(technician_id=read_whole(values["technician"]))
            return bulk_acts.tie_all(session, numbers, to=to, reason=values.get("reason", ""), actor_id=actor_id)
        case "day":
            on = read_day(values.get("on", ""))
            return bulk_acts.tie_to_day(session, numbers, day=on, reason=values.get("reason", ""), actor_id=actor_id)
        case "untie":
            return bulk_acts.untie_all(session, numbers, actor_id=actor_id)
        case "parts":
            return bulk_acts.retry_parts_of(session, numbers, actor_id=actor_id)
        case other:
            raise NotAChoice(text=other, choices="technician, day, untie, parts")


def _list_asked_for(view: BoardView) -> str:
    """Return the list on the left: the one asked for, else the queue."""
    asked = request.args.get("list", "")
    if asked == "left_out" and view.plan is None:
        return "queue"
    return asked if asked in LISTS else "queue"
