"""
From what a rival proposes to a plan that counts: exact times and breaks, depot stops where something lacks, and what is
left over inserted where it costs least.
"""

from collections.abc import Mapping, Sequence

from routing.assemble import assemble
from routing.engines.ortools_plan import realise
from routing.solution import Solution
from routing.timing import Timing

# Visits, by their position in the problem, in the order in which each shift serves them.
Proposal = Mapping[int, Sequence[int]]


def complete(timing: Timing, proposal: Proposal, *, engine: str, seed: int, seconds: float) -> Solution:
    """The plan closest to a proposal, whatever rules the rival's model did not know."""
    allowed = timing.tables.allowed
    proposal = {s: [v for v in visits if allowed[v, s]] for s, visits in proposal.items()}
    return assemble(realise(timing, proposal), engine=engine, seed=seed, seconds=seconds)
