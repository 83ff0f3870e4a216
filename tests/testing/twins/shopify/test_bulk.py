"""Bulk operations: queued, run later, their result a JSONL file (fact sheet H)."""

import json
from typing import Any

import pytest

from stockbridge.testing.twins.shopify import Request

RUN = """mutation B($q: String!, $g: Boolean!) { bulkOperationRunQuery(query: $q, groupObjects: $g) {
  bulkOperation { id status } userErrors { code field message } } }"""
READ = "query R($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount rootObjectCount fileSize url type completedAt } }"
LEVELS = """{ inventoryItems { edges { node { id sku inventoryLevels { edges { node { id isActive location { id }
  quantities(names: ["available", "on_hand"]) { name quantity } } } } } } } }"""
RUN_MUTATION = """mutation M($m: String!, $path: String!) { bulkOperationRunMutation(mutation: $m, stagedUploadPath: $path) {
  bulkOperation { id } userErrors { code message } } }"""
STAGE = """mutation { stagedUploadsCreate(input: [{resource: BULK_MUTATION_VARIABLES, filename: "v.jsonl", mimeType: "text/jsonl", httpMethod: POST}]) {
  stagedTargets { url parameters { name value } } userErrors { message } } }"""


def run(shop: Any, query: str = LEVELS, grouped: bool = False) -> Any:
    return shop.data(RUN, q=query, g=grouped)["bulkOperationRunQuery"]


def fetch(shop: Any, url: str) -> bytes:
    """The result file, as a client without any Shopify header would fetch it."""
    answer = shop.twin.handle(Request("GET", "/" + url.split("/", 3)[3]))
    assert answer.status == 200
    return bytes(answer.body)


def rows(shop: Any, made: Any) -> list[Any]:
    shop.twin.advance(2)
    found = shop.data(READ, id=made["bulkOperation"]["id"])["bulkOperation"]
    return [json.loads(line) for line in fetch(shop, found["url"]).splitlines()]


def test_a_bulk_query_runs_later_and_leaves_a_file(shop: Any) -> None:
    made = run(shop)
    assert made["userErrors"] == []
    assert made["bulkOperation"]["status"] == "CREATED"
    found = shop.data(READ, id=made["bulkOperation"]["id"])["bulkOperation"]
    assert (found["url"], found["completedAt"]) == (None, None)
    shop.twin.advance(2)
    found = shop.data(READ, id=made["bulkOperation"]["id"])["bulkOperation"]
    items = len(shop.twin.world.items)
    assert (found["status"], found["type"]) == ("COMPLETED", "QUERY")
    assert (found["objectCount"], found["rootObjectCount"]) == (str(items * 4), str(items))
    assert int(found["fileSize"]) == len(fetch(shop, found["url"]))


def test_children_point_to_their_parents_and_need_not_follow_them(shop: Any) -> None:
    lines = rows(shop, run(shop))
    parents = {one["id"] for one in lines if "__parentId" not in one}
    children = [one for one in lines if "__parentId" in one]
    assert {one["__parentId"] for one in children} == parents
    first_child = next(index for index, one in enumerate(lines) if "__parentId" in one)
    assert first_child == len(parents)
    assert all(set(one) == {"id", "isActive", "location", "quantities", "__parentId"} for one in children)


def test_grouped_children_follow_their_parents(shop: Any) -> None:
    lines = rows(shop, run(shop, grouped=True))
    current = None
    for one in lines:
        if "__parentId" in one:
            assert one["__parentId"] == current
        else:
            current = one["id"]


def test_page_sizes_are_ignored(shop: Any) -> None:
    lines = rows(shop, run(shop, "{ inventoryItems(first: 1) { edges { node { id } } } }"))
    assert len(lines) == len(shop.twin.world.items)


def test_a_search_narrows_it(shop: Any) -> None:
    lines = rows(shop, run(shop, '{ inventoryItems(query: "sku:PAN24") { edges { node { sku } } } }'))
    assert lines == [{"sku": "PAN24"}]


def test_connections_of_one_object_are_its_rows(shop: Any) -> None:
    place = shop.location("Hamburg Port")
    query = f'{{ location(id: "{place}") {{ inventoryLevels {{ edges {{ node {{ id }} }} }} }} }}'
    assert len(rows(shop, run(shop, query))) == len(shop.twin.world.items)


def test_three_levels_deep(shop: Any) -> None:
    shop.place({"MUG-WHITE": 2, "PAN24": 1})
    query = "{ orders { edges { node { id fulfillmentOrders { edges { node { id lineItems { edges { node { id remainingQuantity } } } } } } } } } }"
    lines = rows(shop, run(shop, query))
    assert len(lines) == 4
    parents = {one["id"]: one for one in lines}
    assert sorted(parents[one["__parentId"]]["id"].split("/")[3] for one in lines if "__parentId" in one) == [
        "FulfillmentOrder"
    ] * 2 + ["Order"]


