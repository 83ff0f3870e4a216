"""Books what became of a call, in one transaction each: the row, the other side's answer, and who should hear of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Row
from sqlalchemy import Engine as Database

from stockbridge.db import arrivals, journal
from stockbridge.db.queries import Queries
from stockbridge.domain.orders import Park
from stockbridge.ports import Arrival, Clock, DoorError, Engine, Job, Receipt, Refused, TryLater

_Q = Queries("outbox")
_C = Queries("connections")

#: The connection under which the house hears its own outbox.
HOUSE = "house"
#: So much later than the one call that shows whether a refused key is accepted again, the others are made.
BEHIND = timedelta(seconds=5)
#: After this many failed tries in a row the connection itself is shown to a person.
TELL_AFTER = 4
#: After this many tries in a row that were turned away with a wait, or one so long (in seconds), a person is told, and they become rarer:
#: a limit that never lifts is no wait.
TURNED_AWAY_AFTER, LONG_S = 8, 60.0
#: After this many tries whose outcome was unknown, one call is shown to a person: the connection may be well without it.
STRUGGLES_AFTER = 3


@dataclass(frozen=True, slots=True)
class Booking:
    """Writes outcomes down. ``worker``: our own name; a row that another worker has taken over meanwhile is left to it."""

    database: Database
    engine: Engine
    clock: Clock
    worker: str

    def done(self, job: Job, performed: Sequence[tuple[Row[Any], Receipt]]) -> None:
        """They were performed, or found. Each answer enters the inbox like everything else they say."""
        if not performed:
            return
        now = self.clock.now()
        answers = [_answer(job, row, receipt, now) for row, receipt in performed]
        with self.database.begin() as conn:
            columns = {
                "effect_ids": [row.effect_id for row, _ in performed],
                "receipts": [receipt.reference for _, receipt in performed],
                "answer_ids": arrivals.store(conn, answers),
            }
            _Q.run(conn, "done", account=job.account, now=now, **columns)
            self._heard(conn, job, now)
            for row, _ in performed:
                self._relieved(conn, job, row)
            self.engine.wake_all(conn, arrivals.step_jobs(answers))

    def later(self, job: Job, row: Row[Any], error: TryLater) -> None:
        """Certainly not done. Again later, and a person is told when it does not get through."""
        now = self.clock.now()
        wait = error.after_s if error.after_s is not None else backoff_s(row.attempts)
        turned_away = error.after_s is not None and (wait >= LONG_S or (error.asked and row.attempts >= TURNED_AWAY_AFTER))
        wait = max(wait, backoff_s(row.attempts)) if turned_away and error.asked else wait
        with self.database.begin() as conn:
            next_at = now + timedelta(seconds=wait)
            _Q.run(
                conn,
                "later",
                account=job.account,
                effect_id=row.effect_id,
                next_at=next_at,
                reason=str(error),
                worker=self.worker,
            )
            if error.credentials:  # one of them shows when the key is accepted again; the others need not knock too
                place = {"account": job.account, "connection": job.connection}
                _Q.run(conn, "rest_too", **place, kind=row.kind, effect_id=row.effect_id, next_at=next_at + BEHIND)
            if error.credentials or turned_away or (row.attempts >= TELL_AFTER and error.after_s is None):
                self._trouble(conn, job, error, now)

    def refused(self, job: Job, row: Row[Any], error: Refused) -> None:
        """They said no, for good: the domain decides what follows."""
        with self.database.begin() as conn:
            if _Q.run(conn, "refuse", account=job.account, effect_id=row.effect_id, reason=str(error), now=self.clock.now()):
                self._relieved(conn, job, row)
                self._tell(conn, job, row, "refused", {"reason": str(error), "code": error.code})

    def unknown(self, job: Job, row: Row[Any], error: DoorError) -> None:
        """It may have been done: looked up at once, before anything else."""
        now = self.clock.now()
        with self.database.begin() as conn:
            _Q.run(
                conn,
                "unknown",
                account=job.account,
                effect_id=row.effect_id,
                next_at=now,
                reason=str(error),
                worker=self.worker,
            )
            if row.attempts >= STRUGGLES_AFTER:
                self._struggles(conn, job, row, error, now)

    def not_found(self, job: Job, row: Row[Any], *, again_at: datetime) -> None:
        """Looked up and not found, once: the other side may still be at work."""
        with self.database.begin() as conn:
            _Q.run(
                conn,
                "not_found",
                account=job.account,
                effect_id=row.effect_id,
                now=self.clock.now(),
                next_at=again_at,
                reason="not found there yet; looked up once more before it is sent again",
            )

    def resend(self, job: Job, row: Row[Any], why: str) -> None:
        """It may be sent again, with the same key: at once, and then more and more rarely."""
        now = self.clock.now()
        wait = backoff_s(row.attempts) if row.attempts > 1 else 0.0
        with self.database.begin() as conn:
            _Q.run(
                conn,
                "resend",
                account=job.account,
                effect_id=row.effect_id,
                next_at=now + timedelta(seconds=wait),
                reason=why,
            )

    def look_up_failed(self, job: Job, row: Row[Any], error: DoorError) -> None:
        """The other side could not be asked. Asked again later; nothing is sent meanwhile."""
        now = self.clock.now()
        busy = error.after_s if isinstance(error, TryLater) else None
        next_at = now + timedelta(seconds=backoff_s(row.attempts + 1) if busy is None else max(1.0, busy))
        with self.database.begin() as conn:
            _Q.run(conn, "look_up_later", account=job.account, effect_id=row.effect_id, next_at=next_at, reason=str(error))
            if busy is None:
                self._trouble(conn, job, error, now)

    def stuck(self, job: Job, row: Row[Any], reason: str) -> None:
        """No machine can find out: a person decides."""
        with self.database.begin() as conn:
            if _Q.run(conn, "park", account=job.account, effect_id=row.effect_id, reason=reason):
                self._relieved(conn, job, row)
                self._tell(conn, job, row, "stuck", {"reason": reason})

    def _tell(self, conn: Connection, job: Job, row: Row[Any], topic: str, facts: dict[str, Any]) -> None:
        """The house hears its own outbox through its own inbox: one history."""
        body = {"effect_id": row.effect_id, "kind": row.kind, "key": row.key, "payload": row.payload, **facts}
        word = Arrival(
            account=job.account,
            connection=HOUSE,
            topic=topic,
            subject=row.subject,
            dedupe_key=f"{topic}:{row.key}#{row.attempts}",
            received_at=self.clock.now(),
            headers={"stockbridge-connection": job.connection},
            body=msgspec.json.encode(body),
        )
        arrivals.store(conn, [word])
        self.engine.wake_all(conn, arrivals.step_jobs([word]))

    def _heard(self, conn: Connection, job: Job, now: datetime) -> None:
        place = {"account": job.account, "connection": job.connection}
        if _C.run(conn, "heard", **place, now=now, before=now - timedelta(seconds=10)):
            subject = f"connection/{job.connection}"
            causes = ["unreachable", "credentials"]
            journal.unpark(conn, account=job.account, subject=subject, causes=causes, now=now, how="it answers again")

    def _struggles(self, conn: Connection, job: Job, row: Row[Any], error: DoorError, now: datetime) -> None:
        """This one call ends in the dark again and again: a person should look at what it is that they cannot take."""
        park = Park(
            cause=f"struggling:{row.key}",
            title=f"{job.connection} has not managed this in {row.attempts} tries: {error}",
            consequence="It is looked up and tried again by itself, more and more rarely. Everything else goes on.",
            remedy="retry",
        )
        journal.park(
            conn,
            account=job.account,
            subject=row.subject,
            connection=job.connection,
            parks=[park],
            now=now,
            effect_id=row.effect_id,
        )

    def _relieved(self, conn: Connection, job: Job, row: Row[Any]) -> None:
        if row.attempts >= STRUGGLES_AFTER:
            causes = [f"struggling:{row.key}"]
            journal.unpark(conn, account=job.account, subject=row.subject, causes=causes, now=self.clock.now())

    def _trouble(self, conn: Connection, job: Job, error: DoorError, now: datetime) -> None:
        _C.run(conn, "trouble", account=job.account, connection=job.connection, error=str(error), now=now)
        refused_key = isinstance(error, TryLater) and error.credentials
        busy = isinstance(error, TryLater) and error.after_s is not None
        how = "does not let us in" if refused_key else "turns us away again and again" if busy else "does not answer"
        park = Park(
            cause="credentials" if refused_key else "unreachable",
            title=f"{job.connection} {how}: {error}",
            consequence="Everything for it waits here and is sent when it answers again. Nothing is lost.",
            remedy="connection",
        )
        subject = f"connection/{job.connection}"
        journal.park(conn, account=job.account, subject=subject, connection=job.connection, parks=[park], now=now)


def _answer(job: Job, row: Row[Any], receipt: Receipt, now: datetime) -> Arrival:
    return Arrival(
        account=job.account,
        connection=job.connection,
        topic=receipt.topic,
        subject=row.subject,
        dedupe_key=f"{row.key}#{row.attempts}",
        received_at=now,
        headers={"stockbridge-effect": row.key, "stockbridge-adopted": str(receipt.adopted).lower()},
        body=receipt.body,
    )


def backoff_s(attempts: int) -> float:
    """Seconds to wait after so many tries: 1, 2, 4 … at most five minutes."""
    return float(min(300, 2 ** max(0, min(attempts, 12) - 1)))
