"""What the edge needs to be tried without a shop: a door that signs, a clock that stands, an engine that only notes; and what a
page says."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from html import unescape

from sqlalchemy import Connection

from stockbridge.domain.events import Event, Noted
from stockbridge.ports import Arrival, Job, NotGenuine

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def words_of(page: str) -> str:
    """What a person reads of a page: its text without the marks, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


class StandingClock:
    """A clock that moves when it is told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        """The moment it stands at."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Moves on by so many seconds."""
        self.at += timedelta(seconds=seconds)


class CountedIds:
    """Ids in order: id-1, id-2 …"""

    def __init__(self) -> None:
        self.last = 0

    def new(self) -> str:
        """The next one."""
        self.last += 1
        return f"id-{self.last}"


class NotingEngine:
    """Notes which jobs it was asked to wake; ``trouble`` is raised instead, once set."""

    def __init__(self) -> None:
        self.woken: list[Job] = []
        self.trouble: Exception | None = None

    def wake_all(self, connection: Connection, jobs: Sequence[Job]) -> None:
        """Notes the jobs."""
        if self.trouble is not None:
            raise self.trouble
        self.woken.extend(jobs)


class SignedInbound:
    """A door whose messages carry a topic, an id, a subject and an HMAC-SHA256 of the body in headers."""

    def __init__(self, *, account: str = "acme", connection: str = "shop.example", secret: bytes = b"a secret") -> None:
        self.account = account
        self.connection = connection
        self.secret = secret

    def headers(self, body: bytes, *, event_id: str, subject: str = "order/1", topic: str = "orders/create") -> dict[str, str]:
        """The headers of a genuine message."""
        signature = hmac.digest(self.secret, body, sha256).hex()
        return {"x-signature": signature, "x-topic": topic, "x-event-id": event_id, "x-subject": subject}

    def identify(self, headers: Mapping[str, str], body: bytes, received_at: datetime) -> Arrival:
        """Checks the signature. Raises NotGenuine."""
        given = headers.get("x-signature", "").encode("latin-1")
        if not hmac.compare_digest(given, hmac.digest(self.secret, body, sha256).hex().encode()):
            raise NotGenuine("the signature is wrong")
        return Arrival(
            account=self.account,
            connection=self.connection,
            topic=headers.get("x-topic", ""),
            subject=headers.get("x-subject", ""),
            dedupe_key=headers.get("x-event-id", ""),
            received_at=received_at,
            headers={name: headers[name] for name in ("x-topic", "x-event-id") if name in headers},
            body=body,
        )

    def read(self, arrival: Arrival) -> Sequence[Event]:
        """Says nothing of what it carries."""
        return [Noted(reason=arrival.topic)]


def fields_of(page: str, action: str) -> dict[str, list[str]]:
    """What a browser would send of the form that leads there, as it stands."""
    form = next(each for each in re.findall(r"<form.*?</form>", page, re.S) if f'action="{action}"' in each)
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if said.get("type") in ("checkbox", "radio") and " checked" not in tag:
            continue
        if "name" in said:
            found.setdefault(said["name"], []).append(unescape(said.get("value", "")))
    for name, inside in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        found.setdefault(name, []).append(unescape(chosen[1]) if chosen else "")
    for name, inside in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        found.setdefault(name, []).append(unescape(inside))
    return found