def test_an_empty_result_has_no_file(shop: Any) -> None:
    made = run(shop, '{ orders(query: "status:open") { edges { node { id } } } }')
    shop.twin.advance(2)
    found = shop.data(READ, id=made["bulkOperation"]["id"])["bulkOperation"]
    assert (found["status"], found["objectCount"], found["url"]) == ("COMPLETED", "0", None)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("{ orders { nodes { id } } }", "Selecting via 'nodes' is not supported"),
        ('{ node(id: "gid://shopify/Order/1") { id } orders { edges { node { id } } } }', "top level `node`"),
        (
            "{ orders { edges { node { name lineItems { edges { node { id } } } } } } }",
            "must select the 'id' field without an alias",
        ),
        (
            "{ orders { edges { node { key: id lineItems { edges { node { id } } } } } } }",
            "must select the 'id' field without an alias",
        ),
        ("{ orders { edges { node { id } } }", "Invalid bulk query"),
        ("{ orders { edges { node { nonsense } } } }", "Field 'nonsense' doesn't exist on type 'Order'"),
        (
            " ".join(["query {", *[f"o{n}: orders {{ edges {{ node {{ id }} }} }}" for n in range(6)], "}"]),
            "more than 5 connections",
        ),
        ('mutation { tagsAdd(id: "x", tags: []) { userErrors { message } } }', "exactly one query"),
        ("{ orders { edges { node { id } } } }" + " " * 70_000, "too long"),
        (
            "{ products { edges { node { id variants { edges { node { id inventoryItem { inventoryLevels { edges { node { id item { variants { edges { node { id } } } } } } } } } } } } } } }",
            "nesting depth",
        ),
    ],
)
def test_what_a_bulk_query_may_not_be(shop: Any, query: str, words: str) -> None:
    payload = run(shop, query)
    assert payload["bulkOperation"] is None
    assert payload["userErrors"][0]["code"] == "INVALID"
    assert words in payload["userErrors"][0]["message"]


def test_five_may_run_at_once(shop: Any) -> None:
    made = [run(shop) for _ in range(5)]
    refused = run(shop)
    assert shop.codes(refused) == ["OPERATION_IN_PROGRESS"]
    assert made[0]["bulkOperation"]["id"] in refused["userErrors"][0]["message"]
    shop.twin.advance(2)
    assert run(shop)["userErrors"] == []


def test_bulk_operations_are_listed_and_searched(shop: Any) -> None:
    run(shop)
    shop.twin.advance(2)
    run(shop)
    text = "query L($q: String) { bulkOperations(first: 10, query: $q) { nodes { status } } }"
    assert len(shop.data(text)["bulkOperations"]["nodes"]) == 2
    assert shop.data(text, q="status:completed operation_type:query")["bulkOperations"]["nodes"] == [{"status": "COMPLETED"}]


def test_a_running_one_can_be_cancelled_and_a_finished_one_not(shop: Any) -> None:
    text = "mutation C($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    made = run(shop)["bulkOperation"]["id"]
    assert shop.data(text, id=made)["bulkOperationCancel"]["bulkOperation"]["status"] == "CANCELING"
    shop.twin.advance(2)
    assert shop.data(READ, id=made)["bulkOperation"]["status"] == "CANCELED"
    done = run(shop)["bulkOperation"]["id"]
    shop.twin.advance(2)
    refused = shop.data(text, id=done)["bulkOperationCancel"]["userErrors"][0]["message"]
    assert refused == "A bulk operation cannot be canceled when it is completed"
    assert shop.data(text, id="gid://shopify/BulkOperation/5")["bulkOperationCancel"]["userErrors"]


def test_a_failed_one_has_a_code_and_no_file(shop: Any) -> None:
    shop.twin.bulk.fail_next = True
    made = run(shop)["bulkOperation"]["id"]
    shop.twin.advance(2)
    found = shop.data(READ, id=made)["bulkOperation"]
    assert (found["status"], found["errorCode"], found["url"]) == ("FAILED", "INTERNAL_SERVER_ERROR", None)


def test_a_truncated_file_is_shorter_than_its_size_says(shop: Any) -> None:
    """Fault F31."""
    shop.twin.bulk.truncate_next = True
    made = run(shop)["bulkOperation"]["id"]
    shop.twin.advance(2)
    found = shop.data(READ, id=made)["bulkOperation"]
    assert len(fetch(shop, found["url"])) < int(found["fileSize"])


def test_its_end_is_announced(shop: Any) -> None:
    text = 'mutation { webhookSubscriptionCreate(topic: BULK_OPERATIONS_FINISH, webhookSubscription: {uri: "https://a.example"}) { userErrors { message } } }'
    shop.data(text)
    made = run(shop)["bulkOperation"]["id"]
    shop.twin.advance(2)
    body = json.loads(shop.twin.emitter.deliveries[0].body)
    assert (body["admin_graphql_api_id"], body["status"], body["type"]) == (made, "completed", "query")
    assert "url" not in body


def test_bulk_work_is_free_of_charge(shop: Any) -> None:
    before = shop.gql("{ shop { name } }")["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"]
    run(shop)
    shop.twin.advance(0)
    shop.twin.run_due()
    after = shop.gql("{ shop { name } }")["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"]
    assert before - after == 11


