"""Where things lie on the board's timeline. Pure: moments in, percentages out."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.lanes import Lane

HOUR = dt.timedelta(hours=1)
# Shown when nobody works that day: an empty timeline is still a day.
USUAL_HOURS = (8, 18)


@dataclass(frozen=True)
class Scale:
    """The stretch of time that the timeline shows, from one full hour to another."""

    start: dt.datetime
    end: dt.datetime

    def at(self, moment: dt.datetime) -> float:
        """Return how far from the left a moment lies, in percent, held within the scale."""
        share = (moment - self.start) / (self.end - self.start)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def width(self, start: dt.datetime, end: dt.datetime) -> float:
        """Return how wide a stretch is, in percent."""
        return round(self.at(end) - self.at(start), 2)

    def shows(self, moment: dt.datetime) -> bool:
        """Whether the moment lies within the scale."""
        return self.start <= moment <= self.end

    @property
    def hours(self) -> list[dt.datetime]:
        """The full hours from start to end, both included."""
        return [self.start + step * HOUR for step in range(int((self.end - self.start) / HOUR) + 1)]


def scale_of(lanes: Iterable[Lane], midnight: dt.datetime) -> Scale:
    """Return a scale that holds every shift and stop; ``midnight`` is when the day begins where the firm is."""
    moments = [moment for lane in lanes for moment in _moments(lane)]
    if not moments:
        return Scale(midnight + USUAL_HOURS[0] * HOUR, midnight + USUAL_HOURS[1] * HOUR)
    start = min(moments)
    end = max(moments)
    return Scale(_full_hour(start), max(_full_hour(end + HOUR - dt.timedelta(seconds=1)), _full_hour(start) + HOUR))


def _moments(lane: Lane) -> Iterable[dt.datetime]:
    if lane.shift is not None:
        yield from (lane.shift.starts_at, lane.shift.ends_at)
    yield from (moment for moment in (lane.departs_at, lane.returns_at) if moment is not None)
    for stop in lane.stops:
        yield from (stop.arrives_at, stop.ends_at)


def _full_hour(moment: dt.datetime) -> dt.datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
