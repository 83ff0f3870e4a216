"""Payloads about orders and refunds, with the field names of the official samples (API 2026-07)."""

from typing import Any

from stockbridge.testing.twins.shopify.model.ids import gid
from stockbridge.testing.twins.shopify.model.status import financial_status, fulfillment_state
from stockbridge.testing.twins.shopify.model.world import World
from stockbridge.testing.twins.shopify.records.orders import ZERO, Line, Order, Refund, RefundLine, Transaction
from stockbridge.testing.twins.shopify.records.places import Customer
from stockbridge.testing.twins.shopify.webhooks.bits import address, amount, money_set, stamp

_ALWAYS_NONE = [
    "browser_ip",
    "cart_token",
    "checkout_token",
    "client_details",
    "current_total_additional_fees_set",
    "current_total_duties_set",
    "device_id",
    "landing_site",
    "landing_site_ref",
    "merchant_of_record_app_id",
    "original_total_additional_fees_set",
    "original_total_duties_set",
    "reference",
    "referring_site",
    "source_identifier",
    "source_url",
    "user_id",
    "payment_terms",
]


def order_payload(world: World, order: Order) -> dict[str, Any]:
    """``orders/*``: the whole order, REST style, without fulfillment orders."""
    out: dict[str, Any] = dict.fromkeys(_ALWAYS_NONE)
    out.update(_identity(world, order))
    out.update(_money(order))
    out.update(_people(world, order))
    out["discount_codes"] = [
        {"code": x.code, "amount": amount(order.discount_total), "type": "percentage"} for x in order.discounts
    ]
    out["discount_applications"] = [_discount(x) for x in order.discounts]
    out["line_items"] = [{**line_payload(order, line), **_line_extra(line)} for line in order.lines]
    out["shipping_lines"] = [_shipping(order, x) for x in order.shipping_lines]
    out["fulfillments"] = [
        {"id": x.id, "order_id": order.id, "status": x.status.lower(), "location_id": x.location.id if x.location else None}
        for x in order.fulfillments
    ]
    out["refunds"] = [refund_payload(world, x) for x in order.refunds]
    out["returns"] = [{"id": x.id, "name": x.name, "status": x.status.lower()} for x in order.returns]
    groups = {line.group[0]: line.group for line in order.lines if line.group}
    out["line_item_groups"] = [{"id": x[0], "title": x[1], "quantity": x[2]} for x in groups.values()]
    return out


def _identity(world: World, order: Order) -> dict[str, Any]:
    zone = world.shop.timezone
    return {
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        "app_id": None,
        "cancel_reason": order.cancel_reason.lower() if order.cancel_reason else None,
        "cancelled_at": stamp(order.cancelled_at, zone),
        "closed_at": stamp(order.closed_at, zone),
        "confirmation_number": order.confirmation_number,
        "confirmed": True,
        "created_at": stamp(order.created_at, zone),
        "processed_at": stamp(order.processed_at, zone),
        "updated_at": stamp(order.updated_at, zone),
        "financial_status": financial_status(order).lower(),
        "fulfillment_status": fulfillment_state(order),
        "location_id": order.retail_location.id if order.retail_location else None,
        "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
        "name": order.name,
        "note": order.note,
        "note_attributes": [{"name": name, "value": value} for name, value in order.attributes],
        "number": order.number - 1000,
        "order_number": order.number,
        "order_status_url": f"https://{world.shop.domain}/{world.shop.id}/orders/{order.token}/authenticate?key={order.token[:8]}",
        "payment_gateway_names": sorted({x.gateway for x in order.transactions}),
        "po_number": order.po_number,
        "source_name": order.source_name,
        "tags": ", ".join(sorted(order.tags)),
        "test": order.test,
        "token": order.token,
    }


def _people(world: World, order: Order) -> dict[str, Any]:
    return {
        "buyer_accepts_marketing": False,
        "contact_email": order.email,
        "email": order.email,
        "phone": order.phone,
        "customer_locale": order.customer.locale if order.customer else None,
        "billing_address": address(order.billing_address),
        "shipping_address": address(order.shipping_address),
        "customer": customer_payload(world, order.customer),
    }


