"""Orders read whole: one cheap call for up to 25 of them, then the further pages of those few that are larger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

import stockbridge.channels.shopify.generated as g
from stockbridge.channels.shopify.client import Shopify
from stockbridge.channels.shopify.pages import following
from stockbridge.ports import DoorError, TryLater

#: Asking for more at once costs nothing more (the price of ``nodes`` does not grow with the ids), but answers grow.
ORDERS_AT_ONCE = 25

Part = TypeVar("Part", g.OrderPart, g.ShippingPart)


def fetch_orders(shopify: Shopify, ids: Sequence[str]) -> list[g.OrderPart | DoorError | None]:
    """These orders with everything a decision needs; None where the store shows no such order; the trouble of an order whose
    further pages could not be read. Raises TryLater, Refused when none could."""
    nodes = shopify.call(g.FETCH_ORDERS, g.FetchOrders(ids=list(ids)), urgent=True).data.nodes
    return [_each(node, lambda found: _with_all_lines(shopify, _complete(shopify, found))) for node in nodes]


def fetch_shipping(shopify: Shopify, ids: Sequence[str]) -> list[g.ShippingPart | DoorError | None]:
    """What these orders still have to ship and what was shipped; each as in :func:`fetch_orders`. Raises TryLater, Refused."""
    nodes = shopify.call(g.FETCH_SHIPPING, g.FetchShipping(ids=list(ids)), urgent=True).data.nodes
    return [_each(node, lambda found: _complete(shopify, found)) for node in nodes]


def _each(node: Part | None, whole: Callable[[Part], Part]) -> Part | DoorError | None:
    """A large order that cannot be read to its end must not keep the small ones back."""
    try:
        return None if node is None else whole(node)
    except DoorError as error:
        return error


def _complete(shopify: Shopify, node: Part) -> Part:
    orders, pages = list(node.fulfillment_orders.nodes), node.fulfillment_orders.page_info
    after = None
    while after := following(pages, after):
        more = g.MoreFulfillmentOrders(id=node.id, after=after)
        found = _there(shopify.call(g.MORE_FULFILLMENT_ORDERS, more, urgent=True).data.order).fulfillment_orders
        orders, pages = orders + found.nodes, found.page_info
    page = replace(node.fulfillment_orders, nodes=[_asked(shopify, each) for each in orders], page_info=pages)
    return replace(node, fulfillment_orders=page, fulfillments=[_shipped(shopify, each) for each in node.fulfillments])


def _asked(shopify: Shopify, part: g.FulfillmentOrderPart) -> g.FulfillmentOrderPart:
    lines, pages = list(part.line_items.nodes), part.line_items.page_info
    after = None
    while after := following(pages, after):
        more = g.MoreFulfillmentOrderLines(id=part.id, after=after)
        found = _there(shopify.call(g.MORE_FULFILLMENT_ORDER_LINES, more, urgent=True).data.fulfillment_order).line_items
        lines, pages = lines + found.nodes, found.page_info
    return replace(part, line_items=g.FulfillmentOrderLinePage(nodes=lines, page_info=pages))


def _shipped(shopify: Shopify, part: g.FulfillmentPart) -> g.FulfillmentPart:
    lines, pages = list(part.fulfillment_line_items.nodes), part.fulfillment_line_items.page_info
    after = None
    while after := following(pages, after):
        more = g.MoreFulfillmentLines(id=part.id, after=after)
        found = _there(shopify.call(g.MORE_FULFILLMENT_LINES, more, urgent=True).data.fulfillment).fulfillment_line_items
        lines, pages = lines + found.nodes, found.page_info
    return replace(part, fulfillment_line_items=g.FulfillmentLinePage(nodes=lines, page_info=pages))


def _with_all_lines(shopify: Shopify, node: g.OrderPart) -> g.OrderPart:
    lines, pages = list(node.line_items.nodes), node.line_items.page_info
    after = None
    while after := following(pages, after):
        more = g.MoreLines(id=node.id, after=after)
        found = _there(shopify.call(g.MORE_LINES, more, urgent=True).data.order).line_items
        lines, pages = lines + found.nodes, found.page_info
    return replace(node, line_items=g.LinePage(nodes=lines, page_info=pages))


T = TypeVar("T")


def _there(found: T | None) -> T:
    """What the first page showed must still be there; a fulfillment order can vanish between two pages (moves, splits)."""
    if found is None:
        raise TryLater("The order changed while it was read page by page; it is read again.", after_s=1.0)
    return found


def order_of(shopify: Shopify, fulfillment_order_id: str) -> str | None:
    """The order that a fulfillment order belongs to (its webhooks do not say); None when it is gone. 1 point."""
    found = shopify.call(g.ORDER_OF_FULFILLMENT_ORDER, g.OrderOfFulfillmentOrder(id=fulfillment_order_id), urgent=True).data
    return found.fulfillment_order.order_id if found.fulfillment_order else None
