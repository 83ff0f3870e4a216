"""One PostgreSQL per data folder, shared by every process that needs it and kept alive by any of them.

Each holder has a shared lock on one file. Whoever finds the server dead starts it again; whoever leaves and
can turn the shared lock into an exclusive one was the last, and stops it. A holder that is killed loses its
lock by the kernel's hand, and the server it may leave behind is adopted, and in the end stopped, by the next.
"""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import structlog

import stockbridge.db.embedded.postmaster as postmaster
from stockbridge.db.embedded.account import Account, server_account
from stockbridge.db.embedded.binaries import Binaries, find_binaries
from stockbridge.db.embedded.layout import Layout, check_major
from stockbridge.db.embedded.lock import POLL_S, FileLock
from stockbridge.db.embedded.reach import make_reachable
from stockbridge.db.errors import PostgresUnavailable

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("stockbridge.db.embedded")

WATCH_EVERY_S = 0.2
_JOIN_TIMEOUT_S = 60.0
_START_TIMEOUT_S = 300.0  # recovery replays up to max_wal_size
_STOP_TIMEOUT_S = 30.0


class Cluster:
    """The embedded PostgreSQL of one data folder.

    `acquire` gives its URL, and starts it if need be; `release` stops it if nobody else needs it. While held,
    a thread watches the server and brings it back. After a fork the child holds nothing: it acquires for itself.

    `binaries` names a folder of PostgreSQL programs to use instead of the wheel's.
    `durable=False` (tests) gives up safety against power cuts, not against kill -9.
    """

    def __init__(self, data_dir: Path, *, binaries: Path | None = None, durable: bool = True) -> None:
        self._data_dir = data_dir
        self._binaries_dir = binaries
        self._durable = durable
        self._layout: Layout | None = None
        self._holder: FileLock | None = None
        self._holder_pid = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._leaving = threading.Event()
        self._watcher: threading.Thread | None = None

    def acquire(self) -> str:
        """Gives the URL of a running server, for SQLAlchemy; a second call gives it again.

        Raises WrongMajorVersion, BinariesMissing or PostgresUnavailable, each saying what to do.
        """
        if self._holder is not None and self._layout is not None and self._holder_pid == os.getpid():
            return self._layout.url()
        if self._holder is not None:
            self._holder.close()  # a copy that a fork left us; the parent keeps its own
        binaries, layout, account = self._prepare()
        holder = FileLock(layout.lock("holders"), account)
        try:
            if not holder.wait(shared=True, timeout_s=_JOIN_TIMEOUT_S):
                raise PostgresUnavailable("another process has been stopping the server for a minute")
            self._ensure_running(binaries, layout, account, may_initialise=True)
        except BaseException:
            holder.close()
            raise
        self._layout, self._holder, self._holder_pid = layout, holder, os.getpid()
        self._leaving = threading.Event()
        self._watcher = threading.Thread(
            target=self._watch, args=(binaries, layout, account, self._leaving), name="postgres-watch", daemon=True
        )
        self._watcher.start()
        return layout.url()

    def release(self) -> None:
        """Leaves the server, and stops it if nobody else uses it. May be called twice."""
        holder, layout = self._holder, self._layout
        self._holder = None
        if holder is None or layout is None:
            return
        if self._holder_pid == os.getpid():
            self._leaving.set()
            if self._watcher is not None:
                self._watcher.join()
            if holder.try_exclusive():
                self._stop(layout)
                holder.unlock()
        holder.close()

    @property
    def log_file(self) -> Path | None:
        """Where the server writes its log, once acquired."""
        return self._layout.log if self._layout else None

    @property
    def server_pid(self) -> int | None:
        """The server's process number, once acquired; it changes when the server has been revived."""
        return postmaster.postmaster_pid(self._layout) if self._layout else None

    def _prepare(self) -> tuple[Binaries, Layout, Account]:
        binaries = find_binaries(self._binaries_dir)
        data_dir = self._data_dir.resolve()
        try:
            check_major(data_dir, binaries.major)
            layout = Layout.of(data_dir, binaries.major)
            account = server_account(layout.home)
            layout.prepare(account)
            make_reachable(layout.home, account)
            make_reachable(binaries.folder, account)
        except PermissionError as error:
            raise PostgresUnavailable(f"{error.filename} belongs to another user of this machine") from error
        return binaries, layout, account

    def _ensure_running(self, binaries: Binaries, layout: Layout, account: Account, *, may_initialise: bool) -> None:
        if postmaster.answers(layout):
            return
        if not may_initialise and not layout.data.exists():
            raise PostgresUnavailable(f"{layout.data} has vanished")  # an empty one in its place would hide the loss
        with FileLock(layout.lock("start"), account) as start:
            if not start.wait(shared=False, timeout_s=_START_TIMEOUT_S):
                raise PostgresUnavailable("another process has been starting the server for five minutes")
            self._start_or_adopt(binaries, layout, account)
            postmaster.ensure_database(layout)

    def _start_or_adopt(self, binaries: Binaries, layout: Layout, account: Account) -> None:
        """Waits for a server that is on its way up or down, clears away a dead one's orphans, or starts one."""
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            with FileLock(layout.lock("server"), account) as server:
                if server.try_exclusive():
                    self._start(binaries, layout, account, server)
                    return
            if postmaster.answers(layout, "postgres"):
                return
            if not postmaster.is_alive(layout, postmaster.postmaster_pid(layout)):
                postmaster.kill_orphans(layout)
            if time.monotonic() > deadline:
                raise PostgresUnavailable("a server runs in the data folder but does not answer")
            time.sleep(POLL_S)

    def _start(self, binaries: Binaries, layout: Layout, account: Account, server: FileLock) -> None:
        began = time.monotonic()
        try:
            postmaster.initialise(binaries, layout, account, durable=self._durable)
            self._child = postmaster.launch(binaries, layout, account, durable=self._durable, server_lock=server.fd)
        except (OSError, subprocess.SubprocessError) as error:
            raise PostgresUnavailable(f"{binaries.folder}: {error}") from error
        postmaster.wait_until_ready(layout, self._child, timeout_s=_START_TIMEOUT_S)
        log.info("postgres.started", pid=self._child.pid, duration_ms=round(1000 * (time.monotonic() - began)))

    def _watch(self, binaries: Binaries, layout: Layout, account: Account, leaving: threading.Event) -> None:
        while not leaving.wait(WATCH_EVERY_S):
            self._reap()
            if postmaster.is_alive(layout, postmaster.postmaster_pid(layout)):
                continue
            log.warning("postgres.found_dead", folder=str(layout.home))
            try:
                self._ensure_running(binaries, layout, account, may_initialise=False)
            except (PostgresUnavailable, OSError, psycopg.Error) as error:
                log.error("postgres.not_revived", error=str(error))
                leaving.wait(1.0)

    def _stop(self, layout: Layout) -> None:
        """Ends the server while the exclusive lock keeps newcomers waiting; each step is harsher than the last."""
        with FileLock(layout.lock("server"), server_account(layout.home)) as server:
            for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
                postmaster.tell(layout, order)
                if order == signal.SIGKILL:
                    postmaster.kill_orphans(layout)
                if server.wait(shared=False, timeout_s=_STOP_TIMEOUT_S):
                    break
        self._reap()
        log.info("postgres.stopped", folder=str(layout.home))

    def _reap(self) -> None:
        if self._child is not None and self._child.poll() is not None:
            self._child = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()
