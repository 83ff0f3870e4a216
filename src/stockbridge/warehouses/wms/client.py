"""The only I/O of this door: calls of the contract through ``ports.Http``, and what each kind of failure means (DESIGN D8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urlencode

import msgspec

import stockbridge.warehouses.wms.wire as wire
from stockbridge import shapes
from stockbridge.ports import (
    Budget,
    Clock,
    DoorError,
    Http,
    HttpAnswer,
    HttpRequest,
    OutcomeUnknown,
    Refused,
    TryLater,
)
from stockbridge.warehouses.wms.settings import Settings

T = TypeVar("T")

MAX_ANSWER = 10 * 1024 * 1024
MAX_WAIT_S = 3_600.0
#: Answers that the contract defines for a call besides 200 and 201; the caller knows what they mean.
Expected = frozenset[int]


class Client:
    """Speaks to one WMS. Knows addresses, the key, limits and failures; knows nothing of orders."""

    def __init__(self, *, settings: Settings, api_key: str, http: Http, budget: Budget, clock: Clock) -> None:
        self._settings = settings
        self._api_key = api_key
        self._http = http
        self._budget = budget
        self._clock = clock

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        payload: object = None,
        urgent: bool = True,
        expected: Expected = frozenset(),
    ) -> HttpAnswer:
        """One call. Gives a 200, a 201, or a status named in ``expected``; raises TryLater, Refused or OutcomeUnknown."""
        self._budget.take(1.0, urgent=urgent)
        url = f"{self._settings.url}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"authorization": f"Bearer {self._api_key}", "accept": "application/json"}
        body = b""
        if payload is not None:
            headers["content-type"] = "application/json"
            body = msgspec.json.encode(payload)
        request = HttpRequest(method=method, url=url, headers=headers, body=body, deadline_s=self._settings.deadline_s)
        answer = self._http.send(request)
        if len(answer.body) > MAX_ANSWER:
            raise OutcomeUnknown(f"The WMS answered with {len(answer.body)} bytes, more than {MAX_ANSWER} are not read.")
        trouble = trouble_in(answer, now=self._clock.now(), secret=self._api_key)
        if trouble is None or (answer.status in expected and not (isinstance(trouble, TryLater) and trouble.credentials)):
            return answer
        raise trouble


def trouble_in(answer: HttpAnswer, *, now: datetime, secret: str = "") -> DoorError | None:
    """What an answer's status means for an effect; None for 200 and 201.

    Only what the contract calls 'not processed' is 'try later'; only what it calls a refusal is one; all else is unknown.
    """
    status = answer.status
    if status in (200, 201):
        return None
    wait = retry_after(answer.headers.get("retry-after", ""), now)
    said = _said(answer, secret)
    if status in (401, 403):
        return TryLater(f"The WMS does not accept our key (HTTP {status}{said}). Enter a valid API key.", credentials=True)
    if status == 429 or (status == 503 and wait is not None):
        return TryLater(f"The WMS asks us to come back later (HTTP {status}{said}).", after_s=wait)
    if 400 <= status < 500 and status not in (408, 409, 425, 499):
        return Refused(f"The WMS refuses (HTTP {status}{said}).", code=error_of(answer).code[:100] or str(status))
    return OutcomeUnknown(f"The WMS answered HTTP {status}{said}; it may or may not have done what was asked.")


def error_of(answer: HttpAnswer) -> wire.ErrorBody:
    """The error body of the contract, as much of it as can be read; an empty one when something else answered (a proxy, a
    maintenance page)."""
    try:
        return shapes.decode(answer.body, wire.ErrorBody)
    except (ValueError, RecursionError):
        pass
    try:
        head = shapes.decode(answer.body, wire.ErrorHead)
    except (ValueError, RecursionError):
        return wire.ErrorBody()
    return wire.ErrorBody(code=head.code, message=head.message)


def _said(answer: HttpAnswer, secret: str) -> str:
    error = error_of(answer)
    parts = [error.message] + [f"{line.item_code}: {line.problem}" for line in error.lines[:10]]
    text = "".join(letter if letter.isprintable() else " " for letter in "; ".join(part for part in parts if part))
    if secret:
        text = text.replace(secret, "…")
    return f": {text[:500]}" if text else ""


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (seconds, or a date), at most an hour; None when it says nothing usable."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:
        return None
    return min(max(0.0, (moment - now).total_seconds()), MAX_WAIT_S)


def decode(answer: HttpAnswer, shape: type[T], what: str) -> T:
    """An answer's body as ``shape``. Raises OutcomeUnknown: who answers 2xx with something else did we know not what."""
    try:
        return shapes.decode(answer.body, shape)
    except (ValueError, RecursionError) as error:
        raise OutcomeUnknown(f"The WMS answered {what} with something that cannot be read: {str(error)[:200]}.") from error
