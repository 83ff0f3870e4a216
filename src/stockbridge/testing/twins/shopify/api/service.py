"""The Admin API's front desk: one request in, one answer out, with every gate in Shopify's order."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from graphql.language import OperationDefinitionNode

from stockbridge.testing.twins.shopify.api import cost
from stockbridge.testing.twins.shopify.api.bulk_run import BulkPlanner, flatten
from stockbridge.testing.twins.shopify.api.coerce import variables
from stockbridge.testing.twins.shopify.api.errors import DOCUMENTATION, ApiError, Rejected, access_denied
from stockbridge.testing.twins.shopify.api.execute import Context, complete, deeper, run
from stockbridge.testing.twins.shopify.api.idempotency import PLAIN_ERRORS, Keys
from stockbridge.testing.twins.shopify.api.plan import FieldPlan, Planner, Selection
from stockbridge.testing.twins.shopify.api.resolvers import Table, table
from stockbridge.testing.twins.shopify.api.schema import schema
from stockbridge.testing.twins.shopify.api.scopes import ROOT_SCOPES, allowed
from stockbridge.testing.twins.shopify.api.validate import checked
from stockbridge.testing.twins.shopify.model.bulk import Bulk
from stockbridge.testing.twins.shopify.model.world import World, problem
from stockbridge.testing.twins.shopify.webhooks.emitter import Emitter

MAX_ARRAY = 250
INTERNAL = "Internal error. Looks like something went wrong on our end. Request ID: {} (include this in support requests)."
LONG_ARRAYS = {"fulfillmentOrderLineItems": 512}


@dataclass
class Prepared:
    """A document that has been parsed, validated and planned; kept, because clients repeat themselves."""

    operations: dict[str | None, OperationDefinitionNode]
    selections: dict[str | None, Selection]


@dataclass
class AdminApi:
    """GraphQL for one shop and one app."""

    world: World
    emitter: Emitter
    bulk: Bulk
    keys: Keys = field(default_factory=Keys)
    bucket: cost.Bucket | None = None
    force_throttle: int = 0
    break_attempts: int = 0
    _prepared: dict[tuple[str, str], Prepared] = field(default_factory=dict)
    _tables: dict[str, Table] = field(default_factory=dict)

    def answer(self, body: Any, version: str, scopes: frozenset[str]) -> dict[str, Any]:
        """The JSON answer to one request body ``{query, variables, operationName}``."""
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return {"errors": {"query": "Required parameter missing or invalid"}}
        try:
            prepared = self.prepare(body["query"], version)
            name, operation = _operation(prepared, body.get("operationName"))
            given = variables(schema(version), operation, body.get("variables") or {})
            _check_arrays(prepared.selections[name], _root(operation), given)
        except Rejected as rejected:
            return {"errors": rejected.errors}
        context = Context(self.world, self.world.app, scopes, version, self.emitter, given)
        context.bulk, context.desk = self.bulk, self
        return self._charged(prepared.selections[name], _root(operation), context)

    def prepare(self, text: str, version: str) -> Prepared:
        """Parses, validates and plans a document, once per text. Raises Rejected."""
        found = self._prepared.get((version, text))
        if found is None:
            document = checked(schema(version), text)
            if version not in self._tables:
                self._tables[version] = table(schema(version))
            planner = Planner(schema(version), document, self._tables[version])
            rows = [x for x in document.definitions if isinstance(x, OperationDefinitionNode)]
            named = {x.name.value if x.name else None: x for x in rows}
            found = Prepared(named, {name: planner.root(x) for name, x in named.items()})
            if len(self._prepared) > 500:
                self._prepared.clear()
            self._prepared[(version, text)] = found
        return found

    def _charged(self, selection: Selection, root: str, context: Context) -> dict[str, Any]:
        try:
            price = cost.requested(selection, root, context.variables)
        except ApiError as error:
            return {"errors": [error.as_dict()]}
        bucket = self._bucket()
        if price > cost.MAX_SINGLE_COST:
            text = (
                f"Query cost is {price}, which exceeds the single query max cost limit ({cost.MAX_SINGLE_COST}). "
                f"See {DOCUMENTATION} for more information on how the cost of a query is calculated."
            )
            extensions = {"code": "MAX_COST_EXCEEDED", "cost": price, "maxCost": cost.MAX_SINGLE_COST}
            return {"errors": [{"message": text, "extensions": {**extensions, "documentation": DOCUMENTATION}}]}
        if self.force_throttle or (self.world.knobs.throttling and not bucket.take(price)):
            self.force_throttle = max(0, self.force_throttle - 1)
            self.world.log("throttled", requested=price, available=int(bucket.level))
            throttled = {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": DOCUMENTATION}}
            return {"errors": [throttled], "extensions": {"cost": _cost(price, None, bucket)}}
        out = self._run(selection, root, context)
        spent = min(price, cost.actual(selection, root, out.get("data") or {}, context.variables))
        if self.world.knobs.throttling:
            bucket.give_back(price - spent)
        out["extensions"] = {"cost": _cost(price, spent, bucket)}
        if context.searches:
            out["extensions"]["search"] = context.searches
        return out

    def bulk_query(self, text: str, grouped: bool, asked: Context) -> tuple[list[str], int]:
        """Runs a bulk query now: its lines, and how many of them are roots."""
        document = checked(schema(asked.version), text)
        operation = next(x for x in document.definitions if isinstance(x, OperationDefinitionNode))
        planner = BulkPlanner(schema(asked.version), document, self._tables[asked.version])
        context = replace(asked, variables={}, errors=[], searches=[])
        return flatten(run(planner.root(operation), "QueryRoot", None, context), grouped=grouped)

    def bulk_mutation_refusal(self, text: str, asked: Context) -> str | None:
        """Why this document cannot be run in bulk, or None."""
        try:
            prepared = self.prepare(text, asked.version)
        except Rejected as rejected:
            return str(rejected.errors[0]["message"])
        selection = next(iter(prepared.selections.values()))
        if len(prepared.operations) != 1 or _root(next(iter(prepared.operations.values()))) != "Mutation":
            return "Only one mutation operation is allowed."
        names = [plan.name for plan in selection.fields("Mutation")]
        return "Bulk operations can't be run in bulk." if any(x.startswith("bulkOperation") for x in names) else None

    def bulk_mutation(self, text: str, lines: list[str], asked: Context) -> tuple[list[str], int]:
        """Runs one mutation per line of variables, outside the cost bucket."""
        prepared = self.prepare(text, asked.version)
        name, operation = next(iter(prepared.operations.items()))
        out: list[str] = []
        for number, line in enumerate(lines):
            try:
                given = variables(schema(asked.version), operation, json.loads(line))
                context = replace(asked, variables=given, errors=[], searches=[])
                answer = self._run(prepared.selections[name], "Mutation", context)
            except Rejected as rejected:
                answer = {"errors": rejected.errors}
            except ValueError:
                answer = {"errors": [{"message": "The line is not valid JSON."}]}
            out.append(json.dumps({**answer, "__lineNumber": number}, separators=(",", ":")))
        return out, len(out)

    def _bucket(self) -> cost.Bucket:
        knobs = self.world.knobs
        if self.bucket is None or (self.bucket.size, self.bucket.rate) != (knobs.bucket_size, knobs.restore_rate):
            self.bucket = cost.Bucket(knobs.bucket_size, knobs.restore_rate)
        self.bucket.refill(self.world.now())
        return self.bucket

    def _run(self, selection: Selection, root: str, context: Context) -> dict[str, Any]:
        out: dict[str, Any] = {}
        data: dict[str, Any] | None
        try:
            data = self._mutations(selection, context) if root == "Mutation" else self._queries(selection, context)
        except ApiError as error:
            context.errors.append(error)
            data = None
        out["data"] = data
        if context.errors:
            out["errors"] = [one.as_dict() for one in context.errors]
        return out

    def _queries(self, selection: Selection, context: Context) -> dict[str, Any]:
        found = run(selection, "QueryRoot", None, context)
        for one in context.searches:
            one["path"] = one["path"] or [plan.key for plan in selection.fields("QueryRoot")][:1]
        return found

    def _mutations(self, selection: Selection, context: Context) -> dict[str, Any]:
        """Mutations of one document run one after the other; one that fails does not undo another."""
        data: dict[str, Any] = {}
        for plan in selection.fields("Mutation"):
            if plan.conditions and not plan.wanted(context.variables):
                continue
            before = len(context.errors)
            try:
                payload = self._mutate(plan, context) if plan.name != "__typename" else "Mutation"
                data[plan.key] = payload if isinstance(payload, str) else complete(plan, payload, (), context)
            except ApiError as error:
                error.path.insert(0, plan.key)
                context.errors.append(error)
                data[plan.key] = None
            else:
                deeper(context.errors[before:], plan.key)
        return data

    def _mutate(self, plan: FieldPlan, context: Context) -> dict[str, Any]:
        wanted = ROOT_SCOPES.get(plan.name, ())
        if not allowed(context.scopes, wanted):
            raise access_denied(plan.name, wanted)
        key = self.keys.key_of(plan, context.variables)
        args = plan.args(context.variables)
        if key is None:
            return self._perform(plan, args, context)
        verdict, found = self.keys.seen(self.world, plan.name, key, args)
        if verdict == "replay":
            self.world.log("mutation_replayed", name=plan.name, key=key)
            return dict(found)
        if verdict == "error":
            code, text = found
            return {"userErrors": [problem(None, text, None if plan.name in PLAIN_ERRORS else code)]}
        if self.break_attempts:
            self.break_attempts -= 1
            self.keys.fail(plan.name, key)
            raise ApiError(INTERNAL.format(self.world.uuid()), "INTERNAL_SERVER_ERROR")
        try:
            payload = self._perform(plan, args, context)
        except ApiError:
            self.keys.forget(plan.name, key)
            raise
        self.keys.finish(self.world, plan.name, key, payload)
        return payload

    def _perform(self, plan: FieldPlan, args: dict[str, Any], context: Context) -> dict[str, Any]:
        self.world.new_event()
        payload: dict[str, Any] = plan.resolver(None, args, context)
        errors = payload.get("userErrors") or []
        self.world.log("mutation", name=plan.name, app=context.app.title, errors=[one["message"] for one in errors])
        return payload


def _operation(prepared: Prepared, wanted: str | None) -> tuple[str | None, OperationDefinitionNode]:
    if wanted:
        if wanted not in prepared.operations:
            raise Rejected([{"message": f'No operation named "{wanted}"'}])
        return wanted, prepared.operations[wanted]
    if len(prepared.operations) != 1:
        raise Rejected([{"message": "An operation name is required"}])
    return next(iter(prepared.operations.items()))


def _root(operation: OperationDefinitionNode) -> str:
    return "Mutation" if operation.operation.value == "mutation" else "QueryRoot"


def _cost(price: int, spent: int | None, bucket: cost.Bucket) -> dict[str, Any]:
    return {"requestedQueryCost": price, "actualQueryCost": spent, "throttleStatus": bucket.status()}


def _check_arrays(selection: Selection, root: str, given: dict[str, Any]) -> None:
    """Input arrays hold at most 250 entries. Raises Rejected with MAX_INPUT_SIZE_EXCEEDED and the argument's path."""
    for plan in selection.fields(root):
        _check_size(plan.args(given), (plan.key,))


def _check_size(value: Any, path: tuple[str, ...]) -> None:
    if isinstance(value, dict):
        for name, one in value.items():
            _check_size(one, (*path, name))
    elif isinstance(value, list):
        limit = LONG_ARRAYS.get(path[-1], MAX_ARRAY)
        if len(value) > limit:
            text = f"The input array size of {len(value)} is greater than the maximum allowed of {limit}."
            raise Rejected([{"message": text, "path": list(path), "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}])
        for one in value:
            if isinstance(one, dict):
                _check_size(one, path)


def parse_body(raw: bytes) -> Any:
    """The JSON of a request body, or None."""
    try:
        return json.loads(raw)
    except ValueError:
        return None
