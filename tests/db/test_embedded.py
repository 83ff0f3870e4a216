"""The embedded PostgreSQL: started, shared, stopped, refused."""

import codecs
import os
import pwd
import stat
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest

from stockbridge.db.connection import open_database
from stockbridge.db.embedded import Cluster, find_binaries
from stockbridge.db.embedded.layout import Layout
from stockbridge.db.embedded.postmaster import is_alive, postmaster_pid
from stockbridge.db.errors import BinariesMissing, PostgresUnavailable, WrongMajorVersion

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to see it dropped")


def test_the_first_start_makes_a_server_of_the_newest_major_in_the_wheel(cluster, data_dir, sql):
    assert (data_dir / "pg18" / "data" / "PG_VERSION").read_text().strip() == "18"
    assert str(sql(cluster.acquire(), "SHOW server_version")[0][0]).startswith("18.")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("max_connections", "300"),
        ("unix_socket_permissions", "0700"),
    ],
)
def test_the_server_is_set_up_as_promised(postgres_url, sql, setting, value):
    assert sql(postgres_url, f"SHOW {setting}") == [(value,)]


def test_a_server_that_is_not_for_tests_keeps_every_commit_through_a_power_cut(data_dir, sql):
    with Cluster(data_dir) as cluster:
        url = cluster.acquire()
        found = [sql(url, f"SHOW {name}")[0][0] for name in ("fsync", "synchronous_commit", "full_page_writes")]
    assert found == ["on", "on", "on"]


def test_text_sorts_by_code_point_whatever_the_machine_speaks(postgres_url, sql):
    rows = sql(postgres_url, "SELECT x FROM unnest(ARRAY['é', 'Z', 'a', 'E']) AS x ORDER BY x")
    assert [row[0] for row in rows] == ["E", "Z", "a", "é"]


def test_data_is_still_there_after_the_server_was_stopped_and_started(data_dir, sql):
    with Cluster(data_dir, durable=False) as cluster:
        sql(cluster.acquire(), "CREATE TABLE kept AS SELECT 42 AS answer")
    with Cluster(data_dir, durable=False) as cluster:
        assert sql(cluster.acquire(), "SELECT answer FROM kept") == [(42,)]


def test_acquiring_twice_gives_the_same_url_and_releasing_twice_is_harmless(data_dir):
    cluster = Cluster(data_dir, durable=False)
    assert cluster.acquire() == cluster.acquire()
    cluster.release()
    cluster.release()


def test_two_processes_share_one_server_and_the_last_one_stops_it(cluster, layout, hold):
    other = hold()
    assert other.url() == cluster.acquire()
    pid = cluster.server_pid
    cluster.release()
    assert is_alive(layout, pid)
    other.leave()
    assert not is_alive(layout, pid)


