"""What a query costs, and the leaky bucket that it is paid from.

Source: fact sheet C.4: the formula reproduces 94 % of 1,955 recorded queries exactly; C.1: bucket sizes per plan.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphql import GraphQLObjectType, get_named_type

from stockbridge.testing.twins.shopify.api.plan import FieldPlan, Selection

MAX_SINGLE_COST = 1_000
MUTATION_COST = 10
FREE = frozenset({"MoneyBag", "MoneyV2", "PageInfo", "LocationAddress"})
COUNT_ROOTS = frozenset({"ordersCount"})


def weight(size: int) -> int:
    """How much a page of that many rows weighs: sub-linear, so big pages are cheap."""
    return max(1, math.floor(2 * math.log(size))) if size > 1 else 1


def requested(selection: Selection, root: str, given: dict[str, Any]) -> int:
    """The cost charged before the query runs."""
    return sum(_root(plan, root, given) for plan in selection.fields(root))


def _root(plan: FieldPlan, root: str, given: dict[str, Any]) -> int:
    if root == "Mutation":
        return MUTATION_COST + sum(_payload(one, given) for one in _fields(plan))
    return 10 if plan.name in COUNT_ROOTS else _field(plan, given)


def _payload(plan: FieldPlan, given: dict[str, Any]) -> int:
    if plan.leaf or plan.type_name.endswith("Error"):
        return 0
    if plan.wrapping or plan.type_name.endswith("Connection"):
        return _field(plan, given)
    return _children(plan, given)


def _field(plan: FieldPlan, given: dict[str, Any]) -> int:
    if plan.leaf or plan.type_name in FREE or plan.type_name.endswith("Error"):
        return 0
    if plan.type_name.endswith("Connection"):
        return _connection(plan, given)
    own = 2 if (plan.parent, plan.name) == ("Location", "fulfillmentService") else 1
    free = (plan.parent, plan.name) == ("Customer", "defaultAddress")
    return (0 if free else own) + _children(plan, given)


def _connection(plan: FieldPlan, given: dict[str, Any]) -> int:
    args = plan.args(given)
    size = args.get("first") or args.get("last") or 1
    inner = 0
    for one in _fields(plan):
        if one.name == "nodes":
            inner = max(inner, _children(one, given))
        elif one.name == "edges":
            inner = max(inner, sum(_children(x, given) for x in _fields(one) if x.name == "node"))
    return 2 + weight(size) * (1 + inner)


def _fields(plan: FieldPlan) -> list[FieldPlan]:
    if plan.sub is None:
        return []
    return plan.sub.fields(plan.type_name)


def _children(plan: FieldPlan, given: dict[str, Any]) -> int:
    """The cost of what is asked below; of an abstract type the dearest branch counts."""
    if plan.sub is None:
        return 0
    kind: Any = plan.sub.planner.schema.type_map[plan.type_name]
    if isinstance(get_named_type(kind), GraphQLObjectType):
        return sum(_field(one, given) for one in plan.sub.fields(plan.type_name))
    branches = [one.name for one in plan.sub.planner.schema.get_possible_types(kind)]
    return max(sum(_field(one, given) for one in plan.sub.fields(name)) for name in branches)


def actual(selection: Selection, root: str, data: dict[str, Any], given: dict[str, Any]) -> int:
    """The cost after the fact: pages weigh what came back. Never above the requested cost."""
    total = 0
    for plan in selection.fields(root):
        charge, answer = _root(plan, root, given), data.get(plan.key)
        if root != "Mutation" and plan.type_name.endswith("Connection") and isinstance(answer, dict):
            rows = answer.get("nodes", answer.get("edges"))
            args = plan.args(given)
            size = args.get("first") or args.get("last") or 1
            if rows is not None and len(rows) < size:
                each = (charge - 2) // weight(size)
                charge = 2 + (weight(len(rows)) * each if rows else 0)
        elif root != "Mutation" and answer is None:
            charge = min(charge, 1)
        total += charge
    return total


@dataclass
class Bucket:
    """Points that refill at a steady rate, per app and shop."""

    size: int
    rate: int
    level: float = field(default=-1.0)
    at: datetime | None = None

    def refill(self, now: datetime) -> None:
        if self.at is None or self.level < 0:
            self.level = float(self.size)
        elif now > self.at:
            self.level = min(float(self.size), self.level + (now - self.at).total_seconds() * self.rate)
        self.at = now

    def take(self, points: int) -> bool:
        """Takes the points if they are there."""
        if self.level < points:
            return False
        self.level -= points
        return True

    def give_back(self, points: int) -> None:
        self.level = min(float(self.size), self.level + points)

    def status(self) -> dict[str, Any]:
        """As ``throttleStatus`` shows it."""
        return {
            "maximumAvailable": self.size,
            "currentlyAvailable": max(0, math.floor(self.level)),
            "restoreRate": self.rate,
        }
