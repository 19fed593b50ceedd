"""Who may come to whom: technicians whom customers prefer or do not want, and the territories of sites."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from customers.models import Customer, Site
from dispatch.models import CustomerPreference, Technician
from dispatch.models.workforce import Preference, technician_territories
from dispatch.workforce.errors import UnknownCustomer
from dispatch.workforce.technicians import lock_technician, note_change

REASON_LENGTH = 300


class Unwelcome(enum.StrEnum):
    """Why a technician is not sent to a site."""

    EXCLUDED = "excluded"
    TERRITORY = "territory"


@dataclass(frozen=True)
class Welcome:
    """Who may come where, read once for a plan; ids of technicians by customer and of territories by technician."""

    territories: Mapping[int, frozenset[int]]
    excluded: Mapping[int, frozenset[int]]
    preferred: Mapping[int, frozenset[int]]

    def obstacle(self, technician_id: int, site: Site) -> Unwelcome | None:
        """Why the technician is not sent to the site, or None if they may come."""
        if technician_id in self.excluded.get(site.customer_id, ()):
            return Unwelcome.EXCLUDED
        return Unwelcome.TERRITORY if technician_id in self.outside(site) else None

    def outside(self, site: Site) -> frozenset[int]:
        """The technicians who work in other territories only."""
        if site.territory_id is None:
            return frozenset()
        return frozenset(one for one, known in self.territories.items() if site.territory_id not in known)


def read_welcome(session: Session) -> Welcome:
    """Read who may come where."""
    territories: dict[int, set[int]] = {}
    for technician_id, territory_id in session.execute(sa.select(technician_territories)):
        territories.setdefault(technician_id, set()).add(territory_id)
    said: dict[Preference, dict[int, set[int]]] = {kind: {} for kind in Preference}
    for row in session.execute(
        sa.select(CustomerPreference.customer_id, CustomerPreference.technician_id, CustomerPreference.preference)
    ):
        said[row.preference].setdefault(row.customer_id, set()).add(row.technician_id)
    return Welcome(
        territories=_frozen(territories),
        excluded=_frozen(said[Preference.EXCLUDED]),
        preferred=_frozen(said[Preference.PREFERRED]),
    )


def set_preference(
    session: Session,
    *,
    customer_code: str,
    technician_code: str,
    preference: Preference | None,
    reason: str = "",
    actor_id: int | None,
) -> CustomerPreference | None:
    """Write down what a customer thinks of a technician; None takes it back. Plans made before notice."""
    customer = session.scalar(sa.select(Customer).where(Customer.code == customer_code.strip()))
    if customer is None:
        raise UnknownCustomer(customer=customer_code)
    technician = lock_technician(session, technician_code)
    row = session.get(CustomerPreference, (customer.id, technician.id))
    if preference is None:
        if row is not None:
            session.delete(row)
            note_change(session, technician, actor_id=actor_id)
        return None
    if row is None:
        row = CustomerPreference(customer=customer, technician=technician)
        session.add(row)
    row.preference, row.reason = preference, reason.strip()[:REASON_LENGTH]
    note_change(session, technician, actor_id=actor_id)
    return row


def preferences_of(session: Session, technician: Technician) -> list[CustomerPreference]:
    """What customers think of a technician, by customer."""
    return list(
        session.scalars(
            sa.select(CustomerPreference)
            .join(CustomerPreference.customer)
            .where(CustomerPreference.technician_id == technician.id)
            .options(joinedload(CustomerPreference.customer))
            .order_by(Customer.name)
        )
    )


def _frozen(sets: Mapping[int, set[int]]) -> dict[int, frozenset[int]]:
    return {key: frozenset(values) for key, values in sets.items()}
