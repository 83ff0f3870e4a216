"""A warehouse management system that keeps the contract docs/reference/wms-contract.yaml, with its silences and its moods.

Room: testing.
In: HTTP or in-process calls of the contract; what people do in a warehouse, through Python or /_twin/…; a seed and a clock.
Out: answers, lost answers, signed events in any order, and a ledger of what really happened.
Never: imports anything else of Stockbridge.
"""

from stockbridge.testing.twins.wms.answers import Answer
from stockbridge.testing.twins.wms.config import Pace, WallClock, Warehouse, WmsConfig, Zone
from stockbridge.testing.twins.wms.faults import Fault
from stockbridge.testing.twins.wms.model.core import TwinError
from stockbridge.testing.twins.wms.model.twin import WmsTwin
from stockbridge.testing.twins.wms.service import WmsService

__all__ = [
    "Answer",
    "Fault",
    "Pace",
    "TwinError",
    "WallClock",
    "Warehouse",
    "WmsConfig",
    "WmsService",
    "WmsTwin",
    "Zone",
]
