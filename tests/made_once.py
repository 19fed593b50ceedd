"""What is dear to make is made once for all processes of a test run."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(temporary: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """
    Return the folder of this name, filled by ``make`` in whichever process asks first; the others wait for it.

    It belongs to everybody: tests copy from it and write nothing into it.
    """
    folder = _folder_of_run(temporary) / name
    done = folder.with_suffix(".done")
    with folder.with_suffix(".lock").open("w") as lock:
        # Let go when the file is closed.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)  # What a process left that failed on the way.
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def _folder_of_run(temporary: pytest.TempPathFactory) -> Path:
    base = temporary.getbasetemp()
    # Each process of a run has a folder of its own in that of the run.
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
