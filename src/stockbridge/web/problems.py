"""What is shown when a page does not exist or broke. It says nothing about the inside."""

from __future__ import annotations

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from stockbridge.web.edge import HEADERS
from stockbridge.web.templating import render

_log = structlog.get_logger("web.pages")


def plain(request: Request, status: int, sentence: str) -> Response:
    """A page that needs no database and nobody logged in."""
    theme = request.cookies.get("theme", "")
    frame = {
        "person": None,
        "path": "",
        "needs_you": 0,
        "pauses": (),
        "theme": theme if theme in ("light", "dark") else "system",
    }
    html = render("problem.html", {**frame, "status": status, "sentence": sentence})
    headers = {"cache-control": "no-store"} | ({"retry-after": "5"} if status == 503 else {})
    # The answer to a mistake of ours is sent from outside the middleware, so it brings the headers itself.
    return HTMLResponse(html, status_code=status, headers=HEADERS | headers)


def missing(request: Request, error: Exception) -> Response:
    """Answers for addresses that do not exist, methods that do not fit, and mistakes of ours."""
    status = getattr(error, "status_code", 500)
    if status == 404:
        return plain(request, 404, "There is no such page.")
    if status == 405:
        return plain(request, 405, "This address cannot be used like that.")
    _log.error("web.broken", path=request.url.path, error=type(error).__name__)
    return plain(request, 500, "Something went wrong here, and nothing was changed. It has been written to the log.")
