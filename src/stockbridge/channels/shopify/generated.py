"""Shapes and documents of the Shopify Admin API as this door uses it.

Written by tools/graphql_to_msgspec.py from queries/*.graphql. Do not edit: change the documents and run `python tools/graphql_to_msgspec.py --schema SCHEMA --out src/stockbridge/channels/shopify/generated.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

V = TypeVar("V", bound=Struct)
R = TypeVar("R", bound=Struct)


@dataclass(frozen=True, slots=True)
class Operation(Generic[V, R]):
    """One document: what it takes, what it gives, and the cost that Shopify is expected to ask for it."""

    name: str
    mutation: bool
    variables: type[V]
    result: type[R]
    cost: int
    document: str


class ActivateLevelDataInventoryActivateInventoryLevel(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class ActivateLevelDataInventoryActivateUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    field: list[str] | None = None


class ActivateLevelDataInventoryActivate(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[ActivateLevelDataInventoryActivateUserErrors]
    inventory_level: ActivateLevelDataInventoryActivateInventoryLevel | None = None


class ActivateLevelData(Struct, frozen=True, kw_only=True, rename="camel"):
    inventory_activate: ActivateLevelDataInventoryActivate | None = None


class ActivateLevel(Struct, frozen=True, kw_only=True, rename="camel"):
    inventory_item_id: str
    location_id: str
    key: str


class AdjustAvailableDataInventoryAdjustQuantitiesInventoryAdjustmentGroup(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class AdjustAvailableDataInventoryAdjustQuantitiesUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    code: str | None = None
    field: list[str] | None = None


class AdjustAvailableDataInventoryAdjustQuantities(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[AdjustAvailableDataInventoryAdjustQuantitiesUserErrors]
    inventory_adjustment_group: AdjustAvailableDataInventoryAdjustQuantitiesInventoryAdjustmentGroup | None = None


class AdjustAvailableData(Struct, frozen=True, kw_only=True, rename="camel"):
    inventory_adjust_quantities: AdjustAvailableDataInventoryAdjustQuantities | None = None


class InventoryChangeInput(Struct, frozen=True, kw_only=True, rename="camel"):
    change_from_quantity: int | None
    delta: int
    inventory_item_id: str
    location_id: str
    ledger_document_uri: str | None | UnsetType = UNSET


class InventoryAdjustQuantitiesInput(Struct, frozen=True, kw_only=True, rename="camel"):
    changes: list[InventoryChangeInput]
    name: str
    reason: str
    reference_document_uri: str | None | UnsetType = UNSET


class AdjustAvailable(Struct, frozen=True, kw_only=True, rename="camel"):
    input: InventoryAdjustQuantitiesInput
    key: str


class BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdgesNodeItem(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    tracked: bool


class BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdgesNodeLocation(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdgesNodeQuantities(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    quantity: int


class BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdgesNode(Struct, frozen=True, kw_only=True, rename="camel"):
    is_active: bool
    item: BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdgesNodeItem
    location: BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdgesNodeLocation
    quantities: list[BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdgesNodeQuantities]


class BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdges(Struct, frozen=True, kw_only=True, rename="camel"):
    node: BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdgesNode


class BulkLevelsDataInventoryItemsEdgesNodeInventoryLevels(Struct, frozen=True, kw_only=True, rename="camel"):
    edges: list[BulkLevelsDataInventoryItemsEdgesNodeInventoryLevelsEdges]


class BulkLevelsDataInventoryItemsEdgesNode(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    inventory_levels: BulkLevelsDataInventoryItemsEdgesNodeInventoryLevels


class BulkLevelsDataInventoryItemsEdges(Struct, frozen=True, kw_only=True, rename="camel"):
    node: BulkLevelsDataInventoryItemsEdgesNode


class BulkLevelsDataInventoryItems(Struct, frozen=True, kw_only=True, rename="camel"):
    edges: list[BulkLevelsDataInventoryItemsEdges]


class BulkLevelsData(Struct, frozen=True, kw_only=True, rename="camel"):
    inventory_items: BulkLevelsDataInventoryItems


class BulkLevels(Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class CheckShopDataCurrentAppInstallationAccessScopes(Struct, frozen=True, kw_only=True, rename="camel"):
    handle: str


class CheckShopDataCurrentAppInstallation(Struct, frozen=True, kw_only=True, rename="camel"):
    access_scopes: list[CheckShopDataCurrentAppInstallationAccessScopes]


class CheckShopDataPublicApiVersions(Struct, frozen=True, kw_only=True, rename="camel"):
    handle: str
    supported: bool


class CheckShopDataShop(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    myshopify_domain: str


class CheckShopDataLocationsNodes(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    is_active: bool


class CheckShopDataLocations(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[CheckShopDataLocationsNodes]


class CheckShopData(Struct, frozen=True, kw_only=True, rename="camel"):
    current_app_installation: CheckShopDataCurrentAppInstallation
    public_api_versions: list[CheckShopDataPublicApiVersions]
    shop: CheckShopDataShop
    locations: CheckShopDataLocations


class CheckShop(Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class CreateFulfillmentDataFulfillmentCreateFulfillment(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    status: str
    created_at: datetime


class CreateFulfillmentDataFulfillmentCreateUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    field: list[str] | None = None


class CreateFulfillmentDataFulfillmentCreate(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[CreateFulfillmentDataFulfillmentCreateUserErrors]
    fulfillment: CreateFulfillmentDataFulfillmentCreateFulfillment | None = None


class CreateFulfillmentData(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment_create: CreateFulfillmentDataFulfillmentCreate | None = None


class FulfillmentOrderLineItemInput(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    quantity: int


class FulfillmentOrderLineItemsInput(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment_order_id: str
    fulfillment_order_line_items: list[FulfillmentOrderLineItemInput] | None | UnsetType = UNSET


class FulfillmentOriginAddressInput(Struct, frozen=True, kw_only=True, rename="camel"):
    country_code: str
    address1: str | None | UnsetType = UNSET
    address2: str | None | UnsetType = UNSET
    city: str | None | UnsetType = UNSET
    province_code: str | None | UnsetType = UNSET
    zip: str | None | UnsetType = UNSET


class FulfillmentTrackingInput(Struct, frozen=True, kw_only=True, rename="camel"):
    company: str | None | UnsetType = UNSET
    number: str | None | UnsetType = UNSET
    numbers: list[str] | None | UnsetType = UNSET
    url: str | None | UnsetType = UNSET
    urls: list[str] | None | UnsetType = UNSET


class FulfillmentInput(Struct, frozen=True, kw_only=True, rename="camel"):
    line_items_by_fulfillment_order: list[FulfillmentOrderLineItemsInput]
    notify_customer: bool | None | UnsetType = UNSET
    origin_address: FulfillmentOriginAddressInput | None | UnsetType = UNSET
    tracking_info: FulfillmentTrackingInput | None | UnsetType = UNSET


class CreateFulfillment(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment: FulfillmentInput


class CreateSubscriptionDataWebhookSubscriptionCreateWebhookSubscription(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class CreateSubscriptionDataWebhookSubscriptionCreateUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    field: list[str] | None = None


class CreateSubscriptionDataWebhookSubscriptionCreate(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[CreateSubscriptionDataWebhookSubscriptionCreateUserErrors]
    webhook_subscription: CreateSubscriptionDataWebhookSubscriptionCreateWebhookSubscription | None = None


class CreateSubscriptionData(Struct, frozen=True, kw_only=True, rename="camel"):
    webhook_subscription_create: CreateSubscriptionDataWebhookSubscriptionCreate | None = None


class HasMetafieldsMetafieldIdentifierInput(Struct, frozen=True, kw_only=True, rename="camel"):
    key: str
    namespace: str | None | UnsetType = UNSET


class WebhookSubscriptionInput(Struct, frozen=True, kw_only=True, rename="camel"):
    filter: str | None | UnsetType = UNSET
    format: str | None | UnsetType = UNSET
    include_fields: list[str] | None | UnsetType = UNSET
    metafield_namespaces: list[str] | None | UnsetType = UNSET
    metafields: list[HasMetafieldsMetafieldIdentifierInput] | None | UnsetType = UNSET
    name: str | None | UnsetType = UNSET
    uri: str | None | UnsetType = UNSET


class CreateSubscription(Struct, frozen=True, kw_only=True, rename="camel"):
    topic: str
    subscription: WebhookSubscriptionInput


class DeleteSubscriptionDataWebhookSubscriptionDeleteUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    field: list[str] | None = None


class DeleteSubscriptionDataWebhookSubscriptionDelete(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[DeleteSubscriptionDataWebhookSubscriptionDeleteUserErrors]
    deleted_webhook_subscription_id: str | None = None


class DeleteSubscriptionData(Struct, frozen=True, kw_only=True, rename="camel"):
    webhook_subscription_delete: DeleteSubscriptionDataWebhookSubscriptionDelete | None = None


class DeleteSubscription(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class FetchBulkDataBulkOperation(Struct, frozen=True, kw_only=True, rename="camel"):
    status: str
    object_count: str
    root_object_count: str
    created_at: datetime
    error_code: str | None = None
    file_size: str | None = None
    url: str | None = None


class FetchBulkData(Struct, frozen=True, kw_only=True, rename="camel"):
    bulk_operation: FetchBulkDataBulkOperation | None = None


class FetchBulk(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class FulfillmentOrderPartAssignedLocationLocation(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class FulfillmentOrderPartAssignedLocation(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    location: FulfillmentOrderPartAssignedLocationLocation | None = None


class FulfillmentOrderPartDeliveryMethod(Struct, frozen=True, kw_only=True, rename="camel"):
    method_type: str


class DestinationPart(Struct, frozen=True, kw_only=True, rename="camel"):
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None
    email: str | None = None


class FulfillmentOrderPartFulfillmentHolds(Struct, frozen=True, kw_only=True, rename="camel"):
    reason: str
    display_reason: str
    reason_notes: str | None = None


class FulfillmentOrderLinePartLineItem(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class FulfillmentOrderLinePart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    total_quantity: int
    remaining_quantity: int
    line_item: FulfillmentOrderLinePartLineItem


class Pages(Struct, frozen=True, kw_only=True, rename="camel"):
    has_next_page: bool
    end_cursor: str | None = None


class FulfillmentOrderLinePage(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[FulfillmentOrderLinePart]
    page_info: Pages


class FulfillmentOrderPart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    updated_at: datetime
    status: str
    request_status: str
    assigned_location: FulfillmentOrderPartAssignedLocation
    fulfillment_holds: list[FulfillmentOrderPartFulfillmentHolds]
    line_items: FulfillmentOrderLinePage
    delivery_method: FulfillmentOrderPartDeliveryMethod | None = None
    destination: DestinationPart | None = None


class FulfillmentOrderPage(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[FulfillmentOrderPart]
    page_info: Pages


class FulfillmentPartLocation(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class FulfillmentPartTrackingInfo(Struct, frozen=True, kw_only=True, rename="camel"):
    company: str | None = None
    number: str | None = None
    url: str | None = None


class FulfillmentLinePageNodesLineItem(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class FulfillmentLinePageNodes(Struct, frozen=True, kw_only=True, rename="camel"):
    line_item: FulfillmentLinePageNodesLineItem
    quantity: int | None = None


class FulfillmentLinePage(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[FulfillmentLinePageNodes]
    page_info: Pages


class FulfillmentPart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    status: str
    created_at: datetime
    updated_at: datetime
    tracking_info: list[FulfillmentPartTrackingInfo]
    fulfillment_line_items: FulfillmentLinePage
    location: FulfillmentPartLocation | None = None


class PriceShopMoney(Struct, frozen=True, kw_only=True, rename="camel"):
    amount: Decimal
    currency_code: str


class Price(Struct, frozen=True, kw_only=True, rename="camel"):
    shop_money: PriceShopMoney


class MailingAddressPart(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code_v2: str | None = None
    phone: str | None = None
    latitude: float | None = None
    longitude: float | None = None


class OrderPartShippingLine(Struct, frozen=True, kw_only=True, rename="camel"):
    title: str


class OrderPartRefundsRefundLineItemsNodesLocation(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class OrderPartRefundsRefundLineItemsNodesLineItem(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class OrderPartRefundsRefundLineItemsNodes(Struct, frozen=True, kw_only=True, rename="camel"):
    quantity: int
    restock_type: str
    restocked: bool
    line_item: OrderPartRefundsRefundLineItemsNodesLineItem
    location: OrderPartRefundsRefundLineItemsNodesLocation | None = None


class OrderPartRefundsRefundLineItems(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[OrderPartRefundsRefundLineItemsNodes]


class OrderPartRefunds(Struct, frozen=True, kw_only=True, rename="camel"):
    refund_line_items: OrderPartRefundsRefundLineItems
    created_at: datetime | None = None


class LinePartVariantInventoryItem(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class LinePartVariant(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    inventory_item: LinePartVariantInventoryItem


class LinePart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    title: str
    quantity: int
    current_quantity: int
    requires_shipping: bool
    original_unit_price_set: Price
    sku: str | None = None
    variant: LinePartVariant | None = None


class LinePage(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[LinePart]
    page_info: Pages


class OrderPart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    name: str
    fulfillment_orders: FulfillmentOrderPage
    fulfillments: list[FulfillmentPart]
    created_at: datetime
    updated_at: datetime
    display_fulfillment_status: str
    currency_code: str
    test: bool
    tags: list[str]
    requires_shipping: bool
    current_total_price_set: Price
    line_items: LinePage
    cancelled_at: datetime | None = None
    display_financial_status: str | None = None
    email: str | None = None
    note: str | None = None
    source_name: str | None = None
    shipping_address: MailingAddressPart | None = None
    shipping_line: OrderPartShippingLine | None = None
    refunds: list[OrderPartRefunds] | None = None


class FetchOrdersData(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[OrderPart | None]


class FetchOrders(Struct, frozen=True, kw_only=True, rename="camel"):
    ids: list[str]


class ShippingPart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    name: str
    fulfillment_orders: FulfillmentOrderPage
    fulfillments: list[FulfillmentPart]
    cancelled_at: datetime | None = None


class FetchShippingData(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[ShippingPart | None]


class FetchShipping(Struct, frozen=True, kw_only=True, rename="camel"):
    ids: list[str]


class LevelsAtDataNodesInventoryLevelQuantities(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    quantity: int


class LevelsAtDataNodesInventoryLevel(Struct, frozen=True, kw_only=True, rename="camel"):
    is_active: bool
    quantities: list[LevelsAtDataNodesInventoryLevelQuantities]


class LevelsAtDataNodes(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    tracked: bool
    inventory_level: LevelsAtDataNodesInventoryLevel | None = None


class LevelsAtData(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[LevelsAtDataNodes | None]


class LevelsAt(Struct, frozen=True, kw_only=True, rename="camel"):
    ids: list[str]
    location_id: str


class ListBulksDataBulkOperationsNodes(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    status: str
    created_at: datetime
    query: str


class ListBulksDataBulkOperations(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[ListBulksDataBulkOperationsNodes]


class ListBulksData(Struct, frozen=True, kw_only=True, rename="camel"):
    bulk_operations: ListBulksDataBulkOperations


class ListBulks(Struct, frozen=True, kw_only=True, rename="camel"):
    pass


class SubscriptionPart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    topic: str
    uri: str
    format: str
    include_fields: list[str]
    filter: str | None = None


class ListSubscriptionsDataWebhookSubscriptions(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[SubscriptionPart]
    page_info: Pages


class ListSubscriptionsData(Struct, frozen=True, kw_only=True, rename="camel"):
    webhook_subscriptions: ListSubscriptionsDataWebhookSubscriptions


class ListSubscriptions(Struct, frozen=True, kw_only=True, rename="camel"):
    after: str | None | UnsetType = UNSET


class MoreFulfillmentLinesDataFulfillment(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment_line_items: FulfillmentLinePage


class MoreFulfillmentLinesData(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment: MoreFulfillmentLinesDataFulfillment | None = None


class MoreFulfillmentLines(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    after: str


class MoreFulfillmentOrderLinesDataFulfillmentOrder(Struct, frozen=True, kw_only=True, rename="camel"):
    line_items: FulfillmentOrderLinePage


class MoreFulfillmentOrderLinesData(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment_order: MoreFulfillmentOrderLinesDataFulfillmentOrder | None = None


class MoreFulfillmentOrderLines(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    after: str


class MoreFulfillmentOrdersDataOrder(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment_orders: FulfillmentOrderPage


class MoreFulfillmentOrdersData(Struct, frozen=True, kw_only=True, rename="camel"):
    order: MoreFulfillmentOrdersDataOrder | None = None


class MoreFulfillmentOrders(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    after: str


class MoreLinesDataOrder(Struct, frozen=True, kw_only=True, rename="camel"):
    line_items: LinePage


class MoreLinesData(Struct, frozen=True, kw_only=True, rename="camel"):
    order: MoreLinesDataOrder | None = None


class MoreLines(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    after: str


class MoveFulfillmentOrderDataFulfillmentOrderMoveMovedFulfillmentOrder(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    status: str


class MoveFulfillmentOrderDataFulfillmentOrderMoveUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    code: str | None = None
    field: list[str] | None = None


class MoveFulfillmentOrderDataFulfillmentOrderMove(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[MoveFulfillmentOrderDataFulfillmentOrderMoveUserErrors]
    moved_fulfillment_order: MoveFulfillmentOrderDataFulfillmentOrderMoveMovedFulfillmentOrder | None = None


class MoveFulfillmentOrderData(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment_order_move: MoveFulfillmentOrderDataFulfillmentOrderMove | None = None


class MoveFulfillmentOrder(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    new_location_id: str
    lines: list[FulfillmentOrderLineItemInput] | None | UnsetType = UNSET


class OrderOfFulfillmentOrderDataFulfillmentOrder(Struct, frozen=True, kw_only=True, rename="camel"):
    order_id: str


class OrderOfFulfillmentOrderData(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment_order: OrderOfFulfillmentOrderDataFulfillmentOrder | None = None


class OrderOfFulfillmentOrder(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class SetAvailableDataInventorySetQuantitiesInventoryAdjustmentGroup(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class SetAvailableDataInventorySetQuantitiesUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    code: str | None = None
    field: list[str] | None = None


class SetAvailableDataInventorySetQuantities(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[SetAvailableDataInventorySetQuantitiesUserErrors]
    inventory_adjustment_group: SetAvailableDataInventorySetQuantitiesInventoryAdjustmentGroup | None = None


class SetAvailableData(Struct, frozen=True, kw_only=True, rename="camel"):
    inventory_set_quantities: SetAvailableDataInventorySetQuantities | None = None


class InventoryQuantityInput(Struct, frozen=True, kw_only=True, rename="camel"):
    change_from_quantity: int | None
    inventory_item_id: str
    location_id: str
    quantity: int


class InventorySetQuantitiesInput(Struct, frozen=True, kw_only=True, rename="camel"):
    name: str
    quantities: list[InventoryQuantityInput]
    reason: str
    reference_document_uri: str | None | UnsetType = UNSET


class SetAvailable(Struct, frozen=True, kw_only=True, rename="camel"):
    input: InventorySetQuantitiesInput
    key: str


class VariantPartProduct(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    title: str


class VariantPartInventoryItem(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    tracked: bool
    requires_shipping: bool
    updated_at: datetime


class VariantPart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    title: str
    updated_at: datetime
    inventory_policy: str
    requires_components: bool
    product: VariantPartProduct
    inventory_item: VariantPartInventoryItem
    sku: str | None = None
    barcode: str | None = None


class SetSellingPolicyDataProductVariantsBulkUpdateUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    code: str | None = None
    field: list[str] | None = None


class SetSellingPolicyDataProductVariantsBulkUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[SetSellingPolicyDataProductVariantsBulkUpdateUserErrors]
    product_variants: list[VariantPart] | None = None


class SetSellingPolicyData(Struct, frozen=True, kw_only=True, rename="camel"):
    product_variants_bulk_update: SetSellingPolicyDataProductVariantsBulkUpdate | None = None


class CountryHarmonizedSystemCodeInput(Struct, frozen=True, kw_only=True, rename="camel"):
    harmonized_system_code: str
    country_code: str | None | UnsetType = UNSET


class WeightInput(Struct, frozen=True, kw_only=True, rename="camel"):
    unit: str
    value: float


class InventoryItemMeasurementInput(Struct, frozen=True, kw_only=True, rename="camel"):
    shipping_package_id: str | None | UnsetType = UNSET
    weight: WeightInput | None | UnsetType = UNSET


class InventoryItemInput(Struct, frozen=True, kw_only=True, rename="camel"):
    cost: Decimal | None | UnsetType = UNSET
    country_code_of_origin: str | None | UnsetType = UNSET
    country_harmonized_system_codes: list[CountryHarmonizedSystemCodeInput] | None | UnsetType = UNSET
    harmonized_system_code: str | None | UnsetType = UNSET
    measurement: InventoryItemMeasurementInput | None | UnsetType = UNSET
    province_code_of_origin: str | None | UnsetType = UNSET
    requires_shipping: bool | None | UnsetType = UNSET
    sku: str | None | UnsetType = UNSET
    tracked: bool | None | UnsetType = UNSET


class InventoryLevelInput(Struct, frozen=True, kw_only=True, rename="camel"):
    available_quantity: int
    location_id: str


class MetafieldInput(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str | None | UnsetType = UNSET
    key: str | None | UnsetType = UNSET
    namespace: str | None | UnsetType = UNSET
    type: str | None | UnsetType = UNSET
    value: str | None | UnsetType = UNSET


class VariantOptionValueInput(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str | None | UnsetType = UNSET
    linked_metafield_value: str | None | UnsetType = UNSET
    name: str | None | UnsetType = UNSET
    option_id: str | None | UnsetType = UNSET
    option_name: str | None | UnsetType = UNSET


class InventoryAdjustmentInput(Struct, frozen=True, kw_only=True, rename="camel"):
    change_from_quantity: int | None
    location_id: str
    adjustment: int | None | UnsetType = UNSET


class UnitPriceMeasurementInput(Struct, frozen=True, kw_only=True, rename="camel"):
    quantity_unit: str | None | UnsetType = UNSET
    quantity_value: float | None | UnsetType = UNSET
    reference_unit: str | None | UnsetType = UNSET
    reference_value: int | None | UnsetType = UNSET


class ProductVariantsBulkInput(Struct, frozen=True, kw_only=True, rename="camel"):
    barcode: str | None | UnsetType = UNSET
    compare_at_price: Decimal | None | UnsetType = UNSET
    id: str | None | UnsetType = UNSET
    inventory_item: InventoryItemInput | None | UnsetType = UNSET
    inventory_policy: str | None | UnsetType = UNSET
    inventory_quantities: list[InventoryLevelInput] | None | UnsetType = UNSET
    media_id: str | None | UnsetType = UNSET
    media_src: list[str] | None | UnsetType = UNSET
    metafields: list[MetafieldInput] | None | UnsetType = UNSET
    option_values: list[VariantOptionValueInput] | None | UnsetType = UNSET
    price: Decimal | None | UnsetType = UNSET
    published: bool | None | UnsetType = UNSET
    quantity_adjustments: list[InventoryAdjustmentInput] | None | UnsetType = UNSET
    requires_components: bool | None | UnsetType = UNSET
    show_unit_price: bool | None | UnsetType = UNSET
    tax_code: str | None | UnsetType = UNSET
    taxable: bool | None | UnsetType = UNSET
    unit_price_measurement: UnitPriceMeasurementInput | None | UnsetType = UNSET


class SetSellingPolicy(Struct, frozen=True, kw_only=True, rename="camel"):
    product_id: str
    variants: list[ProductVariantsBulkInput]


class StartBulkDataBulkOperationRunQueryBulkOperation(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class StartBulkDataBulkOperationRunQueryUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    code: str | None = None
    field: list[str] | None = None


class StartBulkDataBulkOperationRunQuery(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[StartBulkDataBulkOperationRunQueryUserErrors]
    bulk_operation: StartBulkDataBulkOperationRunQueryBulkOperation | None = None


class StartBulkData(Struct, frozen=True, kw_only=True, rename="camel"):
    bulk_operation_run_query: StartBulkDataBulkOperationRunQuery | None = None


class StartBulk(Struct, frozen=True, kw_only=True, rename="camel"):
    query: str


class SweepFulfillmentOrdersDataFulfillmentOrdersNodes(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    order_id: str
    updated_at: datetime


class SweepFulfillmentOrdersDataFulfillmentOrders(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[SweepFulfillmentOrdersDataFulfillmentOrdersNodes]
    page_info: Pages


class SweepFulfillmentOrdersData(Struct, frozen=True, kw_only=True, rename="camel"):
    fulfillment_orders: SweepFulfillmentOrdersDataFulfillmentOrders


class SweepFulfillmentOrders(Struct, frozen=True, kw_only=True, rename="camel"):
    query: str
    after: str | None | UnsetType = UNSET


class SweepItemsDataProductVariants(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[VariantPart]
    page_info: Pages


class SweepItemsData(Struct, frozen=True, kw_only=True, rename="camel"):
    product_variants: SweepItemsDataProductVariants


class SweepItems(Struct, frozen=True, kw_only=True, rename="camel"):
    query: str | None | UnsetType = UNSET
    after: str | None | UnsetType = UNSET


class LocationPartAddress(Struct, frozen=True, kw_only=True, rename="camel"):
    country_code: str | None = None


class LocationPart(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    name: str
    is_active: bool
    is_fulfillment_service: bool
    address: LocationPartAddress


class SweepLocationsDataLocations(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[LocationPart]
    page_info: Pages


class SweepLocationsData(Struct, frozen=True, kw_only=True, rename="camel"):
    locations: SweepLocationsDataLocations


class SweepLocations(Struct, frozen=True, kw_only=True, rename="camel"):
    after: str | None | UnsetType = UNSET


class SweepOrdersDataOrdersNodes(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    updated_at: datetime


class SweepOrdersDataOrders(Struct, frozen=True, kw_only=True, rename="camel"):
    nodes: list[SweepOrdersDataOrdersNodes]
    page_info: Pages


class SweepOrdersData(Struct, frozen=True, kw_only=True, rename="camel"):
    orders: SweepOrdersDataOrders


class SweepOrders(Struct, frozen=True, kw_only=True, rename="camel"):
    query: str
    after: str | None | UnsetType = UNSET


class UpdateSubscriptionDataWebhookSubscriptionUpdateWebhookSubscription(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str


class UpdateSubscriptionDataWebhookSubscriptionUpdateUserErrors(Struct, frozen=True, kw_only=True, rename="camel"):
    message: str
    field: list[str] | None = None


class UpdateSubscriptionDataWebhookSubscriptionUpdate(Struct, frozen=True, kw_only=True, rename="camel"):
    user_errors: list[UpdateSubscriptionDataWebhookSubscriptionUpdateUserErrors]
    webhook_subscription: UpdateSubscriptionDataWebhookSubscriptionUpdateWebhookSubscription | None = None


class UpdateSubscriptionData(Struct, frozen=True, kw_only=True, rename="camel"):
    webhook_subscription_update: UpdateSubscriptionDataWebhookSubscriptionUpdate | None = None


class UpdateSubscription(Struct, frozen=True, kw_only=True, rename="camel"):
    id: str
    subscription: WebhookSubscriptionInput


ACTIVATE_LEVEL: Operation[ActivateLevel, ActivateLevelData] = Operation(
    name="ActivateLevel",
    mutation=True,
    variables=ActivateLevel,
    result=ActivateLevelData,
    cost=10,
    document="""mutation ActivateLevel($inventoryItemId: ID!, $locationId: ID!, $key: String!) {
  inventoryActivate(inventoryItemId: $inventoryItemId, locationId: $locationId) @idempotent(key: $key) {
    inventoryLevel {
      id
    }
    userErrors {
      field
      message
    }
  }
}""",
)

ADJUST_AVAILABLE: Operation[AdjustAvailable, AdjustAvailableData] = Operation(
    name="AdjustAvailable",
    mutation=True,
    variables=AdjustAvailable,
    result=AdjustAvailableData,
    cost=10,
    document="""mutation AdjustAvailable($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id
    }
    userErrors {
      code
      field
      message
    }
  }
}""",
)

BULK_LEVELS: Operation[BulkLevels, BulkLevelsData] = Operation(
    name="BulkLevels",
    mutation=False,
    variables=BulkLevels,
    result=BulkLevelsData,
    cost=0,
    document="""query BulkLevels {
  inventoryItems {
    edges {
      node {
        id
        inventoryLevels {
          edges {
            node {
              isActive
              item {
                id
                tracked
              }
              location {
                id
              }
              quantities(names: ["available", "committed", "reserved", "on_hand"]) {
                name
                quantity
              }
            }
          }
        }
      }
    }
  }
}""",
)

CHECK_SHOP: Operation[CheckShop, CheckShopData] = Operation(
    name="CheckShop",
    mutation=False,
    variables=CheckShop,
    result=CheckShopData,
    cost=17,
    document="""query CheckShop {
  currentAppInstallation {
    accessScopes {
      handle
    }
  }
  publicApiVersions {
    handle
    supported
  }
  shop {
    name
    myshopifyDomain
  }
  locations(first: 250, includeInactive: true, includeLegacy: true) {
    nodes {
      id
      isActive
    }
  }
}""",
)

CREATE_FULFILLMENT: Operation[CreateFulfillment, CreateFulfillmentData] = Operation(
    name="CreateFulfillment",
    mutation=True,
    variables=CreateFulfillment,
    result=CreateFulfillmentData,
    cost=10,
    document="""mutation CreateFulfillment($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment {
      id
      status
      createdAt
    }
    userErrors {
      field
      message
    }
  }
}""",
)

CREATE_SUBSCRIPTION: Operation[CreateSubscription, CreateSubscriptionData] = Operation(
    name="CreateSubscription",
    mutation=True,
    variables=CreateSubscription,
    result=CreateSubscriptionData,
    cost=10,
    document="""mutation CreateSubscription($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
    webhookSubscription {
      id
    }
    userErrors {
      field
      message
    }
  }
}""",
)

DELETE_SUBSCRIPTION: Operation[DeleteSubscription, DeleteSubscriptionData] = Operation(
    name="DeleteSubscription",
    mutation=True,
    variables=DeleteSubscription,
    result=DeleteSubscriptionData,
    cost=10,
    document="""mutation DeleteSubscription($id: ID!) {
  webhookSubscriptionDelete(id: $id) {
    deletedWebhookSubscriptionId
    userErrors {
      field
      message
    }
  }
}""",
)

FETCH_BULK: Operation[FetchBulk, FetchBulkData] = Operation(
    name="FetchBulk",
    mutation=False,
    variables=FetchBulk,
    result=FetchBulkData,
    cost=1,
    document="""query FetchBulk($id: ID!) {
  bulkOperation(id: $id) {
    status
    errorCode
    objectCount
    rootObjectCount
    fileSize
    url
    createdAt
  }
}""",
)

FETCH_ORDERS: Operation[FetchOrders, FetchOrdersData] = Operation(
    name="FetchOrders",
    mutation=False,
    variables=FetchOrders,
    result=FetchOrdersData,
    cost=97,
    document="""query FetchOrders($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Order {
      ...OrderPart
    }
  }
}

