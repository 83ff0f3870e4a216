"""The generator of typed shapes: what it writes for what it reads, and what it refuses."""

import importlib.util
import json
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphql
import msgspec
import pytest

TOOL = Path(__file__).parents[2] / "tools/graphql_to_msgspec.py"

SCHEMA = """
schema { query: Query mutation: Mutation }
directive @idempotent(key: String!) on FIELD
scalar DateTime
scalar Decimal
interface Node { id: ID! }
enum Mood { HAPPY SAD }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type MoneyV2 { amount: Decimal! }
type MoneyBag { shopMoney: MoneyV2! }
type Toy implements Node { id: ID! name: String old: String @deprecated(reason: "gone") }
type ToyConnection { nodes: [Toy!]! pageInfo: PageInfo! }
type Cat implements Node {
  id: ID! mood: Mood! born: DateTime price: MoneyBag! friend: Cat friends: [Cat!]! nickNames: [String!]
  toys(first: Int, after: String): ToyConnection!
}
type Dog implements Node { id: ID! }
type Query { node(id: ID!): Node nodes(ids: [ID!]!): [Node]! cat(id: ID!): Cat cats: [Cat!]! }
type UserError { message: String! field: [String!] }
input FeedInput { catId: ID! grams: Int changeFromQuantity: Int inner: InnerInput moods: [Mood!] old: String @deprecated(reason: "x") }
input InnerInput { note: String }
type FeedPayload { cat: Cat userErrors: [UserError!]! }
type Mutation { feed(input: FeedInput!, note: String): FeedPayload }
"""


@pytest.fixture(scope="module")
def tool() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location("graphql_to_msgspec", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def generate(tool: types.ModuleType) -> Callable[[str], str]:
    return lambda text: tool.generate(graphql.build_schema(SCHEMA), graphql.parse(text))


@pytest.fixture
def load(generate: Callable[[str], str], request: pytest.FixtureRequest) -> Callable[[str], types.ModuleType]:
    def make(text: str) -> types.ModuleType:
        name = f"generated_{abs(hash(request.node.nodeid))}"
        module = types.ModuleType(name)
        sys.modules[name] = module
        request.addfinalizer(lambda: sys.modules.pop(name))
        exec(compile(generate(text), name, "exec"), module.__dict__)  # noqa: S102  our own text
        return module

    return make


def decode(operation: Any, data: Any) -> Any:
    return msgspec.json.decode(json.dumps(data).encode(), type=operation.result)


# --- what is read ----------------------------------------------------------------------------------------------------------


def test_names_become_ours_and_nullable_fields_may_be_absent(load: Any) -> None:
    m = load("query GetCat($id: ID!) { cat(id: $id) { id nickNames born friend { id } } }")
    cat = decode(m.GET_CAT, {"cat": {"id": "1", "nickNames": ["Tom"]}}).cat
    assert (cat.id, cat.nick_names, cat.born, cat.friend) == ("1", ["Tom"], None, None)
    assert decode(m.GET_CAT, {"cat": None}).cat is None


def test_a_field_that_can_never_be_null_must_be_there(load: Any) -> None:
    m = load("query GetCat($id: ID!) { cat(id: $id) { id } }")
    with pytest.raises(msgspec.ValidationError):
        decode(m.GET_CAT, {"cat": {}})


def test_a_value_that_an_enum_does_not_have_yet_is_read(load: Any) -> None:
    m = load("query GetCat($id: ID!) { cat(id: $id) { mood } }")
    assert decode(m.GET_CAT, {"cat": {"mood": "ENLIGHTENED"}}).cat.mood == "ENLIGHTENED"


def test_times_are_aware_and_money_is_decimal(load: Any) -> None:
    m = load("query GetCat($id: ID!) { cat(id: $id) { born price { shopMoney { amount } } } }")
    cat = decode(m.GET_CAT, {"cat": {"born": "2026-11-22T12:00:00Z", "price": {"shopMoney": {"amount": "0.10"}}}}).cat
    assert cat.born.tzinfo is not None
    assert str(cat.price.shop_money.amount) == "0.10"


def test_an_alias_names_the_field(load: Any) -> None:
    m = load("query GetCat($id: ID!) { cat(id: $id) { bestFriend: friend { id } } }")
    assert decode(m.GET_CAT, {"cat": {"bestFriend": {"id": "2"}}}).cat.best_friend.id == "2"


def test_a_fragment_is_one_class_wherever_it_is_used(load: Any) -> None:
    m = load(
        "query A($id: ID!) { cat(id: $id) { ...Whole } } query B { cats { ...Whole friend { ...Whole } } }"
        " fragment Whole on Cat { id mood }"
    )
    a, b = (
        decode(m.A, {"cat": {"id": "1", "mood": "SAD"}}),
        decode(m.B, {"cats": [{"id": "1", "mood": "SAD", "friend": {"id": "2", "mood": "x"}}]}),
    )
    assert type(a.cat) is m.Whole is type(b.cats[0].friend)
    assert "fragment Whole on Cat" in m.A.document
    assert "query B" not in m.A.document


def test_one_kind_of_node_is_read_as_that_kind(load: Any) -> None:
    m = load("query Some($ids: [ID!]!) { nodes(ids: $ids) { ... on Cat { id mood } } }")
    assert decode(m.SOME, {"nodes": [{"id": "1", "mood": "SAD"}, None]}).nodes[1] is None


def test_two_kinds_of_node_are_refused_rather_than_read_wrongly(tool: Any, generate: Any) -> None:
    with pytest.raises(tool.Broken):
        generate("query Some($ids: [ID!]!) { nodes(ids: $ids) { ... on Cat { id } ... on Dog { id } } }")


# --- what is sent ----------------------------------------------------------------------------------------------------------

FEED = "mutation Feed($input: FeedInput!, $note: String) { feed(input: $input, note: $note) { cat { id } userErrors { message } } }"


def sent(variables: Any) -> Any:
    return json.loads(msgspec.json.encode(variables))


def test_absent_and_null_are_different_things(load: Any) -> None:
    m = load(FEED)
    absent = sent(m.Feed(input=m.FeedInput(cat_id="1", change_from_quantity=5)))
    null = sent(m.Feed(input=m.FeedInput(cat_id="1", change_from_quantity=None, grams=None), note=None))
    assert absent == {"input": {"catId": "1", "changeFromQuantity": 5}}
    assert null == {"input": {"catId": "1", "changeFromQuantity": None, "grams": None}, "note": None}


def test_what_shopify_demands_without_saying_so_cannot_be_forgotten(load: Any) -> None:
    m = load(FEED)
    with pytest.raises(TypeError):
        m.FeedInput(cat_id="1")


def test_a_deprecated_argument_cannot_be_sent(load: Any) -> None:
    m = load(FEED)
    with pytest.raises(TypeError):
        m.FeedInput(cat_id="1", change_from_quantity=None, old="x")


def test_nested_inputs_are_typed(load: Any) -> None:
    m = load(FEED)
    asked = m.FeedInput(cat_id="1", change_from_quantity=None, inner=m.InnerInput(note="n"), moods=["SAD"])
    assert sent(asked)["inner"] == {"note": "n"}


def test_a_directive_stays_in_the_document(load: Any) -> None:
    m = load("mutation Feed($input: FeedInput!, $key: String!) { feed(input: $input) @idempotent(key: $key) { cat { id } } }")
    assert "@idempotent(key: $key)" in m.FEED.document
    assert m.FEED.mutation


# --- what it costs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("query Q { cats { id mood } }", 1),
        ("query Q { cats { friend { friend { id } } } }", 3),
        ("query Q { cats { price { shopMoney { amount } } } }", 1),
        ("query Q { cats { toys(first: 1) { nodes { id } } } }", 1 + 2 + 1),
        ("query Q { cats { toys(first: 250) { nodes { id } pageInfo { endCursor } } } }", 1 + 2 + 11),
        ("query Q { cats { friends { toys(first: 10) { nodes { id } } } } }", 2 + 2 + 4),
        ("query Q($ids: [ID!]!) { nodes(ids: $ids) { ... on Cat { friend { id } } } }", 2),
        ("mutation Q($i: FeedInput!) { feed(input: $i) { cat { id } userErrors { message } } }", 10),
        ("mutation Q($i: FeedInput!) { feed(input: $i) { cat { friend { id } } } }", 11),
        ("mutation Q($i: FeedInput!) { a: feed(input: $i) { cat { id } } b: feed(input: $i) { cat { id } } }", 20),
    ],
)
def test_the_cost_is_what_the_recorded_rules_give(load: Any, text: str, cost: int) -> None:
    assert load(text).Q.cost == cost


