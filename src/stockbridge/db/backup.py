"""Backup and restore with PostgreSQL's own programs: one file, which plain pg_restore also reads.

The file holds our schema and the engine's, so work in progress goes on where it was. The key that decrypts
the stored secrets is not in it; on request it is laid beside it (`FILE.key`), to be kept somewhere else.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import URL, Connection, make_url, text

from stockbridge.db.connection import Database
from stockbridge.db.embedded.binaries import CLEAN_ENVIRONMENT, Binaries, client_folders, find_binaries, major_of
from stockbridge.db.errors import BackupFailed, DatabaseNotEmpty, DumpToolTooOld, RestoreFailed

SCHEMAS = ("public", "dbos")
_LOCK_TIMEOUT_S = 10

_BEGIN = f"""\\set ON_ERROR_STOP on
BEGIN;
SET LOCAL lock_timeout = '{_LOCK_TIMEOUT_S}s';
SET LOCAL client_min_messages = warning;
DROP SCHEMA IF EXISTS dbos CASCADE;
DROP SCHEMA IF EXISTS public CASCADE;
"""  # the backup itself makes both schemas again


def backup(database: Database, file: Path, *, key_file: Path | None = None, binaries: Path | None = None) -> Path:
    """Writes a backup of the whole database, as of one moment, while everybody goes on working.

    `file` appears complete, readable by its owner alone, or not at all; an older one is replaced.
    With `key_file` the encryption key is copied to `FILE.key`. Raises BackupFailed, DumpToolTooOld.
    """
    programs = _programs_for(database, binaries)
    address, environment = _libpq(database.url)
    wanted = [f"--schema={name}" for name in SCHEMAS]  # one that is missing is no error
    command = [programs.path("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", *wanted, "-d", address]
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    try:
        open(partial, "xb", opener=_private).close()  # pg_dump keeps the mode of a file that exists
        # To a file, not to its output: only there does it go back and note where each table's rows begin.
        command.append(f"--file={partial}")
        answer = subprocess.run(command, capture_output=True, env=environment, check=False)
        if answer.returncode != 0:
            raise BackupFailed(_said(answer.stderr))
        if key_file is not None:
            _copy_private(key_file, key_beside(file))
        partial.replace(file)
        _sync_folder(file.parent)
    except OSError as error:
        raise BackupFailed(str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return file


def restore(
    database: Database,
    file: Path,
    *,
    replace: bool = False,
    key_file: Path | None = None,
    binaries: Path | None = None,
) -> None:
    """Puts a backup in the place of what the database holds: wholly, or (on any error) not at all.

    `replace=True` says that somebody confirmed the loss of the present data; without it only an empty
    database is accepted. With `key_file`, the key lying beside the backup is put there unless a key exists.
    Raises DatabaseNotEmpty, RestoreFailed, DumpToolTooOld.
    """
    if not file.is_file():
        raise RestoreFailed(f"there is no file {file}")
    with database.engine.connect() as conn:
        if not replace and holds_data(conn):
            raise DatabaseNotEmpty()
    programs = _programs_for(database, binaries)
    _replay(programs, database.url, file)
    if key_file is not None and key_beside(file).is_file() and not key_file.exists():
        _copy_private(key_beside(file), key_file)
    database.engine.dispose()  # what the pool remembers about the old tables (prepared statements) is void


def holds_data(conn: Connection) -> bool:
    """Says whether our schema or the engine's has any table."""
    found = conn.execute(
        text("SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = ANY(:schemas))"), {"schemas": list(SCHEMAS)}
    )
    return bool(found.scalar_one())


def key_beside(file: Path) -> Path:
    """Gives where the key of a backup lies."""
    return file.with_name(f"{file.name}.key")


def _replay(programs: Binaries, url: str, file: Path) -> None:
    """Feeds psql one transaction. Its last line, COMMIT, is only sent when pg_restore has read the file to its
    end without complaint: a cut file rolls back."""
    address, environment = _libpq(url)
    read = [programs.path("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(file)]
    write = [programs.path("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "-o", os.devnull, "-d", address]
    with (
        tempfile.TemporaryFile() as complaints,  # not a pipe: nobody reads it while the rows are copied
        subprocess.Popen(read, stdout=subprocess.PIPE, stderr=complaints, env=environment) as source,
        subprocess.Popen(write, stdin=subprocess.PIPE, stderr=complaints, env=environment) as target,
    ):
        assert source.stdout is not None
        assert target.stdin is not None
        try:
            target.stdin.write(_BEGIN.encode())
            shutil.copyfileobj(source.stdout, target.stdin)
            if source.wait() == 0:
                target.stdin.write(b"\nCOMMIT;\n")
            target.stdin.close()
        except BrokenPipeError:  # psql has given up; it has said why
            source.kill()
        if target.wait() != 0 or source.wait() != 0:
            complaints.seek(0)
            raise RestoreFailed(_said(complaints.read()))


def _programs_for(database: Database, folder: Path | None) -> Binaries:
    """Gives programs that are at least as new as the server; the embedded server's own are its equals."""
    if database.cluster is not None or folder is not None:
        return find_binaries(folder)
    needed = database.server_version // 10000
    found = [Binaries(place, major) for place in client_folders() if (major := major_of(place / "pg_dump"))]
    # Of those new enough the oldest: its file can be restored into the most servers.
    usable = sorted((tools for tools in found if tools.major >= needed), key=lambda tools: tools.major)
    if not usable:
        newest = max((tools.major for tools in found), default=0)
        raise DumpToolTooOld(f"server {needed}, newest pg_dump {newest or 'missing'}")
    return usable[0]


def _libpq(url: str) -> tuple[str, Mapping[str, str]]:
    """Gives the address for a program's command line, which every user of the machine can read, without the
    password, and an environment that holds it instead."""
    address = make_url(url)
    bare = URL.create("postgresql", address.username, None, address.host, address.port, address.database, address.query)
    home = pwd.getpwuid(os.geteuid()).pw_dir  # where libpq looks for certificates
    environment = CLEAN_ENVIRONMENT | {"HOME": home, "PGCONNECT_TIMEOUT": "10"}
    if address.password:
        environment |= {"PGPASSWORD": address.password}
    return bare.render_as_string(), environment


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _copy_private(source: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with open(partial, "xb", opener=_private) as out:
            out.write(source.read_bytes())
            os.fsync(out.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _said(complaint: bytes) -> str:
    return " | ".join(complaint.decode(errors="replace").strip().splitlines()[-4:])
