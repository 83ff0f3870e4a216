"""Named SQL from db/queries, run on a SQLAlchemy connection.

Every query in a file starts with two comment lines, its name and what it gives:

    -- name: claim_due
    -- The due arrivals of one lane, oldest first, locked until the transaction ends.
    SELECT … WHERE account = :account AND due_at <= :now

Parameters are written `:name`. A dict parameter is sent as jsonb, a list as an array (for ANY and unnest);
anything else that shall be jsonb is wrapped in `jsonb(…)`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, CursorResult, Row, TextClause, text

from stockbridge.db.errors import BrokenQueries

FOLDER = Path(__file__).parent / "queries"
#: Rows of a long result that are held at once.
STREAMED = 5_000
_NAME = re.compile(r"^-- name:[ \t]*(\S+)[ \t]*$", re.MULTILINE)
_TOLD = re.compile(r"\s*-- *\S")
# A text literal, a comment, or `:name` just before `::type`, which SQLAlchemy would read as a parameter `nam`.
_SPECIAL = re.compile(r"(?P<literal>'(?:[^']|'')*')|(?P<comment>--[^\n]*)|(?<![:\w]):(?P<cast>\w+)(?=::)")


def jsonb(value: object) -> Jsonb:
    """Marks a value (a list, a msgspec shape, None as JSON's null) to be sent as jsonb."""
    return Jsonb(value)


def json_rows(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as one JSON parameter, for jsonb_to_recordset: hundreds of rows cost little more than one."""
    return msgspec.json.encode(rows).decode()


@dataclass(frozen=True, slots=True)
class Query:
    """One named query: its name as `file.name`, what it gives in words, its SQL."""

    name: str
    gives: str
    sql: str
    clause: TextClause


class Queries:
    """The queries of one file, or of all files of a folder: `Queries("inbox").rows(conn, "claim_due", account=…, now=…)`.

    An unknown name is a KeyError. Database errors come through as SQLAlchemy raises them.
    """

    def __init__(self, file: str, *, folder: Path = FOLDER) -> None:
        self._queries = read_folder(folder / file) if (folder / file).is_dir() else read_file(folder / f"{file}.sql")

    def rows(self, conn: Connection, query: str, /, **parameters: Any) -> Sequence[Row[Any]]:
        """Gives all rows."""
        return self._execute(conn, query, parameters).all()

    def one(self, conn: Connection, query: str, /, **parameters: Any) -> Row[Any]:
        """Gives the one row; none or several raise."""
        return self._execute(conn, query, parameters).one()

    def maybe(self, conn: Connection, query: str, /, **parameters: Any) -> Row[Any] | None:
        """Gives the one row, or None; several raise."""
        return self._execute(conn, query, parameters).one_or_none()

    def value(self, conn: Connection, query: str, /, **parameters: Any) -> Any:
        """Gives the first column of the one row, or None when there is no row; several rows raise."""
        return self._execute(conn, query, parameters).scalar_one_or_none()

    def run(self, conn: Connection, query: str, /, **parameters: Any) -> int:
        """Gives the number of rows that were written."""
        return self._execute(conn, query, parameters).rowcount

    def stream(self, conn: Connection, query: str, /, **parameters: Any) -> Iterator[Row[Any]]:
        """Gives rows as they come, for results that do not fit memory; all are read before the connection is used again."""
        options = {"stream_results": True, "yield_per": STREAMED}
        yield from conn.execute(self._queries[query].clause, parameters, execution_options=options)

    def many(self, conn: Connection, query: str, rows: Sequence[Mapping[str, Any]], /) -> int:
        """Runs the query once per row in one go; gives the number of rows that were written."""
        if not rows:
            return 0
        return conn.execute(self._queries[query].clause, list(rows)).rowcount

    def __iter__(self) -> Iterator[Query]:
        return iter(self._queries.values())

    def _execute(self, conn: Connection, query: str, parameters: dict[str, Any]) -> CursorResult[Any]:
        return conn.execute(self._queries[query].clause, parameters)


def all_files(folder: Path = FOLDER) -> list[str]:
    """Gives the names of all query files, without their ending, and of the folders of such files."""
    return sorted({path.relative_to(folder).with_suffix("").parts[0] for path in folder.rglob("*.sql")})


def read_folder(folder: Path) -> Mapping[str, Query]:
    """Gives the queries of all files of a folder by name. Raises BrokenQueries when a name is in two of them."""
    found: dict[str, Query] = {}
    for path in sorted(folder.glob("*.sql")):
        queries = read_file(path)
        if twice := found.keys() & queries.keys():
            raise BrokenQueries(f"{path.name} and another file of {folder.name} both have {', '.join(sorted(twice))}")
        found.update(queries)
    return found


@cache
def read_file(path: Path) -> Mapping[str, Query]:
    """Gives the queries of one file by name. Raises BrokenQueries when the file is not in the shape above."""
    try:
        source = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BrokenQueries(f"there is no {path.name}") from error
    before, *rest = _NAME.split(source)
    if any(line.strip() and not line.startswith("--") for line in before.splitlines()) or not rest:
        raise BrokenQueries(f"{path.name} must begin with `-- name: …`")
    queries: dict[str, Query] = {}
    for name, body in zip(rest[::2], rest[1::2], strict=True):
        if name in queries:
            raise BrokenQueries(f"{path.name} has two queries called {name}")
        queries[name] = _query(f"{path.stem}.{name}", name, body)
    return queries


def _query(full_name: str, name: str, body: str) -> Query:
    if not name.isidentifier() or not _TOLD.match(body):
        raise BrokenQueries(f"{full_name}: a plain name is needed, and below it a comment line that says what it gives")
    sql = _SPECIAL.sub(_plain, body).strip().removesuffix(";").strip()
    if not sql:
        raise BrokenQueries(f"{full_name} is empty")
    gives = body.strip().splitlines()[0].removeprefix("--").strip()
    return Query(name=full_name, gives=gives, sql=sql, clause=text(sql))


def _plain(match: re.Match[str]) -> str:
    """Leaves nothing for SQLAlchemy to mistake for a parameter."""
    if match["literal"]:
        return match["literal"].replace(":", r"\:")
    return f"(:{match['cast']})" if match["cast"] else ""
