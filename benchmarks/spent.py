"""What a run cost each process: seconds of processor time, and what the database wrote. Wall times depend on who else is at work."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from stockbridge.testing.rehearsal.stage import Stage

_TICKS = os.sysconf("SC_CLK_TCK")
_WRITTEN = text(
    "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS wal, (SELECT sum(xact_commit)::bigint FROM pg_stat_database) AS commits"
)


def cpu_s(pid: int, *, ended: bool = False) -> float:
    """Seconds of processor time that a process has used; with ``ended``, those of its children that ended as well."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(each) for each in fields[11 : 15 if ended else 13]) / _TICKS


def database_cpu_s(postmaster: int) -> float:
    """The same of a database server, of all its processes."""
    total = cpu_s(postmaster, ended=True)
    for child in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        try:
            total += cpu_s(int(child), ended=True)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


@dataclass
class Spent:
    """Counts from the moment it is made. ``worker``, ``pages`` and ``database`` are the product's; ``twins`` is this process: the shop,
    the warehouse and the benchmark itself."""

    stage: Stage
    _before: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._before = self._now()

    def _now(self) -> dict[str, float]:
        worker, pages = self.stage.worker.process, self.stage.web.process  # type: ignore[attr-defined]
        with self.stage.base.database.engine.connect() as conn:
            row = conn.execute(_WRITTEN).one()
        return {
            "worker_cpu_s": cpu_s(worker.pid),
            "pages_cpu_s": cpu_s(pages.pid) if pages else 0.0,
            "database_cpu_s": database_cpu_s(self.stage.database_pid()),
            "twins_cpu_s": cpu_s(os.getpid()),
            "wal_mb": int(row.wal) / 1e6,
            "commits": int(row.commits),
        }

    def figures(self) -> dict[str, float]:
        """What was used since."""
        return {name: round(value - self._before[name], 1) for name, value in self._now().items()}
