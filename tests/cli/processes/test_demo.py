"""`stockbridge demo` as somebody meets it for the first time: one link in, and words while it ends."""

import re
import signal
import socket
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.slow


def test_the_demo_prints_one_address_that_lets_people_in_and_says_what_it_waits_for_at_the_end(
    house: Any, eventually: Callable[..., Any]
) -> None:
    demo = house.start("demo")
    eventually(lambda: "Stop it with Ctrl-C" in demo.said)
    [link] = re.findall(r"http://\S+", demo.said)
    assert "/link/" in link
    assert "Without it the pages ask for a password, and the demo has none." in demo.said
    assert httpx2.get(link, trust_env=False).status_code == 200
    code, _ = demo.stop(signal.SIGINT)
    assert code == 0
    ending = demo.said.partition("Stopping:")[2]
    assert "finish what they have in hand" in ending
    assert ending.rstrip().endswith("Everything has ended.")
    assert "Traceback" not in demo.said


def test_a_port_that_is_taken_is_said_at_once(house: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = house.run("demo", "--port", str(taken.getsockname()[1]), code=1)
    assert "Nothing can listen on 127.0.0.1" in said
