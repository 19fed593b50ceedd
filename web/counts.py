"""Counts of the shelf: what is due, the blind sheet, and what becomes of differences."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core import clock
from core.access import allow
from core.accounts import RoleName, names_of
from core.db import db
from dispatch import stockwork
from inventory import counts
from inventory.count_plan import YEAR, accuracy, due_today
from inventory.models import Count, CountState, Place
from inventory.queries import bins, part_by_sku, trunks, warehouse_named, warehouses
from web.caller import caller_id
from web.commands import Answer, carry_out
from web.count_sheet import write_down
from web.forms import read_codes, read_money, read_whole

pages = Blueprint("counts", __name__)

CLOSED_SHOWN = 50


@pages.get("/warehouse/counts")
@allow(RoleName.WAREHOUSE)
def index() -> ResponseReturnValue:
    """Show what to count today at a place, and the counts under way and done."""
    return _index_page()


@pages.post("/warehouse/counts")
@allow(RoleName.WAREHOUSE)
def begin() -> ResponseReturnValue:
    """Begin a count of the parts that are ticked or named."""

    def act() -> Answer:
        named = [part_by_sku(db.session(), sku).id for sku in read_codes(request.form.get("skus", ""))]
        ticked = [read_whole(text) for text in request.form.getlist("part") if text]
        count = counts.open_count(
            db.session(),
            place_id=_place().id,
            part_ids={*named, *ticked},
            reason=request.form.get("reason", "") or gettext("Cycle count"),
            actor_id=caller_id(),
        )
        return Answer(url_for("counts.show", count_id=count.id))

    return carry_out(act, _index_page)


@pages.post("/warehouse/counts/limit")
@allow(RoleName.ADMIN)
def limit() -> ResponseReturnValue:
    """Set how much may differ before somebody else must approve."""

    def act() -> Answer:
        counts.write_limit(db.session(), read_money(request.form.get("limit", "")))
        return Answer(url_for("counts.index"), gettext("The limit is set."))

    return carry_out(act, _index_page)


@pages.get("/warehouse/counts/<int:count_id>")
@allow(RoleName.WAREHOUSE)
def show(count_id: int) -> ResponseReturnValue:
    """Show the sheet of a count; what the books say only when it is over."""
    return _count_page(count_id)


@pages.post("/warehouse/counts/<int:count_id>/lines")
@allow(RoleName.WAREHOUSE)
def record(count_id: int) -> ResponseReturnValue:
    """Write down what was counted, and end the counting if that was asked for."""

    def act() -> Answer:
        count = counts.count_by_id(db.session(), count_id)
        write_down(count)
        if "finish" not in request.form:
            return Answer(url_for("counts.show", count_id=count_id), gettext("What you counted is kept."))
        lost = stockwork.finish_count(db.session(), count_id=count_id, actor_id=caller_id())
        return _after(count, lost)

    return carry_out(act, lambda problem: _count_page(count_id, problem))


@pages.post("/warehouse/counts/<int:count_id>/approve")
@allow(RoleName.WAREHOUSE)
def approve(count_id: int) -> ResponseReturnValue:
    """Agree to differences that are worth much."""

    def act() -> Answer:
        lost = stockwork.approve_count(db.session(), count_id=count_id, actor_id=caller_id())
        return _after(counts.count_by_id(db.session(), count_id), lost)

    return carry_out(act, lambda problem: _count_page(count_id, problem))


@pages.post("/warehouse/counts/<int:count_id>/reject")
@allow(RoleName.WAREHOUSE)
def reject(count_id: int) -> ResponseReturnValue:
    """Have everything counted anew."""

    def act() -> Answer:
        counts.reject(db.session(), count_id=count_id)
        return Answer(url_for("counts.show", count_id=count_id), gettext("Everything is to be counted anew."))

    return carry_out(act, lambda problem: _count_page(count_id, problem))


@pages.post("/warehouse/counts/<int:count_id>/cancel")
@allow(RoleName.WAREHOUSE)
def cancel(count_id: int) -> ResponseReturnValue:
    """Drop a count."""

    def act() -> Answer:
        counts.cancel(db.session(), count_id=count_id)
        return Answer(url_for("counts.index"), gettext("The count is cancelled; nothing was posted."))

    return carry_out(act, lambda problem: _count_page(count_id, problem))


def _after(count: Count, lost: Sequence[str]) -> Answer:
    """Tell what became of a count, and whose promises it could not keep."""
    words = {
        CountState.SECOND: gettext("Some parts differ. Count those once more, best by somebody else."),
        CountState.APPROVAL: gettext("The difference is worth much: somebody who did not count must approve it."),
    }.get(count.state, gettext("The count is posted."))
    if not lost:
        return Answer(url_for("counts.show", count_id=count.id), words)
    released = gettext(
        "The promises to %(references)s could not be kept; those jobs look for the part elsewhere.",
        references=", ".join(lost),
    )
    return Answer(url_for("counts.show", count_id=count.id), f"{words} {released}", "note")


def _place() -> Place:
    """Return the place that is named, or the first warehouse."""
    return warehouse_named(db.session(), request.values.get("place", ""))


def _index_page(problem: str | None = None) -> str:
    session, place = db.session(), _place()
    return render_template(
        "warehouse/counts.html",
        place=place,
        place_choices=[(one.code, one.name) for one in (*warehouses(session), *trunks(session))],
        due=due_today(session, place_id=place.id),
        under_way=counts.counts(session, states=counts.UNDER_WAY),
        closed=counts.counts(session, states=[CountState.POSTED, CountState.CANCELLED], limit=CLOSED_SHOWN),
        accuracy=accuracy(session, since=clock.now() - YEAR).get(place.id),
        limit_cents=counts.read_limit(session),
        values=request.form,
        problem=problem,
    )


def _count_page(count_id: int, problem: str | None = None) -> str:
    session = db.session()
    count = counts.count_by_id(session, count_id)
    bin_of = bins(session, place_id=count.place_id, part_ids=[line.part_id for line in count.lines])
    counters = {counter.user_id for counter in count.counters}
    deciders = {person for person in (count.opened_by_id, count.approved_by_id) if person is not None}
    people = names_of(session, counters | deciders)
    return render_template(
        "warehouse/count.html",
        count=count,
        counting=count.state in counts.COUNTING,
        lines=sorted(
            counts.lines_to_count(count) if count.state in counts.COUNTING else count.lines,
            key=lambda line: (not bin_of[line.part_id], bin_of[line.part_id], line.part.sku),
        ),
        bin_of=bin_of,
        states=CountState,
        names=lambda ids: ", ".join(people.get(person, "–") for person in ids),
        counters=counters,
        caller_id=caller_id(),
        values=request.form,
        problem=problem,
    )
