"""
Days of a field service as planning problems: seeded, from 20 to 10,000 visits, with everything the planner knows.

Run from the project's root: ``python -m benchmarks.field_days --visits 120 --technicians 20 --seed 3 -o day.json``.

Sites gather in towns, technicians live there too. A visit asks for a skill at a level, often for parts, now and then
for a tool; the few who hold a scarce skill, and scarce parts that no van carries in number, are what makes a day hard.
Urgent visits have a due time with lateness and breach costs, some visits are appointments, and the hours of a site are
hard. Costs are in seconds of travel. The same settings give the same problem on every machine and release of ours;
with roads, as long as the map file and the road rules stay the same.

The matrix is what fills memory. ``sites`` bounds it: above that many visits several share a place, as the devices of
one customer do. With the default of 3,000 sites, 10,000 visits and 300 technicians on 5 days have 3,303 locations:
44 MB in memory, 66 MB as JSON. With a place of its own for each visit they have 10,303: 425 MB, and 620 MB as JSON.
The distances are left out for the same reason; no cost depends on them.
"""

import argparse
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routing.formats.contract import write_problem
from routing.problem import Break, Depot, Overtime, Problem, Shift, Visit, Window
from routing.travel import Point, travel_times
from routing.travel.places import read_streets
from routing.travel.protocol import Int32Matrix, coordinates, great_circle_metres

Random = np.random.Generator

MIN_VISITS, MAX_VISITS = 20, 10_000
VISITS_PER_SHIFT = 6
DEFAULT_SITES = 3_000
MAP_FILE = Path(__file__).parents[1] / "demo_data" / "porto_portugal.osm.pbf"
ROADS_CACHE = Path(__file__).parents[1] / ".cache" / "roads"

HOUR, DAY = 3600, 86_400
CENTRE = Point(41.16, -8.62)
METRES_PER_DEGREE = 111_195.0
# Twenty technicians cover a town and its surroundings; more of them cover more ground at the same density.
RADIUS_METRES_OF_20 = 14_000.0
# As the great-circle estimate of ``routing.travel``, its fixed part split into setting off and arriving.
SECONDS_PER_METRE = 0.086
OVERHEAD_SECONDS = (30, 150)
# How much slower or faster one drive is than another of the same length.
ROAD_NOISE = 0.08
# Rows of the matrix computed at a time, so that the intermediate results stay small.
ROWS = 256


@dataclass(frozen=True)
class Skill:
    """What share of the visits asks for it, and what share of the technicians holds it."""

    name: str
    asked: float
    held: float


@dataclass(frozen=True)
class Part:
    """How often a visit needs it, in parts of all needs, and whether vans carry it."""

    name: str
    asked: float
    scarce: bool = False


@dataclass(frozen=True)
class Priority:
    """How urgent a visit is: hours from the start of its day until it is due (None: no due time), and its costs."""

    share: float
    due_hours: tuple[float, float] | None
    lateness_cost: float
    breach_cost: float
    unserved_cost: float


SKILLS = (
    Skill("printer", 0.34, 0.85),
    Skill("till", 0.26, 0.75),
    Skill("scanner", 0.18, 0.65),
    Skill("network", 0.12, 0.45),
    Skill("cooling", 0.06, 0.25),
    Skill("lift", 0.04, 0.2),
)
LEVEL_SHARES = (0.6, 0.3, 0.1)
HELD_LEVEL_SHARES = (0.25, 0.4, 0.35)
SECOND_SKILL_SHARE = 0.12
PARTS = (
    *(Part(name, 0.12) for name in ("battery", "fuser", "keyboard", "display", "cable", "sensor")),
    *(Part(name, 0.08, scarce=True) for name in ("mainboard", "compressor", "drive")),
)
NUM_PARTS_SHARES = (0.5, 0.38, 0.12)
TOOLS = ("probe", "loader")
TOOL_SHARE, TOOL_HELD = 0.06, 0.6
PRIORITIES = (
    Priority(0.12, (1.5, 4.0), 3.0, 3600.0, 144_000.0),
    Priority(0.38, (3.0, 7.5), 1.0, 1200.0, 72_000.0),
    Priority(0.30, (5.0, 9.5), 0.3, 300.0, 36_000.0),
    Priority(0.20, None, 0.0, 0.0, 28_800.0),
)
DURATION_MINUTES = ((20, 45), (40, 75), (70, 130))
DURATION_SHARES = (0.35, 0.45, 0.2)
SHIFT_STARTS = (7, 8, 9)
SHIFT_HOURS = 8.5
LUNCH = Break(1800, 11 * HOUR + 1800, 13 * HOUR + 1800)
# Of the sites that are not open all day: closed over noon.
SPLIT_HOURS: tuple[Window, ...] = ((8 * HOUR, 12 * HOUR), (14 * HOUR, 18 * HOUR))
SPLIT_SHARE = 0.2
SECOND_APPOINTMENT_SHARE = 0.3
# Of the need for a scarce part, what the depots have; vans carry a few more, wherever they are.
SCARCE_COVER = 0.85


