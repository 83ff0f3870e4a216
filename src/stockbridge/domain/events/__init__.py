"""What has happened: the vocabulary that every door translates into. Past tense; ``occurred_at`` is their clock.

A door that cannot say one of these says :class:`Noted`: tolerated, kept, nothing follows from it.

Room: The words for what happened, by who says them: ``channel``, ``warehouse``, ``people``, and ``own`` (the house to itself).
In: The values of the domain.
Out: Everybody: doors make events, ``flow/step.py`` says who deals with each.
Never: A decision; what is to be done (that is ``domain/effects.py``).
"""

from __future__ import annotations

from stockbridge.domain.events.channel import (
    FulfillmentOrderMoved,
    FulfillmentRecorded,
    ItemSeen,
    ItemsSeen,
    LevelHinted,
    LocationSeen,
    LocationsSeen,
    OrderGone,
    OrderHinted,
    OrderSeen,
    RoutingCompleted,
)
from stockbridge.domain.events.own import (
    EffectRefused,
    EffectStuck,
    Noted,
)
from stockbridge.domain.events.people import (
    BatchAsked,
    BatchStopped,
    DismissAsked,
    ItemMapped,
    MappingChanged,
    PauseAsked,
    RetryAsked,
    RunApproved,
    RunDropped,
    SellingAsked,
    SourceMapped,
    SweepAsked,
)
from stockbridge.domain.events.warehouse import (
    CancellationAnswered,
    FigureReported,
    FiguresReported,
    OrderAccepted,
    OrderProgressed,
    OrderRefused,
    ShipmentConfirmed,
    StockAdjusted,
)

Event = (
    Noted
    | EffectRefused
    | EffectStuck
    | OrderHinted
    | OrderSeen
    | RoutingCompleted
    | OrderGone
    | LevelHinted
    | ItemsSeen
    | LocationsSeen
    | FulfillmentOrderMoved
    | FulfillmentRecorded
    | OrderAccepted
    | OrderRefused
    | OrderProgressed
    | ShipmentConfirmed
    | CancellationAnswered
    | StockAdjusted
    | FigureReported
    | FiguresReported
    | ItemMapped
    | SellingAsked
    | RetryAsked
    | DismissAsked
    | SourceMapped
    | MappingChanged
    | PauseAsked
    | SweepAsked
    | RunApproved
    | RunDropped
    | BatchAsked
    | BatchStopped
)

__all__ = [
    "BatchAsked",
    "BatchStopped",
    "CancellationAnswered",
    "DismissAsked",
    "EffectRefused",
    "EffectStuck",
    "Event",
    "FigureReported",
    "FiguresReported",
    "FulfillmentOrderMoved",
    "FulfillmentRecorded",
    "ItemMapped",
    "ItemSeen",
    "ItemsSeen",
    "LevelHinted",
    "LocationSeen",
    "LocationsSeen",
    "MappingChanged",
    "Noted",
    "OrderAccepted",
    "OrderGone",
    "OrderHinted",
    "OrderProgressed",
    "OrderRefused",
    "OrderSeen",
    "PauseAsked",
    "RetryAsked",
    "RoutingCompleted",
    "RunApproved",
    "RunDropped",
    "SellingAsked",
    "ShipmentConfirmed",
    "SourceMapped",
    "StockAdjusted",
    "SweepAsked",
]
