"""
What a phone tells late about the technician's van: loading, parts that come and go, defective parts.

As for visits (``late``): what was done already is put together with what is known, and what the records speak against
becomes a conflict. A count that was taken after it happened may have the pieces already, so that is one, too.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch import corework, vanwork
from dispatch.fieldwork.errors import CountedSince
from dispatch.fieldwork.parts import load_pick_list, own_pick_list, pieces_named
from dispatch.models import Technician
from inventory.arrivals import Arrived
from inventory.models import CoreState, Movement, MovementKind, Part, PickState, Transfer, TransferState
from inventory.queries import place_by_code
from inventory.returns import core_by_id
from inventory.tracing import scan

LEFT = frozenset({TransferState.SHIPPED, TransferState.RECEIVED})


@dataclass(frozen=True)
class ToldOfVan:
    """A command about a technician's own van; ``accepted`` when a dispatcher let it count after all."""

    session: Session
    technician: Technician
    at: dt.datetime
    values: Mapping[str, Any]
    actor_id: int | None
    accepted: bool


def load(told: ToldOfVan) -> bool:
    """Take the pieces of a pick list along; what is in the van already stays as it is."""
    pick_list = own_pick_list(told.session, told.values["pick_list"], told.technician.id)
    _refuse_counted(told, [line.part for line in pick_list.lines if line.state is PickState.OPEN])
    load_pick_list(
        told.session,
        pick_list_id=pick_list.id,
        technician_id=told.technician.id,
        actor_id=told.actor_id,
        serials=_by_line(told.values),
    )
    return False


def take_core(told: ToldOfVan) -> bool:
    """Take a defective part along; tells whether it was taken before."""
    if core_by_id(told.session, told.values["core"]).state is CoreState.TAKEN:
        return True
    corework.take_core(
        told.session,
        core_id=told.values["core"],
        technician_id=told.technician.id,
        serial=told.values.get("serial", ""),
        actor_id=told.actor_id,
    )
    return False


def leave_core(told: ToldOfVan) -> bool:
    """Say why a defective part does not come back; tells whether that was said before."""
    if core_by_id(told.session, told.values["core"]).state is CoreState.LOST:
        return True
    corework.leave_core(
        told.session,
        core_id=told.values["core"],
        technician_id=told.technician.id,
        reason=told.values.get("reason", ""),
        actor_id=told.actor_id,
    )
    return False


def ask_parts(told: ToldOfVan) -> bool:
    """Ask a warehouse or a colleague for a part."""
    source = place_by_code(told.session, told.values["from_place"])
    part = scan(told.session, told.values["sku"]).part
    pieces = {part.id: told.values["quantity"]}
    vanwork.ask_for(told.session, told.technician, source=source, pieces=pieces, reason=told.values["reason"])
    return False


def receive_transfer(told: ToldOfVan) -> bool:
    """Take in what was brought; tells whether it was received before, with the same numbers."""
    transfer = vanwork.transfer_in(told.session, told.technician, told.values["transfer"])
    arrived = [
        Arrived(line["line"], line["good"], line["damaged"], line["remark"], line["serials"], line["damaged_serials"])
        for line in told.values["lines"]
    ]
    if transfer.state is TransferState.RECEIVED and _arrived_alike(transfer, arrived):
        return True
    _refuse_counted(told, [line.part for line in transfer.lines])
    vanwork.receive(told.session, told.technician, transfer_id=transfer.id, arrived=arrived)
    return False


def hand_over(told: ToldOfVan) -> bool:
    """Give pieces out of the van; tells whether they have left already."""
    transfer = vanwork.transfer_out(told.session, told.technician, told.values["transfer"])
    if transfer.state in LEFT:
        return True
    _refuse_counted(told, [line.part for line in transfer.lines])
    vanwork.hand_over(told.session, told.technician, transfer_id=transfer.id, serials=_by_line(told.values))
    return False


def report_damaged(told: ToldOfVan) -> bool:
    """Put damaged pieces with the old parts."""
    values = told.values
    pieces = pieces_named(told.session, values["sku"], values["quantity"], values["serials"])
    _refuse_counted(told, [pieces.part])
    vanwork.report_damaged(told.session, told.technician, pieces=pieces, reason=values["reason"])
    return False


def refuse_counted_since(session: Session, *, trunk_id: int, part: Part, at: dt.datetime) -> None:
    """Raise CountedSince if the van's pieces of a part were corrected after something was done with them."""
    counted_at = session.scalar(
        sa.select(sa.func.max(Movement.at)).where(
            Movement.kind == MovementKind.CORRECTION,
            Movement.part_id == part.id,
            sa.or_(Movement.from_place_id == trunk_id, Movement.to_place_id == trunk_id),
            Movement.at > at,
        )
    )
    if counted_at is not None:
        raise CountedSince(counted_at=counted_at, sku=part.sku, used_at=at)


def _refuse_counted(told: ToldOfVan, parts: Iterable[Part]) -> None:
    if told.accepted:
        return
    for part in parts:
        refuse_counted_since(told.session, trunk_id=told.technician.trunk_id, part=part, at=told.at)


def _arrived_alike(transfer: Transfer, arrived: Sequence[Arrived]) -> bool:
    """Whether a transfer was received as it is told; of a line that is not named everything arrived."""
    named = {line.line_id: (line.good, line.damaged) for line in arrived}
    return all(named.get(line.id, (line.picked, 0)) == (line.received, line.damaged) for line in transfer.lines)


def _by_line(values: Mapping[str, Any]) -> dict[int, list[str]]:
    """Return serial numbers by the line's id, which JSON has as text."""
    return {int(line): numbers for line, numbers in values.get("serials", {}).items()}
