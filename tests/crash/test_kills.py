"""Real processes, really killed: nothing is lost, nothing doubled."""

from collections.abc import Callable
from dataclasses import asdict

import pytest

from stockbridge.testing.rehearsal.kills import play


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_hundred_kills_of_worker_and_database_lose_and_double_nothing(
    record_property: Callable[[str, object], None],
) -> None:
    count = play(200, seed=1)
    record_property("count", asdict(count))
    assert count.worker_kills + count.cold_kills + count.database_kills >= 195
    assert count.worker_kills > 60
    assert count.database_kills > 60
    assert count.orders > 100
    assert (count.lost, count.doubled, count.unexpected) == (0, 0, 0)
    assert (count.unrecorded, count.wrong_levels) == (0, 0)
    assert count.recovered > 0, "no kill ever hit a call under way: the test proves nothing"
