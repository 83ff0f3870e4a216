"""Opens the database: the one that a URL names, or the embedded one; one kind of connection for everybody."""

from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import psycopg
from psycopg.pq import ExecStatus
from psycopg.types.json import JsonbDumper, set_json_loads
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from stockbridge.db.arrays import ArrayDumper
from stockbridge.db.embedded import Cluster
from stockbridge.db.errors import DatabaseUnreachable, ServerTooOld

MINIMUM_SERVER = 150000
_CONNECT_TIMEOUT_S = 5
#: A connection that rested longer is tested before it is used. The server's shortest death lasts longer than this; and a test
#: at each use was one statement in eight of a busy worker (measured 2026-11).
_TESTED_AFTER_S = 0.2
# A peer that vanished without a word (a pulled cable, a moved container) is noticed after 5 + 3 × 2 seconds.
_KEEPALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}


@dataclass(slots=True)
class Database:
    """An open database: its URL, its engine, the server's version (180004 is 18.4), and the embedded server
    behind it if there is one."""

    url: str
    engine: Engine
    server_version: int
    cluster: Cluster | None = None

    def close(self) -> None:
        """Closes all connections and leaves the embedded server. May be called twice."""
        self.engine.dispose()
        if self.cluster is not None:
            self.cluster.release()


def open_database(
    url: str | None,
    data_dir: Path,
    *,
    pool_size: int = 10,
    application_name: str = "stockbridge",
    binaries: Path | None = None,
) -> Database:
    """Opens the database at `url`, or without one the embedded PostgreSQL of `data_dir`, started if need be.

    `pool_size` is the greatest number of connections; who asks for one more waits up to 10 s.
    Raises ServerTooOld, DatabaseUnreachable, and what Cluster.acquire raises.
    """
    if url is not None:
        return _connected(url, None, pool_size=pool_size, application_name=application_name)
    cluster = Cluster(data_dir, binaries=binaries)
    own_url = cluster.acquire()
    try:
        return _connected(own_url, cluster, pool_size=pool_size, application_name=application_name)
    except BaseException:
        cluster.release()
        raise


def make_engine(url: str, *, pool_size: int = 10, application_name: str = "stockbridge") -> Engine:
    """Gives an engine for psycopg 3: READ COMMITTED, times in UTC, dict parameters as jsonb.

    A connection that died while it rested (0.2 s and more) is replaced when it is taken from the pool.
    """
    address = normal_url(url)
    arguments: dict[str, Any] = {"connect_timeout": _CONNECT_TIMEOUT_S, "application_name": application_name}
    if "options" not in address.query:
        arguments["options"] = "-c timezone=UTC -c plan_cache_mode=force_generic_plan -c jit=off"
    arguments["prepare_threshold"] = 1
    if address.host is not None:
        arguments |= _KEEPALIVE
    engine = create_engine(
        address,
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_use_lifo=True,
        connect_args=arguments,
        json_serializer=encode_json,
        json_deserializer=msgspec.json.decode,
    )
    event.listen(engine, "connect", _adapt)
    event.listen(engine, "checkin", _rest)
    event.listen(engine, "checkout", _test)
    return engine


def normal_url(url: str) -> URL:
    """Gives the URL with our driver named, whichever of the usual spellings it came in."""
    address = make_url(url)
    if address.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return address.set(drivername="postgresql+psycopg")
    raise DatabaseUnreachable(f"its URL starts with {address.drivername}://, and must start with postgresql://")


def encode_json(value: object) -> str:
    """Gives JSON text; msgspec shapes, times and decimals included."""
    return msgspec.json.encode(value).decode()


def _rest(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = monotonic()


def _test(connection: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object) -> None:
    """Raises DisconnectionError, upon which the pool gives another one."""
    since = record.info.get("rests_since")
    if since is None or monotonic() - since < _TESTED_AFTER_S:
        return
    # Beneath psycopg, so that no transaction begins: after a ROLLBACK it forgets every statement that it had prepared.
    try:
        alive = connection.pgconn.exec_(b"").status == ExecStatus.EMPTY_QUERY
    except psycopg.Error as error:  # the library knows already
        raise DisconnectionError(str(error)) from error
    if not alive:
        raise DisconnectionError(connection.pgconn.get_error_message())


class _MappingDumper(JsonbDumper):
    """Sends dicts as jsonb. Lists stay PostgreSQL arrays (for ANY and unnest); db.queries.jsonb wraps the others."""

    _dumps = staticmethod(encode_json)


def _adapt(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.adapters.register_dumper(dict, _MappingDumper)
    connection.adapters.register_dumper(list, ArrayDumper)
    set_json_loads(msgspec.json.decode, connection)


def _connected(url: str, cluster: Cluster | None, *, pool_size: int, application_name: str) -> Database:
    engine = make_engine(url, pool_size=pool_size, application_name=application_name)
    try:
        version = server_version(engine)
    except OperationalError as error:
        engine.dispose()
        raise DatabaseUnreachable(str(error.orig).strip()) from error
    if version < MINIMUM_SERVER:
        engine.dispose()
        raise ServerTooOld(f"it is PostgreSQL {version // 10000}")
    full_url = engine.url.render_as_string(hide_password=False)
    return Database(url=full_url, engine=engine, server_version=version, cluster=cluster)


def server_version(engine: Engine) -> int:
    """Gives the server's version as one number: 180004 is 18.4."""
    with engine.connect() as conn:
        return int(conn.exec_driver_sql("SHOW server_version_num").scalar_one())
