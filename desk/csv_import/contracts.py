"""Customers with what is owed to them: each line is a contract and names its customer."""

from collections.abc import Iterable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core.accounts import RoleName
from core.errors import N_
from customers.models import CalendarKind, Contract, Customer, PriceList, Priority, ServiceTarget, Site
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Row, known_by, overwrite, reference
from desk.csv_import.problems import CellRefused, ImportProblem, Reason

HOURS_MISSING = Reason(
    "hours_missing", N_("The calendar service_hours needs the hours. Fill them in, or write 24x7 as the calendar.")
)
UNUSED_WHEN_ALWAYS = Reason(
    "unused_when_always",
    N_("With the calendar 24x7 the clocks never stop, so this has no meaning. Empty the cell, or write service_hours."),
)
HALF_TARGET = Reason(
    "half_target",
    N_(
        "What is owed for %(priority)s needs response and resolution minutes. "
        "Fill both in, or leave all four cells of %(priority)s empty."
    ),
)
TARGETS_OUT_OF_ORDER = Reason(
    "targets_out_of_order",
    N_("The resolution of %(priority)s is owed after %(resolution)s minutes, before its response after %(response)s."),
)
NO_TARGETS = Reason(
    "no_targets", N_("The contract owes nothing for any priority. Fill in the minutes of at least one.")
)
ENDS_BEFORE_IT_BEGINS = Reason(
    "ends_before_it_begins", N_("The contract ends on %(ends_on)s, before it begins on %(starts_on)s.")
)
UNKNOWN_PRICE_LIST = Reason(
    "unknown_price_list", N_("There is no price list %(value)s. Add it first, or empty the cell.")
)
ANOTHER_NAME = Reason(
    "another_name", N_("Line %(first)s calls customer %(customer)s “%(name)s”. Write the same name on both lines.")
)

# A year; longer targets are a slip of the keyboard.
MAX_MINUTES = 525_600
# How the columns of a priority go on after "p1_", and what they are in a row of ours.
RESPONSE, RESOLUTION = "response_minutes", "resolution_minutes"
PENALTIES = ("late_cents_per_minute", "breach_cents")
# What an empty cell means, and a contract that is new in a file without the column.
USUAL: dict[str, object] = {
    "covers_parts": True,
    "covers_labour": True,
    "covers_travel": True,
    "warned_role": RoleName.DISPATCHER,
    "breach_role": RoleName.MANAGER,
}
EXAMPLES = {
    Priority.P1: ("120", "240", "60", "6000"),
    Priority.P2: ("240", "480", "25", "2500"),
    Priority.P3: ("540", "1440", "8", "800"),
    Priority.P4: ("2160", "4320", "3", "300"),
}


def _check(row: Row) -> Iterator[ImportProblem]:
    yield from _check_calendar(row)
    yield from _check_term(row)
    for priority in Priority:
        yield from _check_target(row, priority)


def _check_calendar(row: Row) -> Iterator[ImportProblem]:
    if row.get("calendar") is CalendarKind.SERVICE_HOURS:
        if not row.is_filled("service_hours") and "service_hours" not in row.refused:
            yield ImportProblem.of(row.line, "service_hours", HOURS_MISSING)
    elif row.get("calendar") is CalendarKind.ALWAYS:
        for column in ("service_hours", "holidays"):
            if row.is_filled(column):
                yield ImportProblem.of(row.line, column, UNUSED_WHEN_ALWAYS)


def _check_term(row: Row) -> Iterator[ImportProblem]:
    starts_on, ends_on = row.get("starts_on"), row.get("ends_on")
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        facts = {"starts_on": starts_on.isoformat(), "ends_on": ends_on.isoformat()}
        yield ImportProblem.of(row.line, "ends_on", ENDS_BEFORE_IT_BEGINS, **facts)


def _check_target(row: Row, priority: Priority) -> Iterator[ImportProblem]:
    columns = [_column(priority, name) for name in (RESPONSE, RESOLUTION, *PENALTIES)]
    if row.refused & {*columns}:
        return
    missing = [column for column in columns[:2] if not row.is_filled(column)]
    if not missing:
        response, resolution = (row[column] for column in columns[:2])
        if resolution < response:
            facts = {"priority": priority.value, "response": response, "resolution": resolution}
            yield ImportProblem.of(row.line, columns[1], TARGETS_OUT_OF_ORDER, **facts)
    elif any(row.is_filled(column) for column in columns):
        yield ImportProblem.of(row.line, missing[0], HALF_TARGET, priority=priority.value)


