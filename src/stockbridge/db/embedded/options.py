"""The settings of the embedded server. They go on its command line, which no edited file overrides."""

from pathlib import Path

from stockbridge.db.embedded.layout import Layout

_ALWAYS = {
    "listen_addresses": "",  # no network: only who can open the socket's folder gets in
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",  # flash, not spinning disks
    "jit": "off",  # our statements are short: compiling them costs more than it saves
    "max_parallel_workers_per_gather": "0",  # parallel plans need /dev/shm, which containers keep at 64 MB
    "wal_compression": "pglz",  # the only method that every build has
    "max_wal_size": "2GB",
    "checkpoint_timeout": "10min",
    "autovacuum_naptime": "15s",  # inbox and outbox rows turn over fast
    "idle_in_transaction_session_timeout": "5min",  # a hung process must not hold its locks for ever
    "log_line_prefix": "%m [%p] ",
    "log_min_duration_statement": "2s",
}

_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# Commits still reach the operating system, so kill -9 loses nothing; only a power cut would.
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off"}


def server_arguments(layout: Layout, *, durable: bool) -> list[str]:
    """Gives the arguments after the program's name. `durable=False` is for tests: it survives kill -9, but
    not a power cut."""
    own = {"unix_socket_directories": str(layout.run), "cluster_name": layout.name}
    settings = _ALWAYS | (_DURABLE if durable else _NOT_DURABLE) | own
    arguments = ["-D", str(layout.data)]
    for name, value in settings.items():
        arguments += ["-c", f"{name}={value}"]
    return arguments


def initdb_arguments(layout: Layout, *, user: str, durable: bool) -> list[str]:
    """Gives initdb's arguments, for a folder beside the final one.

    The builtin C.UTF-8 locale sorts by code point on every machine alike, so an index never depends on the
    version of the system's C library. `trust` is right here: the socket's folder is closed to other users.
    """
    arguments = ["--pgdata", str(fresh_data(layout)), "--username", user, "--auth", "trust", "--encoding", "UTF8"]
    if layout.major >= 17:
        arguments += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    arguments += ["--locale", "C", "--data-checksums", "--no-instructions"]
    return arguments if durable else [*arguments, "--no-sync"]


def fresh_data(layout: Layout) -> Path:
    """Gives the folder that initdb fills before it is renamed, so that a half-made one is never taken for real."""
    return layout.home / "data.new"
