"""Defective parts that jobs have a part in: what a technician takes along, and repairs that waiting jobs get."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from core.errors import N_, DomainError, Kind
from dispatch.jobs import retry_waiting
from dispatch.models import Job, Technician
from inventory import returns, rmas
from inventory.models import Core, CoreState


class NotYourCore(DomainError):
    code = "not_your_core"
    kind = Kind.FORBIDDEN
    sentence = N_("Core %(core)s does not belong to your van. Load your own list again.")


def take_core(session: Session, *, core_id: int, technician_id: int, serial: str = "", actor_id: int | None) -> Core:
    """Put a defective piece into the core box of the technician's own van; a serial-tracked one with its number."""
    _check_own(session, core_id, technician_id)
    return returns.take(session, core_id=core_id, serial=serial, actor_id=actor_id)


def leave_core(session: Session, *, core_id: int, technician_id: int, reason: str, actor_id: int | None) -> Core:
    """Say why a defective piece will not come back: the customer kept it, or it is lost."""
    _check_own(session, core_id, technician_id)
    return returns.write_off(session, core_id=core_id, reason=reason, actor_id=actor_id)


def cores_to_take(session: Session, technician: Technician) -> list[Core]:
    """Return the defective pieces that a technician owes and has not taken along yet, the oldest first."""
    return returns.cores(session, states=[CoreState.DUE], trunk_id=technician.trunk_id)


def repair_core(session: Session, *, core_id: int, finding: str, actor_id: int | None) -> Sequence[Job]:
    """Put a repaired piece on the shelf, and return the jobs that waited for it and are ready now."""
    returns.repair(session, core_id=core_id, finding=finding, actor_id=actor_id)
    return retry_waiting(session, actor_id=actor_id)


def receive_replacement(
    session: Session, *, rma_id: int, serials: Mapping[int, Sequence[str]] | None = None, actor_id: int | None
) -> Sequence[Job]:
    """Put what a supplier sent instead on the shelf, and return the jobs that waited for it and are ready now."""
    rmas.replace(session, rma_id=rma_id, serials=serials, actor_id=actor_id)
    return retry_waiting(session, actor_id=actor_id)


def _check_own(session: Session, core_id: int, technician_id: int) -> None:
    core = returns.core_by_id(session, core_id)
    if core.trunk_id != session.get_one(Technician, technician_id).trunk_id:
        raise NotYourCore(core=core_id)
