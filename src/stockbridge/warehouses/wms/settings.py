"""What a connection to a generic WMS needs to know, checked without the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

PERSONALITIES = ("unique_reference", "look_up", "neither")
SECRETS = ("api_key", "signing_secret", "signing_secret_previous")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class SettingsInvalid(ValueError):
    """The settings of a connection cannot be used: ``problems`` says why, one sentence each, all of them at once."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One connection. Durations are in seconds. ``metadata['help']`` is what forms and the documentation show."""

    url: str = field(metadata={"help": "Base address of the WMS, without /v1."})
    warehouses: tuple[str, ...] = field(metadata={"help": "The WMS's own codes of the warehouses to use."})
    personality: str = field(
        metadata={
            "help": "What protects an order from being made twice: 'unique_reference' (the WMS refuses a second order with our "
            "reference and can look it up), 'look_up' (it can look it up), 'neither' (a lost answer waits for a person)."
        }
    )
    settle_s: float = field(default=120.0, metadata={"help": "How long the WMS may still be at work after a lost answer."})
    deadline_s: float = field(default=15.0, metadata={"help": "The longest a call may take."})
    calls_at_once: int = field(default=8, metadata={"help": "How many calls a worker may have open at once."})
    page_size: int = field(default=500, metadata={"help": "How many entries to ask for per page."})
    allow_plain_http: bool = field(default=False, metadata={"help": "Allow http:// to another machine. Keys travel readable."})

    @classmethod
    def read(cls, raw: Mapping[str, object], secrets: Mapping[str, str]) -> Settings:
        """The settings from a form or a file. Raises :class:`SettingsInvalid` with every problem at once."""
        problems = _unknown([each.name for each in fields(cls)], raw, "setting") + _unknown(SECRETS, secrets, "secret")
        problems += [] if secrets.get("api_key") else ["The secret 'api_key' is missing: the WMS would turn every call away."]
        checks = {
            "url": lambda value: _url(value, plain=raw.get("allow_plain_http") is True),
            "warehouses": _warehouses,
            "personality": _personality,
            "settle_s": lambda value: _number("settle_s", value, least=0, most=86_400),
            "deadline_s": lambda value: _number("deadline_s", value, least=1, most=300),
            "calls_at_once": lambda value: _number("calls_at_once", value, least=1, most=64, whole=True),
            "page_size": lambda value: _number("page_size", value, least=1, most=5_000, whole=True),
            "allow_plain_http": _yes_no,
        }
        given: dict[str, Any] = {}
        for name in (each.name for each in fields(cls)):
            if name not in raw:
                if name in ("url", "warehouses", "personality"):
                    problems.append(f"'{name}' is missing.")
                continue
            value, problem = checks[name](raw[name])
            problems.extend([problem] if problem else [])
            given[name] = value
        if problems:
            raise SettingsInvalid(tuple(problems))
        return cls(**given)


Checked = tuple[Any, str]


def _unknown(known: Sequence[str], given: Mapping[str, object], what: str) -> list[str]:
    problems = []
    for name in sorted(set(given) - set(known)):
        near = get_close_matches(name, known, n=1)
        problems.append(f"'{name}' is not a {what} of a WMS connection" + (f"; did you mean '{near[0]}'?" if near else "."))
    return problems


def _url(value: object, *, plain: bool) -> Checked:
    if not isinstance(value, str):
        return value, "'url' must be text, such as https://wms.example.com."
    try:
        parts = urlsplit(value.strip())
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return value, f"'url' is not an address: {value!r}."
    if parts.scheme not in ("http", "https") or not host:
        return value, "'url' must begin with https:// and name a host."
    if parts.query or parts.fragment or parts.username or parts.password:
        return value, "'url' must hold no user name, password, query or fragment; keys belong into the secrets."
    if parts.scheme == "http" and host not in LOOPBACK and not plain:
        return value, f"'url' is plain http to {host}: keys would travel readable. Use https, or set 'allow_plain_http'."
    return value.strip().rstrip("/"), ""


def _warehouses(value: object) -> Checked:
    if not isinstance(value, (list, tuple)) or not value:
        return value, "'warehouses' must be a list with at least one warehouse code."
    if not all(isinstance(code, str) and code.strip() and code.isprintable() for code in value):
        return value, "'warehouses' must hold warehouse codes, each of them text."
    if len(set(value)) != len(value):
        return value, "'warehouses' names a warehouse twice."
    return tuple(value), ""


def _personality(value: object) -> Checked:
    if value in PERSONALITIES:
        return value, ""
    near = get_close_matches(str(value), PERSONALITIES, n=1)
    hint = f"; did you mean '{near[0]}'?" if near else f": one of {', '.join(PERSONALITIES)}."
    return value, f"'personality' {value!r} is not known{hint}"


def _number(name: str, value: object, *, least: float, most: float, whole: bool = False) -> Checked:
    kind = "a whole number" if whole else "a number"
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        return value, f"'{name}' must be {kind}."
    if not least <= value <= most:
        return value, f"'{name}' must be {kind} from {least:g} to {most:g}."
    return value, ""


def _yes_no(value: object) -> Checked:
    return value, "" if isinstance(value, bool) else "'allow_plain_http' must be true or false."
