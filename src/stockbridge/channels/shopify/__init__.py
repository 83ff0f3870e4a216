"""The Shopify door: one store's orders, fulfillments, catalogue and levels, through the GraphQL Admin API 2026-07 and 2026-10.

Room: DOOR.
In: webhooks with Shopify's signature, answers to our calls; effects, levels to write.
Out: arrivals and events in our words; calls, each with a deadline and within the store's rate limit.
Never: a decision, the database, another door; a belief in what a webhook says beyond "look at this".
"""

from __future__ import annotations

from stockbridge.channels.shopify.check import check
from stockbridge.channels.shopify.client import Shopify
from stockbridge.channels.shopify.inbound import ShopifyInbound
from stockbridge.channels.shopify.levels import ShopifyLevels
from stockbridge.channels.shopify.outbound import ShopifyOutbound
from stockbridge.channels.shopify.polls import ShopifyPolls
from stockbridge.channels.shopify.settings import SECRETS, Settings
from stockbridge.ports import Door, OpenDoor, Opening


def open_door(opening: Opening) -> OpenDoor:
    """One store, ready for use; no call is made. Raises :class:`~stockbridge.channels.shopify.settings.SettingsInvalid`."""
    settings = Settings.read(opening.settings, opening.secrets)
    shopify = Shopify(opening, settings)
    secrets = (opening.secrets.get("client_secret", ""), opening.secrets.get("client_secret_previous", ""))
    return OpenDoor(
        account=opening.account,
        connection=opening.connection,
        kind=DOOR.kind,
        inbound=ShopifyInbound(
            account=opening.account,
            connection=opening.connection,
            domain=settings.domain,
            secrets=tuple(secret for secret in secrets if secret),
        ),
        outbound=ShopifyOutbound(shopify),
        polls=ShopifyPolls(shopify, account=opening.account, connection=opening.connection),
        levels=ShopifyLevels(shopify),
        check=lambda: check(shopify),
    )


DOOR = Door(
    kind="shopify",
    title="Shopify",
    settings=Settings,
    secrets=SECRETS,
    open=open_door,
    quality="sketch",
    docs="src/stockbridge/channels/shopify/README.md",
)
