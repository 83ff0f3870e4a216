"""Clients that were not written by us talk to the twin over HTTP: ShopifyAPI and shopifyapp from PyPI, one from npm.

They are installed into a temporary folder for the test; where no registry answers, the test is skipped and says so.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stockbridge.testing.twins.shopify import ShopifyTwin, WallClock
from stockbridge.testing.twins.shopify.server import served

PYPI = ("ShopifyAPI==12.7.0", "shopifyapp==1.0.2")
NPM = "@shopify/admin-api-client@2.0.0"
pytestmark = [pytest.mark.slow]

SHOPIFY_API = """
import json, sys, shopify
site, token = sys.argv[1:]
shopify.ShopifyResource.set_site(site + "/admin/api/2026-10")
shopify.ShopifyResource.headers = {"X-Shopify-Access-Token": token}
client = shopify.GraphQL()
first = json.loads(client.execute("query Some($n: Int!) { orders(first: $n) { nodes { id name } } shop { name } }", {"n": 5}))
wrong = json.loads(client.execute("{ shop { nonsense } }"))
print(json.dumps({"first": first, "wrong": wrong}))
"""

SHOPIFYAPP = """
import json, sys, httpx
from shopify_app import ShopifyApp
site, headers, body = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]

class ToTwin(httpx.BaseTransport):
    def handle_request(self, request):
        url = site + request.url.raw_path.decode()
        names = {k: v for k, v in request.headers.items() if k.lower() not in ("host", "content-length")}
        with httpx.Client() as real:
            answer = real.request(request.method, url, headers=names, content=request.read())
        return httpx.Response(answer.status_code, headers={"content-type": "application/json"}, content=answer.content)

client = httpx.Client(transport=ToTwin())
app = ShopifyApp(client_id="twin-client-id", client_secret="twin-client-secret")
from shopify_app.exchange.client_credentials import exchange_using_client_credentials
from shopify_app.graphql.admin_graphql import admin_graphql_request
granted = exchange_using_client_credentials("nordlicht", app.config, http_client=client)
token = granted.access_token.token if hasattr(granted.access_token, "token") else granted.access_token["token"]
found = admin_graphql_request("{ shop { name } }", "nordlicht", token, "2026-10", http_client=client)
genuine = app.verify_webhook_req({"method": "POST", "url": "https://b.example/h", "headers": headers, "body": body})
forged = app.verify_webhook_req({"method": "POST", "url": "https://b.example/h", "headers": headers, "body": body + " "})
print(json.dumps({"granted": granted.ok, "data": found.data, "genuine": genuine.ok, "forged": forged.ok}))
"""

JAVASCRIPT = """
import { createAdminApiClient } from "@shopify/admin-api-client";
const [site, token] = process.argv.slice(2);
const client = createAdminApiClient({
  storeDomain: "nordlicht.myshopify.com", apiVersion: "2026-10", accessToken: token,
  customFetchApi: (url, init) => fetch(site + new URL(url).pathname, init),
});
const orders = await client.request("query Some($n: Int!) { orders(first: $n) { nodes { name } } }", { variables: { n: 5 } });
const wrong = await client.request("{ shop { nonsense } }");
console.log(JSON.stringify({ data: orders.data, cost: orders.extensions.cost, errors: wrong.errors }));
"""


def run(command: list[str], **more: Any) -> str:
    """Runs a command and gives what it printed; its complaints are part of the failure."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def python_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the PyPI clients."""
    folder = tmp_path_factory.mktemp("pypi")
    uv = shutil.which("uv")
    installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    command = [*installer, "install", "--quiet", "--target", str(folder), *PYPI]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        pytest.skip(f"{', '.join(PYPI)} cannot be installed here: {done.stderr.strip().splitlines()[-1:]}")
    return folder


@pytest.fixture(scope="module")
def javascript_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the npm client."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), NPM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode != 0:
        pytest.skip(f"{NPM} cannot be installed here")
    return folder


@pytest.fixture
def busy() -> ShopifyTwin:
    twin = ShopifyTwin(seed=4, clock=WallClock())
    for _ in range(3):
        twin.control.place({"MUG-WHITE": 1})
    return twin


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(folder), "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


def test_shopifyapi_from_pypi_reads_orders_and_gets_shopifys_errors(busy: ShopifyTwin, python_clients: Path) -> None:
    with served(busy) as site:
        out = run([sys.executable, "-c", SHOPIFY_API, site, busy.token()], env=environment(python_clients))
    found = json.loads(out.strip().splitlines()[-1])
    assert [one["name"] for one in found["first"]["data"]["orders"]["nodes"]] == ["#1001", "#1002", "#1003"]
    assert found["wrong"]["errors"][0]["extensions"]["code"] == "undefinedField"


def test_shopifys_own_python_package_gets_a_token_asks_and_verifies_a_webhook(busy: ShopifyTwin, python_clients: Path) -> None:
    subscribe = 'mutation { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: "https://b.example/h"}) { userErrors { message } } }'
    busy.graphql(subscribe)
    busy.control.place({"MUG-WHITE": 1}, note="Grüße")
    post = busy.emitter.take(busy.emitter.waiting()[0])
    with served(busy) as site:
        given = [site, json.dumps(post.headers), post.body.decode()]
        out = run([sys.executable, "-c", SHOPIFYAPP, *given], env=environment(python_clients))
    found = json.loads(out.strip().splitlines()[-1])
    assert found == {"granted": True, "data": {"shop": {"name": "Nordlicht"}}, "genuine": True, "forged": False}


def test_shopifys_own_javascript_client_reads_orders_and_gets_shopifys_errors(
    busy: ShopifyTwin, javascript_client: Path
) -> None:
    script = javascript_client / "ask.mjs"
    script.write_text(JAVASCRIPT)
    with served(busy) as site:
        out = run(
            [shutil.which("node") or "node", str(script), site, busy.token()],
            cwd=javascript_client,
            env=environment(javascript_client),
        )
    found = json.loads(out.strip().splitlines()[-1])
    assert [one["name"] for one in found["data"]["orders"]["nodes"]] == ["#1001", "#1002", "#1003"]
    assert found["cost"]["throttleStatus"]["restoreRate"] == 100
    assert found["errors"]["graphQLErrors"][0]["extensions"]["code"] == "undefinedField"
