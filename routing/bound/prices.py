"""Prices of what routes share, and the columns of the master problem that they are paid for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.tables import Floats

# The three visits of a cut.
Cut = tuple[int, int, int]

# By how much fractions must exceed one route to be worth a cut, and how many cuts of a round may share a visit.
MIN_VIOLATION, MOST_PER_VISIT = 0.02, 4


@dataclass(frozen=True)
class Column:
    """A relaxed route of a group: its visits in order (one may come twice), its cost, what it loads of scarce stock."""

    group: int
    visits: tuple[int, ...]
    cost: float
    draws: Mapping[int, int] = field(default_factory=dict)

    def crossings(self, cut: Cut) -> int:
        """How often a cut counts the route: once for every two of its visits."""
        return sum(visit in cut for visit in self.visits) // 2

    @property
    def has_cycle(self) -> bool:
        return len(set(self.visits)) < len(self.visits)


@dataclass(frozen=True, eq=False)
class Prices:
    """
    What everything shared is worth: dual values, none negative.

    Parameters
    ----------
    visits
        What serving each visit earns, at most what leaving it out costs.
    stocks
        Per piece of each scarce stock.
    groups
        What one more shift of each group would save.
    cuts
        Of crossing each cut once.
    """

    visits: Floats
    stocks: Floats
    groups: Floats
    cuts: Floats

    def toward(self, other: "Prices", share: float) -> "Prices":
        """The mean of these prices and others, which have ``share`` of the weight."""
        return Prices(
            *(
                (1 - share) * mine + share * theirs
                for mine, theirs in (
                    (self.visits, other.visits),
                    (self.stocks, other.stocks),
                    (self.groups, other.groups),
                    (self.cuts, other.cuts),
                )
            )
        )

    def with_cuts(self, cuts: Sequence[float]) -> "Prices":
        """The same, with other prices of cuts."""
        return Prices(self.visits, self.stocks, self.groups, np.array(cuts, np.float64))

    def reduced_cost(self, column: Column, cuts: Sequence[Cut]) -> float:
        """What a column costs more than it is worth."""
        cost = column.cost - float(self.visits[list(column.visits)].sum()) + float(self.groups[column.group])
        cost += sum(float(self.stocks[stock]) * count for stock, count in column.draws.items())
        return cost + sum(float(p) * column.crossings(cut) for p, cut in zip(self.cuts, cuts, strict=True) if p)


def violated_cuts(weights: Sequence[tuple[Column, float]], num_visits: int, most: int) -> list[Cut]:
    """
    Triples of visits of which fractions of routes serve two, more than one in sum; of whole routes one at most can.

    Subset-row cuts (Jepsen, Petersen, Spoorendonk & Pisinger 2008, doi:10.1287/opre.1070.0449), most violated first.
    """
    serves, weight = np.zeros((len(weights), num_visits)), np.array([weight for _, weight in weights])
    for row, (column, _) in zip(serves, weights, strict=True):
        row[list(column.visits)] = 1.0
    pairs = serves.T @ (serves * weight[:, None])
    np.fill_diagonal(pairs, 0.0)
    found: dict[Cut, float] = {}
    for i, j in np.argwhere(np.triu(pairs) > 1e-6).tolist():
        # Whatever serves all three has been counted three times.
        all_three = (weight * serves[:, i] * serves[:, j]) @ serves
        excess = pairs[i, j] + pairs[i] + pairs[j] - 2 * all_three - 1
        excess[[i, j]] = 0.0
        for k in np.flatnonzero(excess > MIN_VIOLATION).tolist():
            a, b, c = sorted((i, j, k))
            found[a, b, c] = float(excess[k])
    return _spread(sorted(found, key=lambda cut: (-found[cut], cut)), most)


def _spread(found: Sequence[Cut], most: int) -> list[Cut]:
    """The first cuts, few with the same visit, which would say the same."""
    times: dict[int, int] = {}
    chosen: list[Cut] = []
    for cut in found:
        if len(chosen) < most and all(times.get(visit, 0) < MOST_PER_VISIT for visit in cut):
            chosen.append(cut)
            for visit in cut:
                times[visit] = times.get(visit, 0) + 1
    return chosen
