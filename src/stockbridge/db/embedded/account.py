"""Which user of this machine the server runs as, and how that user gets at its files.

PostgreSQL refuses to run as root, and rightly: a flaw in it would be a flaw in everything. When we are root
(a container, a small virtual machine) the server therefore runs as somebody else. initdb insists that this
user has a line in the password file, and a program that is tried out should not add users to a machine, so
a free number will not do. In this order:

1. the owner of the data folder, when that is not root: a folder that was made without root stays its owner's;
2. a user named `stockbridge`, for those who made one;
3. `nobody`, which every system has. Other services may share it, which is why an own user is better for good.
"""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from stockbridge.db.errors import PostgresUnavailable


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group; `switch` says that we are root and must become it."""

    uid: int
    gid: int
    switch: bool

    def own(self, path: Path) -> None:
        """Gives a file or folder to the account (only root can and needs to)."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def own_fd(self, fd: int) -> None:
        """The same for an open file."""
        if self.switch:
            os.fchown(fd, self.uid, self.gid)


def server_account(home: Path) -> Account:
    """Gives the account that the server of the folder `home` (which need not exist yet) runs as.

    Raises PostgresUnavailable when we are root and there is nobody else to become.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    for known in (_owner(home), _named("stockbridge"), _named("nobody")):
        if known is not None and known.pw_uid != 0:
            return Account(known.pw_uid, known.pw_gid, switch=True)
    raise PostgresUnavailable("running as root, and there is no user `nobody` to run the server as")


def _owner(home: Path) -> pwd.struct_passwd | None:
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    if place != home and place != home.parent:
        return None  # an ancestor further up says nothing about whose data this is
    try:
        return pwd.getpwuid(place.stat().st_uid)
    except KeyError:
        return None


def _named(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
