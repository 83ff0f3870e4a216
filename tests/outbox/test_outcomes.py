"""What is booked of each outcome of a call: the row, who hears of it, and when the other side is asked again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Row

from stockbridge.db import connections
from stockbridge.db.connection import Database
from stockbridge.db.connections import Configured
from stockbridge.db.queries import Queries
from stockbridge.db.vault import Vault
from stockbridge.domain.effects import CancelSubmission, Effect, RecordFulfillment
from stockbridge.domain.values import Tracking
from stockbridge.outbox import append as outbox
from stockbridge.outbox.outcomes import BEHIND, LONG_S, TELL_AFTER, TURNED_AWAY_AFTER, Booking
from stockbridge.ports import READINGS_LANE, Job, OutcomeUnknown, Receipt, Refused, TryLater, lane_of
from stockbridge.testing.edge import NotingEngine
from stockbridge.testing.fakes import DAWN, FakeClock
from stockbridge.testing.sight import Sight
from stockbridge.testing.world import REHEARSAL_KEY

_Q = Queries("outbox")
LANE = lane_of("order/1")
JOB = Job(kind="deliver", account="main", connection="wms", lane=LANE)
STEP = Job(kind="step", account="main", connection="wms", lane=LANE)
OURS = Job(kind="step", account="main", connection="house", lane=LANE)


def seconds(wait: float) -> Any:
    return DAWN + timedelta(seconds=wait)


def cancellation(reference: str = "R-1") -> CancelSubmission:
    return CancelSubmission(reference=reference, warehouse="BER", reason="")


class Desk:
    """One lane of one connection: effects are claimed from it, and what became of them is booked."""

    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.engine = database.engine, FakeClock(), NotingEngine()
        self.sight = Sight(self.database)
        self.booking = Booking(self.database, self.engine, self.clock, "w1")  # type: ignore[arg-type]
        with self.database.begin() as conn:
            connections.save_account(conn, account="main", title="Main", now=DAWN)
            wms = Configured(account="main", connection="wms", kind="wms", title="WMS")
            connections.save(conn, wms, vault=Vault([REHEARSAL_KEY]), now=DAWN)

    def claimed(self, *effects: Effect, attempts: int = 1) -> Row[Any]:
        """These are asked for, and the first of them was begun so many times; gives its row."""
        with self.database.begin() as conn:
            some = [("order/1", effect) for effect in effects or (cancellation(),)]
            outbox.append(conn, account="main", connection="wms", effects=some, now=self.clock.now())
        for attempt in range(attempts):
            with self.database.begin() as conn:
                [row, *_] = _Q.rows(
                    conn,
                    "claim",
                    account="main",
                    connection="wms",
                    lane=LANE,
                    worker="w1",
                    now=self.clock.now(),
                    most=1,
                    readings=READINGS_LANE,
                )
                if attempt + 1 < attempts:
                    _Q.run(conn, "later", account="main", effect_id=row.effect_id, next_at=DAWN, reason="no", worker="w1")
        return row

    def doubted(self, attempts: int = 1) -> Row[Any]:
        """One was begun so many times, and its last outcome is unknown."""
        row = self.claimed(attempts=attempts)
        self.booking.unknown(JOB, row, OutcomeUnknown("cut"))
        return row

    def effect(self, row: Row[Any]) -> Row[Any]:
        return next(each for each in self.sight.effects() if each.effect_id == row.effect_id)

    def connection(self) -> Row[Any]:
        with self.database.begin() as conn:
            return conn.exec_driver_sql("SELECT last_error, last_out_at FROM connection WHERE connection = 'wms'").one()

    def told(self, topic: str) -> list[dict[str, Any]]:
        """What the house has heard of its own outbox."""
        with self.database.begin() as conn:
            rows = conn.exec_driver_sql(
                "SELECT connection, headers, body, subject FROM arrival WHERE topic = %(topic)s", {"topic": topic}
            ).all()
        return [
            {"connection": r.connection, "subject": r.subject, **r.headers, **msgspec.json.decode(bytes(r.body))} for r in rows
        ]


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


# -- done


@pytest.mark.parametrize(("adopted", "said"), [(True, "true"), (False, "false")])
def test_the_answer_to_a_call_enters_the_inbox_once_under_the_key_of_its_effect(desk: Desk, adopted: bool, said: str) -> None:
    row = desk.claimed()
    receipt = Receipt(reference="WO-1", topic="answer/cancel", body=b'{"id": 1}', adopted=adopted)
    desk.booking.done(JOB, [(row, receipt)])
    desk.booking.done(JOB, [(row, receipt)])
    assert desk.told("answer/cancel") == [
        {
            "connection": "wms",
            "subject": "order/1",
            "stockbridge-effect": "cancel:R-1",
            "stockbridge-adopted": said,
            "id": 1,
        }
    ]
    assert desk.effect(row).state == "done"
    assert set(desk.engine.woken) == {STEP}


def test_nothing_performed_is_nothing_booked(desk: Desk) -> None:
    desk.booking.done(JOB, [])
    assert (desk.sight.arrivals(), desk.engine.woken) == ([], [])


@pytest.mark.parametrize("credentials", [True, False])
def test_a_connection_that_answers_again_needs_nobody(desk: Desk, credentials: bool) -> None:
    row = desk.claimed(attempts=TELL_AFTER)
    desk.booking.later(JOB, row, TryLater("no", credentials=credentials))
    [parked] = desk.sight.parked()
    assert parked.subject == "connection/wms"
    assert desk.connection().last_error == "no"
    desk.booking.done(JOB, [(row, Receipt(reference="", topic="answer/cancel", body=b"{}"))])
    assert desk.sight.parked() == []
    assert desk.connection().last_error is None


def test_that_a_connection_answers_is_written_down_every_ten_seconds_not_at_every_answer(desk: Desk) -> None:
    heard = []
    for number, wait in enumerate((0.0, 6.0, 6.0)):
        desk.clock.advance(wait)
        row = desk.claimed(cancellation(f"R-{number}"))
        desk.booking.done(JOB, [(row, Receipt(reference="", topic="answer/cancel", body=b"{}"))])
        heard.append(desk.connection().last_out_at)
    assert heard == [DAWN, DAWN, seconds(12)]


# -- later


@pytest.mark.parametrize(
    ("after_s", "attempts", "wait"),
    [
        (None, 1, 1),
        (None, 3, 4),
        (7.0, 3, 7),
        (0.0, 3, 0),
        (7.0, TURNED_AWAY_AFTER - 1, 7),
        (7.0, TURNED_AWAY_AFTER, 128),
        (200.0, TURNED_AWAY_AFTER, 200),
    ],
)
def test_what_was_not_done_is_tried_again_when_they_said_or_else_after_twice_the_last_wait(
    desk: Desk, after_s: float | None, attempts: int, wait: float
) -> None:
    row = desk.claimed(attempts=attempts)
    desk.booking.later(JOB, row, TryLater("busy", after_s=after_s))
    booked = desk.effect(row)
    assert (booked.state, booked.next_at, booked.reason) == ("pending", seconds(wait), "busy")


@pytest.mark.parametrize(
    ("attempts", "after_s", "credentials", "causes"),
    [
        (TELL_AFTER - 1, None, False, []),
        (TELL_AFTER, None, False, ["unreachable"]),
        (TELL_AFTER, 5.0, False, []),
        (TURNED_AWAY_AFTER, 5.0, False, ["unreachable"]),
        (1, None, True, ["credentials"]),
        (1, 5.0, True, ["credentials"]),
    ],
    ids=[
        "three failures",
        "four failures",
        "it asks for patience",
        "it always does",
        "a refused key",
        "a refused key with a wait",
    ],
)
def test_a_person_is_told_of_a_refused_key_at_once_and_of_silence_after_four_tries(
    desk: Desk, attempts: int, after_s: float | None, credentials: bool, causes: list[str]
) -> None:
    row = desk.claimed(attempts=attempts)
    desk.booking.later(JOB, row, TryLater("no", after_s=after_s, credentials=credentials))
    assert desk.sight.causes() == causes


def test_what_our_own_budget_put_off_is_no_trouble_however_often(desk: Desk) -> None:
    row = desk.claimed(attempts=50)
    desk.booking.later(JOB, row, TryLater("used up for the moment", after_s=3.0, asked=False))
    assert desk.effect(row).next_at == seconds(3)
    assert desk.sight.causes() == []


def test_a_long_wait_is_said_at_once_also_when_another_of_us_was_told_to_wait(desk: Desk) -> None:
    row = desk.claimed(attempts=2)
    desk.booking.later(JOB, row, TryLater("left alone", after_s=LONG_S, asked=False))
    assert desk.effect(row).next_at == seconds(LONG_S)
    assert desk.sight.causes() == ["unreachable"]


def test_a_connection_that_turns_us_away_again_and_again_is_said_to(desk: Desk) -> None:
    row = desk.claimed(attempts=TURNED_AWAY_AFTER)
    desk.booking.later(JOB, row, TryLater("slow down", after_s=5.0))
    assert [park.title for park in desk.sight.parked()] == ["wms turns us away again and again: slow down"]


def test_a_connection_in_trouble_is_named_with_what_it_said(desk: Desk) -> None:
    row = desk.claimed(attempts=TELL_AFTER)
    desk.booking.look_up_failed(JOB, row, TryLater("wrong key", credentials=True))
    desk.booking.later(JOB, row, TryLater("no route"))
    assert [(park.title, park.remedy) for park in desk.sight.parked()] == [
        ("wms does not let us in: wrong key", "connection"),
        ("wms does not answer: no route", "connection"),
    ]


@pytest.mark.parametrize("credentials", [True, False])
def test_behind_a_refused_key_the_others_of_its_kind_wait_a_little_longer(desk: Desk, credentials: bool) -> None:
    record = RecordFulfillment(
        order_id="o", shipment_id="s", location_id="l", lines=(), tracking=Tracking(), notify_customer=True
    )
    row = desk.claimed(cancellation(), cancellation("R-2"), record)
    desk.booking.later(JOB, row, TryLater("no", after_s=60.0, credentials=credentials))
    due = {effect.key: effect.next_at for effect in desk.sight.effects()}
    behind = seconds(60) + BEHIND if credentials else DAWN
    assert due == {"cancel:R-1": seconds(60), "cancel:R-2": behind, "fulfill:s": DAWN}


# -- for good


def test_the_house_hears_of_a_refusal_once_with_everything_that_was_said(desk: Desk) -> None:
    row = desk.claimed(attempts=2)
    for _ in range(2):
        desk.booking.refused(JOB, row, Refused("too late", code="SHIPPED"))
    assert desk.told("refused") == [
        {
            "connection": "house",
            "subject": "order/1",
            "stockbridge-connection": "wms",
            "effect_id": row.effect_id,
            "kind": "cancel_submission",
            "key": "cancel:R-1",
            "payload": {"reference": "R-1", "warehouse": "BER", "reason": ""},
            "reason": "too late",
            "code": "SHIPPED",
        }
    ]
    assert (desk.effect(row).state, desk.effect(row).reason) == ("refused", "too late")
    assert desk.engine.woken == [OURS]


def test_a_second_refusal_after_a_person_asked_to_try_again_is_heard_too(desk: Desk) -> None:
    row = desk.claimed()
    desk.booking.refused(JOB, row, Refused("too late"))
    with desk.database.begin() as conn:
        assert outbox.revive(conn, account="main", effect_id=row.effect_id, now=DAWN) == [JOB]
        [again] = _Q.rows(
            conn, "claim", account="main", connection="wms", lane=LANE, worker="w1", now=DAWN, most=1, readings=READINGS_LANE
        )
    desk.booking.refused(JOB, again, Refused("too late"))
    assert len(desk.told("refused")) == 2


def test_the_house_hears_once_that_no_machine_can_find_out(desk: Desk) -> None:
    row = desk.doubted()
    for _ in range(2):
        desk.booking.stuck(JOB, row, "nobody can be asked")
    [told] = desk.told("stuck")
    assert (told["connection"], told["reason"], told["effect_id"]) == ("house", "nobody can be asked", row.effect_id)
    assert desk.effect(row).state == "parked"
    [once, *_] = desk.engine.woken
    assert once == OURS


# -- unknown


def test_an_unknown_outcome_is_looked_up_at_once(desk: Desk) -> None:
    row = desk.doubted()
    assert (desk.effect(row).state, desk.effect(row).next_at, desk.effect(row).reason) == ("unknown", DAWN, "cut")
    assert desk.sight.causes() == []


def test_what_was_not_found_is_looked_up_again_when_the_other_side_has_settled(desk: Desk) -> None:
    row = desk.doubted()
    desk.booking.not_found(JOB, row, again_at=seconds(120))
    assert (desk.effect(row).state, desk.effect(row).next_at) == ("unknown", seconds(120))


@pytest.mark.parametrize(("attempts", "wait"), [(1, 0), (2, 2), (3, 4), (12, 300), (40, 300)])
def test_what_is_certainly_not_there_is_sent_again_at_once_and_then_more_and_more_rarely(
    desk: Desk, attempts: int, wait: int
) -> None:
    row = desk.doubted(attempts)
    desk.clock.advance(30)
    desk.booking.resend(JOB, row, "not there")
    found = desk.effect(row)
    assert (found.state, found.next_at, found.reason) == ("pending", seconds(30 + wait), "not there")


@pytest.mark.parametrize(("attempts", "causes"), [(2, []), (3, ["struggling"]), (4, ["struggling"])])
def test_a_call_that_ends_in_the_dark_three_times_is_shown_to_a_person(desk: Desk, attempts: int, causes: list[str]) -> None:
    desk.doubted(attempts)
    assert desk.sight.causes() == causes


def test_what_struggled_needs_nobody_once_it_is_done_refused_or_given_to_a_person(desk: Desk) -> None:
    def done(row: Row[Any]) -> None:
        desk.booking.done(JOB, [(row, Receipt(reference="r", topic="answer/cancel", body=b"{}"))])

    for end in (
        done,
        lambda row: desk.booking.refused(JOB, row, Refused("no", code="x")),
        lambda row: desk.booking.stuck(JOB, row, "nobody knows"),
    ):
        row = desk.doubted(3)
        assert desk.sight.causes() == ["struggling"]
        end(row)
        assert desk.sight.causes() == []
        with desk.database.begin() as conn:
            conn.exec_driver_sql("DELETE FROM effect")


@pytest.mark.parametrize(
    ("error", "wait", "causes"),
    [
        (OutcomeUnknown("cut"), 2.0, ["unreachable"]),
        (TryLater("no route"), 2.0, ["unreachable"]),
        (TryLater("no", credentials=True), 2.0, ["credentials"]),
        (TryLater("busy", after_s=30.0), 30.0, []),
        (TryLater("busy", after_s=0.0), 1.0, []),
    ],
    ids=["cut", "no connection", "a refused key", "it asks for patience", "it asks for none"],
)
def test_a_look_up_that_fails_is_made_again_later_and_nothing_is_sent_meanwhile(
    desk: Desk, error: TryLater | OutcomeUnknown, wait: float, causes: list[str]
) -> None:
    row = desk.doubted()
    desk.booking.look_up_failed(JOB, row, error)
    assert (desk.effect(row).state, desk.effect(row).next_at) == ("unknown", seconds(wait))
    assert desk.sight.causes() == causes


def test_each_failed_look_up_of_what_was_tried_often_waits_as_long_as_the_next_try_would(desk: Desk) -> None:
    row = desk.claimed(attempts=3)
    desk.booking.unknown(JOB, row, OutcomeUnknown("cut"))
    desk.booking.look_up_failed(JOB, row, OutcomeUnknown("cut"))
    assert desk.effect(row).next_at == seconds(8)


# -- taken over


@pytest.mark.parametrize(
    "book",
    [
        lambda booking, row: booking.later(JOB, row, TryLater("no")),
        lambda booking, row: booking.unknown(JOB, row, OutcomeUnknown("cut")),
    ],
    ids=["later", "unknown"],
)
def test_a_row_that_another_worker_has_taken_over_is_left_to_it(desk: Desk, book: Callable[[Booking, Any], None]) -> None:
    row = desk.claimed()
    other = Booking(desk.database, desk.engine, desk.clock, "w2")  # type: ignore[arg-type]
    book(other, row)
    assert desk.effect(row).state == "sending"
