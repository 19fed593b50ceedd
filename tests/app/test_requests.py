"""Facts about the transaction of a request."""

import contextlib
import io
import sqlite3
from pathlib import Path
from typing import Any

from flask import Flask

from core.db import db


class SlowBody(io.BytesIO):
    """A body that somebody else's change of the database overtakes while it comes in."""

    def __init__(self, content: bytes, file: Path) -> None:
        super().__init__(content)
        self._file = file

    def read(self, size: int | None = -1) -> bytes:
        other = sqlite3.connect(self._file, timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
        other.close()
        return super().read(size)

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)


def test_there_is_a_connection_for_each_thread_and_for_what_one_reads_beside_it(app: Flask) -> None:
    threads = app.extensions["wrenchway"].web_threads
    with app.app_context(), contextlib.ExitStack() as held:
        for _ in range(threads + 1):
            held.enter_context(db.engine.connect())


def test_nobody_waits_for_a_body_that_comes_in_slowly(app: Flask, tmp_path: Path) -> None:
    body = b'{"email": "ana@example.com", "password": "who knows", "name": "phone"}'

    answer = app.test_client().post(
        "/api/v1/tokens",
        input_stream=SlowBody(body, tmp_path / "test.sqlite"),
        content_length=len(body),
        content_type="application/json",
        headers={"Authorization": "Bearer anything"},
    )

    assert answer.status_code == 401