@dataclass(frozen=True)
class Settings:
    """
    What kind of days to make.

    Parameters
    ----------
    visits
        20 to 10,000.
    technicians
        None: enough for six visits per technician and day.
    days
        1 to 31; every technician has one shift on each.
    seed
        Chooses the day; not negative.
    depots
        1 to 3. None: 1 up to 60 visits, 2 up to 300, else 3.
    sites
        Most places that visits are at; more visits share them.
    appointments
        Share of visits with an agreed window of two hours.
    roads
        Whether to drive on the streets of greater Porto instead of a plane with noise.
    """

    visits: int = 120
    technicians: int | None = None
    days: int = 1
    seed: int = 1
    depots: int | None = None
    sites: int = DEFAULT_SITES
    appointments: float = 0.2
    roads: bool = False

    def __post_init__(self) -> None:
        _require("visits", self.visits, MIN_VISITS, MAX_VISITS)
        _require("days", self.days, 1, 31)
        _require("technicians", self.num_technicians, 1, MAX_VISITS)
        _require("seed", self.seed, 0, 2**32 - 1)
        _require("depots", self.num_depots, 1, 3)
        _require("sites", self.sites, 1, MAX_VISITS)
        _require("appointments", self.appointments, 0, 1)

    @property
    def num_technicians(self) -> int:
        if self.technicians is not None:
            return self.technicians
        return math.ceil(self.visits / self.days / VISITS_PER_SHIFT)

    @property
    def num_depots(self) -> int:
        return self.depots if self.depots is not None else 1 + (self.visits > 60) + (self.visits > 300)

    @property
    def num_sites(self) -> int:
        return min(self.sites, self.visits)


def generate(settings: Settings) -> Problem:
    """
    The problem of these settings.

    Raises
    ------
    MapFileError
        With ``roads``, if the map of Porto is missing.
    """
    # One stream of numbers per matter, so that a change of one leaves the others as they were.
    where, who, what, when, stock = (np.random.default_rng([settings.seed, stream]) for stream in range(5))
    travel = on_roads(settings, where) if settings.roads else on_a_plane(settings, where)
    visits = make_visits(settings, what, when)
    return Problem(
        travel=travel,
        shifts=make_shifts(settings, who),
        visits=visits,
        depots=make_depots(settings, needed_parts(visits), stock),
    )


def on_a_plane(settings: Settings, random: Random) -> Int32Matrix:
    """Seconds among depots, homes and sites in that order: towns scattered over a disc, homes and sites around them."""
    radius = RADIUS_METRES_OF_20 * math.sqrt(settings.num_technicians / 20)
    num_towns = 3 + round(math.sqrt(settings.num_technicians))
    angle, reach = random.uniform(0, 2 * math.pi, num_towns), radius * np.sqrt(random.random(num_towns))
    towns = np.stack([reach * np.cos(angle), reach * np.sin(angle)], axis=1)
    size = random.pareto(1.5, num_towns) + 0.3
    num_others = settings.num_technicians + settings.num_sites
    town = random.choice(num_towns, num_others, p=size / size.sum())
    spread = random.normal(0, 1, (num_others, 2)) * (1200 + 1800 * random.random(num_others))[:, None]
    # The first depot is in the middle, the others in towns.
    depots = np.concatenate([np.zeros((1, 2)), towns[random.permutation(num_towns)[: settings.num_depots - 1]]])
    metres = np.concatenate([depots, towns[town] + spread])
    narrowing = math.cos(math.radians(CENTRE.lat))
    lat = np.round(CENTRE.lat + metres[:, 1] / METRES_PER_DEGREE, 6)
    lon = np.round(CENTRE.lon + metres[:, 0] / METRES_PER_DEGREE / narrowing, 6)
    points = [Point(float(y), float(x)) for y, x in zip(lat, lon, strict=True)]
    return drive_on_a_plane(points, random)


def drive_on_a_plane(points: list[Point], random: Random) -> Int32Matrix:
    """Asymmetric times between ``points``: setting off here, arriving there and the drive itself all differ."""
    n = len(points)
    lat, lon = coordinates(points)
    leave, arrive = (random.uniform(*OVERHEAD_SECONDS, n) for _ in range(2))
    seconds = np.empty((n, n), np.int32)
    for first in range(0, n, ROWS):
        rows = slice(first, min(first + ROWS, n))
        straight = great_circle_metres(lat[rows, None], lon[rows, None], lat[None, :], lon[None, :])
        noise = np.clip(random.normal(1, ROAD_NOISE, straight.shape), 1 - 2 * ROAD_NOISE, 1 + 2 * ROAD_NOISE)
        drive = leave[rows, None] + arrive[None, :] + SECONDS_PER_METRE * straight * noise
        seconds[rows] = np.ceil(drive)
    np.fill_diagonal(seconds, 0)
    return seconds