def test_many_that_start_at_once_get_one_server(data_dir, sql):
    clusters = [Cluster(data_dir, durable=False) for _ in range(6)]
    threads = [threading.Thread(target=cluster.acquire) for cluster in clusters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({cluster.server_pid for cluster in clusters}) == 1
    assert (data_dir / "pg18" / "server.log").read_text().count("ready to accept connections") == 1
    for cluster in clusters:
        cluster.release()


def test_leaving_and_coming_at_the_same_time_never_leaves_somebody_without_a_server(data_dir, sql):
    failures: list[object] = []

    def come_and_go() -> None:
        for _ in range(5):
            try:
                with Cluster(data_dir, durable=False) as cluster:
                    sql(cluster.acquire(), "SELECT 1")
            except (PostgresUnavailable, psycopg.Error) as error:
                failures.append(error)

    threads = [threading.Thread(target=come_and_go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert postmaster_pid(Layout.of(data_dir, 18)) is None


def test_the_server_lives_in_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(cluster):
    assert cluster.server_pid is not None
    assert os.getsid(cluster.server_pid) == cluster.server_pid != os.getsid(0)


def test_a_forked_child_that_ends_takes_nothing_from_its_parent(cluster, sql):
    before = cluster.server_pid
    child = os.fork()
    if child == 0:
        cluster.release()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert cluster.server_pid == before
    assert sql(cluster.acquire(), "SELECT 1") == [(1,)]


def test_a_parent_that_leaves_does_not_lock_out_newcomers_while_its_forked_child_lives_on(data_dir, sql):
    cluster = Cluster(data_dir, durable=False)
    cluster.acquire()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0)
    os.close(reader)
    cluster.release()
    with Cluster(data_dir, durable=False) as newcomer:
        assert sql(newcomer.acquire(), "SELECT 1") == [(1,)]
    os.close(writer)
    os.waitpid(child, 0)


def test_our_environment_and_its_secrets_do_not_reach_the_server(data_dir, hold, monkeypatch):
    monkeypatch.setenv("STOCKBRIDGE_SECRET", "do-not-tell")
    hold().url()
    pid = postmaster_pid(Layout.of(data_dir, 18))
    assert b"do-not-tell" not in Path(f"/proc/{pid}/environ").read_bytes()


@as_root
def test_as_root_the_server_and_its_files_belong_to_somebody_else(cluster, data_dir):
    nobody = pwd.getpwnam("nobody").pw_uid
    assert Path(f"/proc/{cluster.server_pid}").stat().st_uid == nobody
    status = Path(f"/proc/{cluster.server_pid}/status").read_text()
    assert f"Uid:\t{nobody}\t{nobody}\t{nobody}\t{nobody}" in status
    assert "Groups:\t \n" in status
    assert (data_dir / "pg18" / "data").stat().st_uid == nobody


@as_root
def test_as_root_a_folder_that_another_user_made_stays_that_users(tmp_path):
    somebody = pwd.getpwnam("daemon")
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, somebody.pw_uid, somebody.pw_gid)
    with Cluster(folder, durable=False) as cluster:
        assert Path(f"/proc/{cluster.server_pid}").stat().st_uid == somebody.pw_uid


@as_root
def test_as_root_without_the_right_to_look_into_other_users_processes_it_can_still_revive_and_stop(data_dir):
    # What root is in a container by default. The bounding set takes the right away at exec.
    story = """
import os, sys, time
from pathlib import Path
from stockbridge.db.embedded import Cluster
from stockbridge.db.embedded.postmaster import is_alive, postmaster_pid
from stockbridge.db.embedded.layout import Layout
layout = Layout.of(Path(sys.argv[1]), 18)
cluster = Cluster(Path(sys.argv[1]), durable=False)
cluster.acquire()
first = cluster.server_pid
time.sleep(0.5)
assert cluster.server_pid == first, "a living server was taken for dead"
os.kill(first, 9)
deadline = time.monotonic() + 20
while postmaster_pid(layout) == first or not is_alive(layout, postmaster_pid(layout)):
    assert time.monotonic() < deadline
    time.sleep(0.01)
second = cluster.server_pid
time.sleep(0.5)
cluster.release()
assert not is_alive(layout, second)
"""
    command = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace", sys.executable, "-c", story]
    answer = subprocess.run([*command, str(data_dir)], capture_output=True, text=True, timeout=100)
    assert answer.returncode == 0, answer.stderr


@as_root
def test_as_somebody_else_than_root_the_same_folder_works_too(tmp_path):
    somebody = pwd.getpwnam("daemon")
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, somebody.pw_uid, somebody.pw_gid)
    with Cluster(folder, durable=False):
        pass  # as root; opens the way to the folder for this user
    codecs.lookup("ascii")  # found in the same folder, on first use
    child = os.fork()  # not a new process: this Python may lie in a folder that only root can open
    if child == 0:
        code = 1
        try:
            os.setgroups([])
            os.setgid(somebody.pw_gid)
            os.setuid(somebody.pw_uid)
            with Cluster(folder, durable=False) as cluster:
                code = 0 if Path(f"/proc/{cluster.server_pid}").stat().st_uid == somebody.pw_uid else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with Cluster(folder, durable=False):
        pass


@as_root
def test_as_somebody_else_a_folder_of_root_is_refused_with_its_name(tmp_path):
    somebody = pwd.getpwnam("daemon")
    folder = tmp_path / "roots"
    with Cluster(folder, durable=False):
        pass
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(somebody.pw_gid)
            os.setuid(somebody.pw_uid)
            Cluster(folder, durable=False).acquire()
        except PostgresUnavailable as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    assert "another user" in os.read(reader, 4096).decode()


def test_a_folder_of_another_major_is_refused_untouched_with_words_that_help(data_dir):
    old = data_dir / "pg17" / "data"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("17\n")
    with pytest.raises(WrongMajorVersion, match=r"stockbridge backup FILE.*written by PostgreSQL 17, this is 18"):
        Cluster(data_dir).acquire()
    assert [path.name for path in data_dir.iterdir()] == ["pg17"]


