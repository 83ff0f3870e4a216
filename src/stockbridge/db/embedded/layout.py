"""Where the pieces of an embedded PostgreSQL lie, and whether they are of our major version.

{data_dir}/pg18/            the folder's name carries the major version
    data/                   PostgreSQL's own folder
    run/                    the socket (in /tmp/stockbridge-… when this path is too long for one)
    holders.lock            shared by every process that uses the server; the last one to leave stops it
    start.lock              held by the one that is starting it
    server.lock             held by the server itself, all of its processes
    server.log
"""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from stockbridge.db.embedded.account import Account
from stockbridge.db.errors import FolderUnusable, PostgresUnavailable, WrongMajorVersion

USER = "stockbridge"
DATABASE = "stockbridge"
_SOCKET = ".s.PGSQL.5432"
# A socket's whole path must fit into sun_path: 108 bytes on Linux and 104 on macOS, with the closing zero.
_LONGEST_SOCKET_PATH = 103
# Other characters mean something in a list of socket folders or in a connection string.
_PLAIN_PATH = re.compile(r"[\w./+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Layout:
    """The paths of one embedded PostgreSQL."""

    home: Path
    major: int

    @classmethod
    def of(cls, data_dir: Path, major: int) -> "Layout":
        """Gives the layout for a data folder; nothing is made or read."""
        return cls(home=data_dir.resolve() / f"pg{major}", major=major)

    @property
    def name(self) -> str:
        """What the server's processes carry in their titles; no two data folders share it."""
        return f"stockbridge-{hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]}"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def run(self) -> Path:
        """The folder of the socket; every process works out the same one."""
        own = self.home / "run"
        fits = len(os.fsencode(own / _SOCKET)) <= _LONGEST_SOCKET_PATH
        if fits and _PLAIN_PATH.fullmatch(str(own)):
            return own
        return Path("/tmp") / self.name

    def lock(self, name: str) -> Path:
        return self.home / f"{name}.lock"

    def url(self) -> str:
        """The address of our database in SQLAlchemy's form."""
        return f"postgresql+psycopg://{USER}@/{DATABASE}?host={quote(str(self.run), safe='/')}"

    def conninfo(self, database: str = DATABASE) -> str:
        """The same for psycopg, for any database of the server."""
        return f"host={self.run} port=5432 user={USER} dbname={database} connect_timeout=5"

    def prepare(self, account: Account) -> None:
        """Makes the folder and the socket's folder, for the account alone. Raises FolderUnusable."""
        try:
            self.home.parent.mkdir(parents=True, exist_ok=True)
            self.home.mkdir(mode=0o700, exist_ok=True)
        except PermissionError:
            raise
        except OSError as error:
            raise FolderUnusable(f"{self.home.parent}: {error.strerror}") from error
        account.own(self.home)
        self._prepare_run(account)

    def _prepare_run(self, account: Account) -> None:
        try:
            self.run.mkdir(mode=0o700)
            account.own(self.run)
        except FileExistsError:
            pass
        status = self.run.lstat()
        # In /tmp anybody could have made this folder before us, to read what passes through the socket.
        mine = status.st_uid in (account.uid, os.geteuid())
        if not stat.S_ISDIR(status.st_mode) or not mine or stat.S_IMODE(status.st_mode) & 0o077:
            raise PostgresUnavailable(f"{self.run} belongs to somebody else or is open to others: remove it")
        account.own(self.run)


def holds_cluster(data_dir: Path) -> bool:
    """Was a PostgreSQL begun in this data folder, by whichever major version? Makes nothing; a closed folder may hold one."""
    try:
        names = os.listdir(data_dir)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except PermissionError:
        return True
    return any(name == "PG_VERSION" or re.match(r"pg\d", name) for name in names)


def check_major(data_dir: Path, major: int) -> None:
    """Refuses a data folder that another major version wrote.

    An older folder beside ours is what a finished upgrade leaves behind, so it is refused only while ours is
    missing: starting an empty database there would look like losing everything.

    Raises WrongMajorVersion.
    """
    ours = _written_by(data_dir / f"pg{major}" / "data")
    if ours not in (None, major):
        raise WrongMajorVersion(f"{data_dir}/pg{major}: written by PostgreSQL {ours}, this is {major}")
    for folder in sorted(data_dir.glob("pg[0-9]*")):
        other = _written_by(folder / "data") or _written_by(folder)
        if other is not None and other != major and (other > major or ours is None):
            raise WrongMajorVersion(f"{folder}: written by PostgreSQL {other}, this is {major}")
    loose = _written_by(data_dir)
    if loose is not None:
        raise WrongMajorVersion(f"{data_dir} is itself a folder of PostgreSQL {loose}: name another folder")


def _written_by(folder: Path) -> int | None:
    try:
        text = (folder / "PG_VERSION").read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return int(text) if text.isdigit() else -1
