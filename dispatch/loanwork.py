"""Loans to shops: inventory knows their places, and only here they are found by their codes."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from customers.queries import site_by_code
from dispatch.jobs import retry_waiting
from dispatch.stockwork import Received
from inventory import loans
from inventory.models import Loan


def lend_to_shop(
    session: Session,
    *,
    site_code: str,
    part_id: int,
    quantity: int,
    from_place_id: int,
    reference: str,
    serials: Sequence[str] = (),
    actor_id: int | None,
) -> list[Loan]:
    """Lend pieces to a shop; raises UnknownSite, and what ``inventory.loans.lend`` refuses."""
    site = site_by_code(session, site_code)
    return loans.lend(
        session,
        part_id=part_id,
        quantity=quantity,
        from_place_id=from_place_id,
        # Its code may be written otherwise one day.
        site=str(site.id),
        site_name=site.name,
        reference=reference,
        serials=serials,
        actor_id=actor_id,
    )


def take_back(
    session: Session, *, loan_id: int, place_id: int, good: int, damaged: int = 0, actor_id: int | None
) -> Received:
    """Take lent pieces back, and give jobs that waited for the good ones their promises."""
    loans.take_back(session, loan_id=loan_id, place_id=place_id, good=good, damaged=damaged, actor_id=actor_id)
    return Received(good, retry_waiting(session, actor_id=actor_id))