def upload(shop: Any, content: bytes) -> str:
    target = shop.data(STAGE)["stagedUploadsCreate"]["stagedTargets"][0]
    parts = [
        f'--X\r\nContent-Disposition: form-data; name="{one["name"]}"\r\n\r\n{one["value"]}\r\n'.encode()
        for one in target["parameters"]
    ]
    parts.append(b'--X\r\nContent-Disposition: form-data; name="file"; filename="v.jsonl"\r\n\r\n' + content + b"\r\n--X--\r\n")
    headers = {"content-type": "multipart/form-data; boundary=X"}
    answer = shop.twin.handle(Request("POST", "/" + target["url"].split("/", 3)[3], headers, b"".join(parts)))
    assert answer.status == 201
    return next(one["value"] for one in target["parameters"] if one["name"] == "key")


SETTER = "mutation S($input: InventorySetQuantitiesInput!, $key: String!) { inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code } } }"


def test_a_bulk_mutation_runs_once_per_uploaded_line(shop: Any) -> None:
    lines = []
    for number, place in enumerate(("Berlin Central", "Hamburg Port")):
        given = {
            "name": "available",
            "reason": "correction",
            "quantities": [shop.row("PAN24", place, 40 + number, changeFromQuantity=None)],
        }
        lines.append(json.dumps({"input": given, "key": f"k{number}"}))
    path = upload(shop, "\n".join([*lines, "{broken", '{"key": "x"}']).encode())
    made = shop.data(RUN_MUTATION, m=SETTER, path=path)["bulkOperationRunMutation"]
    found = rows(shop, made)
    assert [one["__lineNumber"] for one in found] == [0, 1, 2, 3]
    assert found[0]["data"] == {"inventorySetQuantities": {"userErrors": []}}
    assert "errors" in found[2]
    assert found[3]["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert shop.states("PAN24", "Hamburg Port")["available"] == 41


@pytest.mark.parametrize(
    ("mutation", "content", "code"),
    [
        (SETTER, None, "NO_SUCH_FILE"),
        (SETTER, b"", "INVALID_STAGED_UPLOAD_FILE"),
        ("{ shop { name } }", b"{}", "INVALID_MUTATION"),
        ("mutation { nonsense }", b"{}", "INVALID_MUTATION"),
        ('mutation { bulkOperationCancel(id: "x") { userErrors { message } } }', b"{}", "INVALID_MUTATION"),
    ],
)
def test_what_a_bulk_mutation_may_not_be(shop: Any, mutation: str, content: bytes | None, code: str) -> None:
    path = "tmp/nowhere" if content is None else upload(shop, content)
    assert shop.codes(shop.data(RUN_MUTATION, m=mutation, path=path)["bulkOperationRunMutation"]) == [code]


def test_an_upload_needs_a_key_that_was_given_out(shop: Any) -> None:
    body = b'--X\r\nContent-Disposition: form-data; name="key"\r\n\r\nmine\r\n--X\r\nContent-Disposition: form-data; name="file"\r\n\r\n{}\r\n--X--'
    request = Request("POST", "/_uploads", {"content-type": "multipart/form-data; boundary=X"}, body)
    assert shop.twin.handle(request).status == 403
    assert shop.twin.handle(Request("POST", "/_uploads", {}, b"")).status == 403


def test_an_operation_that_fails_may_leave_a_part(shop: Any) -> None:
    shop.twin.bulk.fail_next = True
    made = run(shop)["bulkOperation"]["id"]
    shop.twin.advance(2)
    text = "query R($id: ID!) { bulkOperation(id: $id) { status url partialDataUrl } }"
    found = shop.data(text, id=made)["bulkOperation"]
    assert (found["status"], found["url"]) == ("FAILED", None)
    part = fetch(shop, found["partialDataUrl"])
    whole = rows(shop, run(shop))
    assert [json.loads(line) for line in part.splitlines()] == whole[: len(whole) // 2]


def test_the_lines_may_come_in_any_order(shop: Any) -> None:
    plain = rows(shop, run(shop))
    shop.twin.set_choices({"bulk_lines": "shuffled"})
    shuffled = rows(shop, run(shop))
    assert shuffled != plain
    assert sorted(map(json.dumps, shuffled)) == sorted(map(json.dumps, plain))


def test_nothing_may_be_found_and_a_file_does_not_stay_for_ever(shop: Any) -> None:
    shop.twin.bulk.empty_next = True
    made = [run(shop)["bulkOperation"]["id"], run(shop)["bulkOperation"]["id"]]
    shop.twin.advance(2)
    first, second = [shop.data(READ, id=one)["bulkOperation"] for one in made]
    assert (first["status"], first["objectCount"], first["url"]) == ("COMPLETED", "0", None)
    shop.twin.bulk.expire(shop.twin.bulk.get(made[1]))
    assert shop.twin.handle(Request("GET", "/" + second["url"].split("/", 3)[3])).status == 404
    found = shop.data(READ, id=made[1])["bulkOperation"]
    assert (found["status"], found["url"]) == ("EXPIRED", None)
