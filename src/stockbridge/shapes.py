"""Reading JSON into declared shapes, from as many threads as there are.

msgspec learns a shape on its first use, and shows the half-learnt shape to other threads meanwhile: two threads that read
the same new shape at the same moment crash the process (msgspec 0.22, seen 2026-11-23: 92 of 100 tries; the worker died with
signal 11). Here one thread learns at a time, and nobody reads a shape before it is learnt whole. Nothing else in the house
may hand a ``type=`` to msgspec (a test holds it to that).
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_learning = Lock()
_learnt: dict[Hashable, msgspec.json.Decoder[Any]] = {}


def decode(raw: bytes | str, shape: type[T]) -> T:
    """``raw``, JSON, as ``shape``. Raises msgspec.MsgspecError (DecodeError: no JSON; ValidationError: another shape)."""
    try:
        read: T = _reader(shape).decode(raw)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError("the text is not UTF-8") from error
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deep") from error
    return read


def decode_lines(raw: bytes, shape: type[T]) -> list[T]:
    """Every line of ``raw``, each a JSON text, as ``shape``. Raises as :func:`decode` does."""
    try:
        read: list[T] = _reader(shape).decode_lines(raw)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError("the text is not UTF-8") from error
    except RecursionError as error:
        raise msgspec.DecodeError("it is nested too deep") from error
    return read


def convert(plain: object, shape: type[T], *, from_text: bool = False) -> T:
    """What JSON has already been made of (dicts, lists, strings …) as ``shape``; ``from_text``: numbers and yes or no may be
    written as text, as they are in an address. Raises msgspec.ValidationError."""
    _reader(shape)
    return msgspec.convert(plain, shape, strict=not from_text)


def _reader(shape: Any) -> msgspec.json.Decoder[Any]:
    found = _learnt.get(shape)
    if found is None:
        with _learning:
            found = _learnt.get(shape) or msgspec.json.Decoder(shape)
            _learnt[shape] = found
    return found
