"""Returns of defective pieces to their supplier: opened, shipped, and credited, replaced or refused."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import clock
from inventory.checks import check_reference, find_place
from inventory.ledger import Entry, book, entry
from inventory.locking import all_or_none
from inventory.models import Core, CoreState, MovementKind, Place, PlaceKind, Rma, RmaState
from inventory.places import place_of_kind
from inventory.returns import defective, hold_cores, home_of
from inventory.returns_errors import CoreAtOtherWarehouse, NoCoreNamed, RmaNotInState, UnknownRma
from inventory.suppliers import check_price, find_supplier


def open_rma(session: Session, *, supplier_id: int, warehouse_id: int, core_ids: Collection[int]) -> Rma:
    """Put cores of a warehouse together for their supplier. They stay where they are until they are shipped."""
    if not core_ids:
        raise NoCoreNamed
    warehouse = find_place(session, warehouse_id, [PlaceKind.WAREHOUSE])
    with all_or_none(session):
        cores = hold_cores(session, core_ids, CoreState.RECEIVED, CoreState.ON_BENCH)
        for core in cores:
            if home_of(core) is not warehouse:
                raise CoreAtOtherWarehouse(
                    core=core.id, sku=core.part.sku, place=home_of(core).code, expected=warehouse.code
                )
        rma = Rma(
            supplier=find_supplier(session, supplier_id),
            warehouse=warehouse,
            state=RmaState.OPEN,
            opened_at=clock.now(),
            cores=cores,
        )
        for core in cores:
            core.state = CoreState.RETURNING
        session.add(rma)
        session.flush()
    return rma


def ship(session: Session, *, rma_id: int, supplier_reference: str, actor_id: int | None) -> Rma:
    """Send the pieces to the supplier, under the number that the supplier gave."""
    with all_or_none(session):
        rma = _hold(session, rma_id, RmaState.OPEN)
        supplier = session.get_one(Place, rma.supplier.place_id)
        book(session, entries=[_moved(rma, core, supplier, actor_id) for core in rma.cores])
        for core in rma.cores:
            core.place = supplier
        rma.state, rma.shipped_at = RmaState.SHIPPED, clock.now()
        rma.supplier_reference = check_reference(supplier_reference)
    return rma


def cancel(session: Session, *, rma_id: int) -> Rma:
    """Call a return off that has not left; its cores are where they were, in quarantine or on the bench."""
    with all_or_none(session):
        rma = _hold(session, rma_id, RmaState.OPEN)
        for core in rma.cores:
            on_bench = core.place is not None and core.place.kind is PlaceKind.BENCH
            core.state = CoreState.ON_BENCH if on_bench else CoreState.RECEIVED
        _close(rma, RmaState.CANCELLED)
    return rma


def credit(session: Session, *, rma_id: int, credit_cents: int) -> Rma:
    """Write down what the supplier pays for the pieces, in cents; they do not come back."""
    check_price(credit_cents)
    with all_or_none(session):
        rma = _hold(session, rma_id, RmaState.SHIPPED)
        rma.credit_cents = credit_cents
        _end_cores(rma)
        _close(rma, RmaState.CREDITED)
    return rma


def replace(
    session: Session, *, rma_id: int, serials: Mapping[int, Sequence[str]] | None = None, actor_id: int | None
) -> Rma:
    """Put the good pieces that the supplier sent instead on the shelf; ``serials`` are their numbers per part id."""
    with all_or_none(session):
        rma = _hold(session, rma_id, RmaState.SHIPPED)
        supplier = session.get_one(Place, rma.supplier.place_id)
        pieces = Counter(core.part_id for core in rma.cores)
        entries = [
            entry(
                MovementKind.RETURN,
                part_id=part_id,
                quantity=quantity,
                from_place_id=supplier.id,
                to_place_id=rma.warehouse_id,
                reference=rma.number,
                actor_id=actor_id,
                serials=(serials or {}).get(part_id, ()),
            )
            for part_id, quantity in pieces.items()
        ]
        book(session, entries=entries)
        _end_cores(rma)
        _close(rma, RmaState.REPLACED)
    return rma


def refuse(session: Session, *, rma_id: int, actor_id: int | None) -> Rma:
    """Take the pieces back into quarantine because the supplier does not accept them."""
    with all_or_none(session):
        rma = _hold(session, rma_id, RmaState.SHIPPED)
        quarantine = place_of_kind(session, PlaceKind.QUARANTINE, home_id=rma.warehouse_id)
        book(session, entries=[_moved(rma, core, quarantine, actor_id) for core in rma.cores])
        for core in rma.cores:
            core.state, core.place = CoreState.RECEIVED, quarantine
        _close(rma, RmaState.REFUSED)
    return rma


def rmas(session: Session, *, states: Collection[RmaState], limit: int = 200) -> list[Rma]:
    """Return the returns in some states with what is on them, the newest first."""
    found = (
        sa.select(Rma)
        .where(Rma.state.in_(states))
        .options(joinedload(Rma.supplier), joinedload(Rma.warehouse), selectinload(Rma.cores).joinedload(Core.part))
        .order_by(Rma.id.desc())
        .limit(limit)
    )
    return list(session.scalars(found))


def rma_by_id(session: Session, rma_id: int) -> Rma:
    """Return one return; raises UnknownRma."""
    rma = session.get(Rma, rma_id)
    if rma is None:
        raise UnknownRma(rma=rma_id)
    return rma


def _hold(session: Session, rma_id: int, needed: RmaState) -> Rma:
    """Return a return as the database has it now, held until the transaction ends, if it is in the state needed."""
    found = sa.select(Rma).where(Rma.id == rma_id).with_for_update(key_share=True)
    rma = session.scalar(found.execution_options(populate_existing=True))
    if rma is None:
        raise UnknownRma(rma=rma_id)
    if rma.state is not needed:
        raise RmaNotInState(rma=rma.number, supplier=rma.supplier.code, state=rma.state.value, needed=needed.value)
    session.refresh(rma, ["cores"])
    return rma


def _moved(rma: Rma, core: Core, to: Place, actor_id: int | None) -> Entry:
    return defective(core, MovementKind.RETURN, to, actor_id, reason=rma.number)


def _end_cores(rma: Rma) -> None:
    for core in rma.cores:
        core.state, core.closed_at = CoreState.RETURNED, clock.now()


def _close(rma: Rma, state: RmaState) -> None:
    rma.state, rma.closed_at = state, clock.now()
