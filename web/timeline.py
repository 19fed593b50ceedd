"""Where things lie on the board's timeline. Pure: moments in, percentages out."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dispatch.lanes import Lane, LaneStop
from dispatch.week import WeekView

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

    def span(self, start: dt.datetime, end: dt.datetime) -> str:
        """Return where a stretch lies, for the ``style`` of its element: from the left (l) and how wide (w)."""
        return f"--l:{self.at(start):g};--w:{self.width(start, end):g}"

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


def week_scales(week: WeekView, midnights: Mapping[dt.date, dt.datetime]) -> dict[dt.date, Scale]:
    """Return a scale for each day of a week, all from the same hour to the same hour after its midnight."""
    inside = [
        moment - midnights[one.day]
        for _, days in week.rows
        for one in days
        for moment in (*((one.working.starts_at, one.working.ends_at) if one.working else ()), *sum(one.spans, ()))
    ]
    first = min(inside, default=USUAL_HOURS[0] * HOUR) // HOUR * HOUR
    last = -(-max(inside, default=USUAL_HOURS[1] * HOUR) // HOUR) * HOUR
    return {day: Scale(midnight + first, midnight + last) for day, midnight in midnights.items()}


def strip(spans: Iterable[tuple[dt.datetime, dt.datetime]], scale: Scale) -> str:
    """Return the outline of a day's stops for a drawing that is 100 wide and 10 high: one path for all of them."""
    return "".join(
        f"M{scale.at(start):g} 0h{scale.width(start, end):g}v10h-{scale.width(start, end):g}z" for start, end in spans
    )


def placed(stop: LaneStop, scale: Scale) -> str:
    """
    Return where a stop lies, for the ``style`` of its element.

    A visit also says when the technician arrives if that is before the work may begin (q), where its promised window
    lies (a, b), and where it is due (d); what lies outside the scale is left out.
    """
    found = scale.span(stop.starts_at, stop.ends_at)
    if stop.starts_at > stop.arrives_at:
        found += f";--q:{scale.at(stop.arrives_at):g}"
    if stop.job is None:
        return found
    start, end = stop.job.window_start, stop.job.window_end
    if start is not None and end is not None and end > scale.start and start < scale.end:
        found += f";--a:{scale.at(start):g};--b:{scale.width(start, end):g}"
    if stop.due is not None and scale.shows(stop.due):
        found += f";--d:{scale.at(stop.due):g}"
    return found


def _moments(lane: Lane) -> Iterable[dt.datetime]:
    if lane.shift is not None:
        yield from (lane.shift.starts_at, lane.shift.ends_at)
    yield from (moment for moment in (lane.departs_at, lane.returns_at) if moment is not None)
    for stop in lane.stops:
        yield from (stop.arrives_at, stop.ends_at)


def _full_hour(moment: dt.datetime) -> dt.datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
