"""A technician's phone that loses its signal, and a service that can be cut off, stopped and started again."""

import contextlib
import io
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, ConsoleMessage, Page
from werkzeug.serving import BaseWSGIServer

from benchmarks.chromium import PHONE
from tests.stories.live_server import live_server

COMMANDS = "/api/v1/day/commands"
# Each of 20 ms: what is waited for so long does not come.
TURNS = 1000
# What is asked about the pages that the worker keeps.
KEPT_PAGES = """async (paths) => {
    const kept = await (await caches.open("wrenchway-pages")).keys();
    const known = kept.map((request) => new URL(request.url).pathname);
    return %s;
}"""
# Without a signal browsers say so for every request, which is the point of these stories.
NO_SIGNAL = ("net::ERR_", "status of 401", "status of 503")


class Service:
    """The service at one address, whatever happens to its process; keeps which commands reached it, in their order."""

    def __init__(self, app: Flask) -> None:
        self.told: list[str] = []
        self.batches = 0
        # Before this batch is answered the process dies; what it told is carried out all the same.
        self.dies_at: int | None = None
        self._is_dead = False
        self._app = app
        self._app_itself = app.wsgi_app
        app.wsgi_app = self._answer  # type: ignore[method-assign]
        # Held while the service is down: nobody else gets its port, and whoever calls waits.
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._server: BaseWSGIServer | None = None

    @property
    def address(self) -> str:
        # Only this name is a secure place without a certificate.
        return f"http://localhost:{self.port}"

    def start(self) -> None:
        self._is_dead = False
        self._server = live_server(self._app, self.port, listening=self._listening.fileno())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def close(self) -> None:
        self.stop()
        self._listening.close()

    def _answer(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._is_dead:
            raise ConnectionResetError
        if environ["PATH_INFO"] != COMMANDS:
            return self._app_itself(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = io.BytesIO(body)
        statuses: list[str] = []

        def note_status(status: str, headers: Any, *more: Any) -> Any:
            statuses.append(status)
            return start_response(status, headers, *more)

        answer = list(self._app_itself(environ, note_status))
        if statuses == ["200 OK"]:
            self.batches += 1
            self.told += [command["id"] for command in json.loads(body)["commands"]]
            if self.batches == self.dies_at:
                self._is_dead = True
                raise ConnectionResetError
        return answer


class BasementPhone:
    """A phone in a browser, and whatever went wrong in it apart from having no signal."""

    def __init__(self, chromium: Browser, service: Service, language: str = "en-GB") -> None:
        self.service = service
        self.context = chromium.new_context(viewport=PHONE, locale=language, has_touch=True)
        self.faults: list[str] = []
        self.page = self.new_page()

    def new_page(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not any(words in message.text for words in NO_SIGNAL):
            self.faults.append(message.text)

    def sign_in(self, email: str, password: str) -> None:
        self.open("/login")
        self.page.locator("input[name=email]").fill(email)
        self.page.locator("input[name=password]").fill(password)
        self.page.locator("input[name=password]").press("Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)
        self.settle()

    def open(self, path: str) -> None:
        self.page.goto(self.service.address + path)
        self.settle()

    def settle(self) -> None:
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def reload(self) -> None:
        self.page.reload()
        self.settle()

    def wait_until_kept(self, *paths: str) -> None:
        """Wait until the worker has these pages."""
        self._wait_until(KEPT_PAGES % "paths.every((path) => known.includes(path))", list(paths))

    def wait_until_gone(self, *paths: str) -> None:
        """Wait until the worker has none of these pages."""
        self._wait_until(KEPT_PAGES % "!paths.some((path) => known.includes(path))", list(paths))

    def lose_signal(self) -> None:
        self.context.set_offline(True)

    def find_signal(self) -> None:
        self.context.set_offline(False)

    @property
    def badge(self) -> str:
        return self.page.locator("[data-badge]").inner_text()

    def wait_for_badge(self, words: str) -> None:
        self.page.locator("[data-badge]", has_text=words).wait_for()

    def kept(self, store: str = "commands") -> list[dict[str, Any]]:
        """What the phone's own store holds, in its order."""
        found: list[dict[str, Any]] = self.page.evaluate(
            """(name) => new Promise((resolve, reject) => {
                const opening = indexedDB.open("wrenchway-phone");
                opening.onerror = () => reject(opening.error);
                opening.onsuccess = () => {
                    const asked = opening.result.transaction(name).objectStore(name).getAll();
                    asked.onsuccess = () => {
                        opening.result.close();
                        resolve(asked.result.map(({ content, ...rest }) => rest));
                    };
                };
            })""",
            store,
        )
        return found

    def do(self, command: str, visit_id: int, **fields: str) -> None:
        """Fill the last form of a visit for a command and press its button, and wait until the phone has kept it."""
        before = len(self.kept())
        self.tell(command, visit_id, **fields)
        self._wait_for("commands", before + 1)

    def tell(self, command: str, visit_id: int, **fields: str) -> None:
        """The same without waiting: with a signal the phone may have sent it by then."""
        self._send(self.page.locator(f'form[data-command="{command}"][data-visit="{visit_id}"]').last, fields)

    def do_in_van(self, command: str, **fields: str) -> None:
        before = len(self.kept())
        form = self.page.locator(f'form[data-command="{command}"]').last
        form.evaluate("(form) => form.closest('details')?.setAttribute('open', '')")
        self._send(form, fields)
        self._wait_for("commands", before + 1)

    def photograph(self, visit_id: int, colour: str) -> None:
        before = len(self.kept("files"))
        field = self.page.locator(f'form[data-command="add_files"][data-visit="{visit_id}"] input[type=file]')
        field.set_input_files({"name": f"{colour}.png", "mimeType": "image/png", "buffer": picture(colour)})
        self._wait_for("files", before + 1)

    def _send(self, form: Any, fields: dict[str, str]) -> None:
        for name, value in fields.items():
            field = form.locator(f'[name="{name}"]:not([type=hidden])').first
            if field.evaluate("(field) => field.type") == "radio":
                form.locator(f'[name="{name}"][value="{value}"]').check(force=True)
            elif field.evaluate("(field) => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        form.evaluate("(form) => form.requestSubmit(form.querySelector('button:not([type=button])'))")

    def _wait_for(self, store: str, count: int) -> None:
        self._wait_until(
            """([name, count]) => new Promise((resolve) => {
                const opening = indexedDB.open("wrenchway-phone");
                opening.onsuccess = () => {
                    const asked = opening.result.transaction(name).objectStore(name).count();
                    asked.onsuccess = () => {
                        opening.result.close();
                        resolve(asked.result >= count);
                    };
                };
            })""",
            [store, count],
        )

    def _wait_until(self, question: str, about: object) -> None:
        """Ask the page until it says yes; what Playwright brings for it takes a promise for a yes."""
        yes = self.page.evaluate(
            f"""async (about) => {{
                const question = {question};
                for (let turn = 0; turn < {TURNS}; turn += 1) {{
                    if (await question(about)) return true;
                    await new Promise((resolve) => setTimeout(resolve, 20));
                }}
                return false;
            }}""",
            about,
        )
        assert yes, f"{about} did not come about."


def picture(colour: str) -> bytes:
    """A photo that differs from one of another colour."""
    written = io.BytesIO()
    Image.new("RGB", (60, 80), colour).save(written, "PNG")
    return written.getvalue()


@contextlib.contextmanager
def running(service: Service) -> Iterator[Service]:
    service.start()
    try:
        yield service
    finally:
        service.close()
