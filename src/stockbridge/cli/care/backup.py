"""`stockbridge backup`, `restore` and `migrate`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from stockbridge.cli.session import chosen, expected, must_be_set_up, quiet_log, settings
from stockbridge.cli.talk import Misused, Problem, as_json, many_of, pairs, put_json, say, sure, working
from stockbridge.db import backup as files
from stockbridge.db import migrate as schema
from stockbridge.db import reports
from stockbridge.db.backup import holds_data, key_beside
from stockbridge.db.connection import Database, open_database
from stockbridge.settings import Settings
from stockbridge.wiring import SystemClock, open_base

_OURS = "stockbridge-care"
#: So long a session may take to be gone once its program has ended.
_LEAVING = timedelta(seconds=3)
_FILE = click.Path(path_type=Path, dir_okay=False)


@contextmanager
def _database(known: Settings) -> Iterator[Database]:
    """The database as it is: nothing is migrated."""
    quiet_log(debug=chosen().debug)
    with expected():
        database = open_database(known.database_url or None, known.data_dir, pool_size=3, application_name=_OURS)
        try:
            yield database
        finally:
            database.close()


@click.command()
@click.argument("file", type=_FILE)
@click.option("--with-key", is_flag=True, help="Also copy the encryption key to FILE.key; keep the two apart.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@as_json
def backup(file: Path, with_key: bool, force: bool, as_json: bool) -> None:
    """Write the whole database into FILE, as of one moment, while everything goes on.

    Connections' credentials in it are encrypted; the key is not in it. PostgreSQL's own pg_restore reads the file too.
    """
    if file.exists() and not force:
        raise Misused(f"{file} exists already.", todo="Choose another name, or add --force.")
    if not file.absolute().parent.is_dir():
        raise Misused(f"There is no folder {file.absolute().parent}.")
    known = settings()
    must_be_set_up(known)
    if with_key and not known.key_path.exists():
        raise Problem(f"There is no key {known.key_path} yet.", todo="Leave --with-key away.")
    with _database(known) as database:
        with database.engine.connect() as conn:
            if not holds_data(conn):
                raise Problem("The database is empty: there is nothing to back up.")
        with working("Writing the backup …"):
            files.backup(database, file.absolute(), key_file=known.key_path if with_key else None)
    size = file.stat().st_size
    if as_json:
        put_json({"file": str(file), "bytes": size, "key": str(key_beside(file)) if with_key else None})
        return
    say(f"Wrote {file} ({size / 1_000_000:.1f} MB).")
    if not with_key:
        say(f"The key is not in it. Keep a copy of {known.key_path} elsewhere: without it credentials must be entered again.")


def _others(database: Database) -> int:
    """Sessions of others; one that has just ended is still to be seen for a moment, and is given it."""
    clock = SystemClock()
    ends = clock.now() + _LEAVING
    while True:
        with database.engine.connect() as conn:
            others = reports.others(conn, own_name=_OURS)
        if not others or clock.now() >= ends:
            return others
        clock.sleep(0.1)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Put the backup FILE in the place of what the database holds: wholly, or not at all.

    Refused while Stockbridge runs. The key lying beside the file is put in place if there is none.
    """
    if not file.is_file():
        raise Misused(f"There is no file {file}.")
    known = settings()
    with _database(known) as database:
        with database.engine.connect() as conn:
            full = holds_data(conn)
        if others := _others(database):
            raise Problem(
                f"The database is in use ({many_of(others, 'session')}).",
                todo="Stop 'stockbridge run' and every worker, then try again.",
            )
        if full:
            sure(f"Everything in the database is replaced by what is in {file}. Go on?", yes=yes)
        with working("Restoring …"):
            files.restore(database, file.absolute(), replace=full, key_file=known.key_path)
    if not known.key_path.exists():
        say(
            f"There is no key at {known.key_path}: put the old one there before you start. If it is lost, make an empty file there"
            " and enter the credentials of each connection again."
        )
    say("Restored. The next start brings it to this release's schema if it is older.")


@click.command()
@click.option("--pre-only", is_flag=True, help="Leave out the newest change's second half, while old processes still run.")
@as_json
def migrate(pre_only: bool, as_json: bool) -> None:
    """Bring the database to what this release needs, after a backup. Every start does this by itself."""
    known = settings()
    with _database(known) as database, working("Changing the database …"):
        result = schema.migrate(database, backup_dir=known.data_dir / "backups", upto="pre" if pre_only else "post")
        if not pre_only:
            open_base(known, pool_size=3, key=False).close()  # the engine's own tables
    if as_json:
        put_json({"before": result.before, "after": result.after, "applied": result.applied, "backup": result.backup})
        return
    pairs({"Before": result.before or "empty", "Now": result.after, "Backup": str(result.backup or "")})
    say("The database is as this release needs it." if result.applied else "Nothing was to be done.")
