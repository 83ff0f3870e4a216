"""orderCancel, refundCreate, orderUpdate, tagsAdd, tagsRemove, metafieldsSet."""

import hashlib
import json
from decimal import Decimal
from typing import Any

from stockbridge.testing.twins.shopify.api.fields.common import namespace
from stockbridge.testing.twins.shopify.api.nodes import find
from stockbridge.testing.twins.shopify.api.typenames import gid_of
from stockbridge.testing.twins.shopify.model import orders, refunds
from stockbridge.testing.twins.shopify.model.refunds import Taken
from stockbridge.testing.twins.shopify.model.world import problem
from stockbridge.testing.twins.shopify.records.orders import Order

Args = dict[str, Any]


def cancel(source: Any, args: Args, context: Any) -> Args:
    """Starts a cancellation; whether it works is the job's to say."""

    def refused(path: list[str], message: str, code: str | None) -> Args:
        errors = [problem(path, message, code)]
        return {"job": None, "jobResult": None, "orderCancelUserErrors": errors, "userErrors": errors}

    if args.get("refund") is not None and args.get("refundMethod") is not None:
        return refused(["refund"], "Only one of the arguments `refund` or `refund_method` is allowed.", "INVALID")
    if len(args.get("staffNote") or "") > 255:
        return refused(["staffNote"], "Staff note is too long (maximum is 255 characters)", "INVALID")
    order = find(context, args["orderId"], "Order")
    if order is None:
        return refused(["orderId"], "Order does not exist", "NOT_FOUND")
    money = bool(args.get("refund")) or bool((args.get("refundMethod") or {}).get("originalPaymentMethodsRefund"))
    job, errors = orders.ask_cancel(context.world, order, reason=args["reason"], restock=args["restock"], refund=money)
    return {"job": job, "jobResult": job, "orderCancelUserErrors": errors, "userErrors": errors}


def refund(source: Any, args: Args, context: Any) -> Args:
    """Gives money and units back."""
    given = args["input"]
    order = find(context, given["orderId"], "Order")
    if order is None:
        return {"order": None, "refund": None, "userErrors": [problem(["orderId"], "Order does not exist")]}
    taken: list[Taken] = []
    for row in given.get("refundLineItems") or ():
        line = find(context, row["lineItemId"], "LineItem")
        if line is None or line.order is not order:
            errors = [problem(["refundLineItems"], "Line item does not exist")]
            return {"order": None, "refund": None, "userErrors": errors}
        place = find(context, row["locationId"], "Location") if row.get("locationId") else None
        taken.append(Taken(line, row["quantity"], row.get("restockType") or "NO_RESTOCK", place))
    money = sum((Decimal(x["amount"]) for x in given.get("transactions") or () if x["kind"] == "REFUND"), Decimal("0.00"))
    found = refunds.refund_problems(order, taken, money, over=bool(given.get("allowOverRefunding")))
    if any(x.get("parentId") is None for x in given.get("transactions") or ()):
        found.append(problem(["transactions"], "Transactions require a parent_id associated with the order"))
    if found:
        return {"order": None, "refund": None, "userErrors": found}
    made = refunds.refund(context.world, order, taken, money=money, note=given.get("note"))
    return {"order": order, "refund": made, "userErrors": []}


def update(source: Any, args: Args, context: Any) -> Args:
    """Replaces what is given: tags and attributes as whole lists (trap 27)."""
    given = args["input"]
    order: Order | None = find(context, given["id"], "Order")
    if order is None:
        return {"order": None, "userErrors": [problem(["id"], "Order does not exist")]}
    for name in ("note", "email", "phone"):
        if name in given:
            setattr(order, name, given[name])
    if "poNumber" in given:
        order.po_number = given["poNumber"]
    if given.get("tags") is not None:
        order.tags = [one.strip() for one in given["tags"]]
    if given.get("customAttributes") is not None:
        order.attributes = [(one["key"], one["value"]) for one in given["customAttributes"]]
    if given.get("shippingAddress") and order.shipping_address is not None:
        _readdress(order, given["shippingAddress"])
    orders.touch(context.world, order)
    return {"order": order, "userErrors": []}


