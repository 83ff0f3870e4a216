"""Fixtures that every test may use: a real PostgreSQL, shared by all test processes, and fresh databases in it."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import Connection, make_url

from stockbridge.db.connection import Database, make_engine, server_version
from stockbridge.db.embedded import Cluster
from stockbridge.db.migrate import migrate
from stockbridge.db.scripts import FOLDER

_numbers = count(1)

#: A busy machine is no defect: no example is failed for the time it took.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def postgres_url(worker_id: str) -> Iterator[str]:
    """One embedded server for the whole run: each xdist worker is a holder, and the last one stops it.

    It does not live in pytest's own folder: another pytest run by root closes that folder to the server's user."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid4().hex
    folder = Path(tempfile.gettempdir()) / f"stockbridge-tests-{run[:12]}"
    folder.mkdir(mode=0o755, exist_ok=True)
    folder.chmod(0o755)
    cluster = Cluster(folder, durable=False)
    yield cluster.acquire()
    cluster.release()
    if cluster.server_pid is None or not _lives(cluster.server_pid):
        shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.fixture(scope="session")
def admin(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A connection on which databases are made and dropped."""
    with psycopg.connect(make_url(postgres_url).set(drivername="postgresql").render_as_string(False)) as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture(scope="session")
def template(postgres_url: str, admin: psycopg.Connection) -> str:
    """A migrated database to copy. Whichever process comes first makes it; its name tells the migrations apart."""
    files = sorted(FOLDER.glob("*.sql"))
    state = hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()[:12]
    name = f"template_{state}"
    admin.execute("SELECT pg_advisory_lock(1)")
    try:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            admin.execute("CREATE DATABASE template_unfinished")
            unfinished = _open(postgres_url, "template_unfinished")
            if files:
                migrate(unfinished, backup_dir=None)
            unfinished.close()
            admin.execute(f"ALTER DATABASE template_unfinished RENAME TO {name}")
    finally:
        admin.execute("SELECT pg_advisory_unlock(1)")
    return name


@pytest.fixture
def make_database(postgres_url: str, admin: psycopg.Connection, worker_id: str) -> Iterator[Callable[..., Database]]:
    """Makes databases that are gone after the test: `make_database()` is empty, `make_database(name)` a copy."""
    made: list[tuple[str, Database]] = []

    def make(template: str = "template1") -> Database:
        name = f"test_{worker_id}_{next(_numbers)}"
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append((name, _open(postgres_url, name)))
        return made[-1][1]

    yield make
    for name, database in made:
        database.close()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(make_database: Callable[..., Database], template: str) -> Database:
    """A fresh database with our schema in it."""
    return make_database(template)


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    """A connection to a fresh database, in a transaction that is rolled back unless the test commits."""
    with database.engine.connect() as connection:
        yield connection


def _open(url: str, name: str) -> Database:
    engine = make_engine(make_url(url).set(database=name).render_as_string(hide_password=False))
    return Database(url=str(engine.url), engine=engine, server_version=server_version(engine))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A real browser, without a screen; the test is left out where there is none."""
    from playwright.sync_api import sync_playwright

    path = Path("/usr/bin/chromium")
    if not path.exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium")
    quiet = ("gpu", "quic", "background-networking", "component-update", "sync", "dev-shm-usage")
    arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{each}" for each in quiet)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(path), args=arguments)
        yield browser
        browser.close()
