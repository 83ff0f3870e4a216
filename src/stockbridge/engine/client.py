"""Waking lanes, and the lanes in trouble: all that a process needs that runs no jobs itself (the web)."""

from collections.abc import Sequence

from dbos import DBOSClient, DBOSPortableJSONSerializer, EnqueueOptions
from sqlalchemy import Connection, Engine
from sqlalchemy.engine import make_url

from stockbridge.engine import lanes
from stockbridge.engine.words import Failure
from stockbridge.ports import Clock, Ids, Job

APPLICATION = "stockbridge"
#: Pinned: left to itself, DBOS hashes the source, and after an upgrade work in flight would stay where it is.
VERSION = "1"
SCHEMA = "dbos"
JOB = "job"


def engine_url(url: str) -> str:
    """The database's URL as DBOS wants it: with our driver named."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


class DbosClientEngine:
    """ports.Engine for a process that runs no jobs: wakes lanes, lists and replays failures. Connects to nothing by itself."""

    def __init__(self, *, url: str, engine: Engine, ids: Ids, clock: Clock) -> None:
        self._url = engine_url(url)
        self._database = engine
        self._ids = ids
        self._clock = clock
        self._client = DBOSClient(
            system_database_url=self._url,
            dbos_system_schema=SCHEMA,
            serializer=DBOSPortableJSONSerializer(),
            system_database_pool_size=1,
            application_name=APPLICATION,
            lazy=True,
        )

    def close(self) -> None:
        """Lets go of what was opened."""
        self._client.destroy()

    def wake(self, connection: Connection, job: Job) -> None:
        """Makes the job run soon, in the caller's transaction: no commit, no job. See wake_all."""
        self.wake_all(connection, [job])

    def wake_all(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Makes the jobs run soon, in the caller's transaction. A lane that was woken and has not begun gets no second hint.

        Call it once, and last, in a transaction: until the commit, whoever wakes the same lane waits, and two transactions
        that wake twice each, in different order, deadlock."""
        for job in lanes.mark(connection, jobs, self._clock.now()):
            self._hint(connection, job)

    def failures(self, limit: int = 100) -> list[Failure]:
        """The lanes in trouble, the latest first."""
        with self._database.begin() as conn:
            return lanes.failures(conn, limit)

    def replay(self, key: str) -> bool:
        """Lets a lane in trouble try again now, not after its rest. False: it is in no trouble."""
        with self._database.begin() as conn:
            job = lanes.well(conn, key)
            if job is not None:
                self.wake(conn, job)
        return job is not None

    def _hint(self, conn: Connection, job: Job) -> None:
        options: EnqueueOptions = {
            "workflow_name": JOB,
            "queue_name": job.kind,
            "workflow_id": self._ids.new(),
            "app_version": VERSION,
            "queue_partition_key": job.key,
        }
        plain = {name: getattr(job, name) for name in ("kind", "account", "connection", "lane", "what")}
        self._client.enqueue_in_transaction(conn, options, plain)
