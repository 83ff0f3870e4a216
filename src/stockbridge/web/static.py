"""Serves our own few files. Their addresses change with their content, so a browser asks for each once."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from stockbridge.web.templating import STATIC

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"


class Static:
    """All files, read once: there are few and they are small."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.suffix in _TYPES
        }

    async def serve(self, request: Request) -> Response:
        """One file. Only names that were there at the start are known, so no name can lead elsewhere."""
        name = request.path_params["name"]
        body = self._files.get(name)
        if body is None:
            return Response(status_code=404)
        right = request.query_params.get("v") == sha256(body).hexdigest()[:12]
        headers = {"cache-control": _FOREVER if right else "no-cache"}
        return Response(body, media_type=_TYPES[Path(name).suffix], headers=headers)
