"""A connection that died while nobody used it is nobody's trouble."""

from time import sleep

from stockbridge.db.connection import _TESTED_AFTER_S, Database, make_engine


def test_a_connection_that_died_while_it_rested_is_replaced(database: Database) -> None:
    engine = make_engine(database.url, pool_size=1)
    with engine.begin() as conn:
        pid = conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with database.engine.begin() as other:
        other.exec_driver_sql("SELECT pg_terminate_backend(%s)", (pid,))
    sleep(_TESTED_AFTER_S * 1.5)
    with engine.begin() as conn:
        assert conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != pid
    engine.dispose()
