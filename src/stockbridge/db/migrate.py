"""Brings the schema `public` to what this release knows: on every start, once, after a backup.

The durable engine keeps its own schema (`dbos`) and its own migrations; they are not touched here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import structlog
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from stockbridge.db.backup import backup
from stockbridge.db.connection import Database
from stockbridge.db.errors import SchemaTooNew
from stockbridge.db.scripts import FOLDER, Migration, SqlScripts, migrations

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("stockbridge.db")

_LOCK = 0x73746F636B62  # "stockb": our number among the advisory locks of this database


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """What was done: the revision before (None: an empty database) and after, the revisions applied in order,
    and the backup made first, if one was."""

    before: str | None
    after: str
    applied: tuple[str, ...]
    backup: Path | None


def current_revision(conn: Connection) -> str | None:
    """Gives the schema's revision, such as `0007_post`; None for an empty database."""
    return MigrationContext.configure(conn).get_current_revision()


def migrate(
    database: Database,
    *,
    backup_dir: Path | None,
    upto: Literal["pre", "post"] = "post",
    folder: Path = FOLDER,
    binaries: Path | None = None,
) -> MigrationResult:
    """Applies every migration that is missing, all or none, while any other process that wants to waits.

    `upto="pre"` leaves out the newest pair's second half, for a time with old and new processes side by side.
    `backup_dir=None` makes no backup. Raises SchemaTooNew, MigrationFailed, BackupFailed,
    BrokenMigrations, DumpToolTooOld.
    """
    found = migrations(folder)
    known = found if upto == "post" or not found else found[:-1]
    with database.engine.begin() as conn:
        # For the transaction, not the session, so that it also holds behind a pooler in transaction mode; and
        # the wait for it and the backup may be long.
        conn.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        before = current_revision(conn)
        _refuse_newer(before, found)
        missing = _missing(before, known)
        if not missing:
            return MigrationResult(before, before or "", (), None)
        saved = None
        if before is not None and backup_dir is not None:
            saved = _backup_path(backup_dir, before, missing[-1])
            backup(database, saved, binaries=binaries)
        _upgrade(conn, known, missing[-1])
    log.info("schema.migrated", before=before, after=missing[-1], backup=str(saved) if saved else None)
    return MigrationResult(before, missing[-1], tuple(missing), saved)


def _refuse_newer(before: str | None, found: Sequence[Migration]) -> None:
    known = [migration.revision for migration in found]
    if before is not None and before not in known:
        raise SchemaTooNew(f"it is at {before}, and this release knows up to {known[-1] if known else 'nothing'}")


def _missing(before: str | None, known: Sequence[Migration]) -> list[str]:
    revisions = [migration.revision for migration in known]
    if before is None:
        return revisions
    return revisions[revisions.index(before) + 1 :] if before in revisions else []


def _upgrade(conn: Connection, known: list[Migration], target: str) -> None:
    scripts = SqlScripts(known)

    def steps(revision: Any, _context: MigrationContext) -> list[Any]:
        return list(scripts._upgrade_revs(target, revision))  # what alembic's own `upgrade` command calls

    run: Callable[..., list[Any]] = steps
    with EnvironmentContext(Config(), scripts, fn=run, destination_rev=target) as environment:
        environment.configure(connection=conn, target_metadata=None)
        environment.run_migrations()


def _backup_path(folder: Path, before: str, after: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"before-{after}-from-{before}"
    taken = len(list(folder.glob(f"{stem}*.dump")))
    return folder / (f"{stem}-{taken + 1}.dump" if taken else f"{stem}.dump")
