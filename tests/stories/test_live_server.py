"""The stories' own server: what an answer holds open is let go however its reader leaves."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.stories.live_server import live_server

LEAVE_WITHOUT_A_WORD = struct.pack("ii", 1, 0)


class Held:
    """An answer that holds something open."""

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        yield b"read"

    def close(self) -> None:
        self.let_go.set()


def test_an_answer_whose_reader_breaks_off_is_closed() -> None:
    held = Held()

    def app(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Held:
        start_response("200 OK", [("Content-Length", "4")])
        return held

    server = live_server(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with socket.create_connection(("127.0.0.1", server.server_port)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LEAVE_WITHOUT_A_WORD)
        reader.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # The server now looks for more of the question.
        while b"read" not in reader.recv(1000):
            pass

    assert held.let_go.wait(10)

    server.shutdown()
    thread.join()
    server.server_close()
