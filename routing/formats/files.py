"""Files that are written as a whole or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """
    A text file to write, which takes the place of ``path`` once everything is written.

    Whoever looks sees the old file or the new one, never half of it, also if the program ends meanwhile. Pipes and
    devices are written to as they are.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    # A link stays one; what it points to is replaced.
    target = path.resolve()
    if target.exists() and not target.is_file():
        with target.open("w", encoding="utf-8") as file:
            yield file
        return
    draft = _draft_beside(target)
    try:
        with draft.open("w", encoding="utf-8") as file:
            yield file
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def refuse_unwritable(path: Path) -> None:
    """
    Find out before long work that its result could not be written.

    Raises
    ------
    OSError
        As the attempt to write would.
    """
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if target.is_file() or not target.exists():
        draft = _draft_beside(target)
        draft.touch()
        draft.unlink()


def _draft_beside(target: Path) -> Path:
    """A name that nobody uses, in the same directory, from where a file moves in one step."""
    return target.with_name(f".{secrets.token_hex(8)}.part")
