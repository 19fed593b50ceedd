"""
Counts of the shelf: blind, a second time where they differ, and posted as corrections.

Whoever counts never sees what the books say. A line that differs is counted again; what then still differs is posted,
by itself when it is worth little, and otherwise when somebody who did not count agrees.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import clock
from core.settings import read_setting, write_setting
from inventory.checks import REASON_LENGTH, check_parts, check_quantities, check_text, find_place
from inventory.counts_errors import CountedElsewhere, CountNotInState, NotCountedYet, NotOnCount, OwnCount, UnknownCount
from inventory.documents import hold
from inventory.errors import NothingWanted
from inventory.ledger import Adjustment, adjust
from inventory.levels import find_level
from inventory.locking import all_or_none, lock_rows
from inventory.models import Count, CountCounter, CountLine, CountState, Part, Place, Reservation, Serial
from inventory.serials import check_numbers
from inventory.suppliers import check_price

SETTING = "counts"
LIMIT_CENTS = 10_000
UNDER_WAY = (CountState.OPEN, CountState.SECOND, CountState.APPROVAL)
COUNTING = (CountState.OPEN, CountState.SECOND)


def read_limit(session: Session) -> int:
    """Return how much may differ, in cents, before somebody else must approve."""
    kept = read_setting(session, SETTING) or {}
    return int(kept.get("limit_cents", LIMIT_CENTS))


def write_limit(session: Session, limit_cents: int) -> None:
    """Set how much may differ before somebody else must approve."""
    check_price(limit_cents)
    write_setting(session, SETTING, {"limit_cents": limit_cents})


def open_count(
    session: Session, *, place_id: int, part_ids: Collection[int], reason: str, actor_id: int | None
) -> Count:
    """Begin a count of some parts at a place; raises CountedElsewhere when one of them is being counted there."""
    if not part_ids:
        raise NothingWanted
    place = find_place(session, place_id)
    check_parts(session, part_ids)
    # Two people who begin at the same time must not count the same shelf twice.
    lock_rows(session, Place, [place_id])
    other = session.scalar(
        sa.select(CountLine)
        .join(CountLine.count)
        .where(Count.place_id == place_id, Count.state.in_(UNDER_WAY), CountLine.part_id.in_(part_ids))
        .limit(1)
    )
    if other is not None:
        raise CountedElsewhere(sku=other.part.sku, place=place.code, count=other.count.number)
    count = Count(
        place=place,
        state=CountState.OPEN,
        reason=check_text("reason", reason, REASON_LENGTH),
        opened_at=clock.now(),
        opened_by_id=actor_id,
        lines=[CountLine(part_id=part_id) for part_id in sorted(set(part_ids))],
    )
    session.add(count)
    session.flush()
    return count


def record(
    session: Session,
    *,
    count_id: int,
    part_id: int,
    pieces: int,
    serials: Sequence[str] = (),
    actor_id: int | None,
) -> CountLine:
    """Write down what was counted of a part; saying it again replaces what was said before."""
    check_quantities([pieces], least=0)
    with all_or_none(session):
        count = _hold(session, count_id, *COUNTING)
        line = _line_to_count(session, count, part_id)
        check_numbers(line.part, pieces, serials)
        if count.state is CountState.OPEN:
            line.first = pieces
        else:
            line.second = pieces
        _keep_counter(count, actor_id)
        line.booked = find_level(session, count.place_id, part_id).on_hand
        if line.part.serial_tracked:
            here = set(_numbers_at(session, count.place_id, part_id))
            line.missing, line.surplus = sorted(here - set(serials)), sorted(set(serials) - here)
    return line


def finish(session: Session, *, count_id: int, actor_id: int | None) -> list[Reservation]:
    """
    End a counting: what differs is counted again, and after that posted or put before somebody else.

    Returns the reservations that the posting released, for the caller to tell those who had counted on the pieces.
    """
    with all_or_none(session):
        count = _hold(session, count_id, *COUNTING)
        left = [line.part.sku for line in lines_to_count(count) if _is_open(count, line)]
        if left:
            raise NotCountedYet(count=count.number, skus=", ".join(left))
        differing = [line for line in count.lines if line.differs]
        if differing and count.state is CountState.OPEN:
            count.state = CountState.SECOND
            return []
        if sum(line.variance_cents for line in differing) > read_limit(session):
            count.state = CountState.APPROVAL
            return []
        return _post(session, count, actor_id)


def approve(session: Session, *, count_id: int, actor_id: int) -> list[Reservation]:
    """Agree to differences that are worth much, and post them; returns the reservations that were released."""
    with all_or_none(session):
        count = _hold(session, count_id, CountState.APPROVAL)
        if actor_id in {counter.user_id for counter in count.counters}:
            raise OwnCount(count=count.number)
        count.approved_by_id = actor_id
        return _post(session, count, actor_id)


def reject(session: Session, *, count_id: int) -> Count:
    """Have everything counted anew."""
    with all_or_none(session):
        count = _hold(session, count_id, CountState.APPROVAL)
        for line in count.lines:
            line.first = line.second = line.booked = None
            line.missing, line.surplus = [], []
        count.state, count.counters = CountState.OPEN, []
    return count


def cancel(session: Session, *, count_id: int) -> Count:
    """Drop a count; nothing is posted."""
    with all_or_none(session):
        count = _hold(session, count_id, *UNDER_WAY)
        count.state, count.closed_at = CountState.CANCELLED, clock.now()
    return count


def lines_to_count(count: Count) -> list[CountLine]:
    """Return what this counting is about: everything at first, and what differed the second time."""
    if count.state is CountState.SECOND:
        return [line for line in count.lines if line.differs or line.second is not None]
    return list(count.lines)


def counts(session: Session, *, states: Collection[CountState], limit: int = 200) -> list[Count]:
    """Return the counts in some states, the newest first."""
    found = (
        sa.select(Count)
        .where(Count.state.in_(states))
        .options(joinedload(Count.place), selectinload(Count.lines).joinedload(CountLine.part))
        .order_by(Count.id.desc())
        .limit(limit)
    )
    return list(session.scalars(found))


def count_by_id(session: Session, count_id: int) -> Count:
    """Return one count; raises UnknownCount."""
    count = session.get(Count, count_id)
    if count is None:
        raise UnknownCount(count=count_id)
    return count


def _post(session: Session, count: Count, actor_id: int | None) -> list[Reservation]:
    released = adjust(
        session,
        place_id=count.place_id,
        adjustments=[difference for line in count.lines for difference in _differences(line)],
        reference=count.number,
        reason=count.reason,
        actor_id=actor_id,
    )
    count.state, count.closed_at = CountState.POSTED, clock.now()
    return released


def _differences(line: CountLine) -> list[Adjustment]:
    """Return what to take away and what to add, with the numbers of serial-tracked pieces."""
    if line.part.serial_tracked:
        both = [(-len(line.missing), line.missing), (len(line.surplus), line.surplus)]
        return [Adjustment(line.part_id, by, numbers) for by, numbers in both if by]
    return [Adjustment(line.part_id, line.variance)] if line.variance else []


def _keep_counter(count: Count, actor_id: int | None) -> None:
    second = count.state is CountState.SECOND
    if actor_id is not None and actor_id not in count.counted_by(second=second):
        count.counters.append(CountCounter(user_id=actor_id, second=second))


def _is_open(count: Count, line: CountLine) -> bool:
    return (line.second if count.state is CountState.SECOND else line.first) is None


def _line_to_count(session: Session, count: Count, part_id: int) -> CountLine:
    for line in lines_to_count(count):
        if line.part_id == part_id:
            return line
    check_parts(session, [part_id])
    raise NotOnCount(sku=session.get_one(Part, part_id).sku, count=count.number)


def _numbers_at(session: Session, place_id: int, part_id: int) -> Sequence[str]:
    return session.scalars(sa.select(Serial.number).where(Serial.place_id == place_id, Serial.part_id == part_id)).all()


def _hold(session: Session, count_id: int, *needed: CountState) -> Count:
    count = hold(session, Count, count_id)
    if count is None:
        raise UnknownCount(count=count_id)
    if count.state not in needed:
        raise CountNotInState(
            count=count.number,
            place=count.place.code,
            state=count.state.value,
            needed=", ".join(state.value for state in needed),
        )
    session.refresh(count, ["counters"])
    return count
