"""
`make run`: prepare what is missing, then run the web server and the background worker until told to stop.

Every step says what it does. Steps that only a first start needs leave a mark and are skipped afterwards.
"""

import functools
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from types import FrameType

from flask import Flask

from app.config import ROOT, Config, ConfigError
from app.database import SchemaError, open_database
from app.log import set_up_log
from app.preparation import STEPS, StepFailed, logins
from app.processes import die_with_parent

START_SECONDS = 60
STOP_SECONDS = 15
# A child that dies so often in a minute will not come up by trying again.
MAX_RESTARTS = 5

# E-mail, password and role.
Login = tuple[str, str, str]


class StartError(Exception):
    """Why the service cannot start, and what to do about it."""


def main() -> None:
    """Start everything; exit 1 with a sentence when that is impossible."""
    # Lines appear as they are printed, also when the output goes into a file.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        config = Config.from_environment()
        refuse_taken_port(config)
        logins = prepare(config)
        Supervisor(config, welcome(config, logins)).run()
    except (ConfigError, SchemaError, StartError) as error:
        sys.exit(f"\n{error}")


def refuse_taken_port(config: Config) -> None:
    """
    Try the address before anything is started.

    Raises
    ------
    StartError
        If something else listens there or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            raise StartError(
                f"Port {config.port} on {config.host} cannot be used ({error.strerror}). "
                f"Stop what runs there or choose another: PORT={config.port + 1} make run"
            ) from error


def prepare(config: Config) -> list[Login]:
    """
    Bring the database forward, load the demonstration into an empty one, compile the planner, read the map.

    Returns the demonstration's logins.
    """
    set_up_log(config)
    # The whole service takes seconds to load, which its own processes do; here the database is enough.
    app = Flask("wrenchway")
    open_database(app, config)
    for step in STEPS:
        started = time.monotonic()
        try:
            done = step(config, app)
        except StepFailed as error:
            raise StartError(str(error)) from error
        if done:
            print(f"  {done} ({time.monotonic() - started:.1f} s)")
    return logins(app)


@dataclass
class Child:
    """A process that is kept running."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes]
    started: list[float] = field(default_factory=lambda: [time.monotonic()])


class Supervisor:
    """Runs the web server and the worker, starts again what dies, and stops both together."""

    def __init__(self, config: Config, greeting: str) -> None:
        self._config = config
        self._greeting = greeting
        self._stopping = False
        self._children: list[Child] = []

    def run(self) -> None:
        """Return when everything has stopped after SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)
        try:
            self._start("web server", web_command(self._config))
            self._start("worker", [sys.executable, "-m", "app.worker"])
            self._wait_until_up()
            if not self._stopping:
                print(self._greeting)
            while not self._stopping:
                time.sleep(0.5)
                self._revive()
        finally:
            self._end_children()
        print("Stopped.")

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, name: str, command: list[str]) -> None:
        self._children.append(Child(name, command, _spawn(command)))

    def _wait_until_up(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._stopping and not is_up(self._config):
            if time.monotonic() > deadline:
                raise StartError(f"The web server did not answer within {START_SECONDS} s; its messages stand above.")
            self._revive()
            time.sleep(0.1)

    def _revive(self) -> None:
        for child in self._children:
            status = child.process.poll()
            if status is None or self._stopping:
                continue
            now = time.monotonic()
            child.started = [at for at in child.started if at > now - 60]
            if len(child.started) >= MAX_RESTARTS:
                raise StartError(f"The {child.name} keeps ending (exit {status}); its messages stand above.")
            print(f"The {child.name} ended (exit {status}); starting it again.")
            child.process = _spawn(child.command)
            child.started.append(now)

    def _end_children(self) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()


def web_command(config: Config) -> list[str]:
    """The command line of the web server."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return [
        *(sys.executable, "-m", "gunicorn", "wsgi:app"),
        *("--bind", f"{host}:{config.port}"),
        *("--worker-class", "gthread", "--workers", str(config.web_workers), "--threads", str(config.web_threads)),
        *("--timeout", "60", "--graceful-timeout", "5", "--log-level", "warning", "--no-control-socket"),
    ]


def is_up(config: Config) -> bool:
    """Whether /healthz answers."""
    try:
        with urllib.request.urlopen(f"{address(config)}/healthz", timeout=2) as answer:  # noqa: S310 -- our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def address(config: Config) -> str:
    """Where a browser on this machine finds the service."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(config.host, config.host)  # noqa: S104 -- compared, not bound
    return f"http://{host}:{config.port}"


def welcome(config: Config, logins: list[Login]) -> str:
    """What the person who typed the command wants to know."""
    lines = ["", f"Wrenchway is up: {address(config)}"]
    if logins:
        width = max(len(email) for email, _, _ in logins)
        lines += ["", "Sign in as:"]
        lines += [f"  {email:<{width}}  password {password}  ({role})" for email, password, role in logins]
    return "\n".join([*lines, "", "Ctrl-C stops everything.", ""])


def _spawn(command: list[str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches the supervisor alone, which then ends the children in order.
    # No other thread runs here that could hold a lock while the child is prepared.
    prepare_child = functools.partial(die_with_parent, signal.SIGTERM, os.getpid())
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, preexec_fn=prepare_child)  # noqa: PLW1509


if __name__ == "__main__":
    main()