def _money(order: Order) -> dict[str, Any]:
    cash, zero = order.currency, money_set(ZERO, order.currency)
    pairs = {
        "current_subtotal_price": order.current_subtotal,
        "current_total_discounts": order.discount_total,
        "current_total_price": order.current_total,
        "current_total_tax": order.current_tax,
        "subtotal_price": order.subtotal,
        "total_discounts": order.discount_total,
        "total_line_items_price": order.lines_total,
        "total_price": order.total,
        "total_tax": order.tax_total,
    }
    out: dict[str, Any] = {}
    for name, value in pairs.items():
        out[name] = amount(value)
        out[f"{name}_set"] = money_set(value, cash)
    return out | {
        "currency": cash,
        "presentment_currency": cash,
        "current_shipping_price_set": money_set(order.shipping_total, cash),
        "total_shipping_price_set": money_set(order.shipping_total, cash),
        "total_cash_rounding_payment_adjustment_set": zero,
        "total_cash_rounding_refund_adjustment_set": zero,
        "total_outstanding": amount(max(ZERO, order.current_total - order.received + order.refunded)),
        "total_tip_received": "0.00",
        "total_weight": round(sum(line.weight_kg * 1000 * line.quantity for line in order.lines)),
        "duties_included": False,
        "estimated_taxes": False,
        "tax_exempt": False,
        "taxes_included": order.taxes_included,
        "tax_lines": [_tax(order, order.tax_total)] if order.tax_total else [],
    }


def _tax(order: Order, value: Any) -> dict[str, Any]:
    priced = money_set(value, order.currency)
    return {"price": amount(value), "rate": 0.19, "title": "VAT", "price_set": priced, "channel_liable": False}


def _discount(one: Any) -> dict[str, Any]:
    return {
        "target_type": "line_item",
        "type": "discount_code",
        "value": str(one.value),
        "value_type": "percentage",
        "allocation_method": "across",
        "target_selection": "all",
        "code": one.code,
    }


def line_payload(order: Order, line: Line) -> dict[str, Any]:
    """An order line in REST's words, as fulfillments and refunds repeat it."""
    variant = line.variant
    taxed = line.tax_on(line.total - line.discount, order.taxes_included)
    state = None if not line.fulfilled else "fulfilled" if not line.unfulfilled_quantity else "partial"
    return {
        "id": line.id,
        "variant_id": variant.id if variant else None,
        "title": line.title,
        "quantity": line.quantity,
        "sku": line.sku,
        "variant_title": line.variant_title,
        "vendor": line.vendor,
        "fulfillment_service": "manual",
        "product_id": line.product.id if line.product else None,
        "requires_shipping": line.requires_shipping,
        "taxable": line.taxable,
        "gift_card": line.is_gift_card,
        "name": line.name,
        "variant_inventory_management": "shopify" if variant and variant.item.tracked else None,
        "properties": [{"name": name, "value": value} for name, value in line.attributes],
        "product_exists": variant is not None,
        "fulfillable_quantity": line.unfulfilled_quantity,
        "grams": round(line.weight_kg * 1000),
        "price": amount(line.price),
        "total_discount": "0.00",
        "fulfillment_status": state,
        "price_set": money_set(line.price, order.currency),
        "total_discount_set": money_set(ZERO, order.currency),
        "discount_allocations": _allocations(order, line),
        "duties": [],
        "admin_graphql_api_id": gid("LineItem", line.id),
        "tax_lines": [_tax(order, taxed)] if taxed else [],
    }


def _line_extra(line: Line) -> dict[str, Any]:
    """What only the order's own lines carry."""
    return {
        "attributed_staffs": [],
        "current_quantity": line.current_quantity,
        "sales_line_item_group_id": line.group[0] if line.group else None,
    }


def _allocations(order: Order, line: Line) -> list[dict[str, Any]]:
    if not line.discount:
        return []
    return [
        {
            "amount": amount(line.discount),
            "amount_set": money_set(line.discount, order.currency),
            "discount_application_index": 0,
        }
    ]


