"""What a program reads when it is not answered: problem+json (RFC 9457), with a sentence for whoever reads its log."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from stockbridge.web.api.route import Fault, Refusal, Told, says
from stockbridge.web.edge import HEADERS

_log = structlog.get_logger("web.api")


class Problem(Told, frozen=True):
    """Why a request was not answered (RFC 9457)."""

    type: Annotated[str, says("Always `about:blank`: `code` tells problems apart.")]
    title: Annotated[str, says("HTTP's own words for the status.")]
    status: int
    detail: Annotated[str, says("What is wrong and what to do, in plain words.")]
    code: Annotated[str, says("A word for programs. It stays the same.")]
    errors: Annotated[
        list[Fault] | msgspec.UnsetType, says("One by one, where several things are wrong with the body; else left out.")
    ] = msgspec.UNSET


def problem(refusal: Refusal) -> Response:
    """The answer to a request that is refused."""
    title = HTTPStatus(refusal.status).phrase
    told = Problem(
        type="about:blank",
        title=title,
        status=refusal.status,
        detail=refusal.sentence,
        code=refusal.code,
        errors=refusal.faults or msgspec.UNSET,
    )
    later = {"retry-after": "5"} if refusal.status == 503 else {}
    headers = {**HEADERS, "cache-control": "no-store", **later, **refusal.headers}
    return Response(msgspec.json.encode(told), refusal.status, headers, media_type="application/problem+json")


def missing(request: Request, error: Exception) -> Response:
    """Answers for addresses that do not exist, methods that do not fit, and mistakes of ours."""
    status, headers = getattr(error, "status_code", 500), getattr(error, "headers", None)
    if status == 404:
        return problem(Refusal(404, "no_such_address", "There is no such address. See /api for those that there are."))
    if status == 405:
        sentence = "This address cannot be used with this method. The header Allow says with which it can."
        return problem(Refusal(405, "wrong_method", sentence, headers))
    _log.error("api.broken", path=request.url.path, error=type(error).__name__)
    return problem(
        Refusal(500, "broken", "Something went wrong here, and nothing was changed. It has been written to the log.")
    )
