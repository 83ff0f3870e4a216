"""The WMS door with its twin behind it: in this process, or over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx2
import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from stockbridge.ports import Http, HttpAnswer, HttpRequest, OpenDoor, OutcomeUnknown, TryLater
from stockbridge.testing.fakes import FakeClock, InProcessHttp, opening
from stockbridge.testing.twins.wms import Fault, Pace, Warehouse, WmsConfig, WmsService, WmsTwin, Zone
from stockbridge.testing.twins.wms.server import serve
from stockbridge.warehouses.wms import DOOR

SIGNING = "whsec_dGhlLXNpZ25pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw=="
KEY = "the-api-key-of-the-tests"
URL = "http://wms.test"

CONFIG = WmsConfig(
    seed=7,
    warehouses=(
        Warehouse("LON", "London", (Zone("BULK"), Zone("PICK"), Zone("QUARANTINE", False))),
        Warehouse("BER", "Berlin", (Zone("A"),)),
    ),
    stock={
        "LON": {"MUG": {"BULK": 20, "PICK": 5, "QUARANTINE": 4}, "PEN": {"PICK": 10}},
        "BER": {"MUG": {"A": 3}},
    },
    api_key=KEY,
    signing_secrets=(SIGNING,),
    pace=Pace(manual=True),
)
SECRETS = {"api_key": KEY, "signing_secret": SIGNING}
CONTRACT = Path(__file__).parents[3] / "docs/reference/wms-contract.yaml"
#: Schemas that others are made of: what else those hold is not theirs to forbid.
OPEN = ("Error", "Event")


class Contract:
    """The published contract as a judge of whole exchanges. A field that it does not name is a fault here: whoever reads the
    contract would not know of it."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = yaml.safe_load(CONTRACT.read_text())
        components = yaml.safe_load(CONTRACT.read_text())["components"]
        for name, schema in components["schemas"].items():
            if schema.get("type") == "object" and "properties" in schema and name not in OPEN:
                schema["unevaluatedProperties"] = False
        self._components = components
        self._validators: dict[str, Draft202012Validator] = {}

    def conforms(self, name: str, body: bytes) -> None:
        """Raises where a body is not of the shape with this name."""
        self._judge({"$ref": f"#/components/schemas/{name}"}, msgspec.json.decode(body))

    def event(self, body: bytes) -> str:
        """Judges an event; gives its type."""
        type_: str = msgspec.json.decode(body)["type"]
        self._judge(_json_schema(self.document["webhooks"][type_]["post"]["requestBody"]), msgspec.json.decode(body))
        return type_

    def exchange(self, request: HttpRequest, answer: HttpAnswer) -> tuple[str, int]:
        """Judges a call and its answer; gives the operation and the status."""
        parts = urlsplit(request.url)
        path, names = self._path(parts.path)
        shared = self.document["paths"][path].get("parameters", [])
        operation = self.document["paths"][path][request.method.lower()]
        given = {("query", name): value for name, value in parse_qsl(parts.query)} | names
        known = {(each["in"], each["name"]): each for each in map(self._resolved, (*shared, *operation.get("parameters", [])))}
        assert set(given) <= set(known), f"{request.url} holds what the contract does not name"
        for place, each in known.items():
            assert place in given or not each.get("required"), f"{request.url} lacks {place}"
            if place in given:
                whole = each["schema"].get("type") == "integer"
                self._judge(each["schema"], int(given[place]) if whole else given[place])
        if "requestBody" in operation:
            assert request.headers["content-type"] == "application/json"
            self._judge(_json_schema(operation["requestBody"]), msgspec.json.decode(request.body))
        else:
            assert request.body == b""
        described = self._resolved(operation["responses"][str(answer.status)])
        assert answer.headers["content-type"] == "application/json"
        self._judge(_json_schema(described), msgspec.json.decode(answer.body))
        return operation["operationId"], answer.status

    def operations(self) -> set[tuple[str, int]]:
        """Every operation with every status that it describes."""
        calls = [each for item in self.document["paths"].values() for name, each in item.items() if name != "parameters"]
        return {(each["operationId"], int(status)) for each in calls for status in each["responses"]}

    def _path(self, called: str) -> tuple[str, dict[tuple[str, str], str]]:
        if called in self.document["paths"]:
            return called, {}
        adjustments = "/v1/stock/adjustments/"
        if called.startswith(adjustments):
            return adjustments + "{reference}", {("path", "reference"): unquote(called.removeprefix(adjustments))}
        reference, _, deed = called.removeprefix("/v1/orders/").partition("/")
        return "/v1/orders/{reference}" + (f"/{deed}" if deed else ""), {("path", "reference"): unquote(reference)}

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in part:
            return part
        _, _, kind, name = part["$ref"].split("/")
        found: dict[str, Any] = self.document["components"][kind][name]
        return found

    def _judge(self, schema: dict[str, Any], value: object) -> None:
        key = repr(schema)
        if key not in self._validators:
            whole = {**schema, "components": self._components}
            self._validators[key] = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        self._validators[key].validate(value)


