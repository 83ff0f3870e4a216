"""The pages as people meet them: real Chromium, wide and narrow, light and dark."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ORDER = "shop://order/"
PAGES = {
    "overview": "/",
    "orders": "/orders",
    "attention": "/orders?tab=attention",
    "order": f"/order?shop=shop.example&id={ORDER}1003",
    "order-parked": f"/order?shop=shop.example&id={ORDER}1006",
    "stock": "/stock",
    "cell": "/stock/item?shop=shop.example&location=loc-1&item=inv-1",
    "parked": "/parked",
    "mapping": "/mapping",
    "connections": "/connections",
    "people": "/people",
    "me": "/me",
    "missing": "/nowhere",
}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    chromium = Path("/usr/bin/chromium")
    if not chromium.exists():
        pytest.skip("Chromium is not installed at /usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium: Browser, serve: Callable[..., Any], filled: Any) -> Iterator[Callable[..., Page]]:
    """Opens pages as somebody of a role; every complaint of the browser's console fails the test."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []
    room = filled.with_settings(base_url="http://127.0.0.1")
    served = serve(room)

    def make(role: str = "admin", *, width: int = 1280, dark: bool = False, scripts: bool = True) -> Page:
        scheme = "dark" if dark else "light"
        context = chromium.new_context(
            base_url=served.address,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            timezone_id="Europe/London",
        )
        if role:
            context.add_cookies([{"name": "stockbridge", "value": room.log_in(role), "url": served.address}])
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        return page

    yield make
    for context in opened:
        context.close()
    expected = ("status of 404", "status of 401", "status of 422")
    assert [one for one in complaints if not any(known in one for known in expected)] == []


@pytest.mark.skipif("SB_PICTURES" not in os.environ, reason="takes pictures for people to look at")
def test_pictures(browse: Callable[..., Page]) -> None:
    folder = Path(os.environ["SB_PICTURES"])
    for width, dark in ((1280, False), (390, False), (1280, True)):
        page = browse(width=width, dark=dark)
        for name, address in PAGES.items():
            page.goto(address)
            page.wait_for_timeout(150)
            page.screenshot(path=str(folder / f"{name}-{width}{'-dark' if dark else ''}.png"), full_page=True)
