"""
The terms of a contract, as people read and change them.

What was computed by the terms before stays as it was owed; jobs that are taken in or set anew from then on follow the
new ones. Pauses that end later count by the new calendar.
"""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core.accounts import RoleName
from core.errors import N_, DomainError, Kind
from customers.calendars import WeeklyHours, holiday_country_named, zone_named
from customers.errors import UnknownContract
from customers.models import CalendarKind, Contract, PriceList, Priority, ServiceTarget

# A year; longer targets are a slip of the keyboard.
MAX_MINUTES = 525_600
MAX_CENTS = 1_000_000_000


class ServiceHoursMissing(DomainError):
    code = "service_hours_missing"
    sentence = N_("The clocks of %(contract)s would never run. Give the service hours, or let them run day and night.")


class ContractEndsBeforeItBegins(DomainError):
    code = "contract_ends_before_it_begins"
    sentence = N_("The contract would end on %(ends_on)s, before it begins on %(starts_on)s. Give a later end.")


class NoTargetLeft(DomainError):
    code = "no_target_left"
    sentence = N_("%(contract)s would owe nothing for any priority. Give the minutes of at least one.")


class TargetNotPossible(DomainError):
    code = "target_not_possible"
    sentence = N_(
        "The target of %(priority)s is not possible: %(response)s minutes to respond, %(resolution)s to solve. "
        "Give from 1 to %(most)s minutes, and not less to solve than to respond."
    )


class PenaltyNotPossible(DomainError):
    code = "penalty_not_possible"
    sentence = N_("The penalty of %(priority)s is not possible. Give from 0 to %(most)s cents.")


class UnknownRole(DomainError):
    code = "unknown_role"
    sentence = N_("There is no role %(role)s. Use one of: %(roles)s.")


class UnknownPriceList(DomainError):
    code = "unknown_price_list"
    sentence = N_("There is no price list %(price_list)s. Use one of: %(known)s.")


class ContractChanged(DomainError):
    code = "contract_changed"
    kind = Kind.CONFLICT
    sentence = N_("Contract %(contract)s was changed meanwhile. Reload it and make your change again.")


@dataclass(frozen=True)
class Target:
    """What is owed for a priority, and what missing it costs."""

    response_minutes: int
    resolution_minutes: int
    late_cents_per_minute: int = 0
    breach_cents: int = 0


@dataclass(frozen=True, kw_only=True)
class Terms:
    """All that a contract says but for its customer and its sites."""

    calendar: CalendarKind
    zone: str
    service_hours: Mapping[str, Any] = field(default_factory=dict)
    holidays: str | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None
    covers_parts: bool = True
    covers_labour: bool = True
    covers_travel: bool = True
    price_list: str | None = None
    warned_role: str = RoleName.DISPATCHER.value
    breach_role: str = RoleName.MANAGER.value
    targets: Mapping[Priority, Target]

    def digest(self) -> str:
        """A short text that is another one for other terms, so that a form knows whether they changed."""
        said = [*sorted((name, repr(value)) for name, value in vars(self).items() if name != "targets")]
        said += [(priority.value, repr(target)) for priority, target in sorted(self.targets.items())]
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def terms_of(contract: Contract) -> Terms:
    """The terms of a contract as they are."""
    return Terms(
        calendar=contract.calendar,
        zone=contract.zone,
        service_hours=contract.service_hours,
        holidays=contract.holidays,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        covers_parts=contract.covers_parts,
        covers_labour=contract.covers_labour,
        covers_travel=contract.covers_travel,
        price_list=contract.price_list.code if contract.price_list else None,
        warned_role=contract.warned_role,
        breach_role=contract.breach_role,
        targets={
            target.priority: Target(
                target.response_minutes, target.resolution_minutes, target.late_cents_per_minute, target.breach_cents
            )
            for target in contract.targets
        },
    )


