"""Reads what a program sends into declared shapes; what does not fit is refused in a sentence that says where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar, get_type_hints

import msgspec

from stockbridge import shapes
from stockbridge.web.api.route import Given, Nothing, Refusal

G = TypeVar("G", bound=Given)
_AT = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<at>.*)`)?$", re.DOTALL)
#: the only pattern that shapes ask for
_NOT_BLANK = re.compile(r"`str` matching regex '\\\\S'")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.DOTALL)


def read_query(pairs: Sequence[tuple[str, str]], shape: type[G]) -> G:
    """The fields of an address. Raises Refusal 400."""
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            raise Refusal(400, "wrong_query", f"'{name[:100]}' is given twice.")
        given[name] = value
    if any("\x00" in value for value in given.values()):
        raise Refusal(400, "wrong_query", "The address holds a character that no text has.")
    try:
        found = shapes.convert(given, shape, from_text=True)
    except msgspec.ValidationError as error:
        raise Refusal(400, "wrong_query", _sentence(error, shape)) from None
    nulls = [
        name for name in given if getattr(found, name) is None
    ]  # read from text, the word null is None; in an address it is a word
    if nulls:
        raise Refusal(400, "wrong_query", f"The field '{nulls[0]}' does not fit: '{given[nulls[0]]}' is none of its values.")
    return found


def read_body(raw: bytes, content_type: str, shape: type[G]) -> G:
    """The body. Raises Refusal: 415 when it does not say that it is JSON, 400 when it is none, 422 when it does not fit."""
    if shape is Nothing and not raw:
        return shape()
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "not_json", "The body must be JSON: send it with the header 'Content-Type: application/json'.")
    try:
        found = shapes.decode(raw, shape)
    except msgspec.ValidationError as error:
        raise Refusal(422, "wrong_body", _sentence(error, shape)) from None
    except msgspec.DecodeError as error:
        raise Refusal(400, "not_json", f"The body is not JSON: {_plain(str(error))}.") from None
    if rb"\u0000" in raw and "\x00" in repr_of(found):
        raise Refusal(422, "wrong_body", "The body holds a character that no text has.")
    return found


def repr_of(found: Given) -> str:
    """Every text of a shape, one after the other."""
    return "\n".join(_texts(msgspec.to_builtins(found)))


def _texts(plain: object) -> list[str]:
    if isinstance(plain, str):
        return [plain]
    if isinstance(plain, dict):
        return [text for pair in plain.items() for value in pair for text in _texts(value)]
    return [text for value in plain for text in _texts(value)] if isinstance(plain, list) else []


def _sentence(error: msgspec.ValidationError, shape: type[Given]) -> str:
    parts = _AT.match(str(error))
    what, at = (parts["what"], (parts["at"] or "").lstrip(".")) if parts else (str(error), "")
    if unknown := _UNKNOWN.fullmatch(what):
        known = f" There is: {', '.join(get_type_hints(shape)) or 'none'}." if not at else ""
        return f"There is no field '{unknown[1][:100]}'{f' in {at}' if at else ''}.{known}"
    if missing := _MISSING.fullmatch(what):
        return f"The field '{missing[1]}' is missing{f' in {at}' if at else ''}."
    return f"{f'The field {at!r}' if at else 'What was sent'} does not fit: {_plain(what)}."


def _plain(text: str) -> str:
    said = _NOT_BLANK.sub("text that is not blank", text).replace("`", "").replace("Expected", "expected").rstrip(".")
    return said[:1].lower() + said[1:300]
