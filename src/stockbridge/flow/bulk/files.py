"""Where a shop's snapshot lies while it is compared: one file for each run, that nobody else reads, gone when the run has read it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from stockbridge.db.queries import Queries

_Q = Queries("runs")
_NAME = re.compile(r"levels-(\d+)\.jsonl")


@contextmanager
def file_of(folder: Path, run_id: int) -> Iterator[Path]:
    """A new, empty file for a run; what a process that died has left of it is gone, and so is all of it afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"levels-{run_id}.jsonl"
    path.unlink(missing_ok=True)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield path
    finally:
        path.unlink(missing_ok=True)


def written(path: Path) -> Callable[[bytes], object]:
    """Adds to a file, part by part."""

    def save(part: bytes) -> None:
        with path.open("ab") as file:
            file.write(part)

    return save


def tidy(conn: Connection, folder: Path) -> int:
    """Remove the files of runs that await no snapshot any more; gives how many there were."""
    if not folder.is_dir():
        return 0
    left = {int(match[1]): path for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))}
    awaiting = {row.run_id for row in _Q.rows(conn, "awaiting", run_ids=list(left))}
    gone = [path for run_id, path in left.items() if run_id not in awaiting]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
