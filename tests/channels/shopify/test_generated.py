"""Our documents against Shopify's real schemas, and the committed shapes against our documents."""

import importlib.util
import os
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from stockbridge.channels.shopify import generated
from stockbridge.channels.shopify.generated import Operation

ROOT = Path(__file__).parents[3]
SCHEMAS = Path(os.environ.get("STOCKBRIDGE_SHOPIFY_SCHEMAS", ROOT.parent / "shared/shopify-schema"))
VERSIONS = ("2026-07", "2026-10")
OPERATIONS = {each.name: each for each in vars(generated).values() if isinstance(each, Operation)}


@cache
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("graphql_to_msgspec", ROOT / "tools/graphql_to_msgspec.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def schema(version: str) -> object:
    path = SCHEMAS / f"admin_{version}.json.gz"
    if not path.exists():
        pytest.skip(f"Shopify's schema {version} is not on this machine (set STOCKBRIDGE_SHOPIFY_SCHEMAS)")
    return tool().load_schema(path)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_is_valid_and_uses_nothing_deprecated(version: str) -> None:
    assert tool().problems(schema(version), tool().load_documents(tool().QUERIES)) == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_committed_shapes_are_what_the_generator_writes(version: str) -> None:
    written = tool().generate(schema(version), tool().load_documents(tool().QUERIES))
    assert Path(generated.__file__).read_text() == written


def test_every_document_has_its_operation() -> None:
    files = {path.stem for path in tool().QUERIES.glob("*.graphql")} - {"fragments"}
    assert {tool().snake(name)[1:] for name in OPERATIONS} == files


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
def test_every_shape_can_be_decoded_and_encoded(operation: Operation[msgspec.Struct, msgspec.Struct]) -> None:
    msgspec.json.Decoder(operation.result)
    msgspec.json.Decoder(operation.variables)


def test_every_inventory_write_carries_its_idempotency_key() -> None:
    writes = [each for each in OPERATIONS.values() if each.mutation and re.search(r"^  inventory\w+\(", each.document, re.M)]
    assert {each.name for each in writes} == {"SetAvailable", "AdjustAvailable", "ActivateLevel"}
    assert all("@idempotent(key: $key)" in each.document for each in writes)


def test_no_single_document_comes_near_the_limit_of_a_thousand_points() -> None:
    assert max(each.cost for each in OPERATIONS.values()) <= 100
    assert generated.FETCH_ORDERS.cost <= 150


def test_plain_user_errors_are_not_asked_for_a_code() -> None:
    """Selecting ``code`` there makes Shopify refuse the whole document; the twin and the schema refuse it too."""
    assert "code" not in generated.CREATE_FULFILLMENT.document
