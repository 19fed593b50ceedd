"""
Defective pieces on their way back from the shop: owed, taken, received, tested, and repaired or scrapped.

A part that must come back opens a core for each piece that is used at a shop. Until the defective piece is in the van's
core box nothing has moved, and the technician owes it; from then on the ledger knows where it is. Defective pieces are
booked at no value, and are worth what the catalogue says once they are repaired.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from inventory import ledger
from inventory.checks import REASON_LENGTH, check_quantities, check_reference, check_text, find_place
from inventory.errors import UnknownPart
from inventory.gs1 import Code, read_label
from inventory.ledger import Entry, book, entry
from inventory.locking import all_or_none
from inventory.models import STOCKED, Core, CoreState, MovementKind, Part, Place, PlaceKind, Reservation, Serial
from inventory.places import place_for_damaged, place_of_kind
from inventory.returns_errors import CoreNotInState, CoreNotOwed, NoCoreNamed, NoCoreScanned, UnknownCore


def owe(session: Session, *, part_id: int, quantity: int, trunk_id: int, reference: str) -> list[Core]:
    """Write down that the technician of a trunk must bring back what was swapped at a shop; nothing moves yet."""
    check_quantities([quantity])
    trunk, part = find_place(session, trunk_id, [PlaceKind.TRUNK]), _find_part(session, part_id)
    if not part.core_due:
        raise CoreNotOwed(sku=part.sku)
    cores = [
        Core(part=part, state=CoreState.DUE, trunk=trunk, reference=check_reference(reference), due_since=clock.now())
        for _ in range(quantity)
    ]
    session.add_all(cores)
    session.flush()
    return cores


def admit_damaged(
    session: Session, *, part_id: int, quantity: int, place_id: int, reference: str, serials: Sequence[str] = ()
) -> list[Core]:
    """Open a core for each piece that came damaged into a core box or a quarantine and that nobody owes."""
    check_quantities([quantity])
    place = find_place(session, place_id, [PlaceKind.CORE_BOX, PlaceKind.QUARANTINE])
    part, now = _find_part(session, part_id), clock.now()
    in_box = place.kind is PlaceKind.CORE_BOX
    pieces: Sequence[Serial | None] = _pieces(session, part, serials) or [None] * quantity
    cores = [
        Core(
            part=part,
            serial=piece,
            state=CoreState.TAKEN if in_box else CoreState.RECEIVED,
            trunk_id=place.home_id if in_box else None,
            place=place,
            reference=check_reference(reference),
            due_since=now,
            received_at=None if in_box else now,
        )
        for piece in pieces
    ]
    session.add_all(cores)
    session.flush()
    return cores


def set_aside(
    session: Session,
    *,
    place_id: int,
    part_id: int,
    quantity: int,
    reason: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> list[Reservation]:
    """
    Take pieces that were found damaged out of a van or off a shelf, as cores that have to be tested.

    Returns the reservations that had to be released.
    """
    place = find_place(session, place_id, STOCKED)
    kept_at = place_for_damaged(session, place)
    released = ledger.set_aside(
        session,
        part_id=part_id,
        quantity=quantity,
        from_place_id=place.id,
        to_place_id=kept_at.id,
        reference=place.code,
        reason=reason,
        actor_id=actor_id,
        serials=serials,
    )
    admit_damaged(
        session, part_id=part_id, quantity=quantity, place_id=kept_at.id, reference=place.code, serials=serials
    )
    return released


def take(session: Session, *, core_id: int, serial: str = "", actor_id: int | None) -> Core:
    """Put the defective piece into the core box of the van; a serial-tracked one with its number."""
    with all_or_none(session):
        [core] = hold_cores(session, [core_id], CoreState.DUE)
        box = place_of_kind(session, PlaceKind.CORE_BOX, home_id=core.trunk_id)
        # From where the ledger has it: everything that was ever used up is with the customer.
        core.place = place_of_kind(session, PlaceKind.CUSTOMER)
        numbers = [serial] if serial.strip() else []
        moved = replace(defective(core, MovementKind.CORE, box, actor_id), serials=tuple(numbers))
        book(session, entries=[moved])
        core.serial = next(iter(_pieces(session, core.part, numbers)), None)
        core.state, core.place = CoreState.TAKEN, box
    return core


def receive(session: Session, *, core_ids: Collection[int], warehouse_id: int, actor_id: int | None) -> list[Core]:
    """Bring cores from the vans' boxes into the quarantine of a warehouse, all or none."""
    if not core_ids:
        raise NoCoreNamed
    with all_or_none(session):
        quarantine = place_of_kind(session, PlaceKind.QUARANTINE, home_id=warehouse_id)
        cores = hold_cores(session, core_ids, CoreState.TAKEN)
        book(session, entries=[defective(core, MovementKind.TRANSFER, quarantine, actor_id) for core in cores])
        for core in cores:
            core.state, core.place, core.received_at = CoreState.RECEIVED, quarantine, clock.now()
    return cores


