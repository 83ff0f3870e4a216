"""Is the process up, may traffic come, and the counts that monitoring draws. Never a name, an address or an order."""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Row
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from stockbridge.db import history
from stockbridge.db.errors import DatabaseProblem
from stockbridge.db.queries import Queries
from stockbridge.inbox.writer import Writer
from stockbridge.web.parts import WebParts

_QUERIES = Queries("pages")
_FAMILIES = {
    "orders": ("stockbridge_orders", "Orders by state", ["state"]),
    "parked": ("stockbridge_parked", "Things that wait for a person, by cause", ["cause"]),
    "effects": (
        "stockbridge_effects_open",
        "Calls to other systems that are not finished, by kind and state",
        ["kind", "state"],
    ),
    "arrivals_waiting": ("stockbridge_arrivals_waiting", "Messages stored and not yet understood", []),
    "levels_dirty": ("stockbridge_levels_dirty", "Stock numbers to be worked out again", []),
    "unwritten_shipments": ("stockbridge_shipments_unwritten", "Shipments that the shop has not been told of", []),
    "oldest_arrival": ("stockbridge_oldest_arrival_seconds", "Age of the oldest message not yet understood", []),
    "oldest_effect": ("stockbridge_oldest_effect_seconds", "Age of the oldest unfinished call", []),
    "connections": ("stockbridge_connections", "Connections by health", ["state"]),
}
#: seconds from placed to accepted
LAG_BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


class Health:
    """The three addresses that machines ask."""

    def __init__(self, parts: WebParts, writer: Writer) -> None:
        self._parts = parts
        self._writer = writer

    async def alive(self, _request: Request) -> Response:
        """/healthz: the process is up; the database is not asked."""
        return JSONResponse({"up": True, "version": self._parts.version})

    async def ready(self, _request: Request) -> Response:
        """/readyz: 200 when the database answers at the right schema and messages can be stored; 503 says what is missing."""
        problem = await run_in_threadpool(self._problem)
        if not self._writer.alive:
            problem = problem or "The thread that stores messages does not run."
        return JSONResponse({"ready": not problem, "problem": problem}, status_code=503 if problem else 200)

    async def metrics(self, request: Request) -> Response:
        """/metrics: for the bearer of the token, or without a token for this machine only."""
        if not self._may_see(request):
            return PlainTextResponse("not for you\n", status_code=403)
        try:
            text = await run_in_threadpool(self._metrics)
        except (SQLAlchemyError, DatabaseProblem):
            return PlainTextResponse("the database does not answer\n", status_code=503)
        return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")

    def _problem(self) -> str:
        try:
            with self._parts.database.connect() as conn:
                _QUERIES.value(conn, "reachable")
                return self._parts.schema_problem(conn)
        except (SQLAlchemyError, DatabaseProblem):
            return "The database does not answer."

    def _may_see(self, request: Request) -> bool:
        token = self._parts.settings.metrics_token
        if token:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            return hmac.compare_digest(given.encode(), token.encode())
        forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-real-ip"))
        return not forwarded and request.client is not None and _is_here(request.client.host)

    def _metrics(self) -> bytes:
        registry = CollectorRegistry()
        with self._parts.database.connect() as conn:
            registry.register(_Counts(list(self._collect(conn))))
        return generate_latest(registry)

    def _collect(self, conn: Connection) -> Iterator[Metric]:
        by_family: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in _QUERIES.rows(conn, "metric_counts", now=self._parts.clock.now()):
            by_family[row.family].append(row)
        for family, (name, told, labels) in _FAMILIES.items():
            gauge = GaugeMetricFamily(name, told, labels=labels)
            for row in by_family[family]:
                gauge.add_metric(row.label.split(",") if labels else [], float(row.value))
            yield gauge
        waiting = GaugeMetricFamily("stockbridge_inbox_queue", "Messages received and not yet stored")
        waiting.add_metric([], self._writer.waiting)
        yield waiting
        size = history.size(conn)
        for name, told, value in (
            ("stockbridge_history_bytes", "Room that the published numbers take, with their indexes", size.bytes),
            ("stockbridge_history_numbers", "About how many published numbers are kept", size.numbers),
        ):
            gauge = GaugeMetricFamily(name, told)
            gauge.add_metric([], value)
            yield gauge
        yield _lags(_QUERIES.rows(conn, "lag_buckets", bounds=list(LAG_BOUNDS)))


class _Counts(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> list[Metric]:
        """What was collected."""
        return self._metrics


def _lags(rows: Sequence[Row[Any]]) -> Metric:
    counts = [0] * (len(LAG_BOUNDS) + 1)
    seconds = 0.0
    for row in rows:
        counts[row.bucket] += row.many
        seconds += float(row.seconds)
    total, buckets = 0, []
    for bound, count in zip((*map(str, LAG_BOUNDS), "+Inf"), counts, strict=True):
        total += count
        buckets.append((bound, float(total)))
    family = HistogramMetricFamily("stockbridge_accept_lag_seconds", "From placed in the shop to accepted by the warehouse")
    family.add_metric([], buckets, seconds)
    return family


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
