"""Answers of any length over real sockets, part by part: whole, or TryLater."""

from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from stockbridge.ports import HttpRequest, TryLater
from stockbridge.transport import MOST_BYTES, Network

HEAD = b"HTTP/1.1 200 OK\r\nX-Kind: lines\r\nContent-Length: %d\r\n\r\n"
Serve = Callable[[socket.socket], None]


@contextmanager
def answering(serve: Serve) -> Iterator[str]:
    """A server that answers one call in its own way."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                serve(connection)

        thread = Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/file"
        listener.close()
        thread.join(5)


@pytest.fixture
def network() -> Iterator[Network]:
    made = Network()
    yield made
    made.close()


def get(url: str, deadline_s: float = 5) -> HttpRequest:
    return HttpRequest(method="GET", url=url, deadline_s=deadline_s)


def test_a_long_answer_comes_in_parts_and_is_never_held_whole(network: Network) -> None:
    size = MOST_BYTES * 2

    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD % size)
        for _ in range(size // 65536):
            connection.sendall(b"x" * 65536)

    with answering(serve) as url, network.stream(get(url)) as answer:
        assert (answer.status, answer.headers["x-kind"]) == (200, "lines")
        tracemalloc.start()
        came = sum(len(part) for part in answer.parts)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert came == size
    assert peak < size / 10


def test_an_answer_that_is_cut_is_told_of(network: Network) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD % 100 + b"half")

    came = []
    with answering(serve) as url, pytest.raises(TryLater, match="no whole answer"), network.stream(get(url)) as answer:
        came.extend(answer.parts)
    assert came == [b"half"]


def test_a_server_that_falls_silent_is_given_up_after_the_deadline(network: Network) -> None:
    over = Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(HEAD % 100 + b"half")
        over.wait(10)

    with answering(serve) as url, pytest.raises(TryLater), network.stream(get(url, deadline_s=0.3)) as answer:
        list(answer.parts)
    over.set()


def test_a_server_that_cannot_be_reached_is_tried_later(network: Network) -> None:
    with answering(lambda connection: None) as url:
        pass
    with pytest.raises(TryLater), network.stream(get(url)):
        pass
    with pytest.raises(TryLater), network.stream(get("http://[")):
        pass


def test_other_statuses_come_through_as_they_are(network: Network) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n")

    with answering(serve) as url, network.stream(get(url)) as answer:
        assert (answer.status, list(answer.parts)) == (302, [])
