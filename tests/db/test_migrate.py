"""Migrations: in pairs, once, under a lock, after a backup, and never backwards."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from stockbridge.db import scripts
from stockbridge.db.errors import BrokenMigrations, MigrationFailed, SchemaTooNew
from stockbridge.db.migrate import current_revision, migrate

FIRST_PRE = """
CREATE TABLE parcel (id int PRIMARY KEY, weight text);
INSERT INTO parcel VALUES (1, '5 % :heavy');  -- neither sign may be taken for a parameter
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN n * 2; END $$;
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "migrations"
    place.mkdir()
    (place / "0001_pre_parcels.sql").write_text(FIRST_PRE)
    (place / "0001_post_parcels.sql").write_text("-- nothing to remove\n")
    return place


@pytest.fixture
def empty(make_database):
    return make_database()


def add_second(folder: Path, post: str = "ALTER TABLE parcel DROP COLUMN weight;") -> None:
    (folder / "0002_pre_grams.sql").write_text("ALTER TABLE parcel ADD grams int;")
    (folder / "0002_post_grams.sql").write_text(post)


def columns(database, table: str) -> set[str]:
    return {column["name"] for column in inspect(database.engine).get_columns(table)}


def test_an_empty_database_gets_everything_and_no_backup(empty, folder, tmp_path):
    result = migrate(empty, backup_dir=tmp_path / "backups", folder=folder)
    assert (result.before, result.after) == (None, "0001_post")
    assert result.applied == ("0001_pre", "0001_post")
    assert result.backup is None
    with empty.engine.connect() as conn:
        assert conn.execute(text("SELECT weight, twice(id) FROM parcel")).one() == ("5 % :heavy", 2)


def test_migrating_twice_is_a_no_op(empty, folder, tmp_path):
    migrate(empty, backup_dir=tmp_path / "backups", folder=folder)
    again = migrate(empty, backup_dir=tmp_path / "backups", folder=folder)
    assert (again.before, again.after, again.applied, again.backup) == ("0001_post", "0001_post", (), None)
    assert not (tmp_path / "backups").exists()


def test_a_later_migration_is_applied_after_a_backup(empty, folder, tmp_path):
    migrate(empty, backup_dir=tmp_path / "backups", folder=folder)
    add_second(folder)
    result = migrate(empty, backup_dir=tmp_path / "backups", folder=folder)
    assert result.applied == ("0002_pre", "0002_post")
    assert result.backup is not None
    assert result.backup.read_bytes().startswith(b"PGDMP")
    assert columns(empty, "parcel") == {"id", "grams"}


def test_every_backup_keeps_its_own_file(empty, folder, tmp_path):
    migrate(empty, backup_dir=None, folder=folder)
    add_second(folder, post="SELECT nonsense")
    for _ in range(2):
        with pytest.raises(MigrationFailed):
            migrate(empty, backup_dir=tmp_path / "backups", folder=folder)
    assert len(list((tmp_path / "backups").iterdir())) == 2


def test_between_pre_and_post_old_and_new_code_both_find_what_they_need(empty, folder):
    migrate(empty, backup_dir=None, folder=folder)
    add_second(folder)
    assert migrate(empty, backup_dir=None, folder=folder, upto="pre").after == "0002_pre"
    assert columns(empty, "parcel") == {"id", "weight", "grams"}
    assert migrate(empty, backup_dir=None, folder=folder, upto="pre").applied == ()
    assert migrate(empty, backup_dir=None, folder=folder).applied == ("0002_post",)
    assert columns(empty, "parcel") == {"id", "grams"}


def test_a_database_past_the_half_way_mark_is_not_too_new_for_the_half_way_mark(empty, folder):
    migrate(empty, backup_dir=None, folder=folder)
    assert migrate(empty, backup_dir=None, folder=folder, upto="pre").applied == ()


