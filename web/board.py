"""The dispatcher's board: the day's queue, timeline and map."""

import datetime as dt
import functools
import gzip
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from core import clock
from core.access import allow
from core.accounts import RoleName
from core.db import db
from customers.models import Priority
from dispatch.board import BoardView, board, map_of
from dispatch.models.jobs import JobStatus
from dispatch.queries import JobFilter
from web import map_drawing, timeline, wording
from web.caller import firm
from web.forms import at_local, read_choice, read_day

pages = Blueprint("board", __name__)

LISTS = ("queue", "late", "left_out")


@pages.get("/board")
@allow(RoleName.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show a day: today unless another is asked for."""
    return render_board(day_asked_for(), only=filter_asked_for())


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
    day: dt.date, *, only: JobFilter, problem: str | None = None, typed: Mapping[str, str] | None = None
) -> str:
    """Render the board of a day; if a plan was asked for in vain, with what was typed and why it was refused."""
    asked = typed or {}
    view = board(db.session(), day=day, only=only, published=_published_asked_for())
    config = current_app.extensions["wrenchway"]
    today = clock.now().astimezone(firm().zone).date()
    return render_template(
        "board/board.html",
        view=view,
        only=only,
        scale=timeline.scale_of(view.lanes, at_local(day, dt.time(), firm().zone)),
        shown_list=_list_asked_for(view),
        as_table=request.args.get("view") == "table",
        today=today,
        day_before=day - dt.timedelta(days=1),
        day_after=day + dt.timedelta(days=1),
        problem=problem,
        engines=[(engine, wording.in_words(engine, wording.ENGINES)) for engine in wording.ENGINES],
        engine=asked.get("engine", config.plan_engine),
        seconds=asked.get("seconds", f"{config.plan_seconds:g}"),
        days=asked.get("days", "1"),
        most_changed=asked.get("most_changed", "0"),
        statuses=JobStatus,
        priorities=Priority,
        wording=wording,
    )


def day_asked_for() -> dt.date:
    """Return the day of the address or form; today where the firm is when it names none."""
    text = request.values.get("day", "")
    return read_day(text) if text else clock.now().astimezone(firm().zone).date()


def filter_asked_for() -> JobFilter:
    """Return the filter of the address."""
    return JobFilter(
        status=read_choice(request.args.get("status", ""), JobStatus),
        priority=read_choice(request.args.get("priority", ""), Priority),
        text=request.args.get("text", "")[:100],
    )


@functools.lru_cache(maxsize=1)
def _packed(file: Path, _changed_at: int) -> bytes:
    """Compress the roads once; they are the largest thing that the board fetches."""
    return gzip.compress(file.read_bytes())


def _published_asked_for() -> bool:
    return request.args.get("show") == "published"


def _list_asked_for(view: BoardView) -> str:
    """Return the list on the left: the one asked for, else the queue."""
    asked = request.args.get("list", "")
    if asked == "left_out" and view.plan is None:
        return "queue"
    return asked if asked in LISTS else "queue"
