"""
Draws the plan of the demonstration's day for docs/planner.md: the routes on a map, and the day of each technician.

Run from the project's root: ``python -m benchmarks pictures``. The plan comes from a number of iterations, so that the
pictures change only when the planner does.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.day import Day, demonstration_day
from routing.engines import SolveOptions
from routing.problem import Problem
from routing.solution import Route, Solution, Stop, StopKind
from routing.solve import solve
from routing.travel import Point

FOLDER = Path(__file__).parents[1] / "docs" / "images"
ITERATIONS = 40_000
WIDTH, HEIGHT, EDGE = 860, 720, 12
ROW, LEFT, TOP = 22, 60, 26
# Both pictures follow the reader's choice of a light or a dark page.
STYLE = """<style>
text{font:11px sans-serif;fill:#57606a}.paper{fill:#fff}.rule{stroke:#d0d7de}.road{stroke:#8c959f}
.rest{fill:#afb8c1}.load{fill:#57606a}.late{stroke:#cf222e;stroke-width:2}.out{fill:none;stroke:#cf222e;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#9198a1}.paper{fill:#0d1117}.rule{stroke:#3d444d}.road{stroke:#656c76}
.rest{fill:#656c76}.load{fill:#b7bdc8}.late,.out{stroke:#f85149}}
</style>"""


def report() -> None:
    """Plan, draw, and print where the pictures are."""
    day = demonstration_day(1)
    solution = solve(day.problem, "hybrid", SolveOptions(iterations=ITERATIONS))
    for name, lines in (("plan-map.svg", draw_map(day, solution)), ("plan-timeline.svg", draw_timeline(day, solution))):
        (FOLDER / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"- `docs/images/{name}`, {(FOLDER / name).stat().st_size // 1024} kB")


def draw_map(day: Day, solution: Solution) -> Iterator[str]:
    """Every route as straight lines from stop to stop; late visits have a red rim, those left out are red rings."""
    places = _flattened(day.points)
    yield _head(WIDTH, HEIGHT)
    for color, route in _coloured(day.problem, solution):
        shift = day.problem.shifts[day.problem.shift_index[route.shift]]
        stops = [stop for stop in route.stops if stop.kind is not StopKind.BREAK]
        way = [places[k] for k in (shift.start_location, *(stop.location for stop in stops), shift.end_location)]
        line = " ".join(f"{x:.0f},{y:.0f}" for x, y in way)
        yield f'<polyline points="{line}" fill="none" stroke="{color}" stroke-width="1.5" stroke-linejoin="round"/>'
        x, y = way[0]
        yield f'<rect x="{x - 4:.0f}" y="{y - 4:.0f}" width="8" height="8" fill="{color}"/>'
        for stop, (x, y) in zip(stops, way[1:-1], strict=True):
            yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3.5" {_look(day.problem, stop, color)}/>'
    for left_out in solution.unserved:
        x, y = places[day.problem.visits[day.problem.visit_index[left_out.visit]].location]
        yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="6" class="out"/>'
    yield "</svg>"


def draw_timeline(day: Day, solution: Solution) -> Iterator[str]:
    """A row per technician: driving is a line, visits are bars in the route's colour, pick-ups and breaks grey."""
    problem = day.problem
    # Full hours of the clock, in the problem's seconds.
    first = (min(route.depart for route in solution.routes) + day.clock) // 3600 * 3600 - day.clock
    last = -(-(max(route.return_ for route in solution.routes) + day.clock) // 3600) * 3600 - day.clock
    scale = (WIDTH - LEFT - 20) / (last - first)
    bottom = TOP + ROW * len(solution.routes)
    yield _head(WIDTH, bottom + 8)
    for time in range(first, last + 1, 3600):
        x = LEFT + (time - first) * scale
        yield f'<line x1="{x:.0f}" x2="{x:.0f}" y1="{TOP - 6}" y2="{bottom}" class="rule"/>'
        yield f'<text x="{x:.0f}" y="{TOP - 10}" text-anchor="middle">{(time + day.clock) // 3600}:00</text>'
    for row, (color, route) in enumerate(_coloured(problem, solution)):
        y = TOP + ROW * row
        yield f'<text x="4" y="{y + 14}">{route.shift}</text>'
        x1, x2 = (LEFT + (time - first) * scale for time in (route.depart, route.return_))
        yield f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y + 10}" y2="{y + 10}" class="road"/>'
        for stop in route.stops:
            x, width = LEFT + (stop.start - first) * scale, (stop.leave - stop.start) * scale
            look = _look(problem, stop, color)
            yield f'<rect x="{x:.1f}" y="{y + 3}" width="{width:.1f}" height="14" rx="2" {look}/>'
    yield "</svg>"


def _head(width: int, height: int) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{STYLE}\n<rect class="paper" width="100%" height="100%"/>'


def _flattened(points: Sequence[Point]) -> list[tuple[float, float]]:
    """Where each point lies on the picture, north above; a degree of longitude shrinks with the latitude."""
    shrink = math.cos(math.radians(sum(point.lat for point in points) / len(points)))
    east, north = [point.lon * shrink for point in points], [point.lat for point in points]
    width, height = max(east) - min(east), max(north) - min(north)
    scale = min((WIDTH - 2 * EDGE) / width, (HEIGHT - 2 * EDGE) / height)
    left, top = (WIDTH - width * scale) / 2, (HEIGHT - height * scale) / 2
    return [(left + (x - min(east)) * scale, top + (max(north) - y) * scale) for x, y in zip(east, north, strict=True)]


def _coloured(problem: Problem, solution: Solution) -> Iterator[tuple[str, Route]]:
    for route in solution.routes:
        # Steps of the golden angle keep neighbours apart; this lightness shows on white and on black.
        yield f"hsl({round(137.5 * problem.shift_index[route.shift]) % 360},60%,50%)", route


def _look(problem: Problem, stop: Stop, color: str) -> str:
    if stop.kind is StopKind.BREAK:
        return 'class="rest"'
    if stop.kind is StopKind.DEPOT:
        return 'class="load"'
    due = problem.visits[problem.visit_index[stop.id]].due
    return f'fill="{color}"' + (' class="late"' if due is not None and stop.start > due else "")
