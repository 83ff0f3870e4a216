"""Backup and restore: everything, privately, and all or nothing."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from stockbridge.db import backup as module
from stockbridge.db.backup import backup, key_beside, restore
from stockbridge.db.connection import Database, open_database
from stockbridge.db.embedded import find_binaries
from stockbridge.db.errors import BackupFailed, DatabaseNotEmpty, DumpToolTooOld, RestoreFailed

BINARIES = find_binaries().folder


@pytest.fixture
def filled(make_database) -> Database:
    database = make_database()
    with database.engine.begin() as conn:
        conn.execute(text("CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, note text, body bytea)"))
        conn.execute(text("INSERT INTO orders (note, body) SELECT 'ünit ' || n, '\\xdeadbeef' FROM generate_series(1, 50) n"))
        conn.execute(text("CREATE INDEX orders_note ON orders (note)"))
        conn.execute(text("CREATE SCHEMA dbos"))
        conn.execute(text("CREATE TABLE dbos.workflow_status AS SELECT 'w1' AS id"))
    return database


def contents(database: Database) -> tuple[object, ...]:
    with database.engine.connect() as conn:
        orders = conn.execute(text("SELECT id, note, body FROM orders ORDER BY id")).all()
        jobs = conn.execute(text("SELECT id FROM dbos.workflow_status")).all()
    return tuple(map(tuple, orders)), tuple(map(tuple, jobs))


def test_a_backup_restored_elsewhere_holds_our_rows_and_the_engines(filled, make_database, tmp_path):
    file = backup(filled, tmp_path / "all.dump", binaries=BINARIES)
    other = make_database()
    restore(other, file, binaries=BINARIES)
    assert contents(other) == contents(filled)
    with other.engine.begin() as conn:  # identities go on where they were, and indexes are there
        assert conn.execute(text("INSERT INTO orders (note) VALUES ('next') RETURNING id")).scalar_one() == 51
        assert conn.execute(text("SELECT to_regclass('orders_note')")).scalar_one() is not None


def test_a_restored_database_is_at_the_revision_of_its_backup(database, make_database, tmp_path):
    from stockbridge.db.migrate import current_revision, migrate

    file = backup(database, tmp_path / "all.dump", binaries=BINARIES)
    other = make_database()
    restore(other, file, binaries=BINARIES)
    with database.engine.connect() as here, other.engine.connect() as there:
        assert current_revision(here) == current_revision(there) is not None
    assert migrate(other, backup_dir=None).applied == ()


def test_a_backup_can_be_read_by_its_owner_alone(filled, tmp_path):
    file = backup(filled, tmp_path / "all.dump", binaries=BINARIES)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_an_older_backup_of_the_same_name_is_replaced(filled, tmp_path):
    file = tmp_path / "all.dump"
    file.write_text("old")
    backup(filled, file, binaries=BINARIES)
    assert file.read_bytes().startswith(b"PGDMP")


def test_a_backup_that_fails_leaves_the_older_one_and_no_remains(filled, tmp_path):
    file = tmp_path / "all.dump"
    file.write_text("old")
    broken = Database(url=filled.url.replace("/test_", "/no_such_"), engine=filled.engine, server_version=180000)
    with pytest.raises(BackupFailed, match="no_such_"):
        backup(broken, file, binaries=BINARIES)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_is_missing_is_said(filled, tmp_path):
    with pytest.raises(BackupFailed, match="No such file"):
        backup(filled, tmp_path / "missing" / "all.dump", binaries=BINARIES)


def test_the_key_is_beside_the_backup_only_if_asked_for(filled, tmp_path):
    key = tmp_path / "secret.key"
    key.write_text("the key")
    without = backup(filled, tmp_path / "without.dump", binaries=BINARIES)
    assert not key_beside(without).exists()
    asked = backup(filled, tmp_path / "with.dump", key_file=key, binaries=BINARIES)
    assert key_beside(asked).read_text() == "the key"
    assert stat.S_IMODE(key_beside(asked).stat().st_mode) == 0o600
    assert b"the key" not in asked.read_bytes()


def test_a_restored_key_never_replaces_the_one_in_use(filled, tmp_path):
    key = tmp_path / "secret.key"
    key.write_text("the key")
    file = backup(filled, tmp_path / "all.dump", key_file=key, binaries=BINARIES)
    fresh, used = tmp_path / "fresh.key", tmp_path / "used.key"
    used.write_text("another key")
    for place in (fresh, used):
        restore(filled, file, replace=True, key_file=place, binaries=BINARIES)
    assert (fresh.read_text(), used.read_text()) == ("the key", "another key")


def test_a_database_with_data_is_only_replaced_when_that_was_confirmed(filled, make_database, tmp_path):
    file = backup(filled, tmp_path / "all.dump", binaries=BINARIES)
    other = make_database()
    with other.engine.begin() as conn:
        conn.execute(text("CREATE TABLE precious AS SELECT 1 AS n"))
    with pytest.raises(DatabaseNotEmpty):
        restore(other, file, binaries=BINARIES)
    restore(other, file, replace=True, binaries=BINARIES)
    assert contents(other) == contents(filled)
    with other.engine.connect() as conn:
        assert conn.execute(text("SELECT to_regclass('precious')")).scalar_one() is None


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.9])
def test_a_cut_file_changes_nothing(filled, make_database, tmp_path, keep):
    file = backup(filled, tmp_path / "all.dump", binaries=BINARIES)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * keep) if keep < 1 else int(keep)])
    before = contents(filled)
    with pytest.raises(RestoreFailed, match="as it was before"):
        restore(filled, file, replace=True, binaries=BINARIES)
    assert contents(filled) == before


def test_a_file_that_is_something_else_or_missing_changes_nothing(filled, tmp_path):
    before = contents(filled)
    (tmp_path / "letter").write_text("Dear Sir")
    for name in ("letter", "nothing"):
        with pytest.raises(RestoreFailed):
            restore(filled, tmp_path / name, replace=True, binaries=BINARIES)
    assert contents(filled) == before


def test_a_restore_while_somebody_works_gives_up_and_says_to_stop_them(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_BEGIN", module._BEGIN.replace("'10s'", "'200ms'"))
    file = backup(filled, tmp_path / "all.dump", binaries=BINARIES)
    with filled.engine.connect() as conn:
        conn.execute(text("SELECT count(*) FROM orders")).all()
        with pytest.raises(RestoreFailed, match=r"Stop every running stockbridge command.*lock timeout"):
            restore(filled, file, replace=True, binaries=BINARIES)
        conn.rollback()
    assert contents(filled)


def test_connections_that_were_open_before_a_restore_go_on_working(filled, tmp_path):
    before = contents(filled)
    file = backup(filled, tmp_path / "all.dump", binaries=BINARIES)
    for _ in range(7):  # often enough for the driver to keep prepared statements
        contents(filled)
    restore(filled, file, replace=True, binaries=BINARIES)
    assert contents(filled) == before


def test_a_server_newer_than_every_pg_dump_here_is_refused_with_both_versions(filled, tmp_path):
    future = Database(url=filled.url, engine=filled.engine, server_version=990001)
    with pytest.raises(DumpToolTooOld, match=r"server 99, newest pg_dump \d+"):
        backup(future, tmp_path / "all.dump")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_a_url_names_is_backed_up_with_programs_found_on_the_machine(filled, make_database, tmp_path):
    file = backup(filled, tmp_path / "all.dump")
    other = make_database()
    restore(other, file)
    assert contents(other) == contents(filled)


def test_the_embedded_server_is_backed_up_with_its_own_programs(data_dir, tmp_path):
    database = open_database(None, data_dir)
    try:
        with database.engine.begin() as conn:
            conn.execute(text("CREATE TABLE orders AS SELECT 1 AS id"))
        file = backup(database, tmp_path / "all.dump")
        with database.engine.begin() as conn:
            conn.execute(text("UPDATE orders SET id = 2"))
        restore(database, file, replace=True)
        with database.engine.connect() as conn:
            assert conn.execute(text("SELECT id FROM orders")).scalar_one() == 1
    finally:
        database.close()


def test_a_password_is_neither_on_the_command_line_nor_lost():
    address, environment = module._libpq("postgresql+psycopg://me:s3cr%2Ft@db.example/stock?sslmode=require")
    assert address == "postgresql://me@db.example/stock?sslmode=require"
    assert environment["PGPASSWORD"] == "s3cr/t"
    assert Path(environment["HOME"]).is_absolute()
