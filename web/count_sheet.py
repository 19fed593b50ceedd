"""The sheet of a count: what somebody filled in, written down line by line."""

from flask import request

from core.db import db
from inventory import counts
from inventory.models import Count
from web.caller import caller_id
from web.forms import read_codes, read_whole


def write_down(count: Count) -> None:
    """Write down what the form says was found; lines that it leaves empty stay as they are."""
    for line in counts.lines_to_count(count):
        text = request.form.get(f"found-{line.part_id}", "").strip()
        if text or (line.part.serial_tracked and f"none-{line.part_id}" in request.form):
            serials = read_codes(text) if line.part.serial_tracked else []
            counts.record(
                db.session(),
                count_id=count.id,
                part_id=line.part_id,
                pieces=len(serials) if line.part.serial_tracked else read_whole(text),
                serials=serials,
                actor_id=caller_id(),
            )
