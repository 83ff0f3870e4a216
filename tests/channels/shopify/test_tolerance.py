"""Shapes bend: what Shopify leaves out, adds or names anew does not stop a reading that does not need it."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import inspect

from stockbridge import shapes
from stockbridge.channels.shopify import generated
from stockbridge.channels.shopify.generated import Operation
from stockbridge.channels.shopify.orders import channel_order

OPERATIONS = {each.name: each for each in vars(generated).values() if isinstance(each, Operation)}
RESULTS = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS.keys())
Op = Operation[msgspec.Struct, msgspec.Struct]
SIMPLE: dict[type, Any] = {
    inspect.StrType: "A_VALUE_THAT_NO_VERSION_HAS_YET",
    inspect.IntType: 1,
    inspect.BoolType: True,
    inspect.FloatType: 1.5,
    inspect.DateTimeType: "2026-11-01T00:00:00Z",
    inspect.DecimalType: "1.50",
}


def json_of(found: inspect.Type, *, optional: str) -> Any:
    """JSON of a shape. ``optional``: what becomes of fields that may be missing: ``absent``, ``null`` or ``there``."""
    match found:
        case inspect.StructType():
            out = {
                field.encode_name: None if not field.required and optional == "null" else json_of(field.type, optional=optional)
                for field in found.fields
                if field.required or optional != "absent"
            }
            return {**out, "aFieldOfTheFuture": {"x": [1]}}
        case inspect.UnionType():
            return json_of(next(each for each in found.types if not isinstance(each, inspect.NoneType)), optional=optional)
        case inspect.ListType():
            return [json_of(found.item_type, optional=optional)]
        case _:
            return SIMPLE[type(found)]  # a strict enum would be a KeyError here


@RESULTS
@pytest.mark.parametrize("optional", ["absent", "null", "there"])
def test_an_answer_is_read_with_new_fields_new_enum_values_and_without_what_may_be_missing(
    operation: Op, optional: str
) -> None:
    body = json.dumps(json_of(inspect.type_info(operation.result), optional=optional)).encode()
    assert isinstance(shapes.decode(body, operation.result), operation.result)


def hearts(operation: Op) -> list[str]:
    """The fields at the top of an answer that Shopify always gives."""
    found = inspect.type_info(operation.result)
    assert isinstance(found, inspect.StructType)
    return [field.encode_name for field in found.fields if field.required]


@pytest.mark.parametrize(
    ("operation", "heart"),
    [(each, heart) for each in OPERATIONS.values() for heart in hearts(each)],
    ids=lambda value: getattr(value, "name", value),
)
def test_an_answer_without_its_heart_is_not_taken_for_an_empty_one(operation: Op, heart: str) -> None:
    body = json_of(inspect.type_info(operation.result), optional="there")
    del body[heart]
    with pytest.raises(msgspec.ValidationError, match=heart):
        shapes.decode(json.dumps(body).encode(), operation.result)


@pytest.mark.parametrize("optional", ["absent", "null", "there"])
def test_an_order_with_as_little_as_shopify_must_say_is_an_order_in_our_words(shop: Any, optional: str) -> None:
    body = json.dumps(json_of(inspect.type_info(generated.OrderPart), optional=optional)).encode()
    order = channel_order(shapes.decode(body, generated.OrderPart), shop.clock.now())
    assert order.order_id == "A_VALUE_THAT_NO_VERSION_HAS_YET"
    assert len(order.lines) == 1
    assert len(order.fulfillment_orders) == 1
    assert order.fulfillment_orders[0].status == "A_VALUE_THAT_NO_VERSION_HAS_YET"
