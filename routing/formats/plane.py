"""
Euclidean distances between positions on a plane, as the public sets round them.

Distances are multiplied under the root, where whole coordinates keep every step exact: a distance of 5 in tenths is
50, never 49 for want of a last bit.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Position = tuple[float, float]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def exact(positions: Sequence[Position], scale: int = 1) -> Floats:
    """``n`` x ``n`` distances times ``scale``."""
    xy = np.array(positions, dtype=np.float64).reshape(-1, 2)
    squares = np.square(xy[:, None, :] - xy[None, :, :]).sum(axis=2)
    return np.asarray(np.sqrt(scale**2 * squares), dtype=np.float64)


def truncated(positions: Sequence[Position], scale: int) -> Ints:
    """As ``exact``, without what follows the last whole unit."""
    return np.floor(exact(positions, scale)).astype(np.int64)


def rounded_up(positions: Sequence[Position], scale: int) -> Ints:
    """As ``exact``, never shorter: what is on time with these is on time with the exact ones."""
    return np.ceil(exact(positions, scale)).astype(np.int64)


def nearest(positions: Sequence[Position], scale: int) -> Ints:
    """As ``exact``, to the nearest whole unit, halves up."""
    return np.floor(exact(positions, scale) + 0.5).astype(np.int64)
