"""The client of the road server, against a small server that speaks the same interface."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from routing.travel import Point, PointOffRoad, RoadServerError
from routing.travel.osrm import OsrmSettings, OsrmTravelTimes

POINTS = [Point(41.0, -8.0), Point(41.1, -8.2), Point(41.2, -8.5), Point(41.3, -8.1), Point(41.4, -8.3)]
Answer = tuple[int, bytes]


def in_json(status: int, answer: object) -> Answer:
    return status, json.dumps(answer).encode()


def seconds_between(origin: Point, destination: Point) -> float:
    """What the small server answers: different in each direction."""
    return 1000 * abs(origin.lat - destination.lat) + 100 * max(0.0, destination.lon - origin.lon) + 0.25


def answer_properly(service: str, points: list[Point], query: dict[str, list[str]]) -> Answer:
    if service == "route":
        line = [[point.lon, point.lat] for point in points]
        return in_json(200, {"code": "Ok", "routes": [{"geometry": {"coordinates": line}}]})
    rows = [points[int(i)] for i in query["sources"][0].split(";")]
    columns = [points[int(i)] for i in query["destinations"][0].split(";")]
    durations = [[seconds_between(row, column) for column in columns] for row in rows]
    return in_json(200, {"code": "Ok", "durations": durations, "distances": [[10 * s for s in r] for r in durations]})


@dataclass
class SmallServer:
    """Counts the points of each request; what it answers can be replaced."""

    answer: Callable[[str, list[Point], dict[str, list[str]]], Answer] = answer_properly
    request_sizes: list[int] = field(default_factory=list)
    url: str = ""

    def reply(self, path: str) -> Answer:
        parts = urlsplit(path)
        _, service, version, profile, places = parts.path.split("/")
        assert (version, profile) == ("v1", "driving")
        points = [Point(float(lat), float(lon)) for lon, lat in (place.split(",") for place in places.split(";"))]
        self.request_sizes.append(len(points))
        return self.answer(service, points, parse_qs(parts.query, separator="&"))


@pytest.fixture
def server() -> Iterator[SmallServer]:
    small = SmallServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = small.reply(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """The test's output is no place for an access log."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    small.url = f"http://127.0.0.1:{http.server_port}"
    yield small
    http.shutdown()
    thread.join()
    http.server_close()


def client(server: SmallServer, max_table_size: int = 100) -> OsrmTravelTimes:
    return OsrmTravelTimes(OsrmSettings(url=server.url, max_table_size=max_table_size))


def test_times_are_rounded_up_and_differ_by_direction(server: SmallServer) -> None:
    answer = client(server).matrix(POINTS[:2])

    assert answer.seconds.tolist() == [[0, 101], [121, 0]]
    assert answer.metres.tolist() == [[0, 1003], [1203, 0]]


def test_a_large_table_is_asked_for_in_blocks(server: SmallServer) -> None:
    in_blocks = client(server, max_table_size=4).matrix(POINTS)
    at_once = client(server).matrix(POINTS)

    assert (in_blocks.seconds == at_once.seconds).all()
    assert server.request_sizes == [4, 4, 3, 4, 4, 3, 3, 3, 2, 10]


def test_a_path_follows_the_servers_line(server: SmallServer) -> None:
    path = client(server).path(POINTS[0], POINTS[1])

    assert path == [POINTS[0], POINTS[0], POINTS[1], POINTS[1]]
    assert len(client(server).paths(POINTS)) == 4


def test_points_that_the_map_does_not_join_are_named(server: SmallServer) -> None:
    nothing = {"code": "Ok", "durations": [[0, None], [1, 0]], "distances": [[0, None], [1, 0]]}
    server.answer = lambda *_: in_json(200, nothing)

    with pytest.raises(PointOffRoad, match=r"no way from 41\.00000, -8\.00000 to 41\.10000, -8\.20000"):
        client(server).matrix(POINTS[:2])


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (in_json(400, {"code": "TooBig", "message": "Too many"}), RoadServerError, r"refused .* \(TooBig: Too many\)"),
        (in_json(400, {"code": "NoSegment", "message": "no edge"}), PointOffRoad, r"cannot reach one of 4 points"),
        ((200, b"<html>hello</html>"), RoadServerError, "something that is not JSON"),
        ((502, b"Bad gateway"), RoadServerError, "something that is not JSON"),
        (in_json(200, ["Ok"]), RoadServerError, "JSON that is not an object"),
        (in_json(200, {}), RoadServerError, "no code"),
        (in_json(200, {"code": "Ok"}), RoadServerError, "no usable 'durations'"),
        (in_json(200, {"code": "Ok", "durations": [[1, 2]]}), RoadServerError, r"shape \(1, 2\) where \(2, 2\)"),
        (in_json(200, {"code": "Ok", "durations": [["a", 2], [3, 4]]}), RoadServerError, "no usable 'durations'"),
        (in_json(200, {"code": "Ok", "durations": [[0, -2], [3, 0]]}), RoadServerError, "outside 0 to"),
    ],
)
def test_a_useless_answer_is_explained(
    server: SmallServer, answer: Answer, error: type[Exception], sentence: str
) -> None:
    server.answer = lambda *_: answer

    with pytest.raises(error, match=sentence):
        client(server).matrix(POINTS[:2])


def test_a_route_without_a_line_is_explained(server: SmallServer) -> None:
    server.answer = lambda *_: in_json(200, {"code": "Ok", "routes": []})

    with pytest.raises(RoadServerError, match="a route without a line"):
        client(server).path(POINTS[0], POINTS[1])


def test_a_server_that_is_not_there_is_explained(server: SmallServer) -> None:
    # Port 9 of this machine: nothing listens there.
    gone = OsrmTravelTimes(OsrmSettings(url="http://127.0.0.1:9"))

    with pytest.raises(RoadServerError, match=r"127\.0\.0\.1:9 did not answer .* choose the travel provider osm"):
        gone.matrix(POINTS)


def test_a_server_that_is_silent_is_given_up(server: SmallServer) -> None:
    released = threading.Event()

    def wait(*_: object) -> Answer:
        released.wait(5)
        return in_json(200, {})

    server.answer = wait
    impatient = OsrmTravelTimes(OsrmSettings(url=server.url, timeout_seconds=0.05))

    with pytest.raises(RoadServerError, match=r"did not answer within 0\.05 s"):
        impatient.matrix(POINTS[:2])
    released.set()


def test_the_name_follows_server_and_map() -> None:
    one, other = (OsrmTravelTimes(OsrmSettings(url="http://roads:5000/", map_version=v)).name for v in ("1", "2"))

    assert one == "osrm-http://roads:5000-driving-1"
    assert other != one
