"""All resolvers in one table: type, field, function."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLSchema

from stockbridge.testing.twins.shopify.api.errors import access_denied
from stockbridge.testing.twins.shopify.api.fields import catalogue, fulfillment, orders, stock
from stockbridge.testing.twins.shopify.api.listing import CONNECTION
from stockbridge.testing.twins.shopify.api.mutations import (
    bulk,
    fulfillment_orders,
    fulfillments,
    inventory,
    requests,
    webhooks,
)
from stockbridge.testing.twins.shopify.api.mutations import catalogue as catalogue_mutations
from stockbridge.testing.twins.shopify.api.mutations import orders as order_mutations
from stockbridge.testing.twins.shopify.api.plan import Resolver
from stockbridge.testing.twins.shopify.api.roots import QUERY
from stockbridge.testing.twins.shopify.api.scopes import ROOT_SCOPES, allowed

Table = dict[str, Mapping[str, Resolver]]


def table(schema: GraphQLSchema) -> Table:
    """The resolvers for one schema; connections all read the same way."""
    out: Table = {name: CONNECTION for name in schema.type_map if name.endswith("Connection")}
    for part in (catalogue, fulfillment, orders, stock):
        out.update(part.FIELDS)
    out["QueryRoot"] = {name: _guarded(name, one) for name, one in QUERY.items()}
    mutations: dict[str, Any] = {}
    for module in (inventory, catalogue_mutations, fulfillments, fulfillment_orders, requests, order_mutations, webhooks, bulk):
        mutations.update(module.MUTATIONS)
    out["Mutation"] = mutations
    return out


def _guarded(name: str, resolver: Resolver) -> Resolver:
    """The resolver behind its scope; without the scope the field is an error, the rest of the answer stands."""
    wanted = ROOT_SCOPES.get(name, ())
    if not wanted:
        return resolver

    def resolve(source: Any, args: dict[str, Any], context: Any) -> Any:
        if not allowed(context.scopes, wanted):
            raise access_denied(name, wanted)
        return resolver(source, args, context)

    return resolve
