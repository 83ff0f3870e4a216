"""A reading costs nothing: cut off, it is made again at once, not after the other side has settled."""

import pytest

from stockbridge.ports import HttpAnswer, HttpRequest
from stockbridge.testing.world import World


class Death(BaseException):
    """The process is gone."""


def test_a_process_that_dies_while_it_reads_an_order_reads_it_again_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = world.streets.send

    def die(request: HttpRequest) -> HttpAnswer:
        answer = send(request)
        if b"FetchOrders" in request.body:
            raise Death
        return answer

    monkeypatch.setattr(world.streets, "send", die)
    world.shop.control.place({"PAN24": 1})
    with pytest.raises(Death):
        world.pass_time(5)
    monkeypatch.undo()
    world.restart()
    world.pass_time(5)
    assert len(world.wms.orders) == 1