def test_a_migration_that_fails_leaves_nothing_of_its_pair_behind(empty, folder):
    migrate(empty, backup_dir=None, folder=folder)
    add_second(folder, post="ALTER TABLE parcel DROP COLUMN no_such_column;")
    with pytest.raises(MigrationFailed, match="no_such_column"):
        migrate(empty, backup_dir=None, folder=folder)
    assert columns(empty, "parcel") == {"id", "weight"}
    with empty.engine.connect() as conn:
        assert current_revision(conn) == "0001_post"


def test_a_newer_schema_is_refused_untouched(empty, folder, tmp_path):
    migrate(empty, backup_dir=None, folder=folder)
    add_second(folder)
    migrate(empty, backup_dir=None, folder=folder)
    for path in folder.glob("0002_*"):
        path.unlink()
    with pytest.raises(SchemaTooNew, match=r"newer release of Stockbridge.*at 0002_post.*up to 0001_post"):
        migrate(empty, backup_dir=tmp_path / "backups", folder=folder)
    assert not (tmp_path / "backups").exists()
    assert columns(empty, "parcel") == {"id", "grams"}


def test_two_processes_that_migrate_at_once_do_it_once(empty, folder, tmp_path):
    (folder / "0001_pre_parcels.sql").write_text("SELECT pg_sleep(0.5);" + FIRST_PRE)
    story = """
import sys
from pathlib import Path
from stockbridge.db.connection import open_database
from stockbridge.db.migrate import migrate
database = open_database(sys.argv[1], Path("/nowhere"))
result = migrate(database, backup_dir=None, folder=Path(sys.argv[2]))
sys.stdout.write("applied " + ",".join(result.applied))
database.close()
"""
    command = [sys.executable, "-c", story, empty.url, str(folder)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = sorted(process.communicate(timeout=60)[0].splitlines()[-1] for process in processes)
    assert told == ["applied ", "applied 0001_pre,0001_post"]


def test_a_pool_of_one_connection_is_enough_to_back_up_and_migrate(postgres_url, empty, folder, tmp_path):
    from stockbridge.db.connection import open_database

    migrate(empty, backup_dir=None, folder=folder)
    add_second(folder)
    narrow = open_database(empty.url, tmp_path, pool_size=1)
    try:
        assert migrate(narrow, backup_dir=tmp_path / "backups", folder=folder).backup is not None
    finally:
        narrow.close()


def test_many_threads_that_migrate_at_once_do_it_once(empty, folder):
    applied: list[tuple[str, ...]] = []
    threads = [
        threading.Thread(target=lambda: applied.append(migrate(empty, backup_dir=None, folder=folder).applied))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [(), (), (), ("0001_pre", "0001_post")]


def test_the_engines_schema_is_left_alone(empty, folder):
    with empty.engine.begin() as conn:
        conn.execute(text("CREATE SCHEMA dbos"))
        conn.execute(text("CREATE TABLE dbos.workflow_status (id int)"))
    migrate(empty, backup_dir=None, folder=folder)
    assert inspect(empty.engine).has_table("workflow_status", schema="dbos")


@pytest.mark.parametrize(
    "names",
    [
        ["0001_pre_a.sql"],
        ["0001_post_a.sql"],
        ["0001_pre_a.sql", "0001_post_b.sql"],
        ["0002_pre_a.sql", "0002_post_a.sql"],
        ["0001_pre_a.sql", "0001_post_a.sql", "0003_pre_b.sql", "0003_post_b.sql"],
        ["0001_pre_a.sql", "0001_post_a.sql", "notes.sql"],
        ["0001_pre_a.sql", "0001_pre_b.sql", "0001_post_a.sql", "0001_post_b.sql"],
    ],
)
def test_files_that_do_not_form_pairs_are_refused(tmp_path, names):
    for name in names:
        (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(BrokenMigrations):
        scripts.migrations(tmp_path)


def test_pre_comes_before_post_although_the_alphabet_says_otherwise(folder):
    add_second(folder)
    order = [migration.revision for migration in scripts.migrations(folder)]
    assert order == ["0001_pre", "0001_post", "0002_pre", "0002_post"]


def test_the_migrations_of_the_house_form_pairs_and_run(make_database):
    found = scripts.migrations()
    assert migrate(make_database(), backup_dir=None).after == found[-1].revision
