"""When an order of many counts as dealt with, and what is said of it."""

from datetime import UTC, datetime, timedelta

from stockbridge.domain.batches import PATIENCE, TITLES, Action, Ended, Standing, ended
from stockbridge.domain.orders import OrderState

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def standing(**more: object) -> Standing:
    values: dict[str, object] = {"state": OrderState.DONE, "reason": "", "busy": False, "stopped": "", "asked_at": NOON}
    return Standing(**{**values, **more})  # type: ignore[arg-type]


def test_an_order_that_is_worked_on_is_waited_for_and_not_for_ever() -> None:
    busy = standing(busy=True, stopped="something older")
    assert ended(busy, now=NOON + PATIENCE - timedelta(seconds=1)) is None
    late = ended(busy, now=NOON + PATIENCE)
    assert late is not None
    assert not late.fine


def test_an_order_that_came_to_rest_says_where() -> None:
    assert ended(standing(), now=NOON) == Ended("shipped, and the shop knows", fine=True)
    assert ended(standing(state=OrderState.WAITING, reason="on hold in the shop"), now=NOON) == Ended(
        "nothing can be sent yet: on hold in the shop", fine=True
    )


def test_an_order_that_stopped_again_says_why() -> None:
    assert ended(standing(stopped="PAN24 has no item code"), now=NOON) == Ended("PAN24 has no item code", fine=False)


def test_every_action_has_a_title() -> None:
    assert set(TITLES) == set(Action)
