"""The generic WMS: any warehouse system that keeps the contract docs/reference/wms-contract.yaml.

Room: DOOR.
In: events signed by Standard Webhooks, answers and polls of the contract; effects in our words.
Out: arrivals and events in our words; calls of the contract.
Never: a decision, the database, another door.
"""

from __future__ import annotations

from stockbridge.ports import Door, OpenDoor, Opening
from stockbridge.warehouses.wms.check import check
from stockbridge.warehouses.wms.client import Client
from stockbridge.warehouses.wms.inbound import WmsInbound
from stockbridge.warehouses.wms.outbound import WmsOutbound
from stockbridge.warehouses.wms.polls import WmsPolls
from stockbridge.warehouses.wms.settings import SECRETS, Settings

__all__ = ["DOOR", "Settings"]


def _open(opening: Opening) -> OpenDoor:
    settings = Settings.read(opening.settings, opening.secrets)
    client = Client(
        settings=settings,
        api_key=opening.secrets.get("api_key", ""),
        http=opening.http,
        budget=opening.budget,
        clock=opening.clock,
    )
    signing = tuple(
        secret for name in ("signing_secret", "signing_secret_previous") if (secret := opening.secrets.get(name, ""))
    )
    return OpenDoor(
        account=opening.account,
        connection=opening.connection,
        kind="wms",
        inbound=WmsInbound(account=opening.account, connection=opening.connection, signing_secrets=signing),
        outbound=WmsOutbound(settings, client),
        polls=WmsPolls(opening.account, opening.connection, settings, client, opening.clock),
        check=lambda: check(settings, client, opening.clock, signing),
    )


DOOR = Door(
    kind="wms",
    title="Warehouse management system (HTTP contract)",
    settings=Settings,
    secrets=SECRETS,
    open=_open,
    quality="sketch",
    docs="docs/reference/wms-contract.yaml",
)