def _json_schema(part: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = part["content"]["application/json"]["schema"]
    return found


@dataclass
class Witness:
    """The network, with a record of what was said over it."""

    inner: Http
    heard: list[tuple[HttpRequest, HttpAnswer]] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpAnswer:
        answer = self.inner.send(request)
        self.heard.append((request, answer))
        return answer


@pytest.fixture(scope="session")
def contract() -> Contract:
    return Contract()


@dataclass
class SocketHttp:
    """The port over a real socket, as small as it can be; the house's own is in its wiring."""

    client: httpx2.Client

    def send(self, request: HttpRequest) -> HttpAnswer:
        try:
            answer = self.client.request(
                request.method, request.url, headers=dict(request.headers), content=request.body, timeout=request.deadline_s
            )
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise TryLater(f"no connection: {type(error).__name__}") from error
        except httpx2.HTTPError as error:
            raise OutcomeUnknown(f"no answer: {type(error).__name__}") from error
        return HttpAnswer(
            status=answer.status_code,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=answer.content,
        )


def open_door(http: Http, clock: FakeClock, secrets: Mapping[str, str] = SECRETS, **changes: object) -> OpenDoor:
    settings = {"url": URL, "warehouses": ["LON"], "personality": "unique_reference", "allow_plain_http": True, **changes}
    return DOOR.open(opening(settings=settings, secrets=secrets, clock=clock, http=http))


@dataclass
class WmsBench:
    door: OpenDoor
    clock: FakeClock
    twin: WmsTwin
    http: Http
    stop: Callable[[], object]
    witness: Witness = field(default_factory=lambda: Witness(InProcessHttp(FakeClock())))
    closes_unheard: bool = False
    warehouse: str = "LON"
    item: str = "MUG"
    other_item: str = "PEN"
    unknown_item: str = "UNICORN"
    secrets: tuple[str, ...] = (KEY, SIGNING, "dGhlLXNpZ25pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw==")

    def creates(self, reference: str) -> int:
        return self.twin.ledger.creates[reference]

    def lose_next_answer(self) -> None:
        self.twin.faults.plan("submit", Fault("lose_answer"))

    def lose_next_request(self) -> None:
        self.twin.faults.plan("submit", Fault("lose_request"))

    def refuse_next_connection(self) -> None:
        """Over a socket a twin that listens cannot refuse a connection: the busy answer is the nearest thing."""
        fault = Fault("error_before", seconds=3, status=503) if self.closes_unheard else Fault("no_connection")
        self.twin.faults.plan("submit", fault)

    def fail_next(self) -> None:
        self.twin.faults.plan("submit", Fault("error_after", status=502))

    def lose_next_adjustment(self) -> None:
        self.twin.faults.plan("adjust", Fault("lose_answer"))

    def adjusted(self, reference: str) -> list[int]:
        return [booked["units"] for booked in self.twin.adjustments.get(reference, [])]

    def ship(self, reference: str, lines: Mapping[str, int]) -> None:
        self.twin.ship(reference, lines)

    def stock(self) -> Mapping[str, Mapping[str, int]]:
        shelf = self.twin.shelves[self.warehouse]
        return {item: shelf.figure(item) for item in shelf.items()}

    def messages(self) -> list[tuple[Mapping[str, str], bytes]]:
        sent: list[tuple[Mapping[str, str], bytes]] = []

        def keep(_: str, headers: Mapping[str, str], body: bytes) -> int:
            sent.append((headers, body))
            return 200

        self.twin.deliver_due(keep)
        return sent

    def down(self) -> None:
        self.stop()


def make_bench(config: WmsConfig, **settings: object) -> WmsBench:
    clock = FakeClock()
    twin = WmsTwin(config, clock)
    http = InProcessHttp(clock, {URL: WmsService(twin).handle})
    witness = Witness(http)
    door = open_door(witness, clock, personality=config.personality, **settings)
    return WmsBench(door=door, clock=clock, twin=twin, http=http, witness=witness, stop=http.hosts.clear)


@pytest.fixture
def make() -> Callable[..., WmsBench]:
    """A bench with its own configuration: ``make(basis='physical')``; door settings in ``settings=``."""

    def build(settings: Mapping[str, object] | None = None, **changes: object) -> WmsBench:
        return make_bench(replace(CONFIG, **changes), **(settings or {}))  # type: ignore[arg-type]

    return build


@pytest.fixture(scope="session")
def fresh() -> Callable[..., WmsBench]:
    """As ``make``, for a property's examples, which share their fixtures."""
    return lambda **changes: make_bench(replace(CONFIG, **changes))


@pytest.fixture
def bench(make: Callable[..., WmsBench]) -> WmsBench:
    return make()


@pytest.fixture
def socket_bench() -> Iterator[WmsBench]:
    """The same over real HTTP."""
    with ExitStack() as stack:
        clock = FakeClock()
        running = stack.enter_context(serve(CONFIG, clock=clock))
        http = SocketHttp(stack.enter_context(httpx2.Client(trust_env=False)))
        assert running.twin is not None
        door = open_door(http, clock, url=running.url)
        yield WmsBench(door=door, clock=clock, twin=running.twin, http=http, stop=running.stop, closes_unheard=True)
