"""An order in Shopify's words → an order in ours. Pure; nothing is decided here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import stockbridge.channels.shopify.generated as g
from stockbridge.domain.channel_order import (
    ChannelFulfillment,
    ChannelLine,
    ChannelOrder,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Restock,
)
from stockbridge.domain.values import Address, Money, Tracking, Units


def channel_order(node: g.OrderPart, read_at: datetime) -> ChannelOrder:
    """The whole snapshot. ``placed_at`` is when the order came to exist in Shopify (createdAt), not an importer's claim."""
    shipping = mailing_address(node.shipping_address, node.email or "")
    return ChannelOrder(
        order_id=node.id,
        name=node.name,
        placed_at=node.created_at,
        updated_at=node.updated_at,
        read_at=read_at,
        cancelled_at=node.cancelled_at,
        financial_status=node.display_financial_status or "",
        fulfillment_status=node.display_fulfillment_status,
        currency=node.currency_code,
        test=node.test,
        shipping_address=shipping,
        shipping_method=node.shipping_line.title if node.shipping_line else "",
        email=node.email or "",
        note=node.note or "",
        tags=tuple(node.tags),
        lines=tuple(line(each) for each in node.line_items.nodes),
        fulfillment_orders=tuple(fulfillment_order(each, shipping) for each in node.fulfillment_orders.nodes),
        fulfillments=tuple(fulfillment(each) for each in node.fulfillments),
        source_name=node.source_name or "",
        total=money(node.current_total_price_set),
        restocks=tuple(back for each in node.refunds or () for back in restocks(each, node.updated_at)),
    )


def restocks(node: g.OrderPartRefunds, otherwise_at: datetime) -> list[Restock]:
    """Units that came back on the shelf. What was cancelled before it left (restockType CANCEL) never left the count. Of a refund of
    more than 20 lines the rest is not seen: fewer units are taken to be back."""
    return [
        Restock(
            line_id=each.line_item.id,
            location_id=each.location.id,
            units=each.quantity,
            at=node.created_at or otherwise_at,
        )
        for each in node.refund_line_items.nodes
        if each.restock_type == "RETURN" and each.restocked and each.location
    ]


def line(node: g.LinePart) -> ChannelLine:
    """One order line; a custom line or a deleted variant has neither variant nor inventory item."""
    return ChannelLine(
        line_id=node.id,
        inventory_item_id=node.variant.inventory_item.id if node.variant else None,
        variant_id=node.variant.id if node.variant else None,
        sku=node.sku or "",
        title=node.title,
        quantity=node.quantity,
        current_quantity=node.current_quantity,
        requires_shipping=node.requires_shipping,
        unit_price=money(node.original_unit_price_set),
    )


def fulfillment_order(node: g.FulfillmentOrderPart, shipping: Address | None = None) -> FulfillmentOrder:
    """A request that one location ships some lines. Its destination, not the order's address, is where the goods go."""
    location = node.assigned_location.location
    return FulfillmentOrder(
        fulfillment_order_id=node.id,
        status=node.status,
        location_id=location.id if location else None,
        method=node.delivery_method.method_type if node.delivery_method else "",
        holds=tuple(hold.reason_notes or hold.display_reason or hold.reason for hold in node.fulfillment_holds),
        lines=tuple(
            FulfillmentOrderLine(
                fulfillment_order_line_id=each.id,
                line_id=each.line_item.id,
                total=each.total_quantity,
                remaining=each.remaining_quantity,
            )
            for each in node.line_items.nodes
        ),
        destination=destination(node.destination, shipping),
        request_status=node.request_status,
        updated_at=node.updated_at,
    )


def fulfillment(node: g.FulfillmentPart) -> ChannelFulfillment:
    """A record of a shipment, made by us or by anybody."""
    return ChannelFulfillment(
        fulfillment_id=node.id,
        status=node.status,
        location_id=node.location.id if node.location else None,
        tracking=tracking(node.tracking_info),
        lines=tuple(Units(each.line_item.id, each.quantity or 0) for each in node.fulfillment_line_items.nodes),
        created_at=node.created_at,
        updated_at=node.updated_at,
    )


def tracking(rows: Iterable[g.FulfillmentPartTrackingInfo]) -> Tracking:
    """Shopify's rows, each with one number, as one parcel's tracking."""
    listed = list(rows)
    return Tracking(
        carrier=next((row.company for row in listed if row.company), ""),
        numbers=tuple(row.number for row in listed if row.number),
        urls=tuple(row.url for row in listed if row.url),
    )


def money(price: g.Price | None) -> Money | None:
    """The amount in the shop's own currency."""
    return Money(price.shop_money.amount, price.shop_money.currency_code) if price else None


def mailing_address(node: g.MailingAddressPart | None, email: str) -> Address | None:
    """The order's shipping address; None for orders that are picked up or have nothing to ship."""
    if node is None:
        return None
    return Address(
        name=node.name or "",
        company=node.company or "",
        address1=node.address1 or "",
        address2=node.address2 or "",
        city=node.city or "",
        province_code=node.province_code or "",
        postcode=node.zip or "",
        country_code=node.country_code_v2 or "",
        phone=node.phone or "",
        email=email,
        latitude=node.latitude,
        longitude=node.longitude,
    )


def destination(node: g.DestinationPart | None, shipping: Address | None) -> Address | None:
    """Where a fulfillment order goes. Shopify names its province in words only; the code and the position are taken from the
    order's address where that is the same place."""
    if node is None:
        return None
    found = (node.address1 or "", node.zip or "", node.city or "", node.country_code or "")
    same = shipping and found == (shipping.address1, shipping.postcode, shipping.city, shipping.country_code)
    return Address(
        name=" ".join(part for part in (node.first_name, node.last_name) if part),
        company=node.company or "",
        address1=node.address1 or "",
        address2=node.address2 or "",
        city=node.city or "",
        province_code=shipping.province_code if shipping and same else node.province or "",
        postcode=node.zip or "",
        country_code=node.country_code or "",
        phone=node.phone or "",
        email=node.email or (shipping.email if shipping else ""),
        latitude=shipping.latitude if shipping and same else None,
        longitude=shipping.longitude if shipping and same else None,
    )