fragment OrderPart on Order {
  ...ShippingPart
  createdAt
  updatedAt
  displayFinancialStatus
  displayFulfillmentStatus
  currencyCode
  test
  email
  note
  tags
  sourceName
  requiresShipping
  currentTotalPriceSet {
    ...Price
  }
  shippingAddress {
    ...MailingAddressPart
  }
  shippingLine {
    title
  }
  refunds {
    createdAt
    refundLineItems(first: 20) {
      nodes {
        quantity
        restockType
        restocked
        location {
          id
        }
        lineItem {
          id
        }
      }
    }
  }
  lineItems(first: 54) {
    ...LinePage
  }
}

fragment ShippingPart on Order {
  id
  name
  cancelledAt
  fulfillmentOrders(first: 4) {
    ...FulfillmentOrderPage
  }
  fulfillments {
    ...FulfillmentPart
  }
}

fragment FulfillmentOrderPage on FulfillmentOrderConnection {
  nodes {
    ...FulfillmentOrderPart
  }
  pageInfo {
    ...Pages
  }
}

fragment FulfillmentOrderPart on FulfillmentOrder {
  id
  updatedAt
  status
  requestStatus
  assignedLocation {
    name
    location {
      id
    }
  }
  deliveryMethod {
    methodType
  }
  destination {
    ...DestinationPart
  }
  fulfillmentHolds {
    reason
    displayReason
    reasonNotes
  }
  lineItems(first: 20) {
    ...FulfillmentOrderLinePage
  }
}

