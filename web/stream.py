"""
Telling pages that something changed while somebody looks at them.

``/stream`` is a stream of server-sent events; a page that cannot have one asks ``/stream/now`` every two seconds. Both
name topics and nothing else: the page fetches what it shows from where it got it. What happens in the database is read
once a second, whoever looks on, by whichever listener comes first.
"""

import json
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from flask import Blueprint, Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from core.access import allow
from core.accounts import RoleName
from core.db import db, reading
from core.errors import N_, DomainError, Kind
from desk.queries import ticket_marks
from dispatch.live.pulse import OF_DAY, Marks, read_marks, topics_changed
from web.caller import may_open
from web.forms import day_asked_for

pages = Blueprint("stream", __name__)
log = logging.getLogger(__name__)

WATCHERS = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER, RoleName.WAREHOUSE)
# Threads that are never given to listeners, so that pages are answered however many look on.
THREADS_KEPT = 6
# So many changes are remembered for pages that come back; whoever was away for longer hears that everything changed.
REMEMBERED = 300
# Everything that a page can ask for, told to those whose past is forgotten.
TOPICS = frozenset(
    {"plan", "run", "jobs", "visits", "events", "people", "positions", "notices", "conflicts", "tickets", "stock"}
)
# Under this name the service keeps its watch.
EXTENSION = "watch"
# The pages that tell what changed since they were made.
LIVE_PAGES = frozenset({"board", "live", "jobs", "tickets", "notices", "conflicts", "plans", "promises", "inbox"})
# So many jobs can be named by one page.
MOST_JOBS = 20


class TooManyListeners(DomainError):
    code = "too_many_listeners"
    kind = Kind.UNAVAILABLE
    sentence = N_("Too many windows listen already. Ask /stream/now every two seconds instead.")


@dataclass(frozen=True)
class Pace:
    """How often listeners are told, how old what they are told may be, and after how long they have to come again."""

    tick_seconds: float = 1.0
    fresh_seconds: float = 0.8
    life_seconds: float = 240.0


@dataclass(frozen=True)
class Interest:
    """What a page looks at: one day, and some jobs by number."""

    day: str
    jobs: frozenset[str]

    def of(self, topics: Collection[str]) -> list[str]:
        """Name the topics that concern the page, without the day, which it knows."""
        told = set()
        for topic in topics:
            name, at, day = topic.partition(OF_DAY)
            about_job = ":" in topic
            if (at and day != self.day) or (about_job and topic.partition(":")[2] not in self.jobs):
                continue
            told.add(name)
        return sorted(told)

    def everything(self) -> list[str]:
        return sorted(TOPICS | {f"{about}:{number}" for number in self.jobs for about in ("job", "viewers")})