def test_a_page_without_a_literal_size_has_no_known_price(tool: Any, generate: Any) -> None:
    with pytest.raises(tool.Broken, match="literal size"):
        generate("query Q($n: Int) { cats { toys(first: $n) { nodes { id } } } }")


# --- what is refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("query Q { cats { colour } }", "Cannot query field 'colour'"),
        ("query Q { cats { toys(first: 1) { nodes { old } } } }", "deprecated"),
        ("query Q($unused: ID) { cats { id } }", "never used"),
        ("fragment Lost on Cat { id } query Q { cats { id } }", "never used"),
        ("mutation Q { feed(input: {grams: 1, changeFromQuantity: null}) { cat { id } } }", "catId"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_with_the_reason(tool: Any, generate: Any, text: str, says: str) -> None:
    with pytest.raises(tool.Broken, match=says):
        generate(text)


def test_the_command_writes_checks_and_reports(tool: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    schema, queries, out = tmp_path / "s.json", tmp_path / "q", tmp_path / "out.py"
    schema.write_text(json.dumps(graphql.introspection_from_schema(graphql.build_schema(SCHEMA), input_value_deprecation=True)))
    queries.mkdir()
    (queries / "a.graphql").write_text("query Q { cats { id } }")
    base = ["--schema", str(schema), "--queries", str(queries)]
    assert tool.main([*base, "--out", str(out)]) == 0
    assert tool.main([*base, "--check", str(out)]) == 0
    out.write_text(out.read_text() + "# touched by hand\n")
    assert tool.main([*base, "--check", str(out)]) == 1
    (queries / "a.graphql").write_text("query Q { cats { colour } }")
    assert tool.main([*base, "--out", str(out)]) == 1
    assert "colour" in capsys.readouterr().err
