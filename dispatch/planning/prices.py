"""
What the planner weighs against what contracts ask for, in cents. One place, so that a dispatcher can be told why.

What a contract asks for itself is `dispatch.objective`.
"""

from dataclasses import dataclass

from customers.models import Priority

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Prices:
    """
    The organisation's prices.

    Driving is dearer than other working time because the van costs as well. ``unserved_cents`` are the base prices of
    leaving a job out, so high that a job is left out only when serving it would hurt others more.
    """

    travel_cents_per_hour: float = 3_000
    work_cents_per_hour: float = 600
    overtime_cents_per_hour: float = 4_500
    unserved_cents: tuple[tuple[Priority, float], ...] = (
        (Priority.P1, 60_000),
        (Priority.P2, 35_000),
        (Priority.P3, 20_000),
        (Priority.P4, 12_000),
    )

    @property
    def travel_per_second(self) -> float:
        return self.travel_cents_per_hour / SECONDS_PER_HOUR

    @property
    def work_per_second(self) -> float:
        return self.work_cents_per_hour / SECONDS_PER_HOUR

    @property
    def overtime_per_second(self) -> float:
        return self.overtime_cents_per_hour / SECONDS_PER_HOUR

    def unserved_base(self, priority: Priority) -> float:
        """What leaving a job of this priority out costs before any lateness."""
        return dict(self.unserved_cents)[priority]