def test_our_own_folder_with_a_foreign_version_inside_is_refused(data_dir):
    inside = data_dir / "pg18" / "data"
    inside.mkdir(parents=True)
    (inside / "PG_VERSION").write_text("17\n")
    with pytest.raises(WrongMajorVersion, match="left untouched"):
        Cluster(data_dir).acquire()


def test_an_old_folder_beside_ours_is_what_an_upgrade_leaves_and_no_reason_to_refuse(data_dir):
    with Cluster(data_dir, durable=False):
        pass
    old = data_dir / "pg17" / "data"
    old.mkdir(parents=True)
    (old / "PG_VERSION").write_text("17\n")
    with Cluster(data_dir, durable=False):
        pass


def test_a_newer_folder_beside_ours_is_refused(data_dir):
    with Cluster(data_dir, durable=False):
        pass
    newer = data_dir / "pg19" / "data"
    newer.mkdir(parents=True)
    (newer / "PG_VERSION").write_text("19\n")
    with pytest.raises(WrongMajorVersion, match="PostgreSQL 19"):
        Cluster(data_dir).acquire()


def test_a_folder_that_is_itself_a_postgresql_folder_is_refused(tmp_path):
    (tmp_path / "PG_VERSION").write_text("15\n")
    with pytest.raises(WrongMajorVersion, match="is itself a folder of PostgreSQL 15"):
        Cluster(tmp_path).acquire()


def test_a_first_start_that_was_cut_short_is_begun_again(data_dir, sql):
    half = data_dir / "pg18" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with Cluster(data_dir, durable=False) as cluster:
        assert sql(cluster.acquire(), "SELECT 1") == [(1,)]
    assert not half.exists()


@pytest.mark.parametrize("name", ["with space, and comma", "Zürich", "long/" + 30 * "abcde"])
def test_odd_and_long_folder_names_work(tmp_path, sql, name):
    with Cluster(tmp_path / name, durable=False) as cluster:
        assert sql(cluster.acquire(), "SELECT 1") == [(1,)]
        assert len(os.fsencode(Layout.of(tmp_path / name, 18).run)) < 93


def test_the_sockets_folder_is_closed_to_others(cluster, layout):
    assert stat.S_IMODE(layout.run.stat().st_mode) == 0o700


def test_a_sockets_folder_that_somebody_else_prepared_is_refused(tmp_path):
    folder = tmp_path / ("long/" + 30 * "abcde")
    trap = Layout.of(folder, 18).run
    trap.mkdir(mode=0o777)
    trap.chmod(0o777)
    try:
        with pytest.raises(PostgresUnavailable, match="open to others"):
            Cluster(folder).acquire()
    finally:
        trap.rmdir()


def test_without_programs_the_message_says_what_to_do(tmp_path):
    with pytest.raises(BinariesMissing, match="STOCKBRIDGE_DATABASE_URL"):
        Cluster(tmp_path / "data", binaries=tmp_path).acquire()


def test_programs_that_are_too_old_are_not_used(tmp_path):
    (tmp_path / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 14.2'\n")
    (tmp_path / "postgres").chmod(0o755)
    with pytest.raises(BinariesMissing):
        find_binaries(tmp_path)


def test_an_explicit_folder_of_programs_names_the_data_folder_by_its_own_major(tmp_path, sql):
    other = next(place for place in find_binaries().folder.parents[1].glob("pginstall*/bin") if "18" not in str(place))
    major = find_binaries(other).major
    with Cluster(tmp_path, binaries=other, durable=False) as cluster:
        assert str(sql(cluster.acquire(), "SHOW server_version")[0][0]).startswith(str(major))
    assert (tmp_path / f"pg{major}").is_dir()


def test_a_server_that_cannot_start_says_so_with_its_last_words(data_dir):
    with Cluster(data_dir, durable=False):
        pass
    (data_dir / "pg18" / "data" / "global" / "pg_control").unlink()
    with pytest.raises(PostgresUnavailable, match=r"ended at once.*pg_control"):
        Cluster(data_dir, durable=False).acquire()


def test_opening_without_a_url_brings_the_embedded_server_and_closing_stops_it(data_dir, layout):
    database = open_database(None, data_dir, pool_size=2)
    with database.engine.connect() as conn:
        assert conn.exec_driver_sql("SELECT 1").scalar_one() == 1
    assert database.server_version >= 180000
    database.close()
    assert postmaster_pid(layout) is None


def test_opening_with_a_url_starts_nothing(postgres_url, data_dir):
    database = open_database(postgres_url, data_dir)
    database.close()
    assert not data_dir.exists()
