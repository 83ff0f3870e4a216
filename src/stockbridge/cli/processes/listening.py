"""The socket that something of ours listens on, or one sentence why there can be none."""

from __future__ import annotations

import os
import socket

from stockbridge.cli.talk import Problem

_BACKLOG = 2048


def listen_at(host: str, port: int, *, choose: str) -> socket.socket:
    """A socket that listens already. ``choose`` says how another port is chosen. Raises Problem when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise Problem(
            f"Nothing can listen on {host}:{port}: {_why(error)}.",
            todo=f"Stop what listens there, or choose another port: {choose}.",
        ) from error


def _why(error: OSError) -> str:
    """Without the address, which Python adds once more."""
    if error.errno is None or isinstance(error, socket.gaierror):
        return error.strerror or str(error)
    return os.strerror(error.errno)