def _compare(rows: Sequence[Row]) -> Iterable[ImportProblem]:
    """Find lines that name one customer differently, of which only one could be written."""
    first_rows: dict[str, Row] = {}
    for row in rows:
        if not (row.is_filled("customer") and row.is_filled("customer_name")):
            continue
        first = first_rows.setdefault(row["customer"], row)
        if first["customer_name"] != row["customer_name"]:
            facts = {"first": first.line, "customer": row["customer"], "name": first["customer_name"]}
            yield ImportProblem.of(row.line, "customer_name", ANOTHER_NAME, **facts)


def _save(session: Session, row: Row, contract: Contract | None, _actor_id: int | None) -> None:
    customer = _named_customer(session, row)
    if contract is None:
        contract = Contract(code=row["code"], customer=customer, service_hours={}, **USUAL)
        session.add(contract)
    elif contract.customer is not customer:
        _hand_over(session, contract, customer)
    overwrite(contract, row, "calendar", "zone", "service_hours", "holidays", "starts_on", "ends_on", *USUAL)
    overwrite(contract, row, "price_list")
    if contract.calendar is CalendarKind.ALWAYS:
        contract.service_hours, contract.holidays = {}, None
    for priority in Priority:
        _save_target(contract, row, priority)
    if not contract.targets:
        raise CellRefused(NO_TARGETS)


def _named_customer(session: Session, row: Row) -> Customer:
    customer = session.scalar(sa.select(Customer).where(Customer.code == row["customer"]))
    if customer is None:
        customer = Customer(code=row["customer"])
        session.add(customer)
    customer.name = row["customer_name"]
    return customer


def _hand_over(session: Session, contract: Contract, customer: Customer) -> None:
    """Let another customer pay: the sites of a contract belong to its customer."""
    contract.customer = customer
    # A new customer has no id before.
    session.flush()
    session.execute(sa.update(Site).where(Site.contract_id == contract.id).values(customer_id=customer.id))


def _save_target(contract: Contract, row: Row, priority: Priority) -> None:
    """Write what is owed for a priority; the file may have no columns for it, or empty ones to offer it no longer."""
    if _column(priority, RESPONSE) not in row:
        return
    target = next((target for target in contract.targets if target.priority is priority), None)
    if not row.is_filled(_column(priority, RESPONSE)):
        if target is not None:
            contract.targets.remove(target)
        return
    if target is None:
        target = ServiceTarget(priority=priority, late_cents_per_minute=0, breach_cents=0)
        contract.targets.append(target)
    target.response_minutes = row[_column(priority, RESPONSE)]
    target.resolution_minutes = row[_column(priority, RESOLUTION)]
    for name in PENALTIES:
        if _column(priority, name) in row:
            setattr(target, name, row[_column(priority, name)] or 0)


def _column(priority: Priority, name: str) -> str:
    return f"{priority.value.lower()}_{name}"


def _target_columns() -> Iterator[Column]:
    minutes, money = cells.whole(1, MAX_MINUTES), cells.whole(0)
    for priority, examples in EXAMPLES.items():
        for name, example in zip((RESPONSE, RESOLUTION, *PENALTIES), examples, strict=True):
            read = money if name in PENALTIES else minutes
            yield Column(_column(priority, name), read, example, required=False)


PRICE_LIST = reference(PriceList.code, UNKNOWN_PRICE_LIST)

CONTRACTS = Form(
    columns=(
        Column("code", cells.text(30), "RETAIL-24"),
        Column("customer", cells.text(30), "C-RIBEIRO"),
        Column("customer_name", cells.text(160), "Ribeiro & Filhos"),
        Column("calendar", cells.choice(CalendarKind), "service_hours"),
        Column("zone", cells.zone, "Europe/Lisbon"),
        Column("service_hours", cells.weekly_hours, "mon-fri 08:00-18:00 sat 09:00-13:00", required=False),
        Column("holidays", cells.holiday_country, "PT", required=False),
        Column("starts_on", cells.date, "2026-01-01", required=False),
        Column("ends_on", cells.date, "2027-12-31", required=False),
        *(
            Column(f"covers_{what}", cells.yes_or_no, "yes", required=False, empty=True)
            for what in ("parts", "labour", "travel")
        ),
        Column("price_list", cells.text(30), "STANDARD", required=False, refers_to=PRICE_LIST),
        Column("warned_role", cells.choice(RoleName), "dispatcher", required=False, empty=RoleName.DISPATCHER),
        Column("breach_role", cells.choice(RoleName), "manager", required=False, empty=RoleName.MANAGER),
        *_target_columns(),
    ),
    key=("code",),
    known=known_by("code", Contract.code, selectinload(Contract.targets), joinedload(Contract.customer)),
    check=_check,
    compare=_compare,
    save=_save,
    may_refuse=True,
)