def _shipping(order: Order, one: Any) -> dict[str, Any]:
    priced = money_set(one.price, order.currency)
    return {
        "id": one.id,
        "carrier_identifier": None,
        "code": one.code,
        "current_discounted_price_set": priced,
        "discounted_price": amount(one.price),
        "discounted_price_set": priced,
        "is_removed": one.is_removed,
        "phone": None,
        "price": amount(one.price),
        "price_set": priced,
        "requested_fulfillment_service_id": None,
        "source": one.source,
        "title": one.title,
        "tax_lines": [],
        "discount_allocations": [],
    }


def customer_payload(world: World, one: Customer | None) -> dict[str, Any] | None:
    """A customer in REST's words."""
    if one is None:
        return None
    zone, home = world.shop.timezone, address(one.address)
    if home is not None and one.address is not None:
        home |= {"id": one.address.id, "customer_id": one.id, "country_name": one.address.country, "default": True}
        home.pop("latitude"), home.pop("longitude")
    return {
        "id": one.id,
        "created_at": stamp(one.created_at, zone),
        "updated_at": stamp(one.updated_at, zone),
        "first_name": one.first_name,
        "last_name": one.last_name,
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": one.email,
        "phone": one.phone,
        "currency": world.shop.currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": gid("Customer", one.id),
        "default_address": home,
    }


def refund_payload(world: World, one: Refund) -> dict[str, Any]:
    """``refunds/create``: lines with what happened to the stock, and the money."""
    zone, order = world.shop.timezone, one.order
    return {
        "id": one.id,
        "order_id": order.id,
        "created_at": stamp(one.created_at, zone),
        "note": one.note,
        "user_id": None,
        "processed_at": stamp(one.created_at, zone),
        "restock": any(x.restocked for x in one.lines),
        "duties": [],
        "total_duties_set": money_set(ZERO, order.currency),
        "return": {"id": one.returned.id, "admin_graphql_api_id": gid("Return", one.returned.id)} if one.returned else None,
        "refund_shipping_lines": [],
        "admin_graphql_api_id": gid("Refund", one.id),
        "order_adjustments": [],
        "refund_line_items": [_refund_line(order, x) for x in one.lines],
        "transactions": [transaction_payload(world, order, x) for x in one.transactions],
    }


def _refund_line(order: Order, one: RefundLine) -> dict[str, Any]:
    return {
        "id": one.id,
        "quantity": one.quantity,
        "line_item_id": one.line.id,
        "location_id": one.location.id if one.location else None,
        "restock_type": one.restock_type.lower(),
        "subtotal": float(one.subtotal),
        "total_tax": float(one.tax),
        "subtotal_set": money_set(one.subtotal, order.currency),
        "total_tax_set": money_set(one.tax, order.currency),
        "line_item": line_payload(order, one.line),
    }


def transaction_payload(world: World, order: Order, one: Transaction) -> dict[str, Any]:
    """A payment or refund of money."""
    zone = world.shop.timezone
    nothing = {"amount": "0.0", "currency": order.currency}
    verb = "Refunded" if one.kind == "REFUND" else "Paid"
    return {
        "id": one.id,
        "order_id": order.id,
        "kind": one.kind.lower(),
        "gateway": one.gateway,
        "status": one.status.lower(),
        "message": f"{verb} {amount(one.amount)} from {one.gateway} gateway",
        "created_at": stamp(one.created_at, zone),
        "test": order.test,
        "authorization": None,
        "location_id": None,
        "user_id": None,
        "parent_id": one.parent.id if one.parent else None,
        "processed_at": stamp(one.created_at, zone),
        "device_id": None,
        "error_code": None,
        "source_name": order.source_name,
        "receipt": {},
        "amount": amount(one.amount),
        "currency": order.currency,
        "payment_id": f"{order.name}.{order.transactions.index(one) + 1}",
        "total_unsettled_set": {"presentment_money": nothing, "shop_money": nothing},
        "manual_payment_gateway": one.gateway in ("manual", "cash"),
        "admin_graphql_api_id": gid("OrderTransaction", one.id),
    }
