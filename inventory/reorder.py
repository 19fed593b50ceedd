"""
Where reorder points come from: what was used per week, what is forecast from it, and how much covers a lead time.

Demand is counted for the firm as a whole, for a part that a technician uses in one place would have been used in any
other; each warehouse answers for its share, the share of what left it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, contains_eager

from core import clock
from core.errors import N_, DomainError
from core.settings import read_setting, write_setting
from inventory import forecast
from inventory.checks import check_parts, find_place
from inventory.forecast import Floats
from inventory.levels import LevelKey
from inventory.locking import lock_rows
from inventory.models import (
    Movement,
    MovementKind,
    Part,
    PastDemand,
    Place,
    PlaceKind,
    ReorderRule,
    StockLevel,
)
from inventory.suppliers import first_supplies

SETTING = "replenishment"
# Weeks that are looked back at, and the fewest from which anything can be told.
MOST_WEEKS, FEWEST_WEEKS = 104, 8
WEEK = dt.timedelta(days=7)
# Whoever looks once a day sees a need up to a day late.
REVIEW_DAYS = 1
# For parts that nobody is known to sell.
USUAL_LEAD_TIME_DAYS = 7
# Monday, 1970-01-05, in seconds: weeks are counted from a Monday.
_FIRST_MONDAY = 4 * 86_400


class ServiceLevelOutOfRange(DomainError):
    code = "service_level_out_of_range"
    sentence = N_(
        "%(percent)s percent is no service level. Choose from %(least)s to %(most)s percent; programs give a share, "
        "such as 0.95."
    )


class CoverOutOfRange(DomainError):
    code = "cover_out_of_range"
    sentence = N_("%(cover_days)s is no number of days for an order to last. Give a whole number from 1 to %(most)s.")


class NotComputed(DomainError):
    code = "not_computed"
    sentence = N_("Nothing was computed for %(sku)s at %(place)s yet. Compute the reorder points first.")


@dataclass(frozen=True)
class Policy:
    """How often a part may run out while an order is on its way, and for how many days an order is to last."""

    service_level: float = 0.95
    cover_days: int = 28


LEAST_LEVEL, MOST_LEVEL, MOST_COVER_DAYS = 0.5, 0.999, 365


def read_policy(session: Session) -> Policy:
    """Return the firm's policy, or the usual one if it never chose."""
    kept: dict[str, Any] = read_setting(session, SETTING) or {}
    return Policy(**kept)


def write_policy(session: Session, policy: Policy) -> None:
    """Choose the firm's policy; it holds from the next computation on."""
    if not LEAST_LEVEL <= policy.service_level <= MOST_LEVEL:
        percent, least, most = (f"{share * 100:g}" for share in (policy.service_level, LEAST_LEVEL, MOST_LEVEL))
        raise ServiceLevelOutOfRange(percent=percent, least=least, most=most)
    if not 1 <= policy.cover_days <= MOST_COVER_DAYS:
        raise CoverOutOfRange(cover_days=policy.cover_days, most=MOST_COVER_DAYS)
    write_setting(session, SETTING, {"service_level": policy.service_level, "cover_days": policy.cover_days})


@dataclass(frozen=True)
class History:
    """Pieces of each part that the firm used per week, the oldest week first."""

    # Row of each part in ``demand``.
    rows: Mapping[int, int]
    # Parts x weeks.
    demand: Floats

    @property
    def weeks(self) -> int:
        return int(self.demand.shape[1])


def weekly_history(session: Session, *, today: dt.date) -> History:
    """
    Return what was used in each whole week before this one, from the ledger and from what was imported.

    Where the ledger has anything for a week, it counts alone: the import is for the weeks before. The history begins
    with the first week of which anything is known.
    """
    this_week = _week_number(today)
    first = this_week - MOST_WEEKS
    used: dict[tuple[int, int], int] = {}
    ledger_begins = this_week
    for part_id, week, quantity in session.execute(_used_by_week(first, this_week)).all():
        used[part_id, int(week)] = int(quantity)
        ledger_begins = min(ledger_begins, int(week))
    imported = sa.select(PastDemand.part_id, PastDemand.week, PastDemand.quantity)
    begins = ledger_begins
    for part_id, monday, quantity in session.execute(imported).all():
        week = _week_number(monday)
        if first <= week < ledger_begins:
            used[part_id, week] = quantity
            begins = min(begins, week)
    parts = sorted({part_id for part_id, _ in used})
    rows = {part_id: row for row, part_id in enumerate(parts)}
    demand = np.zeros((len(parts), this_week - begins))
    for (part_id, week), quantity in used.items():
        demand[rows[part_id], week - begins] = quantity
    return History(rows, demand)


