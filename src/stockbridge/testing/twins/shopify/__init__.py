"""The Shopify twin: a store in a box, for tests, rehearsal, the demo and the simulation.

Room: testing/twins. ``records`` are what a shop consists of, ``model`` the rules, ``api`` the Admin API (GraphQL),
``webhooks`` the post, ``control`` what people do, ``twin`` all of it together, ``server`` the same over HTTP.
In: requests as Shopify takes them; control calls; a seed and a clock.
Out: Shopify's answers, signed webhooks, and a ledger of everything that happened.
Never: imports the door it tests, or anything else of Stockbridge.
"""

from stockbridge.testing.twins.shopify.clock import DAWN, VirtualClock, WallClock
from stockbridge.testing.twins.shopify.seed import Plan
from stockbridge.testing.twins.shopify.twin import Request, Response, ShopifyTwin

__all__ = ["DAWN", "Plan", "Request", "Response", "ShopifyTwin", "VirtualClock", "WallClock"]
