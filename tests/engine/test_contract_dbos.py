"""The durable engine keeps the promises of an engine: two worker processes on one database, and real kills."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url

from stockbridge.db.connection import make_engine
from stockbridge.testing.contract_engine import EngineContract

pytestmark = [pytest.mark.slow, pytest.mark.crash]


@pytest.fixture(scope="module")
def rig(postgres_url: str, admin: psycopg.Connection, template: str, worker_id: str, make_workers) -> Iterator[object]:
    name = f"engine_{worker_id}"
    admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    database = make_engine(url)
    workers = make_workers(database, url, "one", "two", schedules=("tick",))
    yield workers
    workers.stop()
    database.dispose()
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


class TestDbos(EngineContract):
    pass
