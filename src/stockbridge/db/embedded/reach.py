"""Lets the server's user walk to its files when we are root and a folder above them is closed (as /root is).

Only the right to pass through is given, and where the file system can do it (access control lists, on by
default on ext4, xfs and btrfs) to that one user alone. Elsewhere the folder's search bit for others is set:
names inside stay unlisted. The alternatives are worse: a copy of the programs and data elsewhere, or a
server that keeps root's right to read everything.
"""

import os
import stat
import struct
from pathlib import Path

import structlog

from stockbridge.db.embedded.account import Account

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("stockbridge.db.embedded")

Entry = tuple[int, int, int]  # tag, rights, id: see acl(5); the layout is linux/posix_acl_xattr.h, version 2

_ATTRIBUTE = "system.posix_acl_access"
_VERSION = 2
_OWNER, _USER, _GROUP, _NAMED_GROUP, _MASK, _OTHER = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
_NO_ID = 0xFFFFFFFF
_SEARCH = 1


def make_reachable(path: Path, account: Account) -> None:
    """Makes every folder on the way to `path`, and `path` itself if it is a folder, passable for the account."""
    if not account.switch:
        return
    whole = path.resolve()
    for folder in reversed((whole, *whole.parents)):
        if folder.is_dir() and not _passable(folder, account):
            _open(folder, account)


def _passable(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    entries = _entries(folder)
    named = [rights for tag, rights, who in entries if tag == _USER and who == account.uid]
    masks = [rights for tag, rights, _ in entries if tag == _MASK]
    if named:
        return bool(named[0] & masks[0] & _SEARCH)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _open(folder: Path, account: Account) -> None:
    log.warning("postgres.folder_opened", folder=str(folder), uid=account.uid, right="pass through")
    try:
        os.setxattr(folder, _ATTRIBUTE, _with_search(_entries(folder), account.uid))
    except (AttributeError, OSError):  # no such call on macOS; no access control lists on this file system
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)


def _entries(folder: Path) -> list[Entry]:
    try:
        raw = os.getxattr(folder, _ATTRIBUTE)
    except (AttributeError, OSError):
        mode = folder.stat().st_mode
        return [(_OWNER, mode >> 6 & 7, _NO_ID), (_GROUP, mode >> 3 & 7, _NO_ID), (_OTHER, mode & 7, _NO_ID)]
    return [struct.unpack_from("<HHI", raw, at) for at in range(4, len(raw), 8)]


def _with_search(entries: list[Entry], uid: int) -> bytes:
    had = next((rights for tag, rights, who in entries if tag == _USER and who == uid), 0)
    kept = [entry for entry in entries if entry[0] != _MASK and entry[::2] != (_USER, uid)]
    kept.append((_USER, had | _SEARCH, uid))
    mask = 0
    for tag, rights, _ in kept:
        mask |= rights if tag in (_USER, _GROUP, _NAMED_GROUP) else 0
    ordered = sorted([*kept, (_MASK, mask, _NO_ID)], key=lambda entry: (entry[0], entry[2]))
    return struct.pack("<I", _VERSION) + b"".join(struct.pack("<HHI", *entry) for entry in ordered)
