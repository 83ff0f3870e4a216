"""A terminal over a real database: commands as a person types them, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from click.testing import CliRunner, Result
from sqlalchemy import make_url, text

from stockbridge.cli import cli
from stockbridge.db.connection import Database
from stockbridge.engine.worker import run_engine_migrations

AFTERNOON = Path(__file__).parent.parent / "web" / "afternoon.sql"


@dataclass
class Terminal:
    """Types commands. ``folder`` is the data folder."""

    database: Database
    folder: Path

    def __call__(self, *words: str, answers: str | None = None, code: int = 0) -> Result:
        """What a command said; fails the test when its exit code is another than expected."""
        result = CliRunner().invoke(cli, list(words), input=answers, prog_name="stockbridge")
        told = f"{words}: exit code {result.exit_code}\n{result.stdout}\n{result.stderr}"
        assert result.exit_code == code, f"{told}\n{result.exception!r}"
        return result

    def json(self, *words: str, code: int = 0) -> Any:
        """The JSON that a command printed."""
        return json.loads(self(*words, "--json", code=code).stdout)

    def sql(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """Runs SQL and keeps what it did."""
        with self.database.engine.begin() as conn:
            result = conn.execute(text(statement), values)
            return [dict(row._mapping) for row in result] if result.returns_rows else []

    def asked(self) -> list[dict[str, Any]]:
        """What people asked for, as it lies in the inbox."""
        rows = self.sql("SELECT topic, headers, body FROM arrival WHERE connection = 'people' ORDER BY arrival_id")
        return [
            {"topic": row["topic"], **json.loads(bytes(row["body"])), "sent_by": row["headers"]["stockbridge-by"]}
            for row in rows
        ]


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def engine_template(postgres_url: str, admin: psycopg.Connection, template: str, worker_id: str) -> str:
    """A migrated database that has the engine's tables too."""
    name = f"{template}_cli_{worker_id}"
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        run_engine_migrations(make_url(postgres_url).set(database=name).render_as_string(hide_password=False))
    return name


@pytest.fixture
def terminal(
    make_database: Callable[..., Database], engine_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """A terminal in front of an empty installation."""
    database = make_database(engine_template)
    folder = tmp_path / "data"
    monkeypatch.setenv("STOCKBRIDGE_DATABASE_URL", database.url)
    monkeypatch.setenv("STOCKBRIDGE_DATA_DIR", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return Terminal(database, folder)


@pytest.fixture
def afternoon(terminal: Terminal) -> Terminal:
    """The same after an afternoon's work (the rows that the pages are tested with)."""
    with terminal.database.engine.begin() as conn:
        raw = conn.connection.driver_connection
        assert raw is not None
        raw.execute("SELECT set_config('afternoon.now', %s, true)", (datetime.now(UTC).isoformat(),))
        raw.execute(AFTERNOON.read_text())
    return terminal
