"""
The steps of a visit as a connected phone asks for them, one after the other.

Each refuses to be taken out of turn and says which step is the next one. They are not harmless to repeat by themselves:
whoever takes them from a phone wraps them with ``core.commands.once``. What a phone tells later goes through ``late``.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from core import clock
from dispatch.fieldwork.devices import Swap, swap_devices
from dispatch.fieldwork.moves import Ending, Failure, be_there, finish, give_up, leave_for
from dispatch.fieldwork.visits import refuse_two_at_once, visit_at
from dispatch.models import Visit
from dispatch.models.visits import CannotComplete, VisitStatus


def set_off(session: Session, *, visit_id: int, technician_id: int, actor_id: int | None) -> Visit:
    """Leave for a visit; refused while another one of the day is under way."""
    visit = visit_at(session, visit_id, technician_id, VisitStatus.DISPATCHED)
    refuse_two_at_once(session, visit)
    leave_for(session, visit, clock.now(), actor_id)
    return visit


def arrive(session: Session, *, visit_id: int, technician_id: int, actor_id: int | None) -> Visit:
    """Arrive on site; the first arrival for a job stops its response clock."""
    visit = visit_at(session, visit_id, technician_id, VisitStatus.EN_ROUTE)
    be_there(session, visit, clock.now(), actor_id)
    return visit


def take_serials(session: Session, *, visit_id: int, swap: Swap, technician_id: int, actor_id: int | None) -> Visit:
    """Note which device was taken away and which one put in its place."""
    visit = visit_at(session, visit_id, technician_id, VisitStatus.ON_SITE)
    swap_devices(session, visit, swap, clock.now(), actor_id)
    return visit


def complete(
    session: Session,
    *,
    visit_id: int,
    technician_id: int,
    actor_id: int | None,
    note: str = "",
    signed_by: str = "",
    checklist: Sequence[Mapping[str, Any]] = (),
    swap: Swap | None = None,
) -> Visit:
    """End a visit with the job done: the resolution clock stops, parts that were not used are free again."""
    visit = visit_at(session, visit_id, technician_id, VisitStatus.ON_SITE)
    ending = Ending(note=note, signed_by=signed_by, checklist=checklist, swap=swap or Swap())
    finish(session, visit, clock.now(), ending, actor_id)
    return visit


def cannot_complete(
    session: Session,
    *,
    visit_id: int,
    reason: CannotComplete,
    technician_id: int,
    actor_id: int | None,
    note: str = "",
    part_id: int | None = None,
    quantity: int = 1,
    skill: str = "",
    level: int = 1,
) -> Visit:
    """End a visit with the job not done, and have what is missing asked for; see ``moves.give_up``."""
    visit = visit_at(session, visit_id, technician_id, VisitStatus.ON_SITE)
    failure = Failure(reason=reason, note=note, part_id=part_id, quantity=quantity, skill=skill, level=level)
    give_up(session, visit, clock.now(), failure, actor_id)
    return visit
