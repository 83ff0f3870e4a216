"""Files of lines, cut into pieces that several processes can read at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: Bytes of a piece, and bytes that are read at once.
PIECE, GULP = 8 * 1024 * 1024, 256 * 1024


@dataclass(frozen=True, slots=True)
class Piece:
    """The lines of a file that begin at ``start`` or behind it, and before ``end`` (both in bytes)."""

    path: Path
    start: int
    end: int

    def gulps(self, size: int = GULP) -> Iterator[bytes]:
        """Its lines, many whole ones at a time; the last line of the file need not end."""
        with self.path.open("rb") as file:
            at = self.start
            if at:
                file.seek(at - 1)
                at += len(file.readline()) - 1
            while at < self.end:
                lines = file.read(min(size, self.end - at))
                if not lines:
                    return
                if not lines.endswith(b"\n"):
                    lines += file.readline()
                at += len(lines)
                yield lines


def pieces(path: Path, size: int = PIECE) -> list[Piece]:
    """All lines of a file, each in one piece."""
    whole = path.stat().st_size
    return [Piece(path, at, min(at + size, whole)) for at in range(0, whole, size)]
