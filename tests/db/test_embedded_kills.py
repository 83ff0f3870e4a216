"""The embedded PostgreSQL when it, or those who use it, die without warning."""

import os
import shutil
import signal
import subprocess
import threading

import psycopg
import pytest

from stockbridge.db.connection import open_database
from stockbridge.db.embedded import Cluster
from stockbridge.db.embedded.account import server_account
from stockbridge.db.embedded.postmaster import answers, is_alive, postmaster_pid
from stockbridge.db.errors import PostgresUnavailable


def test_a_killed_server_comes_back_with_every_committed_row(cluster, sql, kill9, eventually, layout):
    url = cluster.acquire()
    sql(url, "CREATE TABLE kept (n int)")
    for round_number in range(3):
        sql(url, f"INSERT INTO kept VALUES ({round_number})")
        killed = cluster.server_pid
        kill9(killed)
        eventually(lambda killed=killed: cluster.server_pid != killed and answers(layout))
        assert len(sql(url, "SELECT n FROM kept")) == round_number + 1


def test_a_server_killed_while_a_statement_runs_comes_back_once_that_orphan_is_gone(cluster, sql, kill9, eventually, layout):
    url = cluster.acquire()
    busy = threading.Thread(target=_spin, args=(url,))
    busy.start()
    eventually(lambda: sql(url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'DO%'") == [(1,)])
    killed = cluster.server_pid
    kill9(killed)
    eventually(lambda: cluster.server_pid != killed and answers(layout))
    busy.join(timeout=10)
    assert not busy.is_alive()


def test_any_holder_revives_the_server_not_only_the_one_that_started_it(data_dir, hold, sql, kill9, eventually, layout):
    first = hold()
    url = first.url()
    second = hold()
    second.url()
    first.leave()
    killed = postmaster_pid(layout)
    kill9(killed)
    eventually(lambda: postmaster_pid(layout) not in (None, killed) and answers(layout))
    assert sql(url, "SELECT 1") == [(1,)]
    second.leave()


def test_a_server_whose_holders_were_all_killed_is_adopted_by_the_next_and_stopped_by_it(data_dir, hold, sql, layout):
    holder = hold()
    url = holder.url()
    sql(url, "CREATE TABLE kept AS SELECT 1 AS n")
    pid = postmaster_pid(layout)
    holder.kill()
    assert is_alive(layout, pid)
    with Cluster(data_dir, durable=False) as cluster:
        assert cluster.server_pid == pid
        assert sql(url, "SELECT n FROM kept") == [(1,)]
    assert not is_alive(layout, pid)


def test_holder_and_server_killed_together_are_no_hindrance(data_dir, hold, sql, kill9, layout):
    holder = hold()
    sql(holder.url(), "CREATE TABLE kept AS SELECT 1 AS n")
    holder.process.send_signal(signal.SIGSTOP)  # so that it cannot revive what is killed next
    kill9(postmaster_pid(layout))
    holder.kill()
    with Cluster(data_dir, durable=False) as cluster:
        assert sql(cluster.acquire(), "SELECT n FROM kept") == [(1,)]


def test_a_process_number_that_now_belongs_to_somebody_else_does_not_keep_the_server_down(data_dir, hold, sql, layout):
    # After a power cut the number in postmaster.pid can be anybody's. PostgreSQL alone would refuse to start.
    with Cluster(data_dir, durable=False):
        pass
    account = server_account(layout.home)
    stranger = subprocess.Popen(["sleep", "60"], user=account.uid if account.switch else None)
    try:
        (layout.data / "postmaster.pid").write_text(f"{stranger.pid}\n{layout.data}\n1\n5432\n{layout.run}\n\n")
        (layout.run / ".s.PGSQL.5432.lock").write_text(f"{stranger.pid}\n")
        with Cluster(data_dir, durable=False) as cluster:
            assert sql(cluster.acquire(), "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_data_folder_that_vanished_is_not_silently_replaced_by_an_empty_one(data_dir, layout, kill9, eventually):
    cluster = Cluster(data_dir, durable=False)
    cluster.acquire()
    pid = cluster.server_pid
    layout.data.rename(layout.home / "moved")
    kill9(pid)
    eventually(lambda: not is_alive(layout, pid))
    eventually(lambda: _gone(pid))
    assert not layout.data.exists()
    cluster.release()
    assert not layout.data.exists()
    shutil.rmtree(layout.home)


def test_a_dead_backend_is_the_servers_own_affair_and_the_server_stays(cluster, sql, eventually, layout):
    url = cluster.acquire()
    pid = cluster.server_pid
    with psycopg.connect(url.replace("+psycopg", "")) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
    eventually(lambda: answers(layout))
    assert sql(url, "SELECT 1") == [(1,)]
    assert cluster.server_pid == pid


def test_the_pool_replaces_connections_that_died_with_the_server(data_dir, kill9, eventually, layout):
    database = open_database(None, data_dir)
    try:
        with database.engine.connect() as conn:
            conn.exec_driver_sql("SELECT 1")
        killed = postmaster_pid(layout)
        kill9(killed)
        eventually(lambda: postmaster_pid(layout) not in (None, killed) and answers(layout))
        with database.engine.connect() as conn:
            assert conn.exec_driver_sql("SELECT 1").scalar_one() == 1
    finally:
        database.close()


def test_a_server_that_never_comes_up_is_an_error_for_those_who_ask_and_no_endless_wait(data_dir):
    with Cluster(data_dir, durable=False):
        pass
    (data_dir / "pg18" / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(PostgresUnavailable, match="no_such_setting"):
        Cluster(data_dir, durable=False).acquire()


def _spin(url: str) -> None:
    try:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
            conn.execute("DO $$ DECLARE n bigint := 0; BEGIN LOOP n := n + 1; END LOOP; END $$")
    except psycopg.OperationalError:
        pass


def _gone(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return True
    return False