def on_roads(settings: Settings, random: Random) -> Int32Matrix:
    """As ``on_a_plane``, but on the streets of greater Porto, with more places where the town is lively."""
    places = [place for street in read_streets(MAP_FILE) for place in street.points]
    num_places = settings.num_depots + settings.num_technicians + settings.num_sites
    chance = np.array([place.centrality for place in places]) ** 2 + 1e-3
    # On a small map a large fleet has several homes and sites at one place.
    repeats = num_places > len(places) // 2
    chosen = random.choice(len(places), num_places, replace=repeats, p=chance / chance.sum())
    points = [places[i].point for i in chosen.tolist()]
    ROADS_CACHE.mkdir(parents=True, exist_ok=True)
    return travel_times("osm", map_file=MAP_FILE, cache_folder=ROADS_CACHE).matrix(points).seconds


def make_shifts(settings: Settings, random: Random) -> tuple[Shift, ...]:
    """Every technician's shifts, one per day, alike but for the day."""
    return tuple(shift for t in range(settings.num_technicians) for shift in _shifts_of(settings, t, random))


def _shifts_of(settings: Settings, t: int, random: Random) -> list[Shift]:
    home, name = settings.num_depots + t, f"T{t + 1:03}"
    start = int(random.choice(SHIFT_STARTS)) * HOUR
    skills, tools, trunk = (
        _skills_held(t, settings.num_technicians, random),
        _tools_held(random),
        _trunk(settings.days, random),
    )
    overtime = Overtime(int(random.choice([2700, 3600, 5400])), 1.5) if random.random() < 0.7 else None
    return [
        Shift(
            id=f"{name}/{day + 1}",
            technician=name,
            start_location=home,
            end_location=home,
            start=day * DAY + start,
            end=day * DAY + start + round(SHIFT_HOURS * HOUR),
            skills=skills,
            tools=tools,
            trunk=trunk,
            overtime=overtime,
            breaks=(Break(LUNCH.duration, day * DAY + LUNCH.earliest, day * DAY + LUNCH.latest),),
        )
        for day in range(settings.days)
    ]


