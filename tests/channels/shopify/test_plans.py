"""What to ask for one effect, from how the order looks now."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockbridge.channels.shopify.plans import Share, Shipping, identify, moved, moves, recognise, share_out
from stockbridge.domain.channel_order import ChannelFulfillment, FulfillmentOrder, FulfillmentOrderLine
from stockbridge.domain.effects import MoveFulfillmentOrder, RecordFulfillment
from stockbridge.domain.values import Tracking, Units
from stockbridge.ports import LookUp, Refused, TryLater

T = datetime(2026, 11, 22, tzinfo=UTC)


def asked(
    name: str, lines: dict[str, int], *, at: str = "A", status: str = "OPEN", holds: tuple[str, ...] = ()
) -> FulfillmentOrder:
    return FulfillmentOrder(
        fulfillment_order_id=name,
        status=status,
        location_id=at,
        method="SHIPPING",
        holds=holds,
        lines=tuple(
            FulfillmentOrderLine(fulfillment_order_line_id=f"{name}.{line}", line_id=line, total=n, remaining=n)
            for line, n in lines.items()
        ),
    )


def shipped(
    name: str, lines: dict[str, int], *, at: str = "A", numbers: Sequence[str] = (), status: str = "SUCCESS"
) -> ChannelFulfillment:
    return ChannelFulfillment(
        fulfillment_id=name,
        status=status,
        location_id=at,
        tracking=Tracking(numbers=tuple(numbers)),
        lines=units(lines),
        created_at=T,
    )


def units(lines: dict[str, int]) -> tuple[Units, ...]:
    return tuple(Units(line, n) for line, n in lines.items())


def order(*parts: FulfillmentOrder | ChannelFulfillment, cancelled: bool = False) -> Shipping:
    return Shipping(
        order_id="o",
        name="#1001",
        cancelled=cancelled,
        fulfillment_orders=tuple(p for p in parts if isinstance(p, FulfillmentOrder)),
        fulfillments=tuple(p for p in parts if isinstance(p, ChannelFulfillment)),
    )


def record(lines: dict[str, int], *, numbers: Sequence[str] = ("N1",), bound: tuple[str, ...] = ()) -> RecordFulfillment:
    return RecordFulfillment(
        order_id="o",
        shipment_id="s1",
        location_id="A",
        lines=units(lines),
        tracking=Tracking(numbers=tuple(numbers)),
        notify_customer=True,
        bound=bound,
    )


def move(lines: dict[str, int]) -> MoveFulfillmentOrder:
    return MoveFulfillmentOrder(reference="r", order_id="o", from_location_id="A", to_location_id="B", lines=units(lines))


# --- recognising ---------------------------------------------------------------------------------------------------------


def test_a_fulfillment_with_the_same_lines_tracking_and_place_is_ours() -> None:
    assert recognise(record({"x": 2}), order(shipped("f", {"x": 2}, numbers=["N1"]))) == ["f"]


@pytest.mark.parametrize(
    "other",
    [
        shipped("f", {"x": 1}, numbers=["N1"]),
        shipped("f", {"x": 2, "y": 1}, numbers=["N1"]),
        shipped("f", {"x": 2}, numbers=["N2"]),
        shipped("f", {"x": 2}, numbers=[]),
        shipped("f", {"x": 2}, numbers=["N1"], at="B"),
        shipped("f", {"x": 2}, numbers=["N1"], status="CANCELLED"),
        shipped("f", {"x": 2}, numbers=["N1"], status="ERROR"),
    ],
)
def test_a_fulfillment_that_differs_is_not_ours(other: ChannelFulfillment) -> None:
    assert recognise(record({"x": 2}), order(other)) == []


def test_a_fulfillment_of_another_shipment_of_ours_is_never_taken() -> None:
    assert recognise(record({"x": 2}, bound=("f",)), order(shipped("f", {"x": 2}, numbers=["N1"]))) == []


@pytest.mark.parametrize("numbers", [["n 1"], ["N1", "N9"]])
def test_spacing_case_and_a_number_added_later_make_no_difference(numbers: list[str]) -> None:
    assert recognise(record({"x": 2}), order(shipped("f", {"x": 2}, numbers=numbers))) == ["f"]


def test_without_tracking_only_a_fulfillment_without_tracking_is_ours() -> None:
    both = order(shipped("f", {"x": 2}, numbers=["N2"]), shipped("g", {"x": 2}))
    assert recognise(record({"x": 2}, numbers=()), both) == ["g"]


def test_a_line_that_appears_twice_in_a_fulfillment_counts_together() -> None:
    twice = ChannelFulfillment(
        fulfillment_id="f",
        status="SUCCESS",
        location_id="A",
        tracking=Tracking(numbers=("N1",)),
        lines=(Units("x", 1), Units("x", 1)),
        created_at=T,
    )
    assert recognise(record({"x": 2}), order(twice)) == ["f"]


# --- looking up ----------------------------------------------------------------------------------------------------------


def test_found_by_lines_tracking_and_place() -> None:
    assert identify(record({"x": 1}), order(asked("1", {"x": 5}), shipped("f", {"x": 1}, numbers=["N1"]))) == "f"


def test_two_that_look_the_same_are_ambiguous() -> None:
    found = identify(record({"x": 1}), order(shipped("f", {"x": 1}, numbers=["N1"]), shipped("g", {"x": 1}, numbers=["N1"])))
    assert found is LookUp.AMBIGUOUS


def test_not_found_while_everything_is_still_to_be_shipped() -> None:
    assert identify(record({"x": 2}), order(asked("1", {"x": 2}))) is LookUp.NOT_FOUND


def test_another_parcel_of_the_order_does_not_hide_that_ours_is_missing() -> None:
    assert identify(record({"x": 1}), order(asked("1", {"x": 1}), shipped("f", {"x": 1}, numbers=["N9"]))) is LookUp.NOT_FOUND


def test_with_nothing_left_to_ship_a_fulfillment_of_the_same_lines_is_ours_if_we_gave_no_number() -> None:
    assert identify(record({"x": 1}, numbers=()), order(asked("1", {"x": 0}), shipped("f", {"x": 1}, numbers=["later"]))) == "f"


def test_with_nothing_left_to_ship_another_number_is_for_a_person_to_judge() -> None:
    assert identify(record({"x": 1}), order(asked("1", {"x": 0}), shipped("f", {"x": 1}, numbers=["N9"]))) is LookUp.AMBIGUOUS


def test_units_shipped_in_other_portions_are_for_a_person_to_judge() -> None:
    assert identify(record({"x": 2}), order(asked("1", {"x": 1}), shipped("f", {"x": 1}, numbers=["N9"]))) is LookUp.AMBIGUOUS


def test_units_that_are_gone_without_any_fulfillment_were_not_recorded_by_us() -> None:
    assert identify(record({"x": 2}), order(asked("1", {"x": 2}, status="CLOSED"))) is LookUp.NOT_FOUND


# --- sharing out ---------------------------------------------------------------------------------------------------------


def test_units_come_from_the_earliest_fulfillment_order_first() -> None:
    shares = share_out(record({"x": 3}), order(asked("1", {"x": 2}), asked("2", {"x": 2})))
    assert shares == [
        Share(fulfillment_order_id="1", lines=(Units("1.x", 2),), whole=True),
        Share(fulfillment_order_id="2", lines=(Units("2.x", 1),), whole=False),
    ]


def test_only_the_place_that_shipped_is_drawn_on() -> None:
    (share,) = share_out(record({"x": 1}), order(asked("1", {"x": 5}, at="B"), asked("2", {"x": 1})))
    assert share.fulfillment_order_id == "2"


@pytest.mark.parametrize("status", ["OPEN", "IN_PROGRESS", "INCOMPLETE"])
def test_open_and_begun_fulfillment_orders_can_be_shipped(status: str) -> None:
    assert share_out(record({"x": 1}), order(asked("1", {"x": 1}, status=status)))


def refusal(effect: RecordFulfillment | MoveFulfillmentOrder, shipping: Shipping) -> Refused:
    with pytest.raises(Refused) as caught:
        share_out(effect, shipping) if isinstance(effect, RecordFulfillment) else moves(effect, shipping)
    return caught.value


@pytest.mark.parametrize(
    ("shipping", "code", "says"),
    [
        (order(asked("1", {"x": 2}, status="ON_HOLD", holds=("fraud check",))), "on_hold", "fraud check"),
        (order(asked("1", {"x": 2}, status="SCHEDULED")), "scheduled", "Reopen it"),
        (order(asked("1", {"x": 2}, at="B")), "elsewhere", "another location"),
        (order(asked("1", {"x": 1}), asked("2", {"x": 1}, at="B")), "elsewhere", "1 of 2 units"),
        (order(asked("1", {"x": 1})), "not_enough", "only 1 are left"),
        (order(asked("1", {"x": 2}, status="CLOSED")), "not_enough", "only 0 are left"),
        (order(asked("1", {"x": 2}, status="CLOSED"), cancelled=True), "cancelled", "is cancelled"),
    ],
)
def test_what_cannot_be_recorded_says_why_and_what_to_do(shipping: Shipping, code: str, says: str) -> None:
    error = refusal(record({"x": 2}), shipping)
    assert error.code == code
    assert says in str(error)
    assert "#1001" in str(error)


def test_an_order_that_shopify_has_not_routed_yet_is_tried_later() -> None:
    with pytest.raises(TryLater):
        share_out(record({"x": 1}), order())


def test_a_shipment_without_units_records_nothing() -> None:
    assert refusal(record({}), order(asked("1", {"x": 2}))).code == "empty"
    assert refusal(record({"x": 0}), order(asked("1", {"x": 2}))).code == "empty"


LINES = st.dictionaries(st.sampled_from("xyz"), st.integers(0, 4), max_size=3)


@given(want=LINES, open_=st.lists(LINES, max_size=4))
def test_what_is_shared_out_is_what_was_shipped_and_never_more_than_remains(
    want: dict[str, int], open_: list[dict[str, int]]
) -> None:
    shipping = order(*(asked(str(i), lines) for i, lines in enumerate(open_)))
    total: Counter[str] = Counter()
    for lines in open_:
        total.update(lines)
    try:
        shares = share_out(record(want), shipping)
    except (Refused, TryLater):
        assert not any(want.values()) or any(total[line] < n for line, n in want.items())
        return
    taken = {u.key: u.units for share in shares for u in share.lines}
    by_line: Counter[str] = Counter()
    for key, n in taken.items():
        number, line = key.split(".")
        assert 0 < n <= open_[int(number)][line]
        by_line[line] += n
    assert by_line == +Counter(want)


# --- moving --------------------------------------------------------------------------------------------------------------


def test_a_whole_fulfillment_order_is_moved_whole() -> None:
    assert moves(move({"x": 2, "y": 1}), order(asked("1", {"x": 2, "y": 1}))) == [
        Share(fulfillment_order_id="1", lines=(Units("1.x", 2), Units("1.y", 1)), whole=True)
    ]


def test_a_part_is_moved_as_a_part() -> None:
    (share,) = moves(move({"x": 1}), order(asked("1", {"x": 2})))
    assert (share.lines, share.whole) == ((Units("1.x", 1),), False)


def test_what_is_at_the_target_already_is_not_moved_again() -> None:
    assert moves(move({"x": 2}), order(asked("1", {"x": 2}, at="B"))) == []


def test_a_move_that_got_half_way_is_finished() -> None:
    shipping = order(asked("1", {"x": 1}), asked("2", {"x": 1}, at="B"))
    (share,) = moves(move({"x": 2}), shipping)
    assert share.lines == (Units("1.x", 1),)


@pytest.mark.parametrize(
    ("shipping", "code"),
    [
        (order(asked("1", {"x": 2}, status="ON_HOLD", holds=("h",))), "on_hold"),
        (order(asked("1", {"x": 2}, status="IN_PROGRESS")), "in_progress"),
        (order(asked("1", {"x": 2}, at="C")), "elsewhere"),
        (order(asked("1", {"x": 2}, status="CLOSED")), "not_enough"),
    ],
)
def test_what_cannot_be_moved_says_why(shipping: Shipping, code: str) -> None:
    assert refusal(move({"x": 2}), shipping).code == code


def test_a_lost_move_is_found_by_where_the_units_are() -> None:
    assert moved(move({"x": 2}), order(asked("1", {"x": 2}))) is LookUp.NOT_FOUND
    assert moved(move({"x": 2}), order(asked("1", {"x": 2}, at="B"))) == ["1"]
    assert moved(move({"x": 2}), order(asked("1", {"x": 1}), asked("2", {"x": 1}, at="B"))) is LookUp.NOT_FOUND
    assert moved(move({"x": 2}), order(asked("1", {"x": 2}), asked("2", {"x": 2}, at="B"))) is LookUp.AMBIGUOUS
