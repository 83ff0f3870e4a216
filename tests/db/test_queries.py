"""Named SQL: the files, their shape, their parameters; and every query of the house against the real tables."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError, NoResultFound, ProgrammingError

from stockbridge.db.errors import BrokenQueries
from stockbridge.db.queries import Queries, all_files, jsonb, read_file

SAMPLE = """
-- Anything before the first name is for readers.

-- name: add
-- Adds one thing.
INSERT INTO thing (name, data) VALUES (:name, :data);

-- name: all
-- All things by name.
SELECT name, data FROM thing ORDER BY name

-- name: named
-- The thing of this name.
SELECT name, data FROM thing WHERE name = :name   -- a trailing note: not :a parameter

-- name: cast
-- The parameter, cast both ways.
SELECT :n::int + CAST(:m AS int) AS sum, '12:30 :n' || '%' AS untouched, '{"a":1}'::jsonb AS literal

-- name: count_in
-- How many things are in the list.
SELECT count(*) FROM thing WHERE name = ANY(:names)

-- name: echo
-- What is given.
SELECT CAST(:value AS jsonb)

-- name: forget
-- Removes the things that begin with a prefix.
DELETE FROM thing WHERE name LIKE :prefix || '%'
"""


@pytest.fixture
def queries(tmp_path: Path) -> Queries:
    (tmp_path / "sample.sql").write_text(SAMPLE)
    return Queries("sample", folder=tmp_path)


@pytest.fixture
def conn(make_database):
    with make_database().engine.connect() as connection:
        connection.execute(text("CREATE TABLE thing (name text PRIMARY KEY, data jsonb)"))
        yield connection


def test_rows_come_back_with_jsonb_decoded(queries, conn):
    queries.run(conn, "add", name="b", data={"x": [1, {"y": None}]})
    queries.run(conn, "add", name="a", data=jsonb([1, 2]))
    assert [(row.name, row.data) for row in queries.rows(conn, "all")] == [("a", [1, 2]), ("b", {"x": [1, {"y": None}]})]


def test_run_and_many_give_the_number_of_rows_written(queries, conn):
    assert queries.many(conn, "add", [{"name": f"x{n}", "data": {"n": n}} for n in range(5)]) == 5
    assert queries.many(conn, "add", []) == 0
    assert queries.run(conn, "forget", prefix="x") == 5


def test_one_maybe_and_value_say_what_they_found(queries, conn):
    assert queries.maybe(conn, "named", name="a") is None
    assert queries.value(conn, "named", name="a") is None
    with pytest.raises(NoResultFound):
        queries.one(conn, "named", name="a")
    queries.run(conn, "add", name="a", data={})
    assert queries.one(conn, "named", name="a").name == queries.value(conn, "named", name="a") == "a"
    assert queries.maybe(conn, "named", name="a") is not None


def test_casts_literals_and_percent_signs_mean_what_they_mean_in_sql(queries, conn):
    row = queries.one(conn, "cast", n="2", m="3")
    assert (row.sum, row.untouched, row.literal) == (5, "12:30 :n%", {"a": 1})


def test_a_list_is_an_array(queries, conn):
    queries.many(conn, "add", [{"name": name, "data": {}} for name in "abc"])
    assert queries.value(conn, "count_in", names=["a", "c", "z"]) == 2


def test_what_json_itself_cannot_hold_is_written_as_text(queries, conn):
    class Level(msgspec.Struct):
        units: int
        price: Decimal
        at: datetime

    level = Level(units=3, price=Decimal("1.10"), at=datetime(2026, 3, 1, tzinfo=UTC))
    assert queries.value(conn, "echo", value=jsonb(level)) == {"units": 3, "price": "1.10", "at": "2026-03-01T00:00:00Z"}
    assert queries.value(conn, "echo", value={"price": Decimal("1.10")}) == {"price": "1.10"}


def test_times_come_back_aware_and_in_utc(conn):
    found = conn.execute(text("SELECT timestamptz '2026-07-01 12:00+02'")).scalar_one()
    assert found == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert found.utcoffset().total_seconds() == 0


def test_the_isolation_level_is_read_committed(conn):
    assert conn.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"


def test_an_error_of_the_database_comes_through(queries, conn):
    queries.run(conn, "add", name="a", data={})
    with pytest.raises(IntegrityError):
        queries.run(conn, "add", name="a", data={})


def test_an_unknown_name_is_an_error(queries, conn):
    with pytest.raises(KeyError):
        queries.rows(conn, "no_such_query")


def test_every_query_says_what_it_gives(queries):
    assert {query.name: query.gives for query in queries}["sample.all"] == "All things by name."


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("SELECT 1", "must begin with"),
        ("SELECT 1;\n-- name: a\n-- A.\nSELECT 2", "must begin with"),
        ("-- name: a\nSELECT 1", "says what it gives"),
        ("-- name: a b\n-- A.\nSELECT 1", "must begin with"),
        ("-- name: a-b\n-- A.\nSELECT 1", "a plain name is needed"),
        ("-- name: a\n-- A.\n;", "sample.a is empty"),
        ("-- name: a\n-- A.\nSELECT 1\n-- name: a\n-- A.\nSELECT 2", "two queries called a"),
    ],
)
def test_a_malformed_file_is_refused(tmp_path, source, complaint):
    (tmp_path / "sample.sql").write_text(source)
    with pytest.raises(BrokenQueries, match=complaint):
        Queries("sample", folder=tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BrokenQueries, match=r"there is no nothing\.sql"):
        Queries("nothing", folder=tmp_path)


def test_the_files_of_a_folder_are_read_as_one(tmp_path):
    (tmp_path / "pages").mkdir()
    for name in ("order", "stock"):
        (tmp_path / "pages" / f"{name}.sql").write_text(f"-- name: {name}\n-- One.\nSELECT 1")
    (tmp_path / "sample.sql").write_text(SAMPLE)
    assert all_files(tmp_path) == ["pages", "sample"]
    assert [query.name for query in Queries("pages", folder=tmp_path)] == ["order.order", "stock.stock"]
    (tmp_path / "pages" / "stock.sql").write_text("-- name: order\n-- Once more.\nSELECT 2")
    read_file.cache_clear()
    with pytest.raises(BrokenQueries, match="another file of pages both have order"):
        Queries("pages", folder=tmp_path)


@pytest.mark.parametrize("file", all_files())
def test_every_query_of_the_house_fits_the_tables_of_the_house(database, file):
    """PREPARE resolves every table, column, function and type without running anything."""
    wrong = []
    with database.engine.connect() as conn:
        for query in Queries(file):
            try:
                prepare(conn, query.clause)
            except ProgrammingError as error:
                wrong.append(f"{query.name}: {str(error.orig).splitlines()[0]}")
            conn.rollback()
    assert wrong == []


def test_the_check_above_finds_a_column_that_does_not_exist(queries, conn):
    prepare(conn, next(query.clause for query in queries if query.name == "sample.all"))
    with pytest.raises(ProgrammingError, match="nonsense"):
        prepare(conn, text("SELECT nonsense FROM thing WHERE name = :name"))


def prepare(conn: Connection, clause) -> None:
    names: list[str] = []

    def number(match: re.Match[str]) -> str:
        if match[1] not in names:
            names.append(match[1])
        return f"${names.index(match[1]) + 1}"

    compiled = str(clause.compile(dialect=conn.dialect))
    statement = re.sub(r"%\((\w+)\)s", number, compiled).replace("%%", "%")
    conn.exec_driver_sql(f"PREPARE checked AS {statement}", execution_options={"no_parameters": True})
    conn.exec_driver_sql("DEALLOCATE checked")
