"""What `stockbridge web` puts together: readers from memory, the page's questions, webhooks that are stored."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from stockbridge.cli.processes.readers import Readers
from stockbridge.cli.processes.web import listen, made_server, make_parts, schema_problem, tell_first_link
from stockbridge.cli.session import waking
from stockbridge.cli.talk import Problem
from stockbridge.db import connections
from stockbridge.db.connections import Configured
from stockbridge.domain.events import RetryAsked
from stockbridge.settings import Settings
from stockbridge.wiring import Base, open_base


@pytest.fixture
def base(terminal: Any) -> Iterator[Base]:
    opened = open_base(
        Settings(database_url=terminal.database.url, data_dir=terminal.folder, port=0), migrated=False, pool_size=5
    )
    with opened.database.engine.begin() as conn:
        connections.save_account(conn, account="main", title="Main", now=opened.clock.now())
    yield opened
    opened.close()


def connect(base: Base, name: str = "harbor", **settings: object) -> None:
    wms = {"url": "http://127.0.0.1:9", "warehouses": ["MAIN"], "personality": "look_up", **settings}
    each = Configured(account="main", connection=name, kind="wms", title=name, settings=wms, secrets={"api_key": "k"})
    with base.database.engine.begin() as conn:
        connections.save(conn, each, vault=base.vault, now=base.clock.now())


def test_readers_are_known_from_memory_and_unknown_names_are_none(base: Base) -> None:
    connect(base)
    readers = Readers(base)
    assert readers.get("main", "harbor") is None  # nothing was read yet, and asking reads nothing
    readers.look()
    assert readers.get("main", "harbor") is not None
    assert readers.get("main", "other") is None
    assert readers.get("other", "harbor") is None


def test_a_connection_with_settings_that_cannot_be_used_does_not_hide_the_others(base: Base) -> None:
    connect(base, "broken", personality="moody")
    connect(base, "harbor")
    readers = Readers(base)
    readers.look()
    assert readers.get("main", "broken") is None
    assert readers.get("main", "harbor") is not None


def test_a_new_connection_is_noticed_while_running(base: Base, eventually: Callable[..., Any]) -> None:
    readers = Readers(base)
    readers.start()
    connect(base)
    eventually(lambda: readers.get("main", "harbor"))
    readers.stop()


def test_when_the_database_goes_away_what_was_known_stays_known(base: Base, terminal: Any) -> None:
    connect(base)
    readers = Readers(base)
    readers.start()
    terminal.sql("ALTER TABLE connection RENAME TO away")
    readers._stop.wait(1.5)
    assert readers.get("main", "harbor") is not None
    assert readers._thread.is_alive()
    readers.stop()


def test_another_schema_than_this_releases_is_said_in_a_sentence(conn: Connection) -> None:
    assert schema_problem(conn) == ""
    conn.exec_driver_sql("UPDATE alembic_version SET version_num = '0001_pre'")
    assert "at 0001_pre, and this release needs" in schema_problem(conn)


def test_what_a_page_asks_for_lands_in_the_inbox_and_wakes_its_lane(base: Base, terminal: Any) -> None:
    with waking(base) as client:
        parts = make_parts(base, client, account="main", inbound=lambda account, connection: None)
        with base.database.engine.begin() as conn:
            parts.ask(conn, account="main", events=[RetryAsked(parked_id=7), RetryAsked(parked_id=8)], by="ana")
    asked = [(each["topic"], each["parked_id"], each["sent_by"]) for each in terminal.asked()]
    assert asked == [("retry_asked", 7, "ana"), ("retry_asked", 8, "ana")]
    assert terminal.sql("SELECT count(*) AS n FROM wakeup") == [{"n": 2}]


def test_the_whole_application_answers(base: Base) -> None:
    with made_server(base, account="main") as server, TestClient(server.config.app) as client:
        assert client.get("/healthz").json()["up"] is True
        assert client.get("/readyz").json() == {"ready": True, "problem": ""}
        assert client.post("/hooks/main/harbor", content=b"{}").status_code == 401
        assert client.get("/", follow_redirects=False).headers["location"].startswith("/login")


def test_the_first_link_is_told_only_while_nobody_may_log_in(
    base: Base, terminal: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    tell_first_link(base, "main")
    assert "/link/" in capsys.readouterr().err
    terminal.sql(
        "INSERT INTO person (account, person_id, email, name, role, created_at) VALUES ('main', 'a', 'a@x', 'A', 'admin', now())"
    )
    tell_first_link(base, "main")
    assert capsys.readouterr().err == ""


def test_a_port_can_be_listened_on_once(tmp_path: Path) -> None:
    with listen(Settings(port=0, data_dir=tmp_path)) as first:
        taken = first.getsockname()[1]
        with pytest.raises(Problem, match="Nothing can listen"):
            listen(Settings(port=taken, data_dir=tmp_path))
