"""The server that stands behind a story's address."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def live_server(app: WSGIApp, port: int = 0, *, listening: int | None = None) -> BaseWSGIServer:
    """
    Make a server for an app, on a free port unless one is given; the caller lets it serve and closes it.

    listening: the file descriptor of a socket that listens already.
    """
    return make_server("127.0.0.1", port, _closing(app), threaded=True, fd=listening)


def _closing(app: WSGIApp) -> WSGIApp:
    """
    Let an app's answer be closed even though its reader has gone, and with it the file that it was read from.

    Werkzeug's server looks for the rest of the question before it closes the answer; where the connection breaks at
    that look, the answer is forgotten, and its file is found open when Python cleans up: amid another test.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        body = app(environ, start_response)
        try:
            yield from body
        finally:
            close = getattr(body, "close", None)
            if close is not None:
                close()

    return answer
