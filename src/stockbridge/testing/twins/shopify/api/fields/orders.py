"""Orders, their lines, money, refunds and returns."""

from typing import Any

from stockbridge.testing.twins.shopify.api.fields.catalogue import customer_of
from stockbridge.testing.twins.shopify.api.fields.common import (
    attributes,
    count,
    identity,
    kilograms,
    metafield,
    money,
    number,
    of_line,
    of_order,
    tax_lines,
)
from stockbridge.testing.twins.shopify.api.fields.visible import visible
from stockbridge.testing.twins.shopify.api.listing import Page, page
from stockbridge.testing.twins.shopify.api.searching import searched
from stockbridge.testing.twins.shopify.api.typenames import gid_of
from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.status import financial_status, fulfillment_status, return_status
from stockbridge.testing.twins.shopify.records.orders import CENT, ZERO, Line, Order, Refund, Return

FO_FIELDS = {
    "id": lambda one: one.id,
    "status": lambda one: one.status,
    "assigned_location_id": lambda one: one.location.id,
    "updated_at": lambda one: one.updated_at,
}


def _fulfillment_orders(source: Order, args: dict[str, Any], context: Any) -> Page:
    rows = [one for one in source.fulfillment_orders if visible(one, context)]
    return page(searched(rows, args, context, FO_FIELDS), args, lambda one: (one.id, 0))


def _first(rows: list[Any], args: dict[str, Any]) -> list[Any]:
    return rows[: args["first"]] if args.get("first") is not None else rows


def _fulfillable(source: Order) -> bool:
    return source.cancelled_at is None and any(line.unfulfilled_quantity > 0 for line in source.lines)


def _weight(source: Order, current: bool) -> str:
    grams = sum(x.weight_kg * 1000 * (x.current_quantity if current else x.quantity) for x in source.lines)
    return str(round(grams))


def _metafields(source: Order, args: dict[str, Any], context: Any) -> Page:
    owner = gid_of(source)
    rows = [one for (who, space, _), one in context.world.metafields.items() if who == owner and _in(space, args)]
    return page(rows, args)


def _in(space: str, args: dict[str, Any]) -> bool:
    return args.get("namespace") in (None, space)


def _discounts(source: Order, args: dict[str, Any], context: Any) -> Page:
    return page([discount(one) for one in source.discounts], args)


def discount(one: Any) -> dict[str, Any]:
    """A discount application."""
    return {
        "__typename": "DiscountCodeApplication",
        "index": one.index,
        "code": one.code,
        "allocationMethod": "ACROSS",
        "targetSelection": "ALL",
        "targetType": "LINE_ITEM",
        "value": {"__typename": "PricingPercentageValue", "percentage": float(one.value)},
    }


def _risk(source: Order, args: dict[str, Any], context: Any) -> dict[str, Any]:
    words = {"HIGH": "CANCEL", "MEDIUM": "INVESTIGATE", "LOW": "ACCEPT"}
    assessment: dict[str, Any] = {"facts": [], "riskLevel": source.risk, "provider": None}
    return {"assessments": [assessment], "recommendation": words.get(source.risk, "NONE")}


def _outstanding(source: Order) -> Any:
    return max(ZERO, source.current_total - source.received + source.refunded)