def compute_rules(session: Session, *, today: dt.date) -> list[ReorderRule]:
    """
    Compute reorder point and order-up-to level of each part in each warehouse that keeps it or gives it out.

    The levels follow, but for those that a person has set: there the computed numbers are only noted beside. A level
    that was set before anything was computed counts as set by a person. Nothing is computed from less than
    FEWEST_WEEKS weeks. Returns the rules, by place and part.
    """
    history = weekly_history(session, today=today)
    if history.weeks < FEWEST_WEEKS:
        return []
    stores = session.scalars(sa.select(Place.id).where(Place.kind == PlaceKind.WAREHOUSE)).all()
    shares, levels, by_hand = _shares(session, today=today), _levels(session, stores), _by_hand(session)
    keys = sorted(
        key
        for key, level in levels.items()
        if level.target or key in by_hand or (shares.get(key) and key[1] in history.rows)
    )
    if not keys:
        return []
    computed = dict(zip(keys, _compute(session, history, keys, shares), strict=True))
    # Nobody had to wait so far. Two computations at a time would both write the rules that are missing, and what
    # people have set meanwhile stays.
    lock_rows(session, Place, stores)
    levels, by_hand = _levels(session, stores), _by_hand(session)
    _write(session, computed, by_hand, levels)
    following = {
        key: (rule.minimum, rule.target)
        for key, rule in computed.items()
        if not by_hand.get(key, levels[key].target > 0)
    }
    _apply(session, following, levels)
    found, _ = rules(session)
    return found


def follow_computed(session: Session, *, place_id: int, part_id: int) -> ReorderRule:
    """Let a level that a person has set follow the computed numbers again."""
    rule = session.get(ReorderRule, (place_id, part_id))
    if rule is None:
        check_parts(session, [part_id])
        place = find_place(session, place_id, [PlaceKind.WAREHOUSE])
        raise NotComputed(sku=session.get_one(Part, part_id).sku, place=place.code)
    rule.by_hand = False
    session.flush()
    _apply(session, {(place_id, part_id): (rule.minimum, rule.target)}, _levels(session, [place_id]))
    return rule


def rules_of(session: Session, *, part_id: int) -> list[ReorderRule]:
    """Return what was computed for a part, by warehouse."""
    found = sa.select(ReorderRule).where(ReorderRule.part_id == part_id).order_by(ReorderRule.place_id)
    return list(session.scalars(found))


