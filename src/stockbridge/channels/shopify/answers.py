"""What an HTTP answer of Shopify means: its data, or which of our few kinds of trouble it is. Pure.

HTTP 200 is not success (shopify-admin-api facts C.3; https://shopify.dev/docs/api/usage/response-codes, seen 2026-11).
For a mutation the question is always: can it have been done? Where the answer does not say, it is OutcomeUnknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec
from msgspec import Raw, Struct

from stockbridge import shapes
from stockbridge.ports import DoorError, HttpAnswer, OutcomeUnknown, Refused, TryLater


class ErrorRow(Struct):
    """One top-level error. ``extensions.code`` is what counts; ``path`` says which field."""

    message: str = ""
    path: list[str | int] | None = None
    extensions: dict[str, Any] | None = None

    @property
    def code(self) -> str:
        return str((self.extensions or {}).get("code", ""))


class ThrottleStatus(Struct, rename="camel"):
    """The state of the store's rate budget after this call."""

    maximum_available: float
    currently_available: float
    restore_rate: float


class CostReport(Struct, rename="camel"):
    """What the call was charged."""

    requested_query_cost: float | None = None
    actual_query_cost: float | None = None
    throttle_status: ThrottleStatus | None = None


class SearchReport(Struct):
    """How a search text was understood. A warning means that a filter was ignored and *everything* matched."""

    query: str = ""
    warnings: list[dict[str, Any]] = []


class Extensions(Struct):
    """What rides along with an answer."""

    cost: CostReport | None = None
    search: list[SearchReport] | None = None


class Envelope(Struct):
    """A GraphQL answer before its data is looked at."""

    data: Raw = Raw()
    errors: list[ErrorRow] | None = None
    extensions: Extensions | None = None

    @property
    def cost(self) -> CostReport:
        return (self.extensions.cost if self.extensions else None) or CostReport()


@dataclass(frozen=True, slots=True, kw_only=True)
class UserError:
    """What Shopify has against our input. ``code`` is empty where it gives none; ``field`` is the path into the arguments."""

    code: str
    field: tuple[str, ...]
    message: str


#: Nobody is believed who says that he is busy for longer.
LONGEST_WAIT_S = 3600.0


class Throttled(TryLater):
    """The rate budget is spent: HTTP 200, code THROTTLED, nothing was done."""


#: Written only when nothing was executed. Codes in lowerCamel are graphql-ruby's validation codes and mean the same.
NOT_EXECUTED = {"MAX_COST_EXCEEDED", "MAX_INPUT_SIZE_EXCEEDED", "BAD_REQUEST", "PARSE_ERROR", "INVALID_VARIABLE",
                "INVALID_FIELD_ARGUMENTS", "RESOURCE_NOT_FOUND"}  # fmt: skip
#: An idempotency conflict says that another attempt exists whose outcome is not known here.
UNSETTLED = {"IDEMPOTENCY_CONCURRENT_REQUEST", "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", "SERVICE_UNAVAILABLE"}

#: The store is closed, whatever HTTP says: nothing was executed, and only a person can open it.
CLOSED = {"SHOP_INACTIVE", "SHOP_PENDING_TERMINATION"}

CREDENTIALS = {
    401: "Shopify does not accept our key. Check the client id and secret (or the access token) of this connection.",
    402: "The store is frozen: its bill is unpaid.",
    403: "Shopify forbids this app to speak to the store. Check that the app is still installed.",
    404: "Shopify knows no such store or address. Check the domain of this connection.",
    423: "The store is locked by Shopify.",
}


#: too many requests; and so many that it looks like an attack
TURNED_AWAY = (429, 430)


def check_status(answer: HttpAnswer, *, mutation: bool) -> None:
    """Raise what an HTTP status other than 200 means."""
    status = answer.status
    if status == 200:
        return
    if status in CREDENTIALS:
        raise TryLater(CREDENTIALS[status], credentials=True)
    if status in TURNED_AWAY:
        raise TryLater(
            f"Shopify asks us to slow down (HTTP {status}).",
            after_s=retry_after(answer.headers, 60.0 if status == 430 else 2.0),
        )
    if status >= 500:
        lost(f"Shopify answered HTTP {status}.", mutation=mutation)
    raise Refused(
        f"Shopify answered HTTP {status} to a well-formed request. Check the address of this connection.", code=f"http_{status}"
    )


def retry_after(headers: Mapping[str, str], default: float) -> float:
    """Seconds to wait, as the answer asks; an hour at most, for the store is asked again then and can repeat itself."""
    try:
        return min(max(0.0, float(headers.get("retry-after", default))), LONGEST_WAIT_S)
    except ValueError:
        return default