ORDER_MONEY = {
    "totalPriceSet": lambda o: o.total,
    "originalTotalPriceSet": lambda o: o.total,
    "currentTotalPriceSet": lambda o: o.current_total,
    "subtotalPriceSet": lambda o: o.subtotal,
    "currentSubtotalPriceSet": lambda o: o.current_subtotal,
    "totalTaxSet": lambda o: o.tax_total,
    "currentTotalTaxSet": lambda o: o.current_tax,
    "totalShippingPriceSet": lambda o: o.shipping_total,
    "currentShippingPriceSet": lambda o: o.shipping_total,
    "totalDiscountsSet": lambda o: o.discount_total,
    "currentTotalDiscountsSet": lambda o: o.discount_total,
    "totalRefundedSet": lambda o: o.refunded,
    "totalRefundedShippingSet": lambda o: ZERO,
    "totalReceivedSet": lambda o: o.received,
    "netPaymentSet": lambda o: o.received - o.refunded,
    "totalTipReceivedSet": lambda o: ZERO,
    "totalOutstandingSet": _outstanding,
}
ORDER: dict[str, Any] = {
    **{name: of_order(read) for name, read in ORDER_MONEY.items()},
    "id": identity,
    "legacyResourceId": number,
    "app": lambda s, a, c: {"id": gid("App", 1), "name": "Point of Sale" if s.source_name == "pos" else "Online Store"},
    "closed": lambda s, a, c: s.closed_at is not None,
    "confirmed": lambda s, a, c: True,
    "currencyCode": lambda s, a, c: s.currency,
    "presentmentCurrencyCode": lambda s, a, c: s.currency,
    "displayFinancialStatus": lambda s, a, c: financial_status(s),
    "displayFulfillmentStatus": lambda s, a, c: _fulfillment_word(s, c),
    "returnStatus": lambda s, a, c: return_status(s),
    "fulfillable": lambda s, a, c: _fulfillable(s),
    "restockable": lambda s, a, c: _fulfillable(s),
    "refundable": lambda s, a, c: s.received > s.refunded,
    "unpaid": lambda s, a, c: not s.received,
    "fullyPaid": lambda s, a, c: s.received >= s.current_total,
    "capturable": lambda s, a, c: False,
    "requiresShipping": lambda s, a, c: any(line.requires_shipping for line in s.lines),
    "merchantEditable": lambda s, a, c: s.cancelled_at is None,
    "merchantEditableErrors": lambda s, a, c: [],
    "customer": customer_of,
    "displayAddress": lambda s, a, c: s.shipping_address or s.billing_address,
    "billingAddressMatchesShippingAddress": lambda s, a, c: s.billing_address == s.shipping_address,
    "customerLocale": lambda s, a, c: s.customer.locale if s.customer else None,
    "customerAcceptsMarketing": lambda s, a, c: False,
    "clientIp": lambda s, a, c: None,
    "staffMember": lambda s, a, c: None,
    "sourceIdentifier": lambda s, a, c: None,
    "tags": lambda s, a, c: sorted(s.tags),
    "customAttributes": attributes,
    "metafield": metafield,
    "metafields": _metafields,
    "fulfillmentOrders": _fulfillment_orders,
    "fulfillments": lambda s, a, c: _first(s.fulfillments, a),
    "fulfillmentsCount": lambda s, a, c: count(len(s.fulfillments)),
    "shippingLine": lambda s, a, c: s.shipping_lines[0] if s.shipping_lines else None,
    "shippingLines": lambda s, a, c: page(s.shipping_lines, a),
    "lineItems": lambda s, a, c: page(s.lines, a),
    "nonFulfillableLineItems": lambda s, a, c: page([], a),
    "discountApplications": _discounts,
    "discountCode": lambda s, a, c: s.discounts[0].code if s.discounts else None,
    "discountCodes": lambda s, a, c: [x.code for x in s.discounts],
    "taxLines": lambda s, a, c: tax_lines(s.tax_total, s.currency),
    "currentTaxLines": lambda s, a, c: tax_lines(s.current_tax, s.currency),
    "taxExempt": lambda s, a, c: False,
    "dutiesIncluded": lambda s, a, c: False,
    "estimatedTaxes": lambda s, a, c: False,
    "risk": _risk,
    "refunds": lambda s, a, c: _first(s.refunds, a),
    "returns": lambda s, a, c: page(s.returns, a),
    "transactions": lambda s, a, c: _first(s.transactions, a),
    "transactionsCount": lambda s, a, c: count(len(s.transactions)),
    "paymentGatewayNames": lambda s, a, c: sorted({x.gateway for x in s.transactions}),
    "subtotalLineItemsQuantity": lambda s, a, c: sum(x.quantity for x in s.lines),
    "currentSubtotalLineItemsQuantity": lambda s, a, c: sum(x.current_quantity for x in s.lines),
    "totalWeight": lambda s, a, c: _weight(s, False),
    "currentTotalWeight": lambda s, a, c: _weight(s, True),
}


