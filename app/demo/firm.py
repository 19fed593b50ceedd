"""Whom the demonstration's firm serves, what it owes them, and when their shops are open."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.demo.catalogue import BASE, NIMBRA_GO, ONE, P7, R10, R15, T200, T300
from customers.models import CalendarKind, Priority

NAME = "Douro Terminais"
ZONE = "Europe/Lisbon"
CURRENCY = "EUR"

Hours = Mapping[str, list[list[str]]]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
WEEK = (*WEEKDAYS, "sat", "sun")


def hours(days: tuple[str, ...], *spans: tuple[str, str]) -> dict[str, list[list[str]]]:
    """The same hours on each of these days."""
    return {day: [list(span) for span in spans] for day in days}


def without(week: Hours, *closed: str) -> dict[str, list[list[str]]]:
    """A week but for its closing days."""
    return {day: spans for day, spans in week.items() if day not in closed}


P1, P2, P3, P4 = Priority


@dataclass(frozen=True)
class Target:
    """Response and resolution minutes for one priority, and what missing the response costs."""

    response_minutes: int
    resolution_minutes: int
    late_cents_per_minute: int
    breach_cents: int


# A till that stands still costs a supermarket more than a florist, and so does our lateness.
FAST = {
    P1: Target(120, 240, 60, 6000),
    P2: Target(240, 480, 25, 2500),
    P3: Target(540, 1440, 8, 800),
    P4: Target(2160, 4320, 3, 300),
}
USUAL = {
    P1: Target(120, 300, 40, 4000),
    P2: Target(240, 540, 15, 1500),
    P3: Target(420, 960, 5, 500),
    P4: Target(1080, 2160, 2, 200),
}
PLAIN = {
    P1: Target(180, 480, 25, 2500),
    P2: Target(300, 600, 10, 1000),
    P3: Target(480, 960, 4, 400),
    P4: Target(960, 1920, 2, 0),
}


@dataclass(frozen=True)
class ContractSpec:
    """A contract; ``holidays`` is the country whose public holidays stop its clocks, or None."""

    code: str
    calendar: CalendarKind
    service_hours: Hours
    holidays: str | None
    targets: Mapping[Priority, Target]


@dataclass(frozen=True)
class Trade:
    """
    A customer with its kind of shops.

    ``shops`` is a share, ``names`` are patterns of shop names, ``openings`` the opening hours with how often they
    occur, ``models`` the device models with how often they stand there, ``most_devices`` the most in one shop.
    """

    customer_code: str
    customer: str
    contract: ContractSpec
    shops: int
    names: tuple[str, ...]
    openings: tuple[tuple[int, Hours], ...]
    models: Mapping[str, int]
    most_devices: int = 2


ALWAYS, SERVICE_HOURS = CalendarKind

TRADES = (
    Trade(
        "LAR",
        "Supermercados Larandeira",
        ContractSpec("LAR-24", ALWAYS, {}, None, FAST),
        42,
        ("Larandeira {street}",),
        ((3, hours(WEEK, ("08:00", "21:00"))), (2, hours(WEEK, ("08:30", "22:00")))),
        {R15: 6, BASE: 3, P7: 2},
        most_devices=3,
    ),
    Trade(
        "NVL",
        "Combustíveis Norvale",
        ContractSpec("NVL-24", ALWAYS, {}, None, FAST),
        20,
        ("Norvale {street}",),
        ((1, hours(WEEK, ("00:00", "24:00"))), (2, hours(WEEK, ("06:00", "24:00")))),
        {R10: 3, BASE: 2, T200: 2},
    ),
    Trade(
        "RDV",
        "Farmácias Rosa dos Ventos",
        ContractSpec("RDV-6", SERVICE_HOURS, hours((*WEEKDAYS, "sat"), ("08:00", "20:00")), "PT", USUAL),
        45,
        ("Farmácia {saint}", "Farmácia {surname}", "Farmácia {thing}"),
        (
            (4, hours(WEEKDAYS, ("08:30", "19:30")) | hours(("sat",), ("09:00", "13:00"))),
            (2, hours(WEEKDAYS, ("09:00", "13:00"), ("14:30", "19:30")) | hours(("sat",), ("09:00", "13:00"))),
            (2, hours(WEEK, ("08:00", "22:00"))),
        ),
        {T200: 4, BASE: 3, P7: 2},
    ),
    Trade(
        "MOA",
        "Cafés Moagem & Companhia",
        ContractSpec("MOA-7", SERVICE_HOURS, hours(WEEK, ("07:00", "21:00")), None, USUAL),
        48,
        ("Café {thing}", "Pastelaria {thing}", "Padaria {thing}", "Confeitaria {surname}"),
        (
            (3, hours(WEEK, ("07:00", "20:00"))),
            (2, without(hours(WEEK, ("07:30", "19:30")), "mon")),
            (1, without(hours(WEEK, ("07:00", "19:00")), "sun")),
        ),
        {ONE: 4, T300: 3, NIMBRA_GO: 3},
    ),
    Trade(
        "MFD",
        "Mesas à Foz do Douro",
        ContractSpec("MFD-7", SERVICE_HOURS, hours(WEEK, ("09:00", "23:00")), None, USUAL),
        36,
        ("Restaurante {thing}", "Tasca {surname}", "Casa {surname}", "Churrasqueira {thing}"),
        (
            (3, without(hours(WEEK, ("10:30", "15:30"), ("18:30", "23:00")), "mon")),
            (2, without(hours(WEEK, ("11:00", "15:00"), ("18:30", "23:00")), "sun")),
            (2, hours(WEEK, ("11:00", "23:00"))),
        ),
        {ONE: 4, T300: 4, R10: 2},
        most_devices=3,
    ),
    Trade(
        "AMA",
        "Amaranto Moda",
        ContractSpec("AMA-6", SERVICE_HOURS, hours((*WEEKDAYS, "sat"), ("08:00", "20:00")), "PT", USUAL),
        24,
        ("Amaranto {street}",),
        ((2, hours((*WEEKDAYS, "sat"), ("10:00", "19:30"))), (2, hours(WEEK, ("10:00", "22:00")))),
        {R10: 4, BASE: 3, ONE: 2},
    ),
    Trade(
        "UCP",
        "União dos Comerciantes do Porto",
        ContractSpec("UCP-5", SERVICE_HOURS, hours(WEEKDAYS, ("09:00", "18:00")), "PT", PLAIN),
        45,
        (
            "Florista {thing}",
            "Livraria {surname}",
            "Ferragens {surname}",
            "Talho {surname}",
            "Ótica {thing}",
            "Cabeleireiro {first}",
            "Mercearia {thing}",
            "Sapataria {surname}",
            "Papelaria {thing}",
        ),
        (
            (4, hours(WEEKDAYS, ("09:00", "12:30"), ("14:30", "19:00")) | hours(("sat",), ("09:00", "13:00"))),
            (2, without(hours((*WEEKDAYS, "sat"), ("09:30", "19:00")), "mon")),
            (2, hours((*WEEKDAYS, "sat"), ("09:00", "19:00"))),
        ),
        {T200: 4, P7: 3, NIMBRA_GO: 3, T300: 2},
    ),
)