def change_terms(session: Session, *, code: str, terms: Terms, seen: str | None = None) -> Contract:
    """
    Write the terms of a contract.

    ``seen`` is the digest of the terms that were on the form; raises ContractChanged when they are others by now.
    """
    contract = contract_with_terms(session, code, lock=True)
    if seen is not None and terms_of(contract).digest() != seen:
        raise ContractChanged(contract=contract.code)
    _check(contract, terms)
    always = terms.calendar is CalendarKind.ALWAYS
    contract.calendar, contract.zone = terms.calendar, zone_named(terms.zone).key
    contract.service_hours = {} if always else WeeklyHours.parse(terms.service_hours).as_json()
    contract.holidays = None if always or not terms.holidays else holiday_country_named(terms.holidays)
    contract.starts_on, contract.ends_on = terms.starts_on, terms.ends_on
    contract.covers_parts = terms.covers_parts
    contract.covers_labour = terms.covers_labour
    contract.covers_travel = terms.covers_travel
    contract.price_list = _price_list(session, terms.price_list)
    contract.warned_role, contract.breach_role = terms.warned_role, terms.breach_role
    _write_targets(contract, terms.targets)
    return contract


def contract_with_terms(session: Session, code: str, *, lock: bool = False) -> Contract:
    """A contract with all that its terms are read from; raises UnknownContract."""
    statement = (
        sa.select(Contract)
        .where(Contract.code == code.strip())
        .options(selectinload(Contract.targets), selectinload(Contract.price_list), joinedload(Contract.customer))
        .execution_options(populate_existing=True)
    )
    contract = session.scalar(statement.with_for_update(of=Contract) if lock else statement)
    if contract is None:
        raise UnknownContract(contract=code)
    return contract


def all_contracts(session: Session) -> list[Contract]:
    """Every contract with its customer and its targets, by code."""
    return list(
        session.scalars(
            sa.select(Contract)
            .options(selectinload(Contract.targets), selectinload(Contract.price_list), joinedload(Contract.customer))
            .order_by(Contract.code)
        )
    )


def price_list_codes(session: Session) -> list[str]:
    """The codes of the price lists that a contract may name."""
    return list(session.scalars(sa.select(PriceList.code).order_by(PriceList.code)))


def _check(contract: Contract, terms: Terms) -> None:
    hours = WeeklyHours.parse(terms.service_hours)
    if terms.calendar is CalendarKind.SERVICE_HOURS and hours.is_never_open():
        raise ServiceHoursMissing(contract=contract.code)
    if terms.starts_on and terms.ends_on and terms.ends_on < terms.starts_on:
        raise ContractEndsBeforeItBegins(starts_on=terms.starts_on, ends_on=terms.ends_on)
    for role in (terms.warned_role, terms.breach_role):
        if role not in set(RoleName):
            raise UnknownRole(role=role, roles=", ".join(RoleName))
    if not terms.targets:
        raise NoTargetLeft(contract=contract.code)
    for priority, target in terms.targets.items():
        _check_target(priority, target)


def _check_target(priority: Priority, target: Target) -> None:
    if not 1 <= target.response_minutes <= target.resolution_minutes <= MAX_MINUTES:
        raise TargetNotPossible(
            priority=priority.value,
            response=target.response_minutes,
            resolution=target.resolution_minutes,
            most=MAX_MINUTES,
        )
    if not (0 <= target.late_cents_per_minute <= MAX_CENTS and 0 <= target.breach_cents <= MAX_CENTS):
        raise PenaltyNotPossible(priority=priority.value, most=MAX_CENTS)


def _price_list(session: Session, code: str | None) -> PriceList | None:
    if not code:
        return None
    found = session.scalar(sa.select(PriceList).where(PriceList.code == code))
    if found is None:
        raise UnknownPriceList(price_list=code, known=", ".join(price_list_codes(session)) or "–")
    return found


def _write_targets(contract: Contract, targets: Mapping[Priority, Target]) -> None:
    known = {target.priority: target for target in contract.targets}
    for priority, row in known.items():
        if priority not in targets:
            contract.targets.remove(row)
    for priority, target in targets.items():
        row = known.get(priority) or ServiceTarget(priority=priority)
        if priority not in known:
            contract.targets.append(row)
        row.response_minutes, row.resolution_minutes = target.response_minutes, target.resolution_minutes
        row.late_cents_per_minute, row.breach_cents = target.late_cents_per_minute, target.breach_cents