def _readdress(order: Order, given: Args) -> None:
    names = {"firstName": "first_name", "lastName": "last_name", "countryCode": "country_code", "provinceCode": "province_code"}
    for key, value in given.items():
        if key != "id":
            setattr(order.shipping_address, names.get(key, key), value)


def _tags(args: Args, context: Any, *, add: bool) -> Args:
    node = find(context, args["id"])
    if node is None or not hasattr(node, "tags"):
        return {"node": None, "userErrors": [problem(["id"], "Resource not found")]}
    given = {one.strip() for one in args["tags"] if one.strip()}
    before = set(node.tags)
    after = before | given if add else before - given
    if after != before:
        node.tags = sorted(after)
        if isinstance(node, Order):
            orders.touch(context.world, node)
    return {"node": node, "userErrors": []}


def tags_add(source: Any, args: Args, context: Any) -> Args:
    return _tags(args, context, add=True)


def tags_remove(source: Any, args: Args, context: Any) -> Args:
    return _tags(args, context, add=False)


def metafields_set(source: Any, args: Args, context: Any) -> Args:
    """Up to 25 metafields, all or none; ``compareDigest`` makes it a compare-and-set (fact sheet J.3)."""
    rows, errors = args["metafields"], []
    if len(rows) > 25:
        text = "Exceeded the maximum metafields input limit of 25."
        return {"metafields": [], "userErrors": [_indexed(["metafields"], text, "LESS_THAN_OR_EQUAL_TO", None)]}
    found: list[tuple[tuple[str, str, str], Args]] = []
    for index, one in enumerate(rows):
        owner = find(context, one["ownerId"])
        path = ["metafields", str(index)]
        if owner is None:
            errors.append(_indexed([*path, "ownerId"], "Owner does not exist.", "INVALID", index))
            continue
        key = (gid_of(owner), namespace(context, one.get("namespace")), one["key"])
        stale = _stale(context.world.metafields.get(key), one)
        if stale is not None:
            errors.append(_indexed([*path, "compareDigest"], *stale, index))
        found.append((key, one))
    if errors:
        return {"metafields": [], "userErrors": errors}
    return {"metafields": [_write(context, key, one) for key, one in found], "userErrors": []}


def _indexed(path: list[str], message: str, code: str, index: int | None) -> Args:
    return {**problem(path, message, code), "elementIndex": index}


def _stale(kept: Args | None, one: Args) -> tuple[str, str] | None:
    if "compareDigest" not in one:
        return None
    if one["compareDigest"] is None:
        return None if kept is None else ("The resource has been updated since it was loaded.", "STALE_OBJECT")
    if kept is None or kept["compareDigest"] != one["compareDigest"]:
        return (
            "The resource has been updated since it was loaded. Try again with an updated `compareDigest` value.",
            "STALE_OBJECT",
        )
    return None


def _write(context: Any, key: tuple[str, str, str], one: Args) -> Args:
    now, kept = context.world.now(), context.world.metafields.get(key)
    number = kept["number"] if kept else context.world.mint("Metafield")
    kind = one.get("type") or (kept["type"] if kept else "single_line_text_field")
    digest = hashlib.sha256(f"{number}:{kind}:{one['value']}".encode()).hexdigest()
    row = {
        "number": number,
        "id": f"gid://shopify/Metafield/{number}",
        "legacyResourceId": str(number),
        "namespace": key[1],
        "key": key[2],
        "value": one["value"],
        "type": kind,
        "compareDigest": digest,
        "jsonValue": _json(one["value"], kind),
        "ownerType": key[0].split("/")[3].upper(),
        "createdAt": kept["createdAt"] if kept else now,
        "updatedAt": now,
    }
    context.world.metafields[key] = row
    return row


def _json(value: str, kind: str) -> Any:
    return json.loads(value) if kind in ("json", "number_integer", "number_decimal", "boolean") else value


MUTATIONS: dict[str, Any] = {
    "orderCancel": cancel,
    "refundCreate": refund,
    "orderUpdate": update,
    "tagsAdd": tags_add,
    "tagsRemove": tags_remove,
    "metafieldsSet": metafields_set,
}
