"""A shop to test with, and short ways to talk to it."""

import gzip
import json
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from stockbridge.testing.twins.shopify import ShopifyTwin
from stockbridge.testing.twins.shopify.records.orders import Order

ROOT = Path(__file__).resolve().parents[4]
SHARED = ROOT.parent / "shared"
DEV_MCP = "@shopify/dev-mcp@1.16.0"
Gql = Callable[..., Any]

SET = """
mutation Set($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason changes { name delta quantityAfterChange item { sku } location { name } } }
    userErrors { code field message }
  }
}"""
ADJUST = """
mutation Adjust($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes { name delta } }
    userErrors { code field message }
  }
}"""


class Shop:
    """A twin with helpers that read well in tests."""

    def __init__(self, twin: ShopifyTwin) -> None:
        self.twin = twin
        self.do = twin.control
        self._keys = 0

    def key(self) -> str:
        self._keys += 1
        return f"key-{self._keys}"

    def gql(self, query: str, version: str = "2026-10", **variables: Any) -> Any:
        return self.twin.graphql(query, variables, version=version)

    def data(self, query: str, version: str = "2026-10", **variables: Any) -> Any:
        """The data of an answer that must have no errors."""
        answer = self.gql(query, version, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def error(self, query: str, version: str = "2026-10", **variables: Any) -> Any:
        """The one top-level error of an answer."""
        answer = self.gql(query, version, **variables)
        assert len(answer["errors"]) == 1, answer
        return answer["errors"][0]

    def place(self, *args: Any, routed: bool = True, **kwargs: Any) -> Order:
        order = self.do.place(*args, **kwargs)
        if routed:
            self.do.route_now(order)
        return order

    def item(self, sku: str) -> str:
        return f"gid://shopify/InventoryItem/{self.do.item(sku).id}"

    def location(self, name: str) -> str:
        return f"gid://shopify/Location/{self.do.location(name).id}"

    def states(self, sku: str, at: str) -> dict[str, int]:
        """All states of a level, on hand included."""
        level = self.do.level(sku, at)
        assert level is not None
        return {**level.states, "on_hand": level.on_hand}

    def row(self, sku: str, at: str, quantity: int, **more: Any) -> dict[str, Any]:
        """One entry of inventorySetQuantities."""
        return {"inventoryItemId": self.item(sku), "locationId": self.location(at), "quantity": quantity, **more}

    def set(self, *rows: dict[str, Any], name: str = "available", key: str | None = None, **more: Any) -> Any:
        """Calls inventorySetQuantities and gives its payload."""
        given = {"name": name, "reason": "correction", "quantities": list(rows), **more}
        return self.data(SET, input=given, key=key or self.key())["inventorySetQuantities"]

    def adjust(self, sku: str, at: str, delta: int, *, name: str = "available", **more: Any) -> Any:
        """Calls inventoryAdjustQuantities for one entry and gives its payload."""
        change = {"inventoryItemId": self.item(sku), "locationId": self.location(at), "delta": delta}
        change |= {"changeFromQuantity": None, **more}
        given = {"name": name, "reason": "correction", "changes": [change]}
        return self.data(ADJUST, input=given, key=self.key())["inventoryAdjustQuantities"]

    def codes(self, payload: Any) -> list[str]:
        return [one["code"] for one in payload["userErrors"]]


@pytest.fixture
def twin() -> ShopifyTwin:
    return ShopifyTwin(seed=7)


@pytest.fixture
def shop(twin: ShopifyTwin) -> Shop:
    return Shop(twin)


def _from_npm(folder: Path) -> Path | None:
    """Fetches the package that carries Shopify's schemas; None where there is no npm or no registry."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    try:
        subprocess.run([npm, "pack", DEV_MCP, "--silent"], cwd=folder, check=True, timeout=90, capture_output=True)
    except (subprocess.SubprocessError, OSError):
        return None
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        packed.extractall(folder, filter="data")
    return folder / "package" / "dist" / "data"


@pytest.fixture(scope="session")
def real_schema(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """Shopify's own introspection result for a version, from beside the repository or from npm."""
    places = [SHARED / "shopify-schema"]
    if not places[0].is_dir():
        found = _from_npm(tmp_path_factory.mktemp("dev-mcp"))
        if found is None:
            pytest.skip(f"Shopify's schemas are neither beside the repository nor obtainable as npm {DEV_MCP}")
        places = [found]

    @lru_cache(maxsize=2)
    def load(version: str) -> dict[str, Any]:
        raw = json.loads(gzip.decompress((places[0] / f"admin_{version}.json.gz").read_bytes()))
        types = raw.get("data", raw)["__schema"]["types"]
        return {one["name"]: one for one in types}

    return load


@pytest.fixture(scope="session")
def sample() -> Callable[[str], Any]:
    """One of the official webhook samples by file name."""
    folder = SHARED / "fixtures" / "shopify-webhooks"
    if not folder.is_dir():
        pytest.skip("the official webhook samples are not beside the repository")
    return lambda name: json.loads((folder / f"{name}.json").read_text())
