"""Closing reservations, and cancelling the pick lines that nobody needs to pick any more."""

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.locking import FRESH, lock_rows
from inventory.models import PickLine, PickList, PickState, Reservation, ReservationState


def close_reservations(session: Session, ids: Collection[int], state: ReservationState) -> list[Reservation]:
    """
    Close those of the reservations that are open and return them; the caller books their pieces in the same breath.

    Their open pick lines are cancelled: otherwise the warehouse would pick for a job that does not want the part.
    """
    cancel_lines(session, PickLine.reservation_id.in_(ids))
    lock_rows(session, Reservation, ids)
    closing = (
        sa.update(Reservation)
        .where(Reservation.id.in_(ids), Reservation.state == ReservationState.OPEN)
        .values(state=state)
        .returning(Reservation)
    )
    closed = session.scalars(closing, execution_options=FRESH).all()
    return sorted(closed, key=lambda reservation: reservation.id)


def cancel_lines(session: Session, which: sa.ColumnElement[bool]) -> None:
    """Cancel the open pick lines that ``which`` describes, and the lists that have nothing left."""
    open_lines = sa.and_(PickLine.state == PickState.OPEN, which)
    list_ids = session.scalars(sa.select(PickLine.pick_list_id).where(open_lines).distinct()).all()
    if not list_ids:
        return
    lock_rows(session, PickList, list_ids)
    cancelling = sa.update(PickLine).where(open_lines).values(state=PickState.CANCELLED).returning(PickLine)
    session.scalars(cancelling, execution_options=FRESH).all()
    settle_lists(session, list_ids)


def settle_lists(session: Session, ids: Iterable[int]) -> None:
    """Close the lists without an open line: confirmed if anything left the warehouse, cancelled otherwise."""
    undecided = (
        PickList.id.in_(set(ids)),
        PickList.state == PickState.OPEN,
        ~_has_line(PickState.OPEN),
    )
    for state, reached in (
        (PickState.CONFIRMED, _has_line(PickState.CONFIRMED)),
        (PickState.CANCELLED, ~_has_line(PickState.CONFIRMED)),
    ):
        settling = sa.update(PickList).where(*undecided, reached).values(state=state).returning(PickList)
        session.scalars(settling, execution_options=FRESH).all()


def _has_line(state: PickState) -> sa.ColumnElement[bool]:
    return sa.exists().where(PickLine.pick_list_id == PickList.id, PickLine.state == state)
