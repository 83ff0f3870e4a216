"""The only place where this door speaks to Shopify: one store, its token, its rate budget, its GraphQL endpoint."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from stockbridge import shapes
from stockbridge.channels.shopify.answers import (
    TURNED_AWAY,
    Envelope,
    ErrorRow,
    Throttled,
    UserError,
    check_status,
    demand_whole,
    judge,
    lost,
    open_envelope,
    roots,
    user_errors,
)
from stockbridge.channels.shopify.generated import Operation
from stockbridge.channels.shopify.settings import Settings
from stockbridge.ports import HttpAnswer, HttpRequest, HttpStream, Opening, OutcomeUnknown, Refused, TryLater

V = TypeVar("V", bound=Struct)
R = TypeVar("R", bound=Struct)

#: How long a token is used at most, whatever its answer promises.
DAY_S = 86_400
#: How often one call may meet THROTTLED before it is put off.
THROTTLES = 3
#: After so many calls in a row that were turned away the waits double, up to the longest, in seconds.
PATIENT, LONGEST_S = 8, 300.0


class Grant(Struct):
    """The answer of the token endpoint."""

    access_token: str
    scope: str = ""
    expires_in: float = 86399


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[R]):
    """What a call brought home. ``user_errors``: Shopify's complaints about our input; ``errors``: fields it left out."""

    data: R
    user_errors: tuple[UserError, ...]
    errors: tuple[ErrorRow, ...]


class Token:
    """The store's access token: a permanent one, or one of the client-credentials grant, which lives a day.

    It is asked for again at 80 % of its life and when it is refused; several may be valid at once, so nobody waits for nobody.
    """

    def __init__(self, opening: Opening, settings: Settings) -> None:
        self._opening, self._settings = opening, settings
        self._lock = threading.Lock()
        self._value = opening.secrets.get("access_token", "")
        self._renew_at: datetime | None = None
        self.permanent = bool(self._value)

    def value(self, refused: str = "") -> str:
        """A token that should work. ``refused``: one that Shopify has just turned away."""
        if self.permanent:
            return self._value
        with self._lock:
            due = self._renew_at is None or self._opening.clock.now() >= self._renew_at
            if due or self._value == refused:
                self._ask()
            return self._value

    def _ask(self) -> None:
        secrets = self._opening.secrets
        form = {
            "grant_type": "client_credentials",
            "client_id": secrets["client_id"],
            "client_secret": secrets["client_secret"],
        }
        request = HttpRequest(
            method="POST",
            url=f"{self._settings.address}/admin/oauth/access_token",
            headers={"content-type": "application/x-www-form-urlencoded", "accept": "application/json"},
            body=urlencode(form).encode(),
            deadline_s=self._settings.deadline_s,
        )
        now = self._opening.clock.now()
        try:
            answer = self._opening.http.send(request)
        except OutcomeUnknown as error:
            raise TryLater(f"Shopify gave no access token: {error}") from error
        if answer.status == 400:
            raise TryLater("Shopify does not accept the client id and secret of this connection.", credentials=True)
        check_status(answer, mutation=False)
        try:
            grant = shapes.decode(answer.body, Grant)
        except msgspec.MsgspecError as error:
            raise TryLater("Shopify's answer to our request for an access token could not be read.") from error
        self._value, self._renew_at = grant.access_token, now + timedelta(seconds=0.8 * min(grant.expires_in, DAY_S))


