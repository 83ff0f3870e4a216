"""The migration files, in order, as Alembic wants to see them.

A migration is a pair: `0007_pre_name.sql` adds what new code needs and old code can live with;
`0007_post_name.sql` removes what only old code needed. Between the two, both releases run side by side.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import psycopg
from alembic import op
from alembic.script import Script, ScriptDirectory

from stockbridge.db.errors import BrokenMigrations, MigrationFailed

FOLDER = Path(__file__).parent / "migrations"
_FILE = re.compile(r"(\d{4})_(pre|post)_([a-z0-9_]+)\.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file; `revision` is what the database remembers, such as `0007_pre`."""

    revision: str
    path: Path


def migrations(folder: Path = FOLDER) -> list[Migration]:
    """Gives the files of a folder in the order in which they run. Raises BrokenMigrations."""
    names = {path: _FILE.fullmatch(path.name) for path in sorted(folder.glob("*.sql"))}
    odd = [path.name for path, match in names.items() if match is None]
    if odd:
        raise BrokenMigrations(f"unexpected: {', '.join(odd)}")
    # `pre` sorts after `post` in the alphabet, so the order is made here.
    keyed = sorted((m[1], m[2] == "post", m[3], path) for path, m in names.items() if m)
    expected = [(f"{number:04}", post) for number in range(1, len(keyed) // 2 + 1) for post in (False, True)]
    if [(number, post) for number, post, _, _ in keyed] != expected:
        raise BrokenMigrations(f"found: {', '.join(path.name for path in names) or 'none'}")
    for (number, post, name, _), (_, _, name_after, _) in pairwise(keyed):
        if not post and name != name_after:
            raise BrokenMigrations(f"{number}: the pair has two names, {name} and {name_after}")
    return [Migration(f"{number}_{'post' if post else 'pre'}", path) for number, post, _, path in keyed]


class SqlScripts(ScriptDirectory):
    """Alembic's script directory, filled from SQL files instead of Python modules."""

    def __init__(self, found: list[Migration]) -> None:
        super().__init__(dir=found[0].path.parent)
        self._found = found

    def _load_revisions(self) -> Iterator[Script]:
        before: str | None = None
        for migration in self._found:
            yield Script(_SqlModule(migration, before), migration.revision, str(migration.path))
            before = migration.revision


class _SqlModule(ModuleType):
    """What Alembic calls a version module: it knows what came before it, and how to upgrade."""

    def __init__(self, migration: Migration, before: str | None) -> None:
        super().__init__(migration.revision, doc=migration.path.stem)
        self.revision = migration.revision
        self.down_revision = before
        self._path = migration.path

    def upgrade(self) -> None:
        # The driver's own cursor without parameters: many statements at once, and no % or : has a meaning.
        driver = op.get_bind().connection.driver_connection
        assert driver is not None
        try:
            driver.execute(self._path.read_text(encoding="utf-8"))
        except psycopg.Error as error:
            raise MigrationFailed(f"{self._path.name}: {error}") from error
