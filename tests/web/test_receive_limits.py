"""Slow, endless and enormous requests on real sockets: hung up on by our own deadline, while honest senders are served."""

import contextlib
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

Serve = Callable[..., Any]
HEAD = b"POST /hooks/acme/shop.example HTTP/1.1\r\nHost: a\r\n"


def _connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def _until_closed(
    sock: socket.socket, *, trickle: bytes = b"", every: float = 0.1, longest: float = 15.0
) -> tuple[bytes, float]:
    """Reads until the other side hangs up, sending a trickle meanwhile; gives what was said and how long it took."""
    began, said = time.monotonic(), b""
    sock.settimeout(every)
    while time.monotonic() - began < longest:
        try:
            if trickle:
                sock.sendall(trickle)
            data = sock.recv(4096)
            if not data:
                return said, time.monotonic() - began
            said += data
        except TimeoutError:
            continue
        except OSError:
            return said, time.monotonic() - began
    return said, longest


def _genuine(room: Any, key: str, body: bytes = b"{}", close: bool = True) -> bytes:
    lines = [f"{name}: {value}" for name, value in room.door.headers(body, event_id=key).items()]
    end = "connection: close\r\n" if close else ""
    return HEAD + "\r\n".join(lines).encode() + f"\r\ncontent-length: {len(body)}\r\n{end}\r\n".encode() + body


def _post(served: Any, request: bytes) -> bytes:
    with _connect(served.port) as sock:
        sock.sendall(request)
        return _until_closed(sock)[0]


def test_an_honest_request_on_a_real_socket_is_stored(room: Any, serve: Serve) -> None:
    served = serve()
    assert _post(served, _genuine(room, "e1")).startswith(b"HTTP/1.1 200")
    assert room.count("arrival") == 1


def test_several_requests_share_a_connection(room: Any, serve: Serve) -> None:
    served = serve(request_s=0.6)
    with _connect(served.port) as sock:
        for number in range(4):
            sock.sendall(_genuine(room, f"e{number}", close=False))
            assert sock.recv(4096).startswith(b"HTTP/1.1 200")
            time.sleep(0.3)  # together longer than one request may take: each has its own clock
    assert room.count("arrival") == 4


@pytest.mark.parametrize(
    ("start", "trickle"),
    [
        pytest.param(b"", b"", id="a connection that says nothing"),
        pytest.param(b"POST /hooks/acme/shop.example HTTP/1.1\r\n", b"x", id="headers that never end"),
        pytest.param(HEAD, b"a: b\r\n", id="endless headers"),
        pytest.param(HEAD + b"content-length: 100\r\n\r\n", b"", id="a body that never comes"),
        pytest.param(HEAD + b"content-length: 1000000\r\n\r\n", b"x", id="a body that trickles"),
        pytest.param(HEAD + b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n", id="endless small chunks"),
        pytest.param(b"\r\n", b"\r\n", id="empty lines for ever"),
        pytest.param(b"GET /login HTTP/1.1\r\nHost: a\r\ncontent-length: 9\r\n\r\n", b"", id="a page's body that never comes"),
    ],
)
def test_a_request_that_is_not_here_in_time_is_hung_up_on(room: Any, serve: Serve, start: bytes, trickle: bytes) -> None:
    served = serve(room.with_settings(receive_s=1.0), request_s=1.2)
    with _connect(served.port) as sock:
        sock.sendall(start)
        said, seconds = _until_closed(sock, trickle=trickle, longest=5)
    assert seconds < 3
    assert b" 200 " not in said or start.startswith(b"GET")
    assert room.count("arrival") == 0


def test_the_limits_that_are_shipped_are_below_ten_seconds(room: Any, serve: Serve) -> None:
    assert room.parts.settings.receive_s < 10
    assert serve().server.config.http.request_s <= 10


@pytest.mark.slow
def test_the_deadline_that_is_shipped_holds(room: Any, serve: Serve) -> None:
    served = serve()
    with _connect(served.port) as sock:
        sock.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        assert 8 < _until_closed(sock, trickle=b"1\r\nx\r\n", longest=15)[1] < 10.5


def test_too_large_a_body_is_refused_before_it_is_sent(room: Any, serve: Serve) -> None:
    served = serve()
    said = _post(served, HEAD + b"content-length: 5242881\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in said


def test_an_endless_fast_body_is_cut_off_at_the_limit(room: Any, serve: Serve) -> None:
    served = serve()
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    sent = 0
    with _connect(served.port) as sock:
        sock.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        try:
            for _ in range(1_000):
                sock.sendall(chunk)
                sent += len(chunk)
        except OSError:
            pass
    assert sent < 20 * 1024 * 1024
    assert room.count("arrival") == 0


def test_headers_without_end_are_cut_off_by_size_too(serve: Serve) -> None:
    served = serve()
    with _connect(served.port) as sock:
        sock.sendall(HEAD)
        try:
            for number in range(100_000):
                sock.sendall(f"x-{number}: {'y' * 1000}\r\n".encode())
        except OSError:
            number_reached = number
        assert number_reached < 20_000


def test_many_large_bodies_at_once_cannot_fill_the_memory(room: Any, serve: Serve) -> None:
    served = serve(room.with_settings(receiving_bytes=1024 * 1024))
    socks = [_connect(served.port) for _ in range(12)]
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    for sock in socks:
        sock.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunk)
    time.sleep(0.5)
    assert _post(served, _genuine(room, "e1")).startswith(b"HTTP/1.1 200"), "a small one gets through"
    refused = 0
    for sock in socks:
        sock.settimeout(0.05)
        with contextlib.suppress(OSError):
            refused += sock.recv(100).startswith(b"HTTP/1.1 503")
        sock.close()
    assert refused >= 6


def test_slow_senders_do_not_keep_honest_ones_waiting(room: Any, serve: Serve) -> None:
    served = serve()
    slow = [_connect(served.port) for _ in range(150)]
    for sock in slow:
        sock.sendall(HEAD + b"content-length: 100000\r\n\r\nx")
    took = []
    for number in range(20):
        began = time.monotonic()
        assert _post(served, _genuine(room, f"e{number}")).startswith(b"HTTP/1.1 200")
        took.append(time.monotonic() - began)
    for sock in slow:
        sock.close()
    assert sorted(took)[10] < 0.5
    assert room.count("arrival") == 20


@pytest.mark.parametrize(
    "request_bytes",
    [
        HEAD + b"content-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        HEAD + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"content-length: -1\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
    ],
)
def test_requests_that_two_servers_would_read_differently_are_refused(room: Any, serve: Serve, request_bytes: bytes) -> None:
    said = _post(serve(request_s=1.0), request_bytes)
    assert b" 200 " not in said
    assert room.count("arrival") == 0
