"""`stockbridge twin`: each make-believe system alone, over real HTTP."""

import json
import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.slow


def known(started: Any, eventually: Callable[..., Any]) -> dict[str, str]:
    eventually(lambda: started.said.rstrip().endswith("}"))
    found: dict[str, str] = json.loads(started.said)
    return found


def test_a_shop_answers_the_admin_api(house: Any, eventually: Callable[..., Any]) -> None:
    twin = house.start("twin", "shopify", "--port", "0", "--seed", "7", "--json")
    shop = known(twin, eventually)
    form = {"client_id": shop["client_id"], "client_secret": shop["client_secret"], "grant_type": "client_credentials"}
    token = httpx2.post(f"{shop['url']}/admin/oauth/access_token", data=form, trust_env=False).json()["access_token"]
    answer = httpx2.post(
        f"{shop['url']}/admin/api/2026-10/graphql.json",
        json={"query": "{ shop { myshopifyDomain } }"},
        headers={"x-shopify-access-token": token},
        trust_env=False,
    )
    assert answer.json()["data"]["shop"]["myshopifyDomain"] == "nordlicht.myshopify.com"
    twin.stop(signal.SIGINT)


def test_a_warehouse_system_is_what_its_file_says(house: Any, eventually: Callable[..., Any], tmp_path: Any) -> None:
    (tmp_path / "wms.toml").write_text('name = "Pier 4"\napi_key = "k"\n[stock.MAIN.SOCK]\nBULK = 5\n')
    twin = house.start("twin", "wms", "--port", "0", "--file", "wms.toml", "--personality", "neither", "--json")
    wms = known(twin, eventually)
    about = httpx2.get(f"{wms['url']}/v1/about", headers={"authorization": "Bearer k"}, trust_env=False).json()
    assert about["personality"] == {"unique_reference": False, "look_up": False}
    twin.stop(signal.SIGTERM)


def test_a_file_with_a_mistake_is_refused(house: Any, tmp_path: Any) -> None:
    (tmp_path / "wms.toml").write_text('nam = "Pier 4"\n')
    assert "there is no nam" in house.run("twin", "wms", "--file", "wms.toml", code=2)
    (tmp_path / "wms.toml").write_text("name = 4\n")
    assert "cannot be used" in house.run("twin", "wms", "--file", "wms.toml", code=2)
    assert os.listdir(tmp_path) == ["wms.toml"]


@pytest.mark.parametrize("kind", ["shopify", "wms"])
def test_a_port_that_is_taken_is_one_sentence(house: Any, kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = house.run("twin", kind, "--port", str(port), code=1)
    assert f"Nothing can listen on 127.0.0.1:{port}: Address already in use." in said
    assert "choose another port: --port" in said
    assert "Traceback" not in said