def put_on_bench(session: Session, *, core_id: int, actor_id: int | None) -> Core:
    """Bring a core from quarantine to the bench of the same warehouse."""
    with all_or_none(session):
        [core] = hold_cores(session, [core_id], CoreState.RECEIVED)
        bench = place_of_kind(session, PlaceKind.BENCH, home_id=home_of(core).id)
        book(session, entries=[defective(core, MovementKind.TRANSFER, bench, actor_id)])
        core.state, core.place = CoreState.ON_BENCH, bench
    return core


def repair(session: Session, *, core_id: int, finding: str, actor_id: int | None) -> Core:
    """Put a repaired piece back on the shelf of the bench's warehouse, worth what the catalogue says."""
    with all_or_none(session):
        [core] = hold_cores(session, [core_id], CoreState.ON_BENCH)
        shelf = home_of(core)
        moved = defective(core, MovementKind.REPAIR, shelf, actor_id, reason=finding)
        book(session, entries=[replace(moved, unit_cost_cents=None)])
        core.tested_at = clock.now()
        _close(core, CoreState.REPAIRED, shelf, finding)
    return core


def scrap(session: Session, *, core_id: int, finding: str, actor_id: int | None) -> Core:
    """Throw a piece away that is beyond repair; the ledger keeps why."""
    with all_or_none(session):
        [core] = hold_cores(session, [core_id], CoreState.RECEIVED, CoreState.ON_BENCH)
        heap = place_of_kind(session, PlaceKind.SCRAP)
        book(session, entries=[defective(core, MovementKind.SCRAP, heap, actor_id, reason=finding)])
        core.tested_at = clock.now()
        _close(core, CoreState.SCRAPPED, heap, finding)
    return core


def write_off(session: Session, *, core_id: int, reason: str, actor_id: int | None) -> Core:
    """Give up on a core that never came to the warehouse: the customer kept it, or it is lost."""
    with all_or_none(session):
        [core] = hold_cores(session, [core_id], CoreState.DUE, CoreState.TAKEN)
        if core.state is CoreState.TAKEN:
            correction = place_of_kind(session, PlaceKind.CORRECTION)
            book(session, entries=[defective(core, MovementKind.CORRECTION, correction, actor_id, reason=reason)])
        _close(core, CoreState.LOST, None, reason)
    return core