def _fulfillment_word(source: Order, context: Any) -> str:
    """2026-10 knows orders of which nothing is to be shipped."""
    word = fulfillment_status(source)
    nothing = not any(line.requires_shipping for line in source.lines)
    return "FULFILLMENT_NOT_REQUIRED" if nothing and word == "UNFULFILLED" and context.version == "2026-10" else word


def _unit_after(line: Line) -> Any:
    return (line.price - line.discount / line.quantity).quantize(CENT) if line.quantity else line.price


def _before_taxes(line: Line) -> Any:
    net = line.total - line.discount
    return net - line.tax_on(net, True) if line.order.taxes_included else net


def _allocations(source: Line, args: dict[str, Any], context: Any) -> list[dict[str, Any]]:
    if not source.discount:
        return []
    given = money(source.discount, source.order.currency)
    return [{"allocatedAmountSet": given, "discountApplication": discount(x)} for x in source.order.discounts]


def _group(source: Line, args: dict[str, Any], context: Any) -> dict[str, Any] | None:
    if source.group is None:
        return None
    variant, title, quantity = source.group
    found = context.world.variants.get(variant)
    return {
        "id": gid("LineItemGroup", variant),
        "title": title,
        "quantity": quantity,
        "variantId": gid("ProductVariant", variant),
        "variantSku": found.item.sku if found else None,
    }


LINE_MONEY = {
    "originalUnitPriceSet": lambda x: x.price,
    "originalTotalSet": lambda x: x.total,
    "discountedUnitPriceSet": lambda x: x.price,
    "discountedUnitPriceAfterAllDiscountsSet": _unit_after,
    "discountedTotalSet": lambda x: x.total,
    "priceAfterAllDiscountsBeforeTaxesSet": _before_taxes,
    "totalDiscountSet": lambda x: x.discount,
    "unfulfilledOriginalTotalSet": lambda x: x.price * x.unfulfilled_quantity,
    "unfulfilledDiscountedTotalSet": lambda x: x.price * x.unfulfilled_quantity - x.share_of_discount(x.unfulfilled_quantity),
}
LINE: dict[str, Any] = {
    **{name: of_line(read) for name, read in LINE_MONEY.items()},
    "id": identity,
    "variant": lambda s, a, c: s.variant if s.variant and s.variant.id in c.world.variants else None,
    "nonFulfillableQuantity": lambda s, a, c: 0,
    "fulfillableQuantity": lambda s, a, c: s.unfulfilled_quantity,
    "refundableQuantity": lambda s, a, c: s.current_quantity,
    "restockable": lambda s, a, c: s.variant is not None,
    "weight": lambda s, a, c: kilograms(s.weight_kg),
    "customAttributes": attributes,
    "lineItemGroup": _group,
    "discountAllocations": _allocations,
    "taxLines": lambda s, a, c: tax_lines(s.tax_on(s.total - s.discount, s.order.taxes_included), s.order.currency),
    "merchantEditable": lambda s, a, c: s.order.cancelled_at is None,
}


def _currency(context: Any) -> str:
    code: str = context.world.shop.currency
    return code