@dataclass
class Watch:
    """
    The marks as they were last read, and which topics changed at which revision; one for all listeners of a process.

    ``room`` is how many may listen at the same time.
    """

    read: Callable[[], Marks]
    room: int
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        # Revisions of another process, or of this one before it was started again, mean nothing here.
        self._name = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._marks: Marks | None = None
        self._read_at = float("-inf")
        self._changes: deque[frozenset[str]] = deque(maxlen=REMEMBERED)
        self._number = 0
        self._listeners = 0
        self.stopping = False

    @property
    def revision(self) -> str:
        """The name of what was last read."""
        return f"{self._name}.{self._number}"

    @property
    def has_room(self) -> bool:
        return self._listeners < self.room

    def look(self) -> str:
        """Read the marks if they are not fresh any more, and return the revision."""
        with self._lock:
            if time.monotonic() - self._read_at >= self.pace.fresh_seconds:
                marks = self.read()
                changed = topics_changed(self._marks, marks) if self._marks is not None else frozenset()
                if changed:
                    self._changes.append(changed)
                    self._number += 1
                self._marks, self._read_at = marks, time.monotonic()
            return self.revision

    def since(self, revision: str, interest: Interest) -> list[str]:
        """Return the topics that changed since a revision, and concern somebody."""
        name, _, number = revision.partition(".")
        with self._lock:
            missed = self._number - int(number) if name == self._name and number.isdecimal() else -1
            if not 0 <= missed <= len(self._changes):
                return interest.everything()
            recent = list(self._changes)[len(self._changes) - missed :]
        return interest.of(frozenset().union(*recent))

    def enter(self) -> None:
        """Count a listener; raises TooManyListeners."""
        with self._lock:
            if not self.has_room:
                raise TooManyListeners
            self._listeners += 1

    def leave(self) -> None:
        with self._lock:
            self._listeners -= 1

    def stop(self) -> None:
        """Let every listener end with its next tick. Called by a signal, so nothing is locked here."""
        self.stopping = True

    def listen(self, revision: str, interest: Interest) -> Iterator[str]:
        """Yield what changed since a revision, and a sign of life with every tick, until it is time to come again."""
        ends_at = time.monotonic() + self.pace.life_seconds
        yield f"retry: {round(self.pace.tick_seconds * 2000)}\n\n"
        while time.monotonic() < ends_at and not self.stopping:
            try:
                now = self.look()
            except OperationalError as error:
                log.warning("The stream ends, the database did not answer: %s", error)
                return
            topics = self.since(revision, interest)
            # Whoever has gone is noticed by writing only, and makes room for others.
            yield _event(now, topics) if topics or now != revision else ":\n\n"
            revision = now
            time.sleep(self.pace.tick_seconds)


@pages.get("/stream")
@allow(*WATCHERS)
def events() -> ResponseReturnValue:
    """Answer a stream of what changes for a page; refused when all the room for listeners is taken."""
    watch, interest = _watch(), _interest()
    _let_go()
    since = request.headers.get("Last-Event-ID") or request.args.get("since") or watch.look()
    watch.enter()
    answer = Response(watch.listen(since, interest), mimetype="text/event-stream")
    answer.call_on_close(watch.leave)
    # Proxies would keep the stream back until it ends.
    answer.headers["X-Accel-Buffering"] = "no"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@pages.get("/stream/now")
@allow(*WATCHERS)
def now() -> ResponseReturnValue:
    """Answer what changed since a revision, for pages that have no stream, and whether there is room for one."""
    watch, interest = _watch(), _interest()
    _let_go()
    revision = watch.look()
    topics = watch.since(request.args.get("since") or revision, interest)
    return {"revision": revision, "topics": topics, "room": watch.has_room}, {"Cache-Control": "no-store"}


def register(app: Flask) -> None:
    """Give the service its watch, and let pages name the revision that they show."""

    def read() -> Marks:
        # A listener goes on long after its request has ended, so the session is one of its own.
        with app.app_context(), reading():
            session = db.session()
            return {**read_marks(session), **ticket_marks(session)}

    room = max(1, app.extensions["wrenchway"].web_threads - THREADS_KEPT)
    app.extensions[EXTENSION] = Watch(read, room)
    app.before_request(_note_revision)
    app.add_template_global(lambda: g.get("shown_revision", ""), "shown_revision")


def _note_revision() -> None:
    """Note what a page will show before it reads anything: what changes while it does is told to it later."""
    # Whoever is about to be turned away causes no reading.
    if request.method == "GET" and request.blueprint in LIVE_PAGES and may_open(request.endpoint or ""):
        g.shown_revision = _watch().look()


def _let_go() -> None:
    """Give back the connection with which the caller was looked up: whoever reads the marks takes one of its own."""
    db.session.rollback()


def _interest() -> Interest:
    jobs = [number for number in request.args.get("jobs", "").split(",") if number]
    return Interest(day_asked_for().isoformat(), frozenset(jobs[:MOST_JOBS]))


def _watch() -> Watch:
    made: Watch = current_app.extensions[EXTENSION]
    return made


def _event(revision: str, topics: list[str]) -> str:
    return f"id: {revision}\nevent: changed\ndata: {json.dumps({'topics': topics})}\n\n"