def hold_cores(session: Session, core_ids: Collection[int], *needed: CoreState) -> list[Core]:
    """
    Return cores as the database has them now, by id, held until the transaction ends.

    Raises UnknownCore, and CoreNotInState when one of them is in none of the states ``needed``.
    """
    found = (
        sa.select(Core)
        .where(Core.id.in_(set(core_ids)))
        .order_by(Core.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    cores = list(session.scalars(found))
    for missing in sorted(set(core_ids) - {core.id for core in cores}):
        raise UnknownCore(core=missing)
    for core in cores:
        if core.state not in needed:
            raise CoreNotInState(
                core=core.id,
                sku=core.part.sku,
                reference=core.reference,
                state=core.state.value,
                needed=", ".join(state.value for state in needed),
            )
    return cores


def home_of(core: Core) -> Place:
    """Return the warehouse whose quarantine or bench a core lies in."""
    if core.place is None or core.place.home is None:
        raise ValueError(f"Expected a core that lies in a warehouse, got {core.id}, which is {core.state.value}.")
    return core.place.home


def defective(core: Core, kind: MovementKind, to: Place, actor_id: int | None, *, reason: str = "") -> Entry:
    """Make out the entry that brings a core from where it lies to another place, worth nothing."""
    if core.place is None:
        raise ValueError(f"Expected a core that lies somewhere, got {core.id}, which is {core.state.value}.")
    return entry(
        kind,
        part_id=core.part_id,
        quantity=1,
        from_place_id=core.place.id,
        to_place_id=to.id,
        reference=core.reference,
        reason=reason,
        actor_id=actor_id,
        serials=[core.serial.number] if core.serial else [],
        unit_cost_cents=0,
    )


def cores(
    session: Session, *, states: Collection[CoreState], trunk_id: int | None = None, warehouse_id: int | None = None
) -> list[Core]:
    """Return the cores in some states, the oldest first; those of a van, or of a warehouse's quarantine and bench."""
    found = (
        sa.select(Core)
        .where(Core.state.in_(states))
        .options(joinedload(Core.part), joinedload(Core.serial), joinedload(Core.trunk), joinedload(Core.place))
        .order_by(Core.due_since, Core.id)
    )
    if trunk_id is not None:
        found = found.where(Core.trunk_id == trunk_id)
    if warehouse_id is not None:
        found = found.join(Core.place).where(Place.home_id == warehouse_id)
    return list(session.scalars(found))


def core_by_id(session: Session, core_id: int) -> Core:
    """Return one core; raises UnknownCore."""
    core = session.get(Core, core_id)
    if core is None:
        raise UnknownCore(core=core_id)
    return core


def core_scanned(session: Session, code: str) -> Core:
    """
    Return the core in a van that a code stands for: its serial number, its job, or else the oldest of its part.

    Raises NoCoreScanned when there is none.
    """
    return _core_labelled(session, code, [CoreState.TAKEN])


def core_at_hand(session: Session, code: str) -> Core:
    """
    Return the core that somebody has in hand: the one furthest on its way among those that a code stands for.

    One on the bench comes before one in quarantine, which comes before one in a van; raises NoCoreScanned.
    """
    for state in (CoreState.ON_BENCH, CoreState.RECEIVED):
        try:
            return _core_labelled(session, code, [state])
        except NoCoreScanned:
            continue
    return _core_labelled(session, code, [CoreState.TAKEN])


def _core_labelled(session: Session, code: str, states: Collection[CoreState]) -> Core:
    label = read_label(code)
    found = (
        sa.select(Core)
        .join(Core.part)
        .outerjoin(Core.serial)
        .where(Core.state.in_(states))
        .order_by(Core.due_since, Core.id)
        .limit(1)
    )
    for means in _meanings(session, label):
        core = session.scalar(found.where(means))
        if core is not None:
            return core
    raise NoCoreScanned(scanned=label.text)


def _meanings(session: Session, label: Code) -> list[sa.ColumnElement[bool]]:
    """Return what a label may mean of a core, the closest first."""
    codes = [label.text, *label.barcodes]
    of_part = sa.or_(Part.sku.in_(codes), Part.barcode.in_(codes))
    if not label.serial:
        return [Serial.number == label.text, Core.reference == label.text, of_part]
    # The label of a piece names its part besides: neither another piece of that part is meant, nor a piece of another
    # part with the same number. Of a part that the catalogue does not know by its trade number, the number has to do.
    is_known = session.scalar(sa.select(sa.exists().where(of_part)))
    of_piece = Serial.number == label.serial
    return [sa.and_(of_piece, of_part) if is_known else of_piece]


def cores_of(session: Session, *, reference: str) -> list[Core]:
    """Return the cores that come from a document, in the order in which they were opened."""
    found = (
        sa.select(Core)
        .where(Core.reference == reference)
        .options(joinedload(Core.part), joinedload(Core.serial))
        .order_by(Core.id)
    )
    return list(session.scalars(found))


def _close(core: Core, state: CoreState, place: Place | None, finding: str) -> None:
    core.state, core.place, core.closed_at = state, place, clock.now()
    core.finding = check_text("finding", finding, REASON_LENGTH)


def _find_part(session: Session, part_id: int) -> Part:
    part = session.get(Part, part_id)
    if part is None:
        raise UnknownPart(part=part_id)
    return part


def _pieces(session: Session, part: Part, numbers: Iterable[str]) -> list[Serial]:
    wanted = [number.strip() for number in numbers]
    found = sa.select(Serial).where(Serial.part_id == part.id, Serial.number.in_(wanted)).order_by(Serial.number)
    return list(session.scalars(found))
