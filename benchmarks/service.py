"""The whole service on a folder of its own, started as a user starts it, for the benchmarks to call."""

import contextlib
import http.cookiejar
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

from benchmarks.chromium import PASSWORD

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 180.0


class Service:
    """A running service with the demonstration loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> float:
        """Start and return the seconds until the first page was there."""
        environment = os.environ | {"DATA_DIR": str(self.folder), "PORT": str(self.port)}
        started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.run"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
        )
        while not self._shows_a_page():
            if time.monotonic() - started > PATIENCE_SECONDS or self._process.poll() is not None:
                raise RuntimeError("The service did not start; its messages stand above.")
            time.sleep(0.02)
        return time.monotonic() - started

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def _shows_a_page(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/login", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@contextlib.contextmanager
def running_service() -> Iterator[Service]:
    """A service that was started for the first time, demonstration and all."""
    with tempfile.TemporaryDirectory(prefix="wrenchway-bench-") as folder, running_on(Path(folder)) as service:
        yield service


@contextlib.contextmanager
def large_service() -> Iterator[Service]:
    """
    A service on the large day, which takes a minute to make.

    LARGE_DAY may name a folder in which it was made before; that one is copied and stays as it is.
    """
    with tempfile.TemporaryDirectory(prefix="wrenchway-large-") as folder:
        if made := os.environ.get("LARGE_DAY"):
            shutil.copytree(made, folder, dirs_exist_ok=True)
        # A process of its own: the clock of that day is not the one of this process.
        subprocess.run([sys.executable, "-m", "benchmarks.large_day", folder], cwd=ROOT, check=True, stdout=sys.stderr)
        with running_on(Path(folder)) as service:
            yield service


@contextlib.contextmanager
def running_on(folder: Path) -> Iterator[Service]:
    """A service on the files of a folder."""
    service = Service(folder)
    service.start()
    try:
        yield service
    finally:
        service.stop()


class Browser:
    """A signed-in person without a screen: cookies, pages and forms."""

    def __init__(self, service: Service, email: str) -> None:
        self._service = service
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))
        self._token = ""
        self.post("/login", "/login", {"email": email, "password": PASSWORD})

    def cookies(self) -> str:
        """What a program that acts for this person sends along."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._jar)

    def get(self, path: str) -> tuple[str, float]:
        """Return a page and the seconds it took."""
        started = time.perf_counter()
        with self._opener.open(self._service.address + path, timeout=60) as answer:
            page = answer.read().decode()
        seconds = time.perf_counter() - started
        if token := re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page):
            self._token = token[1]
        return page, seconds

    def post(self, page_with_form: str, path: str, values: dict[str, str]) -> str:
        """Send a form that stands on a page; returns the page that answers."""
        page, _ = self.get(page_with_form)
        version = re.search(r'name="version"[^>]*value="(\d+)"', page)
        return self.send(path, ({"version": version[1]} if version else {}) | values)

    def send(self, path: str, values: dict[str, str]) -> str:
        """Send values as a form of the page that was read last would."""
        hidden = {"csrf_token": self._token, "command_id": uuid.uuid4().hex}
        body = urllib.parse.urlencode(hidden | values).encode()
        with self._opener.open(self._service.address + path, data=body, timeout=60) as answer:
            return str(answer.read().decode())