SHIPPING_LINE: dict[str, Any] = {
    "id": lambda s, a, c: gid("ShippingLine", s.id),
    "custom": lambda s, a, c: False,
    "carrierIdentifier": lambda s, a, c: None,
    "deliveryCategory": lambda s, a, c: None,
    "phone": lambda s, a, c: None,
    "taxLines": lambda s, a, c: [],
    "discountAllocations": lambda s, a, c: [],
    "originalPriceSet": lambda s, a, c: money(s.price, _currency(c)),
    "discountedPriceSet": lambda s, a, c: money(s.price, _currency(c)),
    "currentDiscountedPriceSet": lambda s, a, c: money(s.price, _currency(c)),
}
TRANSACTION: dict[str, Any] = {
    "id": identity,
    "amountSet": lambda s, a, c: money(s.amount, _currency(c)),
    "formattedGateway": lambda s, a, c: s.gateway.capitalize(),
    "processedAt": lambda s, a, c: s.created_at,
    "test": lambda s, a, c: False,
    "paymentId": lambda s, a, c: str(s.id),
    "parentTransaction": lambda s, a, c: s.parent,
    "errorCode": lambda s, a, c: None,
    "manualPaymentGateway": lambda s, a, c: s.gateway in ("manual", "cash"),
    "order": lambda s, a, c: next((x for x in c.world.orders.values() if s in x.transactions), None),
}


def _refund_lines(source: Refund, args: dict[str, Any], context: Any) -> Page:
    return page(source.lines, args)


REFUND: dict[str, Any] = {
    "id": identity,
    "legacyResourceId": number,
    "updatedAt": lambda s, a, c: s.created_at,
    "processedAt": lambda s, a, c: s.created_at,
    "return": lambda s, a, c: s.returned,
    "refundLineItems": _refund_lines,
    "totalRefundedSet": lambda s, a, c: money(s.total, s.order.currency),
    "transactions": lambda s, a, c: page(s.transactions, a),
    "staffMember": lambda s, a, c: None,
}
REFUND_LINE: dict[str, Any] = {
    "id": lambda s, a, c: gid("RefundLineItem", s.id),
    "lineItem": lambda s, a, c: s.line,
    "priceSet": lambda s, a, c: money(s.line.price, s.line.order.currency),
    "subtotalSet": lambda s, a, c: money(s.subtotal, s.line.order.currency),
    "totalTaxSet": lambda s, a, c: money(s.tax, s.line.order.currency),
}


def _return_refunds(source: Return, args: dict[str, Any], context: Any) -> Page:
    return page([one for one in source.order.refunds if one.returned is source], args)


RETURN: dict[str, Any] = {
    "id": identity,
    "requestApprovedAt": lambda s, a, c: s.approved_at,
    "totalQuantity": lambda s, a, c: sum(one.quantity for one in s.lines),
    "returnLineItems": lambda s, a, c: page(s.lines, a),
    "refunds": _return_refunds,
}
RETURN_LINE: dict[str, Any] = {
    "id": identity,
    "processableQuantity": lambda s, a, c: s.quantity - s.processed,
    "processedQuantity": lambda s, a, c: s.processed,
    "unprocessedQuantity": lambda s, a, c: s.quantity - s.processed,
    "refundableQuantity": lambda s, a, c: s.quantity - s.refunded,
    "refundedQuantity": lambda s, a, c: s.refunded,
    "returnReasonNote": lambda s, a, c: s.note,
    "customerNote": lambda s, a, c: None,
    "returnReasonDefinition": lambda s, a, c: {
        "id": gid("ReturnReasonDefinition", 1),
        "handle": s.reason,
        "name": s.reason.capitalize(),
        "deleted": False,
    },
    "fulfillmentLineItem": lambda s, a, c: next(y for x in s.line.order.fulfillments for y in x.lines if y.line is s.line),
}
FIELDS: dict[str, dict[str, Any]] = {
    "Order": ORDER,
    "LineItem": LINE,
    "ShippingLine": SHIPPING_LINE,
    "OrderTransaction": TRANSACTION,
    "Refund": REFUND,
    "RefundLineItem": REFUND_LINE,
    "Return": RETURN,
    "ReturnLineItem": RETURN_LINE,
}
