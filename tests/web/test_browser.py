"""The pages as people meet them: real Chromium, wide and narrow, light and dark."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from stockbridge.db import people

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ORDER = "shop://order/"
PAGES = {
    "overview": "/",
    "orders": "/orders",
    "attention": "/orders?tab=attention",
    "orders-found": "/orders?state=done&state=accepted&batch=unknown",
    "batch": "/orders/batch?batch=unknown",
    "order": f"/order?shop=shop.example&id={ORDER}1003",
    "order-parked": f"/order?shop=shop.example&id={ORDER}1006",
    "stock": "/stock",
    "cell": "/stock/item?shop=shop.example&location=loc-1&item=inv-1",
    "item": "/stock/item?shop=shop.example&item=inv-3",
    "then": "/stock/item?shop=shop.example&location=loc-1&item=inv-1&at=2026-11-21T13:30",
    "parked": "/parked",
    "many": "/parked/many?do=retry",
    "many-close": "/parked/many?do=dismiss&cause=refused",
    "mapping": "/mapping",
    "sweeps": "/sweeps",
    "sweep": "/sweeps/run?run=1",
    "sweep-held": "/sweeps/run?run=3",
    "mapping-edit": "/mapping/edit?shop=shop.example&location=loc-1&at=south-3pl%09SOUTH",
    "mapping-versions": "/mapping/versions?shop=shop.example",
    "mapping-version": "/mapping/version?shop=shop.example&version=1",
    "connections": "/connections",
    "switch": "/connections/switch?connection=shop.example&to=watched",
    "switch-on": "/connections/switch?connection=outlet.example&to=live",
    "people": "/people",
    "tokens": "/tokens",
    "api": "/api",
    "me": "/me",
    "missing": "/nowhere",
}


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


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_has_a_barrier_that_axe_knows(browse: Callable[..., Page], dark: bool, width: int) -> None:
    page = browse(dark=dark, width=width)
    found = {}
    for name, address in PAGES.items():
        page.goto(address)
        results = Axe().run(page)
        if results.violations_count:
            found[name] = [
                (one["id"], [node["html"][:150] for node in one["nodes"]][:3]) for one in results.response["violations"]
            ]
    assert found == {}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_way_in_has_no_barrier_either(browse: Callable[..., Page], dark: bool) -> None:
    page = browse("", dark=dark)
    for address in ("/login", "/link/unknown", "/api"):
        page.goto(address)
        assert Axe().run(page).violations_count == 0, address


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_no_page_is_wider_than_the_screen(browse: Callable[..., Page], width: int) -> None:
    page = browse(width=width)
    for name, address in PAGES.items():
        page.goto(address)
        wide = page.evaluate(
            "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
            " && !e.closest('.scroll, .tabs, nav, .hidden')).map(e => e.outerHTML.slice(0, 120))"
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, wide[:4])


@pytest.mark.parametrize("width", [1280, 390])
def test_names_without_end_or_blank_make_no_page_wider(browse: Callable[..., Page], filled: Any, width: int) -> None:
    for statement in (
        "UPDATE orders SET name = :x, ship_to_name = :x, reason = :x, tags = jsonb_build_array(CAST(:x AS text))",
        "UPDATE item SET title = :x, sku = :x",
        "UPDATE parked SET title = :x, consequence = :x",
        "UPDATE connection SET title = :x, last_error = :x",
        "UPDATE location SET name = :x",
        "UPDATE journal SET text = :x, actor = :x",
        "UPDATE person SET name = :x",
    ):
        filled.sql(statement, x="W" * 120)
    page = browse(width=width)
    found = {}
    for name, address in PAGES.items():
        page.goto(address)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found[name] = page.evaluate(
                "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1"
                " && !e.closest('.scroll, .tabs, nav, .hidden')).map(e => e.outerHTML.slice(0, 90))"
            )[:3]
    assert found == {}


def test_on_a_phone_every_page_is_within_reach_and_the_number_of_what_waits_in_sight(browse: Callable[..., Page]) -> None:
    page = browse(width=420)
    for address in ("/", "/stock", "/people"):
        page.goto(address)
        boxes = page.locator(".side nav a, .side nav .count, .side .who, .side button:visible").all()
        assert len(boxes) == 11
        for box in boxes:
            place = box.bounding_box()
            assert place is not None
            assert 0 <= place["x"] <= place["x"] + place["width"] <= 420
        assert page.locator(".side").bounding_box()["height"] <= 135  # type: ignore[index]


def test_on_a_phone_the_colours_are_chosen_on_ones_own_page(browse: Callable[..., Page]) -> None:
    page = browse(width=420)
    page.goto("/me")
    page.get_by_role("button", name="Dark", exact=True).click()
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_on_a_phone_the_names_of_people_can_be_read(browse: Callable[..., Page]) -> None:
    page = browse(width=420)
    page.goto("/people")
    assert page.locator(".person .grow").first.bounding_box()["width"] >= 300  # type: ignore[index]


def test_on_a_phone_stock_is_what_is_offered_what_the_shop_shows_and_the_state(browse: Callable[..., Page]) -> None:
    page = browse(width=420)
    page.goto("/stock")
    rows = page.locator(".numbers tbody tr:not(.group)").all()
    seen = rows[0].locator("td:visible").all()
    assert [cell.get_attribute("data-label") for cell in seen] == [None, "Offered", "Shop shows", "State"]
    heights = sorted(row.bounding_box()["height"] for row in rows)  # type: ignore[index]
    assert heights[len(heights) // 2] <= 70, "two lines, but where a reason is given"
    page.set_viewport_size({"width": 1280, "height": 900})
    assert len(rows[0].locator("td:visible").all()) == 8


def test_an_action_waits_until_something_is_selected(browse: Callable[..., Page]) -> None:
    page = browse("operator")
    page.goto("/orders")
    page.locator("summary", has_text="Actions").click()
    button = page.get_by_role("button", name="Try again what is stopped")
    assert button.is_disabled()
    page.get_by_label("Select #1007").check()
    page.locator("summary", has_text="Actions").click()
    assert button.is_enabled()
    page.get_by_label("Select #1007").uncheck()
    page.locator("summary", has_text="Actions").click()
    assert button.is_disabled()


def test_orders_are_filtered_selected_and_asked_about_in_a_window_of_its_own(browse: Callable[..., Page], filled: Any) -> None:
    page = browse("operator")
    page.goto("/orders")
    page.locator("summary", has_text="Filters").click()
    page.get_by_label("Needs you").check()
    page.get_by_role("button", name="Show these").click()
    page.get_by_role("link", name="Remove the filter state").wait_for()
    page.get_by_label("Select all on this page").check()
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("button", name="Try again what is stopped").click()
    question = page.get_by_role("dialog")
    question.get_by_text("Try again what is stopped for").wait_for()
    assert question.evaluate("it => it.matches(':modal')")
    assert Axe().run(page).violations_count == 0
    question.get_by_role("link", name="No").click()
    assert page.get_by_role("dialog").count() == 0
    assert filled.asked == []
    page.locator("summary", has_text="Actions").click()
    page.get_by_role("button", name="Try again what is stopped").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    page.locator(".toast", has_text="It begins in a moment").wait_for()
    assert [type(event).__name__ for _, event, _ in filled.asked] == ["BatchAsked"]
    assert Axe().run(page).violations_count == 0


def test_a_code_that_nobody_counts_is_asked_about_without_any_script(browse: Callable[..., Page], filled: Any) -> None:
    page = browse("operator", scripts=False, width=390)
    page.goto("/mapping")
    page.get_by_label("Item code at the warehouse").first.fill("NONSENSE")
    page.get_by_label("SOUTH").first.uncheck()
    page.get_by_role("button", name="Map", exact=True).first.click()
    assert page.locator("h1").inner_text() == "NORTH has never counted NONSENSE. Map it anyway?"
    page.get_by_role("button", name="Map LAMP300", exact=True).click()
    page.get_by_role("status").wait_for()
    assert [(event.item_code, event.warehouse) for _, event, _ in filled.asked] == [("LAMP300", "NORTH")]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_question_about_a_code_has_no_barrier_and_fits_a_phone(browse: Callable[..., Page], dark: bool) -> None:
    page = browse("operator", dark=dark, width=390)
    page.goto("/mapping")
    page.get_by_label("Item code at the warehouse").first.fill("N" * 150)
    page.get_by_role("button", name="Map", exact=True).first.click()
    page.get_by_role("heading", name="never counted").wait_for()
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_while_a_source_is_being_changed_the_numbers_and_the_checker_follow(browse: Callable[..., Page]) -> None:
    page = browse("manager")
    page.goto(PAGES["mapping-edit"])
    page.get_by_label("Keep back units").first.fill("100")
    page.locator("#preview", has_text="320 → 225").wait_for()
    page.get_by_label("Ships only to").first.fill("UK")
    page.locator("#at-0-serves", has_text="GB is meant, perhaps").wait_for()
    page.get_by_label("Ships only to").first.fill("")
    page.locator("#at-0-serves:empty, #at-0-serves:not(:has(p))").wait_for(state="attached")
    assert page.get_by_label("Keep back units").first.input_value() == "100"
    assert Axe().run(page).violations_count == 0


def test_a_file_of_buffers_is_pasted_into_its_field(browse: Callable[..., Page]) -> None:
    page = browse("manager")
    page.goto(PAGES["mapping-edit"])
    page.get_by_text("Other buffers for single items").first.click()
    file = {"name": "buffers.csv", "mimeType": "text/csv", "buffer": b"sku,units\nTENT-2P-GRN,77\n"}
    page.locator("input[type=file]").first.set_input_files(file)  # type: ignore[arg-type]
    page.locator("#preview", has_text="320 → 248").wait_for()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_mapping_is_changed_and_saved_without_any_script(browse: Callable[..., Page], filled: Any, width: int) -> None:
    page = browse("manager", scripts=False, width=width)
    page.goto("/mapping")
    page.get_by_role("link", name="Change NORTH at London").click()
    page.get_by_label("Keep back units").first.fill("100")
    page.get_by_role("button", name="Change another place, too").click()
    page.get_by_role("button", name="Change SOUTH at Leeds").click()
    page.get_by_label("prepared, switched off").first.check()
    page.get_by_role("button", name="See everything it would change").click()
    assert "SOUTH feeds it no more." in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="Save as version 2").click()
    page.get_by_role("status").wait_for()
    [(_, event, _)] = filled.asked
    assert [(each.location_id, each.sources[0].keep.units, each.sources[0].active) for each in event.locations] == [
        ("loc-1", 100, True),
        ("loc-2", 0, False),
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_what_a_change_of_the_mapping_would_do_has_no_barrier(browse: Callable[..., Page], width: int, dark: bool) -> None:
    page = browse("manager", width=width, dark=dark)
    page.goto("/mapping/edit?shop=shop.example&location=loc-1&at=north-wms%09NORTH")
    page.get_by_label("Keep back units").first.fill("100")
    for button in ("See everything it would change", "Go on changing"):
        page.get_by_role("button", name=button).click()
        page.wait_for_load_state()
        assert Axe().run(page).violations_count == 0, button
        assert page.evaluate("document.documentElement.scrollWidth") <= width, button


def test_times_are_local_and_utc_is_in_the_title(browse: Callable[..., Page]) -> None:
    page = browse()
    page.goto(PAGES["order"])
    time = page.locator(".timeline time").first
    assert "UTC" in str(time.get_attribute("title"))
    assert time.get_attribute("data-local") is not None


def test_the_overview_follows_what_happens_by_itself(browse: Callable[..., Page], filled: Any) -> None:
    page = browse("viewer")
    page.goto("/")
    assert page.locator(".stage b").first.inner_text() == "12"
    filled.sql("UPDATE parked SET closed_at = :now", now=filled.clock.now())
    page.get_by_text("Nothing waits for a person.").wait_for(timeout=15_000)
    assert page.locator("[data-live]").inner_text() == "live"


def test_the_raw_exchange_is_fetched_when_it_is_opened(browse: Callable[..., Page]) -> None:
    page = browse("operator")
    page.goto(PAGES["order"])
    assert "Please ring twice" not in page.content()
    page.locator("details.raw summary").last.click()
    page.get_by_text("Please ring twice").wait_for(timeout=10_000)


def test_with_the_keyboard_alone_orders_are_filtered_selected_and_tried_again(browse: Callable[..., Page], filled: Any) -> None:
    page = browse("operator")
    page.goto("/orders?tab=attention")
    page.get_by_role("searchbox").focus()
    page.keyboard.type("1007")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=1007*")
    page.locator("main").focus()
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator("input[name=order]").is_checked()
    page.keyboard.press("a")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog")
    question.get_by_text("for 1 order?").wait_for()
    page.keyboard.press("Enter")
    page.locator(".toast", has_text="It begins in a moment").wait_for()
    assert [event.orders for _, event, _ in filled.asked] == [(("shop.example", f"{ORDER}1007"),)]


def test_an_item_is_mapped_from_where_it_is_missed(browse: Callable[..., Page], filled: Any) -> None:
    page = browse("operator", width=390)
    page.goto(PAGES["order-parked"])
    assert page.get_by_label("Item code at the warehouse").input_value() == "LAMP300"
    page.get_by_label("SOUTH").uncheck()
    page.get_by_role("button", name="Map", exact=True).click()
    page.get_by_role("status").wait_for()
    assert "#1006" in page.locator("h1").inner_text()
    assert [(event.item_code, event.warehouse) for _, event, _ in filled.asked] == [("LAMP300", "NORTH")]


def test_the_dark_switch_holds_and_needs_no_script(browse: Callable[..., Page]) -> None:
    page = browse(scripts=False)
    page.goto("/orders")
    page.get_by_role("button", name="Dark", exact=True).click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.goto("/stock")
    assert page.locator("html").get_attribute("data-theme") == "dark"


def test_somebody_is_let_in_logs_in_and_out(browse: Callable[..., Page], filled: Any) -> None:
    with filled.database.engine.begin() as conn:
        token = people.create_setup_link(conn, account="acme", now=filled.clock.now(), valid_for=timedelta(hours=1))
    page = browse("")
    page.goto(f"/link/{token}")
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("E-mail address").fill("ana@acme.example")
    page.get_by_label("Password").fill("four quiet green boats")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("heading", name="Overview").wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("E-mail address").fill("ana@acme.example")
    page.get_by_label("Password").fill("four quiet green boats")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Overview").wait_for()


def test_hostile_text_opens_no_dialog_and_breaks_no_rule_of_the_browser(browse: Callable[..., Page], filled: Any) -> None:
    probe = "\"'><script>alert(1)</script><img src=x onerror=alert(1)><svg onload=alert(1)>"
    for statement in (
        "UPDATE orders SET reason = :p, ship_to_name = :p, tags = jsonb_build_array(CAST(:p AS text))",
        "UPDATE item SET title = :p, sku = :p",
        "UPDATE journal SET text = :p, actor = :p",
        "UPDATE parked SET title = :p, consequence = :p",
        "UPDATE connection SET title = :p, last_error = :p",
        "UPDATE arrival SET body = convert_to(:p, 'UTF8')",
        "UPDATE level SET note = :p",
    ):
        filled.sql(statement, p=probe)
    page = browse()
    for address in PAGES.values():
        page.goto(address)
        page.wait_for_timeout(100)
    page.goto(PAGES["order"])
    page.locator("details.raw summary").last.click()
    page.locator(".exchange pre").first.wait_for()


def test_the_count_in_the_menu_can_be_read_in_the_dark(browse: Callable[..., Page]) -> None:
    page = browse(dark=True)
    page.goto("/orders")
    colours = page.locator(".side nav .count").evaluate("e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]")
    assert colours == ["rgb(29, 39, 51)", "rgb(242, 169, 59)"]
