"""Finds the place on the road nearest to a point."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from routing.travel.errors import PointOffRoad
from routing.travel.network import Floats, Ints, RoadNetwork
from routing.travel.protocol import EARTH_RADIUS_METRES, Point, coordinates

# Segments are sampled at this spacing for the search tree; the answer is exact for any value.
SAMPLE_METRES = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """
    Places on the road, one per point.

    Attributes
    ----------
    road, vertex
        The road, and the vertex at which the segment begins that the place lies on.
    share
        How far along that segment, 0 to 1.
    gap_metres
        From the point to the place on the road, as the crow flies.
    metres, forward_seconds, backward_seconds
        The place in the measures of the network: from the road's first vertex to it, and from it back.
    lat, lon
        The place in degrees.
    """

    road: Ints
    vertex: Ints
    share: Floats
    gap_metres: Floats
    metres: Floats
    forward_seconds: Floats
    backward_seconds: Floats
    lat: Floats
    lon: Floats


class Snapper:
    """
    Nearest place on any road where a visit can start.

    Distances are taken on the sphere in three dimensions, so no map projection and no zone is involved.
    """

    def __init__(self, network: RoadNetwork) -> None:
        self.network = network
        self._vertex_xyz = on_sphere(network.lat, network.lon)
        segments = np.flatnonzero(network.stopping)
        start, end = self._vertex_xyz[segments], self._vertex_xyz[segments + 1]
        num_samples = np.ceil(np.linalg.norm(end - start, axis=1) / SAMPLE_METRES).astype(np.int64).clip(1)
        self._segment_of_sample = np.repeat(segments, num_samples)
        share = (ranks(num_samples) + 0.5) / np.repeat(num_samples, num_samples)
        samples = np.repeat(start, num_samples, axis=0)
        samples += share[:, None] * np.repeat(end - start, num_samples, axis=0)
        # Unbalanced trees answer as fast here and are built three times as fast.
        self._tree = cKDTree(samples, balanced_tree=False, compact_nodes=False)

    def snap(self, points: Sequence[Point], *, max_gap_metres: float, map_name: str) -> Snapped:
        """
        The nearest place on the road for each point.

        Raises
        ------
        PointOffRoad
            If a point has no road within ``max_gap_metres``; names the first such point and how many there are.
        """
        lat, lon = coordinates(points)
        xyz = on_sphere(lat, lon)
        vertex, share, gap = self._nearest(xyz)
        refuse_points_off_road(points, gap, max_gap_metres=max_gap_metres, map_name=map_name)

        def between(values: Floats) -> Floats:
            return np.asarray(values[vertex] + share * (values[vertex + 1] - values[vertex]))

        network = self.network
        return Snapped(
            road=(np.searchsorted(network.first_vertex, vertex, side="right") - 1).astype(np.int32),
            vertex=vertex.astype(np.int32),
            share=share,
            gap_metres=gap,
            metres=between(network.metres),
            forward_seconds=between(network.forward_seconds),
            backward_seconds=between(network.backward_seconds),
            lat=between(network.lat),
            lon=between(network.lon),
        )

    def _nearest(self, xyz: Floats) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        """Vertex, share and distance of the nearest place for each position."""
        to_sample, _ = self._tree.query(xyz)
        # The nearest place is no farther away than the nearest sample, and has a sample of its segment half a spacing
        # from it, so it is on one of these segments.
        candidates = self._tree.query_ball_point(xyz, to_sample + SAMPLE_METRES / 2 + 0.01, return_sorted=True)
        found = [
            self._best_of(position, self._segment_of_sample[near])
            for position, near in zip(xyz, candidates, strict=True)
        ]
        vertex, share, gap = np.array(found, dtype=np.float64).reshape(-1, 3).T
        return vertex.astype(np.int64), share, gap

    def _best_of(self, position: Floats, segments: npt.NDArray[np.int64]) -> tuple[int, float, float]:
        """The nearest of these segments: vertex, share along it, distance."""
        start = self._vertex_xyz[segments]
        step = self._vertex_xyz[segments + 1] - start
        length_squared = np.einsum("ij,ij->i", step, step)
        along = np.einsum("ij,ij->i", position - start, step)
        share = np.clip(np.divide(along, length_squared, out=np.zeros_like(along), where=length_squared > 0), 0, 1)
        gaps = np.linalg.norm(position - start - share[:, None] * step, axis=1)
        best = int(gaps.argmin())
        return int(segments[best]), float(share[best]), float(gaps[best])


def on_sphere(lat: Floats, lon: Floats) -> Floats:
    """Positions in metres from the Earth's centre, ``n`` x 3."""
    phi, lam = np.radians(lat), np.radians(lon)
    unit = np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)
    return np.asarray(unit * EARTH_RADIUS_METRES, dtype=np.float64)


def ranks(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """0, 1, ... ``count - 1`` for each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)


def refuse_points_off_road(points: Sequence[Point], gap: Floats, *, max_gap_metres: float, map_name: str) -> None:
    """Name the first point that has no road near enough."""
    off_road = np.flatnonzero(gap > max_gap_metres)
    if len(off_road) == 0:
        return
    first = int(off_road[0])
    others = f" ({len(off_road)} of {len(points)} points are affected)" if len(off_road) > 1 else ""
    raise PointOffRoad(
        f"The point {points[first]} is {gap[first] / 1000:.1f} km from the nearest road of {map_name}; "
        f"at most {max_gap_metres / 1000:g} km is allowed{others}. Correct the position or use a map that covers it."
    )