def _skills_held(t: int, fleet: int, random: Random) -> dict[str, int]:
    """Levels by skill; every skill has two masters in a fleet however small, so that few visits are hopeless."""
    held = {skill.name: _draw_level(HELD_LEVEL_SHARES, random) for skill in SKILLS if random.random() < skill.held}
    masters = {skill.name for k, skill in enumerate(SKILLS) if t in {k % fleet, (k + (fleet + 1) // 2) % fleet}}
    return held | dict.fromkeys(sorted(masters), len(LEVEL_SHARES))


def _tools_held(random: Random) -> frozenset[str]:
    return frozenset(tool for tool in TOOLS if random.random() < TOOL_HELD)


def _trunk(days: int, random: Random) -> dict[str, int]:
    """What a van carries: some of most common parts, now and then one of a scarce part."""
    counts = {part.name: int(random.integers(0, 3)) * days for part in PARTS if not part.scarce}
    scarce = {part.name: int(random.random() < 0.08) for part in PARTS if part.scarce}
    return {name: count for name, count in (counts | scarce).items() if count}


def make_visits(settings: Settings, what: Random, when: Random) -> tuple[Visit, ...]:
    """All visits; every site has at least one."""
    first_site = settings.num_depots + settings.num_technicians
    split = when.random(settings.num_sites) < SPLIT_SHARE
    sites = [v % settings.num_sites for v in range(settings.visits)]
    return tuple(
        _visit(settings, f"V{v + 1:05}", first_site + site, what=what, when=when, split=bool(split[site]))
        for v, site in enumerate(sites)
    )


def _visit(settings: Settings, name: str, location: int, *, what: Random, when: Random, split: bool) -> Visit:
    priority = PRIORITIES[int(what.choice(len(PRIORITIES), p=[p.share for p in PRIORITIES]))]
    low, high = DURATION_MINUTES[int(what.choice(len(DURATION_MINUTES), p=DURATION_SHARES))]
    day = int(when.integers(settings.days))
    appointment = bool(when.random() < settings.appointments)
    due = None
    # Who agreed on an hour is not also waiting for a response.
    if priority.due_hours and not appointment:
        due = day * DAY + 7 * HOUR + round(when.uniform(*priority.due_hours) * HOUR)
    return Visit(
        id=name,
        location=location,
        duration=60 * int(what.integers(low, high + 1)),
        windows=_appointments(settings.days, day, when) if appointment else _open_hours(settings.days, split),
        due=due,
        lateness_cost=priority.lateness_cost if due is not None else 0.0,
        breach_cost=priority.breach_cost if due is not None else 0.0,
        unserved_cost=priority.unserved_cost,
        # What is due on a later day is often not reported before.
        release=day * DAY if due is not None and when.random() < 0.5 else 0,
        skills=_skills_asked(what),
        tools=frozenset({str(what.choice(TOOLS))}) if what.random() < TOOL_SHARE else frozenset(),
        parts=_parts_asked(what),
    )


def _open_hours(days: int, split: bool) -> tuple[Window, ...]:
    """Hours of a site on every day; none stated if it is always open."""
    if not split:
        return ()
    return tuple((day * DAY + opens, day * DAY + closes) for day in range(days) for opens, closes in SPLIT_HOURS)


def _appointments(days: int, day: int, random: Random) -> tuple[Window, ...]:
    """One agreed window of two hours, or two to choose from."""
    agreed = [day, int(random.integers(days))] if random.random() < SECOND_APPOINTMENT_SHARE else [day]
    starts = [on * DAY + 8 * HOUR + 1800 * int(random.integers(0, 13)) for on in agreed]
    return tuple((start, start + 2 * HOUR) for start in sorted(starts))


def _skills_asked(random: Random) -> dict[str, int]:
    num_skills = 1 + int(random.random() < SECOND_SKILL_SHARE)
    shares = [skill.asked for skill in SKILLS]
    asked = random.choice(len(SKILLS), num_skills, replace=False, p=shares).tolist()
    # A second skill is asked for at the lowest level: nobody is a master of two trades.
    levels = [_draw_level(LEVEL_SHARES, random), *[1] * (num_skills - 1)]
    return {SKILLS[i].name: level for i, level in zip(asked, levels, strict=True)}


def _draw_level(shares: Sequence[float], random: Random) -> int:
    return 1 + int(random.choice(len(shares), p=shares))


def _parts_asked(random: Random) -> dict[str, int]:
    num_parts = int(random.choice(len(NUM_PARTS_SHARES), p=NUM_PARTS_SHARES))
    shares = np.array([part.asked for part in PARTS])
    asked = random.choice(len(PARTS), num_parts, replace=False, p=shares / shares.sum()).tolist()
    return {PARTS[i].name: 1 + int(random.random() < 0.15) for i in sorted(asked)}


def needed_parts(visits: Sequence[Visit]) -> Mapping[str, int]:
    """Quantity of each part over all visits."""
    needed: Counter[str] = Counter()
    for visit in visits:
        needed.update(visit.parts)
    return needed


def make_depots(settings: Settings, needed: Mapping[str, int], random: Random) -> tuple[Depot, ...]:
    """Any number of common parts everywhere; scarce ones, hardly as many as are needed, spread over the depots."""
    stocks: list[dict[str, int | None]] = [
        {part.name: None for part in PARTS if not part.scarce} for _ in range(settings.num_depots)
    ]
    for part in PARTS:
        if part.scarce:
            quantity = round(SCARCE_COVER * needed.get(part.name, 0))
            spread = random.multinomial(quantity, [1 / len(stocks)] * len(stocks)).tolist()
            for stock, count in zip(stocks, spread, strict=True):
                stock[part.name] = count
    # Tools are lent at the first depot only.
    return tuple(
        Depot(location=d, duration=600 if d == 0 else 300, tools=frozenset(TOOLS if d == 0 else ()), parts=stock)
        for d, stock in enumerate(stocks)
    )


def _require(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"Expected {name} in {low}..{high}, got {value}.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the problem of the given settings."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.field_days", description="Make days to plan.")
    parser.add_argument("--visits", type=int, default=120)
    parser.add_argument("--technicians", type=int, help="default: enough for six visits per technician and day")
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--depots", type=int, help="1 to 3; default: by the number of visits")
    parser.add_argument("--sites", type=int, default=DEFAULT_SITES, help="most places, which bounds the matrix")
    parser.add_argument("--appointments", type=float, default=0.2, help="share of visits with an agreed window")
    parser.add_argument("--roads", action="store_true", help="drive on the streets of greater Porto")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="PROBLEM.json")
    chosen = vars(parser.parse_args(arguments))
    output = chosen.pop("output")
    try:
        settings = Settings(**chosen)
    except ValueError as error:
        parser.error(str(error))
    problem = generate(settings)
    write_problem(problem, output)
    sizes = f"{len(problem.visits)} visits, {len(problem.shifts)} shifts, {problem.num_locations} locations"
    print(f"{output}: {sizes}, {output.stat().st_size / 1e6:.1f} MB.")


if __name__ == "__main__":
    main()