fragment DestinationPart on FulfillmentOrderDestination {
  firstName
  lastName
  company
  address1
  address2
  city
  province
  zip
  countryCode
  phone
  email
}

fragment FulfillmentOrderLinePage on FulfillmentOrderLineItemConnection {
  nodes {
    ...FulfillmentOrderLinePart
  }
  pageInfo {
    ...Pages
  }
}

fragment FulfillmentOrderLinePart on FulfillmentOrderLineItem {
  id
  totalQuantity
  remainingQuantity
  lineItem {
    id
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}

fragment FulfillmentPart on Fulfillment {
  id
  status
  createdAt
  updatedAt
  location {
    id
  }
  trackingInfo {
    company
    number
    url
  }
  fulfillmentLineItems(first: 20) {
    ...FulfillmentLinePage
  }
}

fragment FulfillmentLinePage on FulfillmentLineItemConnection {
  nodes {
    quantity
    lineItem {
      id
    }
  }
  pageInfo {
    ...Pages
  }
}

fragment Price on MoneyBag {
  shopMoney {
    amount
    currencyCode
  }
}

fragment MailingAddressPart on MailingAddress {
  name
  company
  address1
  address2
  city
  provinceCode
  zip
  countryCodeV2
  phone
  latitude
  longitude
}

fragment LinePage on LineItemConnection {
  nodes {
    ...LinePart
  }
  pageInfo {
    ...Pages
  }
}

fragment LinePart on LineItem {
  id
  sku
  title
  quantity
  currentQuantity
  requiresShipping
  originalUnitPriceSet {
    ...Price
  }
  variant {
    id
    inventoryItem {
      id
    }
  }
}""",
)

FETCH_SHIPPING: Operation[FetchShipping, FetchShippingData] = Operation(
    name="FetchShipping",
    mutation=False,
    variables=FetchShipping,
    result=FetchShippingData,
    cost=54,
    document="""query FetchShipping($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Order {
      ...ShippingPart
    }
  }
}

