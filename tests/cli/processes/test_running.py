"""`stockbridge run`, `web` and `worker` as real processes: started, killed, stopped."""

import os
import re
import signal
import socket
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="reads /proc")]


def test_run_brings_everything_up_prints_the_first_link_and_ends_without_leaving_anything(
    house: Any, eventually: Callable[..., Any], gone: Callable[[int], bool]
) -> None:
    running = house.start("run", "--port", "0")
    address = running.address()
    link = re.search(r"http://\S+/link/\S+", running.said)
    assert link is not None
    assert link.group().startswith(address)
    assert httpx2.get(link.group(), trust_env=False).status_code == 200
    children = running.children()
    assert set(children) == {"web", "worker"}
    server = house.server()
    eventually(lambda: "engine.launched" in running.said)
    code, seconds = running.stop()
    assert code == 0
    assert seconds < 20  # the promise is 8 s and the database; this machine may be busy
    assert "web has ended." in running.said
    assert "worker has ended." in running.said
    assert running.said.index("Stopping: web and worker may finish") < running.said.index("Stopping the database")
    assert all(gone(pid) for pid in (*children.values(), server))


def test_what_is_killed_comes_back_and_waiting_visitors_are_served(
    house: Any, eventually: Callable[..., Any], gone: Callable[[int], bool]
) -> None:
    running = house.start("run", "--port", "0")
    address = running.address()
    before = running.children()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    # The supervisor holds the listening socket: nobody is refused while the pages are on their way.
    assert httpx2.get(f"{address}/healthz", timeout=60, trust_env=False).status_code == 200
    after = eventually(lambda: len(found := running.children()) == 2 and found)
    assert not set(before.values()) & set(after.values())
    os.kill(house.server(), signal.SIGKILL)
    eventually(running.ready)
    assert "was killed by SIGKILL; it is started again in 0.5 s" in running.said


def test_nothing_is_left_when_the_supervisor_itself_is_killed(
    house: Any, eventually: Callable[..., Any], gone: Callable[[int], bool]
) -> None:
    running = house.start("run", "--port", "0")
    running.address()
    pids = [*running.children().values(), house.server()]
    running.stop(signal.SIGKILL)
    eventually(lambda: all(gone(pid) for pid in pids))


def test_control_c_ends_it_too_and_a_second_start_is_as_good_as_the_first(house: Any) -> None:
    first = house.start("run", "--port", "0", "--workers", "0")
    first.address()
    assert set(first.children()) == {"web"}
    assert first.stop(signal.SIGINT)[0] == 0
    assert '"ok": true' in house.run("config", "check", "--json")
    assert '"link"' in house.run("login-link", "--json")
    second = house.start("run", "--port", "0", "--workers", "0")
    assert second.address()


def test_a_port_that_is_taken_is_one_clear_problem_at_once(house: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = house.run("run", "--port", str(taken.getsockname()[1]), code=1)
    assert "Nothing can listen on 127.0.0.1" in said
    assert "--port" in said
    assert "Traceback" not in said
    assert not house.folder.exists()  # nothing was started for nothing


def test_pages_and_workers_also_run_on_their_own_and_share_the_database(
    house: Any, eventually: Callable[..., Any], gone: Callable[[int], bool]
) -> None:
    pages = house.start("web", "--port", "0")
    pages.address()
    server = house.server()
    worker = house.start("worker", "--jobs", "2", "--calls-in-flight", "2")
    eventually(lambda: "is at work" in worker.said)
    assert house.server() == server
    assert "1 at work" in house.run("doctor", "--offline")
    assert worker.stop()[0] == 0
    assert pages.ready()
    assert pages.stop()[0] == 0
    assert gone(server)


def test_restoring_is_refused_while_it_runs(house: Any, eventually: Callable[..., Any]) -> None:
    running = house.start("run", "--port", "0", "--workers", "0")
    running.address()
    house.run("backup", "x.dump")
    assert "The database is in use" in house.run("restore", "x.dump", "--yes", code=1)
    running.stop()
    assert "Restored" in house.run("restore", "x.dump", "--yes")
