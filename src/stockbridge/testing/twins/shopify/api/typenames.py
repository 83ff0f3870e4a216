"""Which GraphQL type a record is."""

from typing import Any

from stockbridge.testing.twins.shopify.model.bulk import BulkOperation
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.levels import level_gid
from stockbridge.testing.twins.shopify.records.catalogue import InventoryItem, Level, Product, Variant
from stockbridge.testing.twins.shopify.records.fulfillment import (
    Fulfillment,
    FulfillmentEvent,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Hold,
    MerchantRequest,
)
from stockbridge.testing.twins.shopify.records.orders import (
    Line,
    Order,
    Refund,
    RefundLine,
    Return,
    ReturnLine,
    ShippingLine,
    Transaction,
)
from stockbridge.testing.twins.shopify.records.places import App, Customer, Location, Service, Shop
from stockbridge.testing.twins.shopify.webhooks.emitter import Subscription

TYPES: dict[type, str] = {
    App: "App",
    BulkOperation: "BulkOperation",
    Customer: "Customer",
    Fulfillment: "Fulfillment",
    FulfillmentEvent: "FulfillmentEvent",
    FulfillmentLine: "FulfillmentLineItem",
    FulfillmentOrder: "FulfillmentOrder",
    FulfillmentOrderLine: "FulfillmentOrderLineItem",
    Hold: "FulfillmentHold",
    InventoryItem: "InventoryItem",
    Level: "InventoryLevel",
    Line: "LineItem",
    Location: "Location",
    MerchantRequest: "FulfillmentOrderMerchantRequest",
    Order: "Order",
    Product: "Product",
    Refund: "Refund",
    RefundLine: "RefundLineItem",
    Return: "Return",
    ReturnLine: "ReturnLineItem",
    Service: "FulfillmentService",
    ShippingLine: "ShippingLine",
    Shop: "Shop",
    Subscription: "WebhookSubscription",
    Transaction: "OrderTransaction",
    Variant: "ProductVariant",
}
ABSTRACT = frozenset({"Node", "DiscountApplication", "PricingValue", "ReturnLineItemType", "JobResult", "DisplayableError"})


def type_of(value: Any, declared: str) -> str:
    """The concrete type of a value: the declared one unless that is abstract."""
    if declared not in ABSTRACT:
        return declared
    if type(value) is dict:
        return str(value["__typename"])
    return TYPES[type(value)]


def gid_of(value: Any) -> str:
    """The record's global id."""
    if type(value) is Level:
        return level_gid(value)
    return gid(TYPES[type(value)], value.id)