fragment ShippingPart on Order {
  id
  name
  cancelledAt
  fulfillmentOrders(first: 4) {
    ...FulfillmentOrderPage
  }
  fulfillments {
    ...FulfillmentPart
  }
}

fragment FulfillmentOrderPage on FulfillmentOrderConnection {
  nodes {
    ...FulfillmentOrderPart
  }
  pageInfo {
    ...Pages
  }
}

fragment FulfillmentOrderPart on FulfillmentOrder {
  id
  updatedAt
  status
  requestStatus
  assignedLocation {
    name
    location {
      id
    }
  }
  deliveryMethod {
    methodType
  }
  destination {
    ...DestinationPart
  }
  fulfillmentHolds {
    reason
    displayReason
    reasonNotes
  }
  lineItems(first: 20) {
    ...FulfillmentOrderLinePage
  }
}

fragment DestinationPart on FulfillmentOrderDestination {
  firstName
  lastName
  company
  address1
  address2
  city
  province
  zip
  countryCode
  phone
  email
}

fragment FulfillmentOrderLinePage on FulfillmentOrderLineItemConnection {
  nodes {
    ...FulfillmentOrderLinePart
  }
  pageInfo {
    ...Pages
  }
}

fragment FulfillmentOrderLinePart on FulfillmentOrderLineItem {
  id
  totalQuantity
  remainingQuantity
  lineItem {
    id
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}

fragment FulfillmentPart on Fulfillment {
  id
  status
  createdAt
  updatedAt
  location {
    id
  }
  trackingInfo {
    company
    number
    url
  }
  fulfillmentLineItems(first: 20) {
    ...FulfillmentLinePage
  }
}

fragment FulfillmentLinePage on FulfillmentLineItemConnection {
  nodes {
    quantity
    lineItem {
      id
    }
  }
  pageInfo {
    ...Pages
  }
}""",
)

LEVELS_AT: Operation[LevelsAt, LevelsAtData] = Operation(
    name="LevelsAt",
    mutation=False,
    variables=LevelsAt,
    result=LevelsAtData,
    cost=3,
    document="""query LevelsAt($ids: [ID!]!, $locationId: ID!) {
  nodes(ids: $ids) {
    ... on InventoryItem {
      id
      tracked
      inventoryLevel(locationId: $locationId, includeInactive: true) {
        isActive
        quantities(names: ["available", "committed", "reserved"]) {
          name
          quantity
        }
      }
    }
  }
}""",
)

LIST_BULKS: Operation[ListBulks, ListBulksData] = Operation(
    name="ListBulks",
    mutation=False,
    variables=ListBulks,
    result=ListBulksData,
    cost=9,
    document="""query ListBulks {
  bulkOperations(
    first: 50
    sortKey: CREATED_AT
    reverse: true
    query: "operation_type:query"
  ) {
    nodes {
      id
      status
      createdAt
      query
    }
  }
}""",
)

LIST_SUBSCRIPTIONS: Operation[ListSubscriptions, ListSubscriptionsData] = Operation(
    name="ListSubscriptions",
    mutation=False,
    variables=ListSubscriptions,
    result=ListSubscriptionsData,
    cost=13,
    document="""query ListSubscriptions($after: String) {
  webhookSubscriptions(first: 250, after: $after) {
    nodes {
      ...SubscriptionPart
    }
    pageInfo {
      ...Pages
    }
  }
}

fragment SubscriptionPart on WebhookSubscription {
  id
  topic
  uri
  format
  filter
  includeFields
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

MORE_FULFILLMENT_LINES: Operation[MoreFulfillmentLines, MoreFulfillmentLinesData] = Operation(
    name="MoreFulfillmentLines",
    mutation=False,
    variables=MoreFulfillmentLines,
    result=MoreFulfillmentLinesData,
    cost=25,
    document="""query MoreFulfillmentLines($id: ID!, $after: String!) {
  fulfillment(id: $id) {
    fulfillmentLineItems(first: 250, after: $after) {
      ...FulfillmentLinePage
    }
  }
}

fragment FulfillmentLinePage on FulfillmentLineItemConnection {
  nodes {
    quantity
    lineItem {
      id
    }
  }
  pageInfo {
    ...Pages
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

MORE_FULFILLMENT_ORDER_LINES: Operation[MoreFulfillmentOrderLines, MoreFulfillmentOrderLinesData] = Operation(
    name="MoreFulfillmentOrderLines",
    mutation=False,
    variables=MoreFulfillmentOrderLines,
    result=MoreFulfillmentOrderLinesData,
    cost=25,
    document="""query MoreFulfillmentOrderLines($id: ID!, $after: String!) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 250, after: $after) {
      ...FulfillmentOrderLinePage
    }
  }
}

