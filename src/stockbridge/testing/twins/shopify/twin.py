"""One Shopify shop in a box: model, Admin API, webhooks, people and faults behind one object."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl

from stockbridge.testing.twins.shopify.api.schema import EXPIRED, VERSIONS
from stockbridge.testing.twins.shopify.api.scopes import ALL_SCOPES
from stockbridge.testing.twins.shopify.api.service import AdminApi, parse_body
from stockbridge.testing.twins.shopify.clock import DAWN, Clock, VirtualClock
from stockbridge.testing.twins.shopify.control import Control
from stockbridge.testing.twins.shopify.faults import Faults, Interlude
from stockbridge.testing.twins.shopify.model.bulk import Bulk
from stockbridge.testing.twins.shopify.model.ids import Mint
from stockbridge.testing.twins.shopify.model.ledger import Ledger
from stockbridge.testing.twins.shopify.model.world import CHOICES, Knobs, World
from stockbridge.testing.twins.shopify.records.places import App, Shop
from stockbridge.testing.twins.shopify.seed import Plan, furnish
from stockbridge.testing.twins.shopify.tokens import Tokens
from stockbridge.testing.twins.shopify.webhooks.chaos import OneShot
from stockbridge.testing.twins.shopify.webhooks.emitter import Emitter, Post
from stockbridge.testing.twins.shopify.webhooks.payloads import render

Sender = Callable[[Post], int | str]
NO_TOKEN = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


@dataclass(frozen=True)
class Request:
    """An HTTP request without the HTTP. Header names in lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    """An HTTP answer. ``cut`` says that it never arrives: ``dropped`` or ``hung``."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    cut: str | None = None

    def json(self) -> Any:
        return json.loads(self.body)


class ShopifyTwin:
    """A shop. ``handle`` is its front door, ``control`` its people, ``ledger`` the truth about it."""

    def __init__(
        self,
        *,
        seed: int = 1,
        shop: str = "nordlicht.myshopify.com",
        clock: Clock | None = None,
        client_id: str = "twin-client-id",
        client_secret: str = "twin-client-secret",
        scopes: frozenset[str] = ALL_SCOPES,
        plan: Plan | None = None,
        choices: dict[str, Any] | None = None,
        knobs: Knobs | None = None,
    ) -> None:
        self.lock = RLock()
        self.clock: Clock = clock or VirtualClock()
        mint = Mint(seed)
        now = self.clock.now()
        born = min(DAWN, now) - timedelta(days=700)
        place = Shop(mint("Shop"), shop, shop.split(".")[0].title(), f"owner@{shop}", "EUR", "Europe/Berlin", "DE", born)
        app = App(mint("App"), "Stockbridge", client_id, client_secret, scopes)
        self.world = World(self.clock, seed, place, app, mint, Random(f"{seed}:world"))
        self.world.knobs = knobs or Knobs()
        self.set_choices(choices or {})
        self.emitter = Emitter(self.world, render)
        self.world.emit = self.emitter.emit
        self.bulk = Bulk(self.world)
        self.api = AdminApi(self.world, self.emitter, self.bulk)
        self.tokens = Tokens(self.world)
        self.control = Control(self.world, self.lock)
        self.faults = Faults()
        self._on_the_way: list[Callable[[], object]] = []
        furnish(self.world, plan)

    @property
    def ledger(self) -> Ledger:
        """Everything that happened."""
        return self.world.ledger

    def set_choices(self, choices: dict[str, Any]) -> None:
        """Picks what this world does where the documentation is silent. Raises ValueError for an unknown choice."""
        for name, value in choices.items():
            if name not in CHOICES or value not in CHOICES[name]:
                raise ValueError(f"World choice {name}={value!r} does not exist.")
        self.world.choices.update(choices)

    # -- time ----------------------------------------------------------------------------------------------------

    def next_at(self) -> datetime | None:
        """When something is due next: agenda or webhook."""
        moments = [x for x in (self.world.agenda.next_at(), self.emitter.next_at()) if x is not None]
        return min(moments) if moments else None

    def run_due(self) -> int:
        """Runs what is due on the agenda (not webhooks); gives how much."""
        done = 0
        with self.lock:
            while (action := self.world.agenda.pop_due(self.clock.now())) is not None:
                action()
                done += 1
        return done

    def advance(self, seconds: float, send: Sender | None = None) -> None:
        """Turns a virtual clock forward, stopping at each thing that is due on the way.

        With ``send``, webhooks are delivered through it as their time comes; without, they wait.
        """
        clock = self.clock
        if not isinstance(clock, VirtualClock):
            raise TypeError("Only a virtual clock can be advanced.")
        end = clock.now() + timedelta(seconds=seconds)
        while True:
            self.run_due()
            if send is not None:
                self.deliver_due(send)
            due = self.next_at() if send is not None else self.world.agenda.next_at()
            if due is None or due > end:
                break
            clock.move_to(due)
        clock.move_to(end)
        self.run_due()

    def deliver_due(self, send: Sender) -> int:
        """Sends every webhook that is due through ``send`` and books the outcomes; gives how many."""
        count = 0
        while posts := self.emitter.take_due():
            for post in posts:
                answer = send(post)
                with self.lock:
                    self.emitter.settle(post, answer)
                count += 1
        return count

    # -- the front door ------------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answers one request, as the shop's server would."""
        with self.lock:
            self.run_due()
            return self._route(request)

    def _route(self, request: Request) -> Response:
        parts = [one for one in request.path.split("?")[0].split("/") if one]
        if parts[:3] == ["admin", "oauth", "access_token"] and request.method == "POST":
            status, body = self.tokens.grant(_form(request))
            return _json(status, body)
        if parts[:1] == ["_files"] and len(parts) == 2 and parts[1] in self.bulk.files:
            return Response(200, self.bulk.files[parts[1]], {"content-type": "application/jsonl"})
        if parts[:1] == ["_uploads"] and request.method == "POST":
            return self._upload(request)
        if parts[:2] == ["admin", "api"] and len(parts) == 4 and parts[3] == "graphql.json":
            return self._graphql(request, parts[2])
        return _json(404, {"errors": "Not Found"})

    def _graphql(self, request: Request, version: str) -> Response:
        served = VERSIONS[0] if version in EXPIRED else version
        if served not in VERSIONS or request.method != "POST":
            return _json(404, {"errors": "Not Found"})
        if self.world.knobs.shop_status:
            return _json(self.world.knobs.shop_status, {"errors": "Unavailable Shop"})
        scopes = self.tokens.scopes(request.headers.get("x-shopify-access-token", ""))
        if scopes is None:
            return _json(401, NO_TOKEN)
        text = request.body.decode("utf-8", "replace")
        fault = self.faults.take(text)
        early = _EARLY.get(fault or "")
        if early is not None:
            self.world.log("fault", fault=fault)
            return early
        if fault == "lands_late":
            self._on_the_way.append(lambda: self.api.answer(parse_body(request.body), served, scopes))
            return _LOST
        if fault == "throttled":
            self.api.force_throttle += 1
        if fault == "broken_attempt":
            self.api.break_attempts += 1
        answer = self.api.answer(parse_body(request.body), served, scopes)
        self.faults.after(text)
        if fault in _LATE:
            self.world.log("fault", fault=fault)
            return _LATE[fault]
        headers = {"x-shopify-api-version": served, "x-request-id": self.world.uuid()}
        return _json(200, answer, headers)

    def _upload(self, request: Request) -> Response:
        """Takes a staged upload: a multipart form with the target's key and a file."""
        boundary = request.headers.get("content-type", "").partition("boundary=")[2].strip('"').encode()
        key, content = None, None
        for part in request.body.split(b"--" + boundary) if boundary else []:
            head, _, data = part.partition(b"\r\n\r\n")
            if b'name="key"' in head:
                key = data.rstrip(b"\r\n").decode()
            elif b'name="file"' in head:
                content = data.removesuffix(b"\r\n")
        if key not in self.bulk.uploads or content is None:
            return _json(403, {"errors": "Forbidden"})
        self.bulk.uploads[key] = content
        return Response(201, b"")

    # -- for tests, demo and simulation --------------------------------------------------------------------------

    def token(self) -> str:
        """A permanent access token, for tests that do not care about OAuth."""
        with self.lock:
            return self.tokens.issue()

    def graphql(self, query: str, variables: dict[str, Any] | None = None, *, version: str = VERSIONS[-1]) -> Any:
        """Runs a document with all granted scopes and gives the whole JSON answer."""
        body = {"query": query, "variables": variables or {}}
        with self.lock:
            self.run_due()
            return self.api.answer(body, version, self.world.app.scopes)

    def fail_next(self, kind: str, match: str = "", times: int = 1) -> None:
        """Spoils the next answer to a request whose text contains ``match`` (see faults.KINDS)."""
        with self.lock:
            self.faults.plan(kind, match, times)

    def land(self) -> int:
        """Requests whose callers have long given up (``lands_late``) are performed now; gives how many there were."""
        with self.lock:
            late, self._on_the_way = self._on_the_way, []
            for perform in late:
                perform()
        return len(late)

    def between(self, match: str, action: Callable[[], object], times: int = 1) -> None:
        """Lets something happen right after the next answer to a request that contains ``match``."""
        with self.lock:
            self.faults.interludes.append(Interlude(match, action, times))

    def next_webhook(self, topic: str, **how: Any) -> None:
        """Decides the fate of the next webhook of a topic: ``lose``, ``copies``, ``delay_s``, ``gaps_s``, ``times``."""
        with self.lock:
            self.emitter.plans.append(OneShot(topic, **how))

    def rotate_secret(self, secret: str, *, keep_old: bool = True) -> None:
        """A new client secret; the old one goes on signing until it is revoked."""
        app = self.world.app
        if keep_old:
            app.secrets_before.append(app.client_secret)
        app.client_secret = secret

    def revoke_old_secrets(self) -> None:
        """From now on only the newest secret signs and opens."""
        self.world.app.secrets_before.clear()


def _form(request: Request) -> dict[str, Any]:
    if "json" in request.headers.get("content-type", ""):
        found = parse_body(request.body)
        return found if isinstance(found, dict) else {}
    return dict(parse_qsl(request.body.decode("utf-8", "replace")))


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Response:
    raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    return Response(status, raw, {"content-type": "application/json; charset=utf-8", **(headers or {})})


_BROKEN = {
    "errors": [
        {
            "message": "Internal error. Looks like something went wrong on our end.",
            "extensions": {"code": "INTERNAL_SERVER_ERROR"},
        }
    ]
}
_LOST = Response(504, b"", cut="dropped")
_EARLY = {
    "http_500_before": _json(500, _BROKEN),
    "http_429": _json(429, {"errors": "Too Many Requests"}, {"retry-after": "5.0"}),
    "http_429_bare": _json(429, {"errors": "Too Many Requests"}),
    "timeout_before": Response(504, b"", cut="hung"),
}
_LATE: dict[str | None, Response] = {
    "http_500_after": _json(500, _BROKEN),
    "drop_answer_after": _LOST,
    "timeout": Response(504, b"", cut="hung"),
}
