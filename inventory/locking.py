"""
How changes of stock stay whole when many people book at once.

Rows are always taken in this order, each kind by rising id: places, documents (transfers, orders, returns, counts),
pick lists, pick lines, reservations, stock levels, serials. Jobs, of which nothing is known here, come before them all.
Two bookings then wait for each other instead of holding what the other needs; where one act does several bookings in
turn it may still collide with another, and is carried out again (``core.collisions``). Serials come last and need no
order of their own towards other bookings: whoever moves a piece holds the level of the place it leaves.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.errors import StockBusy
from inventory.models import PickLine, PickList, Place, Reservation, Serial, StockLevel

Result = TypeVar("Result")

# For UPDATE ... RETURNING of whole rows: what the session holds of them is overwritten by what the database now says.
FRESH: dict[str, Any] = {"synchronize_session": False, "populate_existing": True}

# A second attempt is rare and a third one rarer; this many mean that something else is wrong.
ATTEMPTS = 20

_BOOKED = (PickLine, PickList, Reservation, StockLevel, Serial)


@contextlib.contextmanager
def all_or_none(session: Session) -> Iterator[None]:
    """Undo what was done inside when it ends in an error, so that a caller may catch the error and go on."""
    try:
        with session.begin_nested():
            yield
    except Exception:
        # Rolling back a savepoint does not tell the session about rows that plain UPDATEs had changed.
        for kept in list(session.identity_map.values()):
            if isinstance(kept, _BOOKED):
                session.expire(kept)
        raise


def undisturbed(session: Session, act: Callable[[], Result]) -> Result:
    """
    Carry ``act`` out, all or none, and start over when it raises StockBusy.

    It does so when somebody else's change came between its reading and its writing.
    """
    for _ in range(ATTEMPTS):
        with contextlib.suppress(StockBusy), all_or_none(session):
            return act()
    raise StockBusy


def lock_rows(session: Session, table: type[PickList | Place | Reservation], ids: Iterable[int]) -> None:
    """
    Hold these rows until the transaction ends, taken in id order.

    On SQLite this is a plain read: there the transaction itself is the lock. On PostgreSQL it is the lock that an
    UPDATE takes, which lets others go on pointing at the row.
    """
    rows = sa.select(table.id).where(table.id.in_(set(ids))).order_by(table.id)
    session.execute(rows.with_for_update(key_share=True)).all()