def rules(session: Session, *, limit: int | None = None) -> tuple[list[ReorderRule], int]:
    """Return what was computed, with places and parts, by place and SKU, and how much of it there is in all."""
    found = (
        sa.select(ReorderRule)
        .join(ReorderRule.place)
        .join(ReorderRule.part)
        .options(contains_eager(ReorderRule.place), contains_eager(ReorderRule.part))
        .order_by(Place.code, Part.sku)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    return list(session.scalars(found)), session.scalar(sa.select(sa.func.count()).select_from(ReorderRule)) or 0


@dataclass(frozen=True)
class _Level:
    id: int
    minimum: int
    target: int


def _week_number(day: dt.date) -> int:
    """Weeks since Monday, 5 January 1970."""
    return (day - dt.date(1970, 1, 5)).days // 7


def _used_by_week(first: int, this_week: int) -> sa.Select[int, int, int]:
    """Consumption per part and week; weeks begin on Monday, 00:00 UTC."""
    since = dt.datetime(1970, 1, 5, tzinfo=dt.UTC) + first * WEEK
    until = dt.datetime(1970, 1, 5, tzinfo=dt.UTC) + this_week * WEEK
    seconds = sa.cast(sa.extract("epoch", Movement.at), sa.BigInteger)
    week = ((seconds - _FIRST_MONDAY) // 604_800).label("week")
    return (
        sa.select(Movement.part_id, week, sa.func.sum(Movement.quantity))
        .where(Movement.kind == MovementKind.CONSUMPTION, Movement.at >= since, Movement.at < until)
        .group_by(Movement.part_id, week)
    )


def _shares(session: Session, *, today: dt.date) -> dict[LevelKey, float]:
    """
    Return the share of each part's demand that each warehouse serves: of what went out to vans and customers.

    Where nothing has gone out, warehouses share alike what they keep.
    """
    since = dt.datetime.combine(today, dt.time(), dt.UTC) - MOST_WEEKS * WEEK
    origin, target = aliased(Place), aliased(Place)
    out = (
        sa.select(Movement.from_place_id, Movement.part_id, sa.func.sum(Movement.quantity))
        .join(origin, origin.id == Movement.from_place_id)
        .join(target, target.id == Movement.to_place_id)
        .where(
            Movement.kind.in_([MovementKind.TRANSFER, MovementKind.CONSUMPTION]),
            Movement.at >= since,
            origin.kind == PlaceKind.WAREHOUSE,
            target.kind.in_([PlaceKind.TRUNK, PlaceKind.TRANSIT, PlaceKind.CUSTOMER]),
        )
        .group_by(Movement.from_place_id, Movement.part_id)
    )
    went_out: dict[int, dict[int, float]] = defaultdict(dict)
    for place_id, part_id, quantity in session.execute(out).all():
        went_out[part_id][place_id] = float(quantity)
    kept = (
        sa.select(StockLevel.place_id, StockLevel.part_id)
        .join(StockLevel.place)
        .where(Place.kind == PlaceKind.WAREHOUSE, StockLevel.target > 0)
    )
    keepers: dict[int, dict[int, float]] = defaultdict(dict)
    for place_id, part_id in session.execute(kept).all():
        keepers[part_id][place_id] = 1.0
    return {
        (place_id, part_id): weight / sum(weights.values())
        for part_id, weights in ({**keepers, **went_out}).items()
        for place_id, weight in weights.items()
    }


def _levels(session: Session, place_ids: Collection[int]) -> dict[LevelKey, _Level]:
    found = sa.select(
        StockLevel.place_id, StockLevel.part_id, StockLevel.id, StockLevel.minimum, StockLevel.target
    ).where(StockLevel.place_id.in_(place_ids))
    return {
        (place_id, part_id): _Level(level_id, minimum, target)
        for place_id, part_id, level_id, minimum, target in session.execute(found).all()
    }


@dataclass(frozen=True)
class _Computed:
    place_id: int
    part_id: int
    method: str
    service_level: float
    demand_per_week: float
    lead_time_days: int
    minimum: int
    target: int


def _compute(
    session: Session, history: History, keys: list[LevelKey], shares: Mapping[LevelKey, float]
) -> list[_Computed]:
    """
    Compute for each key, all at once.

    The reorder point covers the demand of a lead time and of the day until somebody looks, at the service level; the
    order-up-to level lies an order above it, which lasts for the days of the policy and is a pack at least.
    """
    policy = read_policy(session)
    methods = forecast.choose_methods(history.demand)
    rates, variances = forecast.forecast(history.demand, methods), forecast.recent_variance(history.demand)
    supplies = first_supplies(session)
    # A part of which nothing is known to have been used stands on no row.
    rows = np.array([history.rows.get(part_id, -1) for _, part_id in keys])
    none = rows < 0
    share = np.array([shares.get(key, 0.0) for key in keys])
    rate = np.where(none, 0.0, rates[rows]) if len(rates) else np.zeros(len(keys))
    variance = np.where(none, 0.0, variances[rows]) if len(rates) else np.zeros(len(keys))
    supplied = [supplies.get(part_id) for _, part_id in keys]
    lead_days = np.array([supply.lead_time_days if supply else USUAL_LEAD_TIME_DAYS for supply in supplied])
    covered = forecast.over_lead_time(rate, variance, (lead_days + REVIEW_DAYS) / 7, share)
    minimum = forecast.reorder_points(covered, policy.service_level)
    packs = np.array([supply.pack_size if supply else 1 for supply in supplied])
    lasting = np.ceil(rate * share * policy.cover_days / 7).astype(np.int64)
    target = np.where(rate * share > 0, minimum + np.maximum(lasting, packs), 0)
    return [
        _Computed(
            place_id,
            part_id,
            method="none" if none[number] else methods[rows[number]].value,
            service_level=policy.service_level,
            demand_per_week=round(float(rate[number] * share[number]), 3),
            lead_time_days=int(lead_days[number]),
            minimum=int(minimum[number]),
            target=int(target[number]),
        )
        for number, (place_id, part_id) in enumerate(keys)
    ]


def _by_hand(session: Session) -> dict[LevelKey, bool]:
    """Return for each rule that there is whether a person has set its level otherwise."""
    # What the session knows and has not written yet counts as well.
    session.flush()
    found = sa.select(ReorderRule.place_id, ReorderRule.part_id, ReorderRule.by_hand)
    return {(place_id, part_id): by_hand for place_id, part_id, by_hand in session.execute(found).all()}


def _write(
    session: Session,
    computed: Mapping[LevelKey, _Computed],
    by_hand: Mapping[LevelKey, bool],
    levels: Mapping[LevelKey, _Level],
) -> None:
    """Write the rules; there are tens of thousands in a large firm, so they go past the session."""
    now = clock.now()
    known = [vars(rule) | {"computed_at": now} for key, rule in computed.items() if key in by_hand]
    new = [
        vars(rule) | {"computed_at": now, "by_hand": levels[key].target > 0}
        for key, rule in computed.items()
        if key not in by_hand
    ]
    if known:
        session.execute(sa.update(ReorderRule), known)
    if new:
        session.execute(sa.insert(ReorderRule), new)


def _apply(session: Session, following: Mapping[LevelKey, tuple[int, int]], levels: Mapping[LevelKey, _Level]) -> None:
    """Let levels follow their minimum and target; rows are taken in the order of their ids."""
    changed = [
        {"id": levels[key].id, "minimum": minimum, "target": target}
        for key, (minimum, target) in following.items()
        if (levels[key].minimum, levels[key].target) != (minimum, target)
    ]
    if changed:
        session.execute(sa.update(StockLevel), sorted(changed, key=lambda row: row["id"]))
