"""
Travel matrices that are computed once and kept.

One growing matrix per provider: a day asks for the places it needs, and only a place never seen before costs a
computation. It is a cache: when two workers extend it at the same moment the later one wins and nothing is wrong.
"""

import functools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from core.db import reading
from dispatch.models.travel import TravelMatrixCache
from routing.travel import Point, PointOffRoad, TravelTimes
from routing.travel.protocol import Int32Matrix

Sessions = Callable[[], AbstractContextManager[Session]]

# Places are the same within about a decimetre; the sixth decimal of a degree is that fine.
DECIMALS = 6


@dataclass(frozen=True)
class KnownTravel:
    """Seconds and metres between ``points``, all of them reachable."""

    points: tuple[Point, ...]
    seconds: Int32Matrix
    metres: Int32Matrix

    def covers(self, point: Point) -> bool:
        """Whether ``point`` is one of the places."""
        return _key(point) in self._position

    def among(self, points: Sequence[Point]) -> "KnownTravel":
        """Return the part of the matrix for ``points``, in their order; each must be known."""
        rows = np.array([self._position[_key(point)] for point in points], dtype=np.intp)
        chosen = np.ix_(rows, rows)
        return KnownTravel(tuple(points), self.seconds[chosen], self.metres[chosen])

    @functools.cached_property
    def _position(self) -> dict[tuple[float, float], int]:
        return {_key(point): index for index, point in enumerate(self.points)}


EMPTY = KnownTravel((), np.zeros((0, 0), np.int32), np.zeros((0, 0), np.int32))


def unreachable(provider: TravelTimes, points: Sequence[Point]) -> list[Point]:
    """Return the points that no road of the provider's map comes near."""
    found = []
    for point in points:
        try:
            provider.table([point], [point])
        except PointOffRoad:
            found.append(point)
    return found


def known_travel(sessions: Sessions, provider: TravelTimes, points: Sequence[Point]) -> KnownTravel:
    """
    Return a matrix that covers every reachable point of ``points``.

    The computation runs outside any transaction.

    1. Read what is kept for this provider.
    2. If a point is new, drop those that no road comes near and compute the matrix over old and new together.
    3. Keep the larger matrix.
    """
    with reading(), sessions() as session:
        kept = _read(session, provider.name)
    fresh = list({_key(point): point for point in points if not kept.covers(point)}.values())
    if not fresh:
        return kept
    grown = _grow(kept, provider, fresh)
    if len(grown.points) > len(kept.points):
        with sessions() as session:
            _write(session, provider.name, grown)
            session.commit()
    return grown


def _grow(kept: KnownTravel, provider: TravelTimes, fresh: list[Point]) -> KnownTravel:
    try:
        return _extended(kept, provider, fresh)
    except PointOffRoad:
        # Rare and slow: ask about each new point alone, to leave out only those that are to blame.
        off_road = {_key(point) for point in unreachable(provider, fresh)}
        return _extended(kept, provider, [point for point in fresh if _key(point) not in off_road])


def _extended(kept: KnownTravel, provider: TravelTimes, fresh: list[Point]) -> KnownTravel:
    if not fresh:
        return kept
    points = (*kept.points, *fresh)
    if len(fresh) * 2 > len(points):
        whole = provider.matrix(points)
        return KnownTravel(points, whole.seconds, whole.metres)
    there = provider.table(fresh, points)
    back = provider.table(kept.points, fresh)
    return KnownTravel(
        points,
        np.vstack([np.hstack([kept.seconds, back.seconds]), there.seconds]),
        np.vstack([np.hstack([kept.metres, back.metres]), there.metres]),
    )


def _read(session: Session, provider: str) -> KnownTravel:
    row = session.get(TravelMatrixCache, provider)
    if row is None:
        return EMPTY
    coordinates = np.frombuffer(row.points, dtype="<f8").reshape(-1, 2)
    size = len(coordinates)
    return KnownTravel(
        tuple(Point(float(lat), float(lon)) for lat, lon in coordinates),
        np.frombuffer(row.seconds, dtype="<i4").reshape(size, size),
        np.frombuffer(row.metres, dtype="<i4").reshape(size, size),
    )


def _write(session: Session, provider: str, travel: KnownTravel) -> None:
    coordinates = np.array([(point.lat, point.lon) for point in travel.points], dtype="<f8")
    session.merge(
        TravelMatrixCache(
            provider=provider,
            points=coordinates.tobytes(),
            seconds=travel.seconds.astype("<i4").tobytes(),
            metres=travel.metres.astype("<i4").tobytes(),
        )
    )


def _key(point: Point) -> tuple[float, float]:
    return round(point.lat, DECIMALS), round(point.lon, DECIMALS)
