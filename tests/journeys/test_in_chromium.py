"""What a warehouse manager does, from the button to what the shop and the warehouse have: real Chromium before the whole house."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page
from sqlalchemy import Connection

from stockbridge.db import people
from stockbridge.domain.events import Event
from stockbridge.flow import actions
from stockbridge.testing.truth import Truth
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.world import ACCOUNT, World
from stockbridge.web.app import create_app
from stockbridge.web.parts import WebParts, WebSettings
from stockbridge.web.server import make_server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Right = Callable[[World], Truth]


@dataclass
class Desk:
    """Somebody at the pages of a world that stands still until the test lets time pass."""

    world: World
    page: Page

    def wait(self, seconds: float = 30) -> None:
        """Let time pass in the house, the shop and the warehouse."""
        self.world.pass_time(seconds)

    def menu(self, name: str) -> Locator:
        """Open a menu of the page."""
        summary = self.page.locator("details.menu > summary", has_text=name)
        summary.click()
        return self.page.locator("details.menu[open] > .sheet")


def parts_of(world: World) -> WebParts:
    """The pages over this world: what people ask there enters its inbox."""

    def ask(conn: Connection, *, account: str, events: Sequence[Event], by: str) -> None:
        house = world.house
        actions.ask_all(conn, engine=house.engine, ids=house.ids, account=account, events=events, by=by, now=world.clock.now())

    return WebParts(
        account=ACCOUNT,
        database=world.database,
        clock=world.clock,
        ids=world.house.ids,
        engine=world.house.engine,
        inbound=lambda account, connection: None,
        ask=ask,
        settings=WebSettings(base_url="http://127.0.0.1", session_idle=timedelta(days=3), session_longest=timedelta(days=9)),
    )


@pytest.fixture
def sit_down(chromium: Browser) -> Iterator[Callable[..., Desk]]:
    """Somebody of a role opens the pages of a world; every complaint of the browser's console fails the test."""
    running: list[tuple[Any, threading.Thread]] = []
    opened: list[Any] = []
    complaints: list[str] = []

    def make(world: World, role: str = "manager") -> Desk:
        parts, ready, where = parts_of(world), threading.Event(), list[str]()
        server = make_server(create_app(parts), port=0, ready=lambda at: (where.append(at), ready.set())[1])
        thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
        thread.start()
        assert ready.wait(20)
        running.append((server, thread))
        context = chromium.new_context(base_url=where[0], viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        context.add_cookies([{"name": "stockbridge", "value": log_in(world, role), "url": where[0]}])
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return Desk(world, page)

    yield make
    for context in opened:
        context.close()
    for server, thread in running:
        server.should_exit = True
        thread.join(15)
    assert complaints == []


def log_in(world: World, role: str) -> str:
    with world.database.begin() as conn:
        now = world.clock.now()
        person = people.add_person(
            conn,
            account=ACCOUNT,
            person_id=role,
            email=f"{role}@acme.example",
            name=role.title(),
            role=role,
            password_hash=None,
            now=now,
        )
        return people.start_session(conn, person=person, now=now, longest=timedelta(days=9), user_agent="a test")


def test_what_many_orders_wait_for_is_tried_again_from_the_list(
    world: World, truth: Right, sit_down: Callable[..., Desk]
) -> None:
    world.wms.faults.plan("submit", Fault("error_before", status=422), times=3)
    orders = [world.shop.control.place({"PAN24": 1}) for _ in range(3)]
    world.pass_time(60)
    desk = sit_down(world, "operator")
    page = desk.page
    page.goto("/orders?tab=attention")
    page.get_by_label("Select all on this page").check()
    desk.menu("Actions").get_by_role("button", name="Try again what is stopped").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    page.locator(".toast", has_text="It begins in a moment").wait_for()
    desk.wait(30)
    page.locator(".toast", has_text="3 of 3 went well").wait_for()
    page.get_by_role("link", name="What became of each").click()
    assert page.locator("td", has_text="the warehouse has it: BER").count() == 3
    assert Axe().run(page).violations_count == 0
    assert [truth(world).creates(order.name) for order in orders] == [[1], [1], [1]]