def lost(reason: str, *, mutation: bool) -> NoReturn:
    """The answer says nothing: harmless for a query, unknown for a mutation."""
    if mutation:
        raise OutcomeUnknown(reason)
    raise TryLater(reason)


def open_envelope(answer: HttpAnswer, *, mutation: bool) -> Envelope:
    """The GraphQL answer inside an HTTP answer; a page of HTML or half a body is a lost answer."""
    check_status(answer, mutation=mutation)
    try:
        return shapes.decode(answer.body, Envelope)
    except msgspec.MsgspecError:
        lost("Shopify's answer was cut off or is not GraphQL.", mutation=mutation)


def roots(envelope: Envelope, *, mutation: bool) -> dict[str, Any]:
    """The answer's root fields, by name; empty when there is no data at all. Data that cannot be read is a lost answer."""
    try:
        found = shapes.decode(bytes(envelope.data), object) if bytes(envelope.data) else None
    except msgspec.MsgspecError as error:
        lost(f"Shopify's answer could not be read: {error}.", mutation=mutation)
    return found if isinstance(found, dict) else {}


def judge(envelope: Envelope, found: Mapping[str, Any], *, mutation: bool) -> None:
    """Raise what the top-level errors mean, unless the root data is there: then a mutation *was* done, and complaints about
    fields beside it change nothing (facts B.2). A query with holes is judged by :func:`demand_whole`."""
    for report in (envelope.extensions.search if envelope.extensions else None) or []:
        if report.warnings:
            raise Refused(
                f"Shopify ignored a part of our search {report.query!r}, so everything would match.", code="search_warning"
            )
    errors = envelope.errors or []
    if found and all(value is not None for value in found.values()):
        return
    if not errors:
        if mutation or not found:
            lost("Shopify's answer holds no result.", mutation=mutation)
        return
    raise worst(errors, envelope.cost, mutation=mutation)


def worst(errors: Sequence[ErrorRow], cost: CostReport, *, mutation: bool) -> DoorError:
    """The trouble that a list of top-level errors amounts to."""
    codes = [row.code for row in errors]
    text = "; ".join(row.message for row in errors)[:500]
    if "THROTTLED" in codes:
        return Throttled("Shopify's rate limit is used up.", after_s=throttle_wait(cost))
    if all(code == "ACCESS_DENIED" for code in codes):
        return TryLater(f"Shopify denies access: {text}", credentials=True)
    if all(code in CLOSED for code in codes):
        return TryLater(f"The store is closed: {text}", credentials=True)
    if all(code in NOT_EXECUTED or code[:1].islower() for code in codes):
        return Refused(f"Shopify does not accept our request: {text}", code=codes[0])
    reason = f"Shopify had an internal error: {text}"
    return OutcomeUnknown(reason) if mutation else TryLater(reason)


def throttle_wait(cost: CostReport) -> float:
    """Seconds until the budget holds what the call asked for."""
    status, asked = cost.throttle_status, cost.requested_query_cost
    if status is None or asked is None or status.restore_rate <= 0:
        return 1.0
    return min(max(0.1, (asked - status.currently_available) / status.restore_rate), LONGEST_WAIT_S)


#: Fields that a store may hide from an app (protected customer data) without a parcel going astray.
EXPENDABLE = {"email", "phone", "note"}


def demand_whole(errors: Sequence[ErrorRow]) -> None:
    """Facts with holes are not facts: an order whose address is hidden must not look like an order without an address."""
    serious = [row for row in errors if not (row.code == "ACCESS_DENIED" and row.path and row.path[-1] in EXPENDABLE)]
    if not serious:
        return
    text = "; ".join(row.message for row in serious)[:500]
    raise TryLater(
        f"Shopify left out a part of its answer: {text}", credentials=any(row.code == "ACCESS_DENIED" for row in serious)
    )


def user_errors(found: Mapping[str, Any]) -> tuple[UserError, ...]:
    """Every complaint of every root: the list is not always called ``userErrors`` (facts P.1)."""
    rows: list[UserError] = []
    for payload in found.values():
        for name, listed in payload.items() if isinstance(payload, dict) else ():
            if name.lower().endswith("usererrors"):
                rows += [_user_error(each) for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    for row in rows:
        if row.code in UNSETTLED:
            raise OutcomeUnknown(f"Shopify has another attempt of the same call under way or failed: {row.message}")
    return tuple(rows)


def _user_error(row: Mapping[str, Any]) -> UserError:
    path = tuple(str(part) for part in row.get("field") or ())
    return UserError(code=row.get("code") or "", field=path, message=row.get("message") or "")
