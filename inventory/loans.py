"""
Loans: good pieces that a site has for a while, lent and taken back.

Lent pieces stay in the firm's books, at the place of the site: the audit adds them up, and each piece with a number has
the site in its custody chain. Jobs are not served from there.
"""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from inventory.checks import REASON_LENGTH, check_parts, check_quantities, check_reference, check_text, find_place
from inventory.errors import NothingWanted
from inventory.ledger import Entry, book, entry
from inventory.loans_errors import NotOut, UnknownLoan
from inventory.locking import all_or_none
from inventory.models import Loan, MovementKind, Part, Place, PlaceKind
from inventory.places import place_for_damaged, place_of_kind, place_of_owner
from inventory.returns import admit_damaged
from inventory.serials import check_numbers

# As much of a site's name as its place keeps.
NAME_LENGTH = 120


def lend(
    session: Session,
    *,
    part_id: int,
    quantity: int,
    from_place_id: int,
    site: str,
    site_name: str,
    reference: str,
    serials: Sequence[str] = (),
    actor_id: int | None,
) -> list[Loan]:
    """
    Bring pieces that are promised to nobody from a warehouse or a trunk to a site, which ``site`` names for good.

    Returns one loan or, of a serial-tracked part, one for each piece.
    """
    check_quantities([quantity])
    check_parts(session, [part_id])
    origin, part = find_place(session, from_place_id), session.get_one(Part, part_id)
    check_numbers(part, quantity, serials)
    with all_or_none(session):
        place = place_of_owner(session, PlaceKind.SITE, owner=site, name=site_name[:NAME_LENGTH])
        loans = [
            Loan(
                part=part,
                quantity=pieces,
                site=place,
                from_place=origin,
                reference=check_reference(reference),
                lent_at=clock.now(),
                lent_by_id=actor_id,
                returned=0,
                lost=0,
            )
            for pieces in ([1] * quantity if serials else [quantity])
        ]
        session.add_all(loans)
        # The entries bear the numbers of the loans.
        session.flush()
        numbers: Sequence[tuple[str, ...]] = [(number.strip(),) for number in serials] or [()]
        lent = [
            replace(_moved(loan, origin, place, loan.quantity, actor_id), serials=number)
            for loan, number in zip(loans, numbers, strict=True)
        ]
        for loan, movement in zip(loans, book(session, entries=lent), strict=True):
            loan.serial = next(iter(movement.serials), None)
    return loans


def take_back(
    session: Session, *, loan_id: int, place_id: int, good: int, damaged: int = 0, actor_id: int | None
) -> Loan:
    """Bring pieces back into a warehouse or a trunk; damaged ones into its quarantine or core box."""
    check_quantities([good, damaged], least=0)
    if not good + damaged:
        raise NothingWanted
    place = find_place(session, place_id)
    with all_or_none(session):
        loan = _hold(session, loan_id, good + damaged)
        for_damaged = place_for_damaged(session, place) if damaged else place
        ways = [(good, place), (damaged, for_damaged)]
        book(session, entries=[_moved(loan, loan.site, to, pieces, actor_id) for pieces, to in ways if pieces])
        if damaged:
            admit_damaged(
                session,
                part_id=loan.part_id,
                quantity=damaged,
                place_id=for_damaged.id,
                reference=loan.number,
                serials=_numbers(loan),
            )
        loan.returned += good + damaged
        _close_if_over(loan)
    return loan


def write_off(session: Session, *, loan_id: int, quantity: int, reason: str, actor_id: int | None) -> Loan:
    """Give up on pieces that do not come back; the ledger keeps why."""
    check_quantities([quantity])
    reason = check_text("reason", reason, REASON_LENGTH)
    with all_or_none(session):
        loan = _hold(session, loan_id, quantity)
        correction = place_of_kind(session, PlaceKind.CORRECTION)
        given_up = _moved(loan, loan.site, correction, quantity, actor_id, reason=reason)
        book(session, entries=[given_up])
        loan.lost += quantity
        _close_if_over(loan)
    return loan


def loans(session: Session, *, only_out: bool = True, limit: int | None = None) -> list[Loan]:
    """Return what is lent, out longest first; with ``only_out`` false what has come back too, the latest first."""
    found = sa.select(Loan).options(*_WHOLE).limit(limit)
    if only_out:
        return list(session.scalars(found.where(Loan.closed_at.is_(None)).order_by(Loan.lent_at, Loan.id)))
    return list(session.scalars(found.order_by(Loan.id.desc())))


def loan_by_id(session: Session, loan_id: int) -> Loan:
    """Return one loan; raises UnknownLoan."""
    loan = session.get(Loan, loan_id, options=_WHOLE)
    if loan is None:
        raise UnknownLoan(loan=loan_id)
    return loan


_WHOLE = (joinedload(Loan.part), joinedload(Loan.serial), joinedload(Loan.site), joinedload(Loan.from_place))


def _hold(session: Session, loan_id: int, quantity: int) -> Loan:
    """Return a loan as the database has it now, held until the transaction ends, if so many pieces are still out."""
    found = sa.select(Loan).where(Loan.id == loan_id).with_for_update(key_share=True)
    loan = session.scalar(found.execution_options(populate_existing=True))
    if loan is None:
        raise UnknownLoan(loan=loan_id)
    if quantity > loan.out:
        raise NotOut(loan=loan.number, sku=loan.part.sku, site=loan.site.name, out=loan.out, quantity=quantity)
    return loan


def _numbers(loan: Loan) -> list[str]:
    return [loan.serial.number] if loan.serial else []


def _moved(loan: Loan, origin: Place, to: Place, quantity: int, actor_id: int | None, *, reason: str = "") -> Entry:
    return entry(
        MovementKind.CORRECTION if to.kind is PlaceKind.CORRECTION else MovementKind.TRANSFER,
        part_id=loan.part_id,
        quantity=quantity,
        from_place_id=origin.id,
        to_place_id=to.id,
        reference=loan.number,
        reason=reason or loan.reference,
        actor_id=actor_id,
        serials=_numbers(loan),
    )


def _close_if_over(loan: Loan) -> None:
    if not loan.out:
        loan.closed_at = clock.now()
