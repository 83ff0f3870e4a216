"""`stockbridge inbox`."""

from typing import Any


def test_what_arrived_is_listed_newest_first_with_its_state(afternoon: Any) -> None:
    rows = afternoon.json("inbox", "list")
    assert [row["arrival_id"] for row in rows] == [3, 2, 1]
    assert [row["state"] for row in rows] == ["new", "done", "done"]
    assert [row["arrival_id"] for row in afternoon.json("inbox", "list", "--state", "new")] == [3]
    assert [row["arrival_id"] for row in afternoon.json("inbox", "list", "--connection", "north-wms")] == [2]
    assert len(afternoon.json("inbox", "list", "--subject", "order/shop://order/1003")) == 2


def test_a_message_is_shown_as_it_came(afternoon: Any) -> None:
    assert afternoon.json("inbox", "show", "1")["body"] == '{"id": 1003, "note": "Please ring twice"}'
    assert '"note": "Please ring twice"' in afternoon("inbox", "show", "1").stdout


def test_a_message_that_is_no_json_is_shown_all_the_same(afternoon: Any) -> None:
    afternoon.sql("UPDATE arrival SET body = '\\xff00'::bytea WHERE arrival_id = 1")
    assert "orders/create" in afternoon("inbox", "show", "1").stdout


def test_an_unknown_message_is_a_problem(afternoon: Any) -> None:
    assert "There is no message 99" in afternoon("inbox", "show", "99", code=1).stderr
    assert "There is no message 99" in afternoon("inbox", "replay", "99", code=1).stderr


def test_a_parked_message_is_read_again_and_its_lane_woken(afternoon: Any) -> None:
    afternoon.sql("UPDATE arrival SET state = 2 WHERE arrival_id = 2")
    said = afternoon("inbox", "replay", "2").stderr
    assert "will be read again" in said
    assert "No worker is running" in said
    assert afternoon.sql("SELECT state, attempts FROM arrival WHERE arrival_id = 2") == [{"state": 0, "attempts": 0}]
    assert afternoon.sql("SELECT key FROM wakeup") == [{"key": "step/acme/north-wms/3/"}]


def test_a_message_with_a_parked_thing_is_retried_through_it_so_that_both_close(afternoon: Any) -> None:
    afternoon.sql("UPDATE arrival SET state = 2 WHERE arrival_id = 2")
    afternoon.sql("UPDATE parked SET arrival_id = 2 WHERE cause = 'unreadable:77'")
    afternoon("inbox", "replay", "2")
    assert [(each["topic"], each["parked_id"]) for each in afternoon.asked()] == [("retry_asked", 4)]
    assert afternoon.asked()[0]["by"].endswith("(terminal)")  # the journal names who asked


def test_a_message_that_was_understood_is_not_read_again(afternoon: Any) -> None:
    assert "Message 1 is done, not parked" in afternoon("inbox", "replay", "1", code=1).stderr
    assert afternoon.asked() == []
