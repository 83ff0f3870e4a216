"""The server's processes: make its folder, start it, ask after it, stop it, clear away what it left behind."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import structlog

from stockbridge.db.embedded.account import Account
from stockbridge.db.embedded.binaries import CLEAN_ENVIRONMENT, Binaries
from stockbridge.db.embedded.layout import DATABASE, USER, Layout
from stockbridge.db.embedded.options import fresh_data, initdb_arguments, server_arguments
from stockbridge.db.errors import PostgresUnavailable

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("stockbridge.db.embedded")

_LOG_BYTES_MAX = 16 * 1024 * 1024
_INITDB_TIMEOUT_S = 120


def initialise(binaries: Binaries, layout: Layout, account: Account, *, durable: bool) -> None:
    """Makes the data folder if there is none: whole, or not at all."""
    if layout.data.exists():
        return
    fresh = fresh_data(layout)
    shutil.rmtree(fresh, ignore_errors=True)
    log.info("postgres.initialising", folder=str(layout.data), major=binaries.major)
    command = [binaries.path("initdb"), *initdb_arguments(layout, user=USER, durable=durable)]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=_INITDB_TIMEOUT_S, **_as(layout, account)
    )
    if answer.returncode != 0:
        raise PostgresUnavailable(f"initdb said: {answer.stderr.strip() or answer.stdout.strip()}")
    fresh.rename(layout.data)


def launch(binaries: Binaries, layout: Layout, account: Account, *, durable: bool, server_lock: int) -> subprocess.Popen[bytes]:
    """Starts the server in a session of its own, so that neither Ctrl-C nor our end reaches it.

    It inherits `server_lock`, an open file under an exclusive flock, and passes it on to each of its
    processes: as long as one of them lives the lock is taken. That tells without guessing whether the old
    server is really gone, over containers too, where process numbers mean nothing.
    """
    _clear_stale_files(layout)
    with _open_log(layout, account) as said:
        return subprocess.Popen(
            [binaries.path("postgres"), *server_arguments(layout, durable=durable)],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            pass_fds=(server_lock,),
            **_as(layout, account),
        )


def answers(layout: Layout, database: str = DATABASE) -> bool:
    """Says whether the server takes connections to this database now."""
    try:
        psycopg.connect(layout.conninfo(database)).close()
    except psycopg.OperationalError:
        return False
    return True


def ensure_database(layout: Layout) -> None:
    """Makes our database in a server that has just been initialised."""
    with psycopg.connect(layout.conninfo("postgres"), autocommit=True) as conn:
        if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            conn.execute(f'CREATE DATABASE "{DATABASE}"')


def postmaster_pid(layout: Layout) -> int | None:
    """Gives the process number that the server wrote down, alive or not."""
    try:
        first = (layout.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
        return int(first)
    except (OSError, ValueError, IndexError):
        return None


def is_alive(layout: Layout, pid: int | None) -> bool:
    """Says whether this process lives and is a server of this folder (not a zombie, not a reused number)."""
    if pid is None:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    if not Path("/proc/self").exists():
        return True
    return _is_ours(pid, layout)


def kill_orphans(layout: Layout) -> None:
    """Ends the processes that a killed postmaster left: until the last is gone no new server may start.

    Most see the death themselves and go; one that is busy in a long statement may not for minutes.
    Without /proc (macOS) we can only wait for them.
    """
    for pid in _processes(layout):
        log.warning("postgres.orphan_killed", pid=pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def tell(layout: Layout, order: signal.Signals) -> None:
    """Sends the postmaster a signal: SIGINT stops it fast and cleanly, SIGQUIT at once."""
    pid = postmaster_pid(layout)
    if pid is not None and is_alive(layout, pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, order)


def last_words(layout: Layout) -> str:
    """Gives the end of the server's log, for an error message."""
    try:
        return " | ".join(layout.log.read_text(encoding="utf-8", errors="replace").splitlines()[-3:])
    except OSError:
        return "it left no log"


def wait_until_ready(layout: Layout, process: subprocess.Popen[bytes], *, timeout_s: float) -> None:
    """Returns once the server answers. Recovery after a crash can take long, and as long as the process
    lives it is at work.

    Raises PostgresUnavailable when it ended or `timeout_s` passed.
    """
    deadline = time.monotonic() + timeout_s
    while not answers(layout, "postgres"):
        if process.poll() is not None:
            raise PostgresUnavailable(f"the server ended at once: {last_words(layout)}")
        if time.monotonic() > deadline:
            raise PostgresUnavailable(f"the server did not answer within {timeout_s:.0f} s: {last_words(layout)}")
        time.sleep(0.01)


def _as(layout: Layout, account: Account) -> dict[str, Any]:
    folder = layout.data if layout.data.exists() else layout.home
    common: dict[str, Any] = {"cwd": folder, "env": CLEAN_ENVIRONMENT, "umask": 0o077}
    if not account.switch:
        return common
    return common | {"user": account.uid, "group": account.gid, "extra_groups": []}


def _clear_stale_files(layout: Layout) -> None:
    """Removes what a dead server wrote down about itself. PostgreSQL does so too, unless its old process
    number now belongs to somebody else's process, or to a zombie: then it would refuse to start for ever."""
    if is_alive(layout, postmaster_pid(layout)):
        return  # somebody started it by hand; PostgreSQL itself will refuse, and say so
    (layout.data / "postmaster.pid").unlink(missing_ok=True)
    for leftover in layout.run.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)


@contextlib.contextmanager
def _open_log(layout: Layout, account: Account) -> Iterator[int]:
    if layout.log.exists() and layout.log.stat().st_size > _LOG_BYTES_MAX:
        layout.log.rename(layout.log.with_suffix(".log.1"))
    fd = os.open(layout.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        account.own_fd(fd)
        yield fd
    finally:
        os.close(fd)


def _processes(layout: Layout) -> list[int]:
    """Gives the living processes of our server, the postmaster and its children."""
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _is_ours(int(entry.name), layout)]


def _is_ours(pid: int, layout: Layout) -> bool:
    # By command line, not by working folder: root in a container may not look at another user's folder.
    # A zombie has an empty one, so it counts as gone.
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    is_postmaster = line.split(b"\0")[1:3] == [b"-D", os.fsencode(layout.data)]
    return is_postmaster or line.startswith(f"postgres: {layout.name}: ".encode())
