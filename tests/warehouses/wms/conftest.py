"""The WMS door with its twin behind it: in this process, or over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace

import httpx2
import pytest

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
    door = open_door(http, clock, personality=config.personality, **settings)
    return WmsBench(door=door, clock=clock, twin=twin, http=http, stop=http.hosts.clear)


@pytest.fixture
def make() -> Callable[..., WmsBench]:
    """A bench with its own configuration: ``make(basis='physical')``; door settings in ``settings=``."""

    def build(settings: Mapping[str, object] | None = None, **changes: object) -> WmsBench:
        return make_bench(replace(CONFIG, **changes), **(settings or {}))  # type: ignore[arg-type]

    return build


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