fragment FulfillmentOrderLinePage on FulfillmentOrderLineItemConnection {
  nodes {
    ...FulfillmentOrderLinePart
  }
  pageInfo {
    ...Pages
  }
}

fragment FulfillmentOrderLinePart on FulfillmentOrderLineItem {
  id
  totalQuantity
  remainingQuantity
  lineItem {
    id
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

MORE_FULFILLMENT_ORDERS: Operation[MoreFulfillmentOrders, MoreFulfillmentOrdersData] = Operation(
    name="MoreFulfillmentOrders",
    mutation=False,
    variables=MoreFulfillmentOrders,
    result=MoreFulfillmentOrdersData,
    cost=75,
    document="""query MoreFulfillmentOrders($id: ID!, $after: String!) {
  order(id: $id) {
    fulfillmentOrders(first: 12, after: $after) {
      ...FulfillmentOrderPage
    }
  }
}

fragment FulfillmentOrderPage on FulfillmentOrderConnection {
  nodes {
    ...FulfillmentOrderPart
  }
  pageInfo {
    ...Pages
  }
}

fragment FulfillmentOrderPart on FulfillmentOrder {
  id
  updatedAt
  status
  requestStatus
  assignedLocation {
    name
    location {
      id
    }
  }
  deliveryMethod {
    methodType
  }
  destination {
    ...DestinationPart
  }
  fulfillmentHolds {
    reason
    displayReason
    reasonNotes
  }
  lineItems(first: 20) {
    ...FulfillmentOrderLinePage
  }
}

fragment DestinationPart on FulfillmentOrderDestination {
  firstName
  lastName
  company
  address1
  address2
  city
  province
  zip
  countryCode
  phone
  email
}

fragment FulfillmentOrderLinePage on FulfillmentOrderLineItemConnection {
  nodes {
    ...FulfillmentOrderLinePart
  }
  pageInfo {
    ...Pages
  }
}

fragment FulfillmentOrderLinePart on FulfillmentOrderLineItem {
  id
  totalQuantity
  remainingQuantity
  lineItem {
    id
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

MORE_LINES: Operation[MoreLines, MoreLinesData] = Operation(
    name="MoreLines",
    mutation=False,
    variables=MoreLines,
    result=MoreLinesData,
    cost=36,
    document="""query MoreLines($id: ID!, $after: String!) {
  order(id: $id) {
    lineItems(first: 250, after: $after) {
      ...LinePage
    }
  }
}

fragment LinePage on LineItemConnection {
  nodes {
    ...LinePart
  }
  pageInfo {
    ...Pages
  }
}

fragment LinePart on LineItem {
  id
  sku
  title
  quantity
  currentQuantity
  requiresShipping
  originalUnitPriceSet {
    ...Price
  }
  variant {
    id
    inventoryItem {
      id
    }
  }
}

fragment Price on MoneyBag {
  shopMoney {
    amount
    currencyCode
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

MOVE_FULFILLMENT_ORDER: Operation[MoveFulfillmentOrder, MoveFulfillmentOrderData] = Operation(
    name="MoveFulfillmentOrder",
    mutation=True,
    variables=MoveFulfillmentOrder,
    result=MoveFulfillmentOrderData,
    cost=10,
    document="""mutation MoveFulfillmentOrder($id: ID!, $newLocationId: ID!, $lines: [FulfillmentOrderLineItemInput!]) {
  fulfillmentOrderMove(
    id: $id
    newLocationId: $newLocationId
    fulfillmentOrderLineItems: $lines
  ) {
    movedFulfillmentOrder {
      id
      status
    }
    userErrors {
      code
      field
      message
    }
  }
}""",
)

ORDER_OF_FULFILLMENT_ORDER: Operation[OrderOfFulfillmentOrder, OrderOfFulfillmentOrderData] = Operation(
    name="OrderOfFulfillmentOrder",
    mutation=False,
    variables=OrderOfFulfillmentOrder,
    result=OrderOfFulfillmentOrderData,
    cost=1,
    document="""query OrderOfFulfillmentOrder($id: ID!) {
  fulfillmentOrder(id: $id) {
    orderId
  }
}""",
)

SET_AVAILABLE: Operation[SetAvailable, SetAvailableData] = Operation(
    name="SetAvailable",
    mutation=True,
    variables=SetAvailable,
    result=SetAvailableData,
    cost=10,
    document="""mutation SetAvailable($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id
    }
    userErrors {
      code
      field
      message
    }
  }
}""",
)

SET_SELLING_POLICY: Operation[SetSellingPolicy, SetSellingPolicyData] = Operation(
    name="SetSellingPolicy",
    mutation=True,
    variables=SetSellingPolicy,
    result=SetSellingPolicyData,
    cost=12,
    document="""mutation SetSellingPolicy($productId: ID!, $variants: [ProductVariantsBulkInput!]!) {
  productVariantsBulkUpdate(productId: $productId, variants: $variants) {
    productVariants {
      ...VariantPart
    }
    userErrors {
      code
      field
      message
    }
  }
}

fragment VariantPart on ProductVariant {
  id
  sku
  barcode
  title
  updatedAt
  inventoryPolicy
  requiresComponents
  product {
    id
    title
  }
  inventoryItem {
    id
    tracked
    requiresShipping
    updatedAt
  }
}""",
)

START_BULK: Operation[StartBulk, StartBulkData] = Operation(
    name="StartBulk",
    mutation=True,
    variables=StartBulk,
    result=StartBulkData,
    cost=10,
    document="""mutation StartBulk($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation {
      id
    }
    userErrors {
      code
      field
      message
    }
  }
}""",
)

SWEEP_FULFILLMENT_ORDERS: Operation[SweepFulfillmentOrders, SweepFulfillmentOrdersData] = Operation(
    name="SweepFulfillmentOrders",
    mutation=False,
    variables=SweepFulfillmentOrders,
    result=SweepFulfillmentOrdersData,
    cost=13,
    document="""query SweepFulfillmentOrders($query: String!, $after: String) {
  fulfillmentOrders(
    first: 250
    after: $after
    includeClosed: true
    sortKey: UPDATED_AT
    query: $query
  ) {
    nodes {
      id
      orderId
      updatedAt
    }
    pageInfo {
      ...Pages
    }
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

SWEEP_ITEMS: Operation[SweepItems, SweepItemsData] = Operation(
    name="SweepItems",
    mutation=False,
    variables=SweepItems,
    result=SweepItemsData,
    cost=35,
    document="""query SweepItems($query: String, $after: String) {
  productVariants(first: 250, after: $after, sortKey: ID, query: $query) {
    nodes {
      ...VariantPart
    }
    pageInfo {
      ...Pages
    }
  }
}

fragment VariantPart on ProductVariant {
  id
  sku
  barcode
  title
  updatedAt
  inventoryPolicy
  requiresComponents
  product {
    id
    title
  }
  inventoryItem {
    id
    tracked
    requiresShipping
    updatedAt
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

SWEEP_LOCATIONS: Operation[SweepLocations, SweepLocationsData] = Operation(
    name="SweepLocations",
    mutation=False,
    variables=SweepLocations,
    result=SweepLocationsData,
    cost=13,
    document="""query SweepLocations($after: String) {
  locations(
    first: 250
    after: $after
    includeInactive: true
    includeLegacy: true
    sortKey: ID
  ) {
    nodes {
      ...LocationPart
    }
    pageInfo {
      ...Pages
    }
  }
}

fragment LocationPart on Location {
  id
  name
  isActive
  isFulfillmentService
  address {
    countryCode
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

SWEEP_ORDERS: Operation[SweepOrders, SweepOrdersData] = Operation(
    name="SweepOrders",
    mutation=False,
    variables=SweepOrders,
    result=SweepOrdersData,
    cost=13,
    document="""query SweepOrders($query: String!, $after: String) {
  orders(first: 250, after: $after, sortKey: UPDATED_AT, query: $query) {
    nodes {
      id
      updatedAt
    }
    pageInfo {
      ...Pages
    }
  }
}

fragment Pages on PageInfo {
  hasNextPage
  endCursor
}""",
)

UPDATE_SUBSCRIPTION: Operation[UpdateSubscription, UpdateSubscriptionData] = Operation(
    name="UpdateSubscription",
    mutation=True,
    variables=UpdateSubscription,
    result=UpdateSubscriptionData,
    cost=10,
    document="""mutation UpdateSubscription($id: ID!, $subscription: WebhookSubscriptionInput!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: $subscription) {
    webhookSubscription {
      id
    }
    userErrors {
      field
      message
    }
  }
}""",
)
