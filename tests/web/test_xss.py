"""Whatever text comes from outside, a page shows it and never obeys it."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from stockbridge.web.templating import HERE

Visitor = Callable[..., TestClient]
PROBES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    '<!--<a href="--><script>alert(1)//">',
    "\u202etxt\u0000".replace("\u0000", ""),
]
ADDRESSES = [
    "/",
    "/orders",
    "/order?shop=shop.example&id=shop://order/1006",
    "/stock",
    "/stock/item?shop=shop.example&location=loc-1&item=inv-6",
    "/stock/item?shop=shop.example&location=loc-1&item=inv-1",
    "/stock/item?shop=shop.example&location=loc-1&item=inv-1&at=2026-11-21T13:30",
    "/parked",
    "/mapping",
    "/mapping/edit?shop=shop.example&location=loc-1",
    "/mapping/versions?shop=shop.example",
    "/mapping/version?shop=shop.example&version=1",
    "/connections",
    "/connections/switch?connection=shop.example&to=watched",
    "/parked/many?do=retry",
    "/people",
    "/raw?arrival=1",
    "/raw?effect=1",
]


def _poison(room: Any, probe: str) -> None:
    """Puts a probe into every text that comes from outside."""
    for statement in (
        "UPDATE orders SET reason = :p, ship_to_name = :p, country_code = :p, tags = jsonb_build_array(CAST(:p AS text)), "
        "snapshot = replace(replace(snapshot::text, 'Head lamp 300 lm', CAST(:j AS text)), 'LAMP-300', CAST(:j AS text))::jsonb",
        "UPDATE orders SET name = :p WHERE name = '#1006'",
        "UPDATE item SET title = :p, sku = :p WHERE inventory_item_id = 'inv-6'",
        "UPDATE location SET name = :p",
        "UPDATE journal SET text = :p, actor = :p",
        "UPDATE parked SET title = :p, consequence = :p",
        "UPDATE connection SET title = :p, last_error = :p",
        "UPDATE cursor SET error = :p",
        "UPDATE level SET note = :p, derivation = jsonb_build_object('steps', jsonb_build_array(jsonb_build_object('label', CAST(:p AS text), 'units', 1, 'sign', '+', 'why', CAST(:p AS text))), 'result', 1)",
        "UPDATE submission SET progress = :p, reason = :p, warehouse_ref = :p",
        "UPDATE shipment SET carrier = :p, tracking = jsonb_build_object('numbers', jsonb_build_array(CAST(:p AS text)), 'urls', jsonb_build_array(CAST(:p AS text)))",
        "UPDATE wording SET words = replace(words, 'NORTH', CAST(:j AS text))",
        "UPDATE published SET reason = :p, orders = replace(orders, '#1003', CAST(:j AS text)), answer = 2",
        "UPDATE arrival SET body = convert_to(:p, 'UTF8')",
        "UPDATE effect SET payload = jsonb_build_object('x', CAST(:p AS text))",
        "UPDATE person SET name = :p",
        "UPDATE session SET user_agent = :p",
        "UPDATE figure SET item_code = :p WHERE item_code = 'LAMP300'",
        "UPDATE figure SET zones = jsonb_build_object(CAST(:p AS text), 3)",
        "UPDATE mapping SET by = :p, note = :p, document = replace(document::text, 'PICK', CAST(:j AS text))::jsonb",
    ):
        room.sql(statement, p=probe, j=probe.replace("\\", "\\\\").replace('"', '\\"'))


@pytest.mark.parametrize("probe", PROBES)
def test_text_from_outside_is_shown_and_never_obeyed(filled: Any, visitor: Visitor, probe: str) -> None:
    client = visitor("admin")
    _poison(filled, probe)
    for address in ADDRESSES:
        page = client.get(address).text
        for sign in ("<script>alert", "<img src=x", "<svg onload", "onmouseover='", 'href="javascript:', ">49<"):
            assert sign not in page, address


@pytest.mark.parametrize("probe", PROBES)
def test_text_from_the_address_is_shown_and_never_obeyed(filled: Any, visitor: Visitor, probe: str) -> None:
    client = visitor("admin")
    for address in ("/orders", "/stock", "/parked", "/mapping", "/login"):
        for field in ("q", "tag", "state", "shop", "warehouse", "location", "cause", "show", "next", "said", "tab"):
            page = client.get(address, params={field: probe}).text
            assert "<script>alert" not in page
            assert "<img src=x" not in page
            assert "<svg onload" not in page


def test_no_template_switches_escaping_off() -> None:
    for template in sorted(HERE.rglob("*.html")):
        text = template.read_text()
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", text), template.name


def test_no_template_holds_a_script_a_style_or_something_to_evaluate() -> None:
    for template in sorted(HERE.rglob("*.html")):
        text = template.read_text()
        assert not re.search(r"\son\w+=|\sstyle=|<style|hx-on|hx-vals=['\"]js:|javascript:", text), template.name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), template.name
        assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text), f"{template.name} asks another host"


def test_our_script_evaluates_nothing() -> None:
    script = (Path(HERE) / "static" / "app.js").read_text()
    assert not re.search(r"\beval\b|new Function|innerHTML|document\.write", script)
