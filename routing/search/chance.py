"""Random numbers whose state is an array, so that every island has its own and a run can be repeated."""

import numpy as np
import numpy.typing as npt

from routing.search.compiling import inlined_part


@inlined_part
def fraction(state: npt.NDArray[np.uint64]) -> float:
    """A number in [0, 1): xorshift64* (Vigna 2016, doi:10.1145/2845077)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return ((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(11)) * (1.0 / (1 << 53))


@inlined_part
def below(bound: int, state: npt.NDArray[np.uint64]) -> int:
    """A whole number in ``0..bound - 1``."""
    return int(fraction(state) * bound)


def random_state(seed: int, island: int) -> npt.NDArray[np.uint64]:
    """Where an island of a run begins; never zero, where the sequence would stay."""
    return np.random.SeedSequence([seed, island]).generate_state(1, np.uint64) | np.uint64(1)
