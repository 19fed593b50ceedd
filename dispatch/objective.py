"""
The contract as the objective: the one rule by which what is owed becomes what a plan pays.

A job has one clock that counts: the response until somebody was on site, then the resolution. Its due time, the price
of each minute after it and the price of missing it at all are the contract's, by priority. A plan pays them for a visit
that begins late; for a job that it leaves out it pays what the job will have collected by its next chance, and a base
price by priority on top, so that nothing is left out only because it is not due yet.

Pure; cents throughout.
"""

import datetime as dt
from dataclasses import dataclass

from customers.models import Priority


@dataclass(frozen=True)
class Penalty:
    """What a job costs by contract: so much for its minutes, so much for the miss itself."""

    lateness_cents: int = 0
    breach_cents: int = 0

    @property
    def cents(self) -> int:
        return self.lateness_cents + self.breach_cents


@dataclass(frozen=True)
class Stake:
    """What is owed for a job, and what missing it costs."""

    priority: Priority
    due: dt.datetime
    late_cents_per_minute: int
    breach_cents: int

    @property
    def late_cents_per_second(self) -> float:
        return self.late_cents_per_minute / 60

    def penalty(self, begins_at: dt.datetime) -> Penalty:
        """
        What the contract asks for when the work begins at a moment, to the cent.

        Lateness is counted by the wall clock and by the second: a shop that waits overnight waits.
        """
        late = (begins_at - self.due).total_seconds()
        if late <= 0:
            return Penalty()
        return Penalty(round(late * self.late_cents_per_minute / 60), self.breach_cents)

    def unserved_cents(self, base_cents: float, next_chance: dt.datetime) -> float:
        """What leaving the job out costs when it can be served at ``next_chance`` at the earliest."""
        late = (next_chance - self.due).total_seconds()
        if late <= 0:
            return base_cents
        return base_cents + self.breach_cents + late * self.late_cents_per_second
