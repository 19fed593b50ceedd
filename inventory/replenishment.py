"""What to restock today: trunks from the warehouses, warehouses from their suppliers."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import positions, purchasing
from inventory.checks import check_parts, check_quantities, find_place
from inventory.errors import ParLevelOutOfOrder
from inventory.levels import find_level
from inventory.locking import lock_rows
from inventory.models import (
    BackOrder,
    Part,
    PickList,
    Place,
    PlaceKind,
    PurchaseOrder,
    ReorderRule,
    StockLevel,
    Supplier,
    Supply,
)
from inventory.picking import PickWanted, add_to_list
from inventory.purchasing import OrderWanted
from inventory.queries import warehouses
from inventory.restock_rules import Position, Reason, ReasonCode, Restock, Terms, order, top_up
from inventory.suppliers import first_supplies

__all__ = [
    "Chosen",
    "Position",
    "Reason",
    "ReasonCode",
    "Restock",
    "RestockProposal",
    "Terms",
    "draft_orders",
    "draw_up_top_up",
    "is_low",
    "order",
    "order_chosen",
    "restock_proposals",
    "set_par_level",
    "top_up",
    "top_up_lines",
]

# Below the number of variables that a statement takes on either database.
_CHUNK = 5_000


@dataclass(frozen=True)
class RestockProposal:
    """A level that should be restocked."""

    place: Place
    part: Part
    quantity: int
    reason: Reason
    # The warehouse that fills up a trunk; None when none can, and for orders from a supplier.
    source: Place | None = None
    # How the supplier that is asked first sells it; None when nobody does, and for trunks.
    supply: Supply | None = None

    @property
    def kind(self) -> PlaceKind:
        """``trunk`` for a transfer from a warehouse, ``warehouse`` for an order from a supplier."""
        return self.place.kind

    @property
    def supplier(self) -> Supplier | None:
        return self.supply.supplier if self.supply else None


@dataclass(frozen=True)
class Chosen:
    """What somebody made of a proposal to order: how many, and from whom."""

    place_id: int
    part_id: int
    supplier_id: int
    quantity: int


@dataclass(frozen=True)
class _Need:
    """A level that calls for restocking, as the database added it up."""

    place_id: int
    part_id: int
    available: int
    coming: int
    minimum: int
    target: int
    leaving: int = 0
    on_order: int = 0
    per_week: float | None = None


def is_low(level: StockLevel) -> bool:
    """Whether a level calls for restocking: a trunk below its minimum, a warehouse at or below its reorder point."""
    if not level.target:
        return False
    if level.place.kind is PlaceKind.TRUNK:
        return level.available < level.minimum
    return level.available <= level.minimum and level.available < level.target


def restock_proposals(session: Session) -> list[RestockProposal]:
    """
    Return what to restock today: trunks first, then warehouses, each by place and SKU.

    Trunks that compete for the same pieces get them in the order of need: who has least is served first, and together
    they are never proposed more than the warehouses can spare.
    """
    proposals = [*_top_ups(session), *_orders(session)]
    return sorted(proposals, key=lambda proposal: (proposal.kind, proposal.place.code, proposal.part.sku))


def top_up_lines(session: Session, *, trunk_id: int, warehouse_id: int) -> list[PickWanted]:
    """
    Return what fills a trunk up from one warehouse, by part; both places are held until the transaction ends.

    Two people who ask at the same time must not fill the trunk up twice, nor promise a piece to two trunks.
    """
    find_place(session, trunk_id, [PlaceKind.TRUNK])
    find_place(session, warehouse_id, [PlaceKind.WAREHOUSE])
    lock_rows(session, Place, [trunk_id, warehouse_id])
    needs = _trunk_needs(session, trunk_id=trunk_id)
    spare = _spare_pieces(session, {need.part_id for need in needs}, warehouse_id=warehouse_id)
    lines = []
    for need in sorted(needs, key=lambda need: need.part_id):
        restock = _filled_up(need, spare[need.part_id].get(warehouse_id, 0))
        if restock is not None and restock.quantity:
            lines.append(PickWanted(part_id=need.part_id, quantity=restock.quantity))
    return lines


def draw_up_top_up(session: Session, *, trunk_id: int, warehouse_id: int, day: dt.date) -> PickList | None:
    """
    Put what fills a trunk up from one warehouse on the open list of the day, or draw one up; None for nothing.

    A van gets one list from a warehouse in the morning, for its jobs and for its shelves.
    """
    lines = top_up_lines(session, trunk_id=trunk_id, warehouse_id=warehouse_id)
    if not lines:
        return None
    return add_to_list(session, warehouse_id=warehouse_id, trunk_id=trunk_id, day=day, lines=lines)


def order_chosen(
    session: Session,
    chosen: Sequence[Chosen],
    *,
    actor_id: int | None,
    told: Callable[[Reason], str] = str,
    send_on: dt.date | None = None,
) -> list[PurchaseOrder]:
    """
    Draft one order per warehouse and supplier for what somebody chose of the proposals, and send it on ``send_on``.

    What is not proposed any more, because somebody else ordered it meanwhile, is left out.
    """
    lock_rows(session, Place, [warehouse.id for warehouse in warehouses(session)])
    proposed = {(proposal.place.id, proposal.part.id): proposal for proposal in _orders(session)}
    lines: dict[tuple[int, int], list[OrderWanted]] = defaultdict(list)
    for one in chosen:
        proposal = proposed.get((one.place_id, one.part_id))
        if proposal is not None:
            wanted = OrderWanted(one.part_id, one.quantity, reason=told(proposal.reason))
            lines[one.place_id, one.supplier_id].append(wanted)
    drafted = _draft_each(session, lines, actor_id)
    if send_on is not None:
        for order_ in drafted:
            purchasing.send(session, order_id=order_.id, today=send_on)
    return drafted


def _draft_each(
    session: Session, lines: Mapping[tuple[int, int], Sequence[OrderWanted]], actor_id: int | None
) -> list[PurchaseOrder]:
    """Draft an order per warehouse and supplier."""
    return [
        purchasing.draft(session, supplier_id=supplier_id, warehouse_id=warehouse_id, lines=wanted, actor_id=actor_id)
        for (warehouse_id, supplier_id), wanted in sorted(lines.items())
    ]


def draft_orders(session: Session, *, actor_id: int | None, told: Callable[[Reason], str] = str) -> list[PurchaseOrder]:
    """
    Draft one order per warehouse and supplier for all that the warehouses should order.

    ``told`` puts the reason of a line into the words of whoever asks. A second draft right after the first finds
    nothing to order any more, because drafts count as on order.
    """
    lock_rows(session, Place, [warehouse.id for warehouse in warehouses(session)])
    lines: dict[tuple[int, int], list[OrderWanted]] = defaultdict(list)
    for proposal in sorted(_orders(session), key=lambda proposal: proposal.part.sku):
        if proposal.supply is not None:
            wanted = OrderWanted(proposal.part.id, proposal.quantity, reason=told(proposal.reason))
            lines[proposal.place.id, proposal.supply.supplier_id].append(wanted)
    return _draft_each(session, lines, actor_id)


def set_par_level(session: Session, *, place_id: int, part_id: int, minimum: int, target: int) -> StockLevel:
    """
    Set when and how far a place is restocked with a part; zero and zero means not at all.

    What a person sets for a warehouse stays, whatever is computed.
    """
    check_quantities([minimum, target], least=0)
    if target < minimum:
        raise ParLevelOutOfOrder(minimum=minimum, target=target)
    check_parts(session, [part_id])
    find_place(session, place_id)
    level = find_level(session, place_id, part_id)
    level.minimum, level.target = minimum, target
    rule = session.get(ReorderRule, (place_id, part_id))
    if rule is not None:
        rule.by_hand = True
    return level


def _top_ups(session: Session) -> list[RestockProposal]:
    """Propose to fill each needy trunk up from the warehouse that can spare most."""
    needs = _trunk_needs(session)
    spare = _spare_pieces(session, {need.part_id for need in needs})
    parts, places = _parts(session, {need.part_id for need in needs}), _places(session)
    proposals = []
    for need in sorted(needs, key=lambda need: (need.available + need.coming, need.place_id, need.part_id)):
        at_warehouses = spare[need.part_id]
        source_id = max(at_warehouses, key=lambda place_id: (at_warehouses[place_id], -place_id), default=None)
        restock = _filled_up(need, 0 if source_id is None else at_warehouses[source_id])
        if restock is None:
            continue
        source = None
        if source_id is not None and restock.quantity:
            at_warehouses[source_id] -= restock.quantity
            source = places[source_id]
        place, part = places[need.place_id], parts[need.part_id]
        proposals.append(RestockProposal(place, part, restock.quantity, restock.reason, source))
    return proposals


def _orders(session: Session) -> list[RestockProposal]:
    """Propose what each warehouse should order."""
    waited_for = positions.waited_for(session)
    needs = _warehouse_needs(session, waited_for)
    bearers = _bearers(session, needs, waited_for)
    supplies, places = first_supplies(session), _places(session)
    parts = _parts(session, {need.part_id for need in needs})
    proposals = []
    for need in needs:
        supply = supplies.get(need.part_id)
        restock = order(
            Position(
                in_hand=need.available - need.leaving,
                on_order=need.coming + need.on_order,
                waited_for=waited_for.get(need.part_id, 0) if bearers.get(need.part_id) == need.place_id else 0,
            ),
            reorder_point=need.minimum,
            target=need.target,
            terms=Terms(supply.pack_size, supply.lead_time_days) if supply else None,
            per_week=need.per_week,
        )
        if restock is not None:
            place, part = places[need.place_id], parts[need.part_id]
            proposals.append(RestockProposal(place, part, restock.quantity, restock.reason, supply=supply))
    return proposals


def _filled_up(need: _Need, in_warehouse: int) -> Restock | None:
    return top_up(
        available=need.available,
        coming=need.coming,
        minimum=need.minimum,
        target=need.target,
        in_warehouse=in_warehouse,
    )


def _trunk_needs(session: Session, *, trunk_id: int | None = None) -> list[_Need]:
    """Return the levels of trunks, or of one, that are below their minimum with what is coming."""
    coming = positions.coming(trunk_id)
    pieces, on_the_way = StockLevel.on_hand - StockLevel.reserved, _or_none(coming)
    needy = (
        sa.select(
            StockLevel.place_id,
            StockLevel.part_id,
            pieces.label("available"),
            on_the_way.label("coming"),
            StockLevel.minimum,
            StockLevel.target,
        )
        .join(StockLevel.place)
        .outerjoin(coming, _same_level(coming))
        .where(
            Place.kind == PlaceKind.TRUNK,
            StockLevel.target > 0,
            # What is short without what is coming is little, so that few sums are looked up.
            pieces < StockLevel.minimum,
            pieces + on_the_way < StockLevel.minimum,
        )
    )
    if trunk_id is not None:
        needy = needy.where(StockLevel.place_id == trunk_id)
    return [_Need(**row) for row in session.execute(needy).mappings()]


def _warehouse_needs(session: Session, waited_for: Collection[int]) -> list[_Need]:
    """Return the levels of warehouses at their reorder point, and all levels of parts that documents wait for."""
    coming, leaving, on_order = positions.coming(), positions.leaving(), positions.on_order()
    pieces = StockLevel.on_hand - StockLevel.reserved
    position = pieces - _or_none(leaving) + _or_none(coming) + _or_none(on_order)
    at_reorder_point = sa.and_(StockLevel.target > 0, position <= StockLevel.minimum)
    needy = (
        sa.select(
            StockLevel.place_id,
            StockLevel.part_id,
            pieces.label("available"),
            _or_none(coming).label("coming"),
            StockLevel.minimum,
            StockLevel.target,
            _or_none(leaving).label("leaving"),
            _or_none(on_order).label("on_order"),
            ReorderRule.demand_per_week.label("per_week"),
        )
        .join(StockLevel.place)
        .outerjoin(coming, _same_level(coming))
        .outerjoin(leaving, _same_level(leaving))
        .outerjoin(on_order, _same_level(on_order))
        .outerjoin(
            ReorderRule,
            sa.and_(ReorderRule.place_id == StockLevel.place_id, ReorderRule.part_id == StockLevel.part_id),
        )
        .where(
            Place.kind == PlaceKind.WAREHOUSE,
            sa.or_(at_reorder_point, StockLevel.part_id.in_(sa.select(_waiting_parts().c.part_id))),
        )
    )
    needs = [_Need(**row) for row in session.execute(needy).mappings()]
    return needs + _never_kept(session, set(waited_for) - {need.part_id for need in needs})


def _never_kept(session: Session, part_ids: Collection[int]) -> list[_Need]:
    """Let the first warehouse order parts that documents wait for and that no warehouse has ever had."""
    stores = warehouses(session)
    if not stores or not part_ids:
        return []
    on_order = positions.counted(session, positions.on_order())
    return [
        _Need(stores[0].id, part_id, 0, 0, 0, 0, on_order=on_order[stores[0].id, part_id])
        for part_id in sorted(part_ids)
    ]


def _bearers(session: Session, needs: Sequence[_Need], waited_for: Collection[int]) -> dict[int, int]:
    """Say which warehouse orders what is waited for: the one that is to keep most of the part."""
    bearers: dict[int, _Need] = {}
    codes = {place.id: place.code for place in warehouses(session)}
    for need in sorted(needs, key=lambda need: (-need.target, codes[need.place_id])):
        if need.part_id in waited_for:
            bearers.setdefault(need.part_id, need)
    return {part_id: need.place_id for part_id, need in bearers.items()}


def _spare_pieces(
    session: Session, part_ids: Collection[int], *, warehouse_id: int | None = None
) -> dict[int, Counter[int]]:
    """Return per part what each warehouse, or one, can give away: available and not on its way to a trunk already."""
    leaving = positions.leaving(warehouse_id)
    free = StockLevel.on_hand - StockLevel.reserved - _or_none(leaving)
    found = (
        sa.select(StockLevel.part_id, StockLevel.place_id, free)
        .join(StockLevel.place)
        .outerjoin(leaving, _same_level(leaving))
        .where(Place.kind == PlaceKind.WAREHOUSE, StockLevel.on_hand > StockLevel.reserved)
    )
    # One van asks for a few parts; where all vans ask at once, naming their parts would cost more than it saves.
    if len(part_ids) <= _CHUNK:
        found = found.where(StockLevel.part_id.in_(part_ids))
    if warehouse_id is not None:
        found = found.where(StockLevel.place_id == warehouse_id)
    spare: dict[int, Counter[int]] = defaultdict(Counter)
    for part_id, place_id, pieces in session.execute(found).all():
        if part_id in part_ids and pieces > 0:
            spare[part_id][place_id] = int(pieces)
    return spare


def _waiting_parts() -> sa.Subquery:
    return sa.select(BackOrder.part_id).distinct().subquery()


def _or_none(pieces: sa.Subquery) -> sa.ColumnElement[int]:
    return sa.func.coalesce(pieces.c.quantity, 0)


def _same_level(pieces: sa.Subquery) -> sa.ColumnElement[bool]:
    return sa.and_(pieces.c.place_id == StockLevel.place_id, pieces.c.part_id == StockLevel.part_id)


def _parts(session: Session, ids: Collection[int]) -> dict[int, Part]:
    wanted = sorted(ids)
    chunks = (wanted[start : start + _CHUNK] for start in range(0, len(wanted), _CHUNK))
    return {part.id: part for chunk in chunks for part in session.scalars(sa.select(Part).where(Part.id.in_(chunk)))}


def _places(session: Session) -> Mapping[int, Place]:
    serving = (PlaceKind.WAREHOUSE, PlaceKind.TRUNK)
    return {place.id: place for place in session.scalars(sa.select(Place).where(Place.kind.in_(serving)))}