class Shopify:
    """One store's Admin API. Safe to use from several threads."""

    def __init__(self, opening: Opening, settings: Settings) -> None:
        self.settings, self.clock = settings, opening.clock
        self._http, self._budget = opening.http, opening.budget
        self._token = Token(opening, settings)
        self._costs: dict[str, float] = {}
        self._refusals = 0
        #: the version that really served us: an expired one falls forward to the oldest that is still supported
        self.served_version = ""

    def cost_of(self, operation: Operation[V, R]) -> float:
        """What Shopify asked for this document last time, or what it is expected to ask."""
        return self._costs.get(operation.name, operation.cost)

    def reserve(self, operation: Operation[V, R], times: int, *, urgent: bool) -> None:
        """Wait once for the budget of several calls, which then are ``paid``. Raises TryLater."""
        self._budget.take(times * self.cost_of(operation), urgent=urgent, patience_s=self.settings.patience_s)

    def call(
        self, operation: Operation[V, R], variables: V, *, urgent: bool, whole: bool = True, paid: bool = False
    ) -> Answer[R]:
        """Run one document. Waits for the rate budget, never longer than the connection's patience.

        ``whole``: a query whose answer has holes raises TryLater. ``paid``: its budget was reserved before. Raises TryLater,
        Refused, and OutcomeUnknown for mutations only.
        """
        payload = {"query": operation.document, "variables": variables, "operationName": operation.name}
        body = msgspec.json.encode(payload)
        for attempt in range(THROTTLES):
            taken = self.cost_of(operation)
            if attempt or not paid:
                self._budget.take(taken, urgent=urgent, patience_s=self.settings.patience_s)
            envelope = self._asked(body, mutation=operation.mutation)
            self._learn(operation.name, envelope, taken)
            found = roots(envelope, mutation=operation.mutation)
            try:
                judge(envelope, found, mutation=operation.mutation)
                self._refusals = 0
                break
            except Throttled as throttled:
                wait = throttled.after_s or 1.0
                if attempt == THROTTLES - 1 or wait > self.settings.patience_s:
                    raise self._turned_away(throttled) from throttled
                self.clock.sleep(wait)
        errors = tuple(envelope.errors or ())
        if whole and not operation.mutation:
            demand_whole(errors)
        complaints = user_errors(found) if operation.mutation else ()
        return Answer(data=_shaped(operation, envelope), user_errors=complaints, errors=errors)

    def stream(self, request: HttpRequest) -> AbstractContextManager[HttpStream]:
        """A file that Shopify points to, without our key. Raises TryLater."""
        return self._http.stream(request)

    def _asked(self, body: bytes, *, mutation: bool) -> Envelope:
        """One try. Raises as ``call`` does."""
        answer = self._post(body, mutation=mutation)
        try:
            return open_envelope(answer, mutation=mutation)
        except TryLater as error:
            if answer.status in TURNED_AWAY:
                raise self._turned_away(error) from error
            raise

    def _turned_away(self, error: TryLater) -> TryLater:
        """Everybody waits as long as one of us was told, and longer when it goes on like that."""
        self._refusals += 1
        longer = min(LONGEST_S, 2.0 ** min(self._refusals - PATIENT, 10)) if self._refusals > PATIENT else 0.0
        wait = max(error.after_s or 1.0, longer)
        self._budget.hold(wait)
        return TryLater(str(error), after_s=wait)

    def _post(self, body: bytes, *, mutation: bool) -> HttpAnswer:
        token = self._token.value()
        answer = self._send(token, body, mutation=mutation)
        if answer.status == 401 and not self._token.permanent:
            answer = self._send(self._token.value(refused=token), body, mutation=mutation)
        return answer

    def _send(self, token: str, body: bytes, *, mutation: bool) -> HttpAnswer:
        request = HttpRequest(
            method="POST",
            url=f"{self.settings.address}/admin/api/{self.settings.api_version}/graphql.json",
            headers={"content-type": "application/json", "accept": "application/json", "x-shopify-access-token": token},
            body=body,
            deadline_s=self.settings.deadline_s,
        )
        try:
            answer = self._http.send(request)
        except OutcomeUnknown as error:
            lost(str(error), mutation=mutation)
        self.served_version = answer.headers.get("x-shopify-api-version", self.served_version)
        return answer

    def _learn(self, name: str, envelope: Envelope, taken: float) -> None:
        cost = envelope.cost
        if cost.requested_query_cost:
            self._costs[name] = cost.requested_query_cost
        status = cost.throttle_status
        if status:
            # Shopify takes what a document could cost and gives back what it did not (Admin API rate limits, seen 2026-11).
            spent = taken if cost.actual_query_cost is None else cost.actual_query_cost
            self._budget.correct(
                available=status.currently_available,
                maximum=status.maximum_available,
                restore_per_s=status.restore_rate,
                refund=max(0.0, taken - spent),
            )


def _shaped(operation: Operation[V, R], envelope: Envelope) -> R:
    try:
        return shapes.decode(envelope.data, operation.result)
    except msgspec.MsgspecError as error:
        if operation.mutation:
            raise OutcomeUnknown(f"Shopify's answer to {operation.name} has a shape we do not know: {error}.") from error
        raise Refused(f"Shopify's answer to {operation.name} has a shape we do not know: {error}.", code="shape") from error
