"""Hands on work that nobody does any more: of dead workers, of ourselves after a broken claim, of jobs that kill their worker."""

from collections import defaultdict
from collections.abc import Iterator
from functools import partial

from dbos import DBOS, WorkflowStatus
from dbos._dbos import _get_dbos_instance  # no public way to ask which workflows this process runs
from sqlalchemy import Engine

from stockbridge.engine import lanes
from stockbridge.engine.client import JOB
from stockbridge.engine.liveness import Liveness
from stockbridge.engine.words import job_of
from stockbridge.ports import Clock

#: A job that was begun this often and never came to its end is a failure of its lane.
MAX_RECOVERIES = 5
#: It weighs as much as three exceptions: the lane rests 8 s, the next time 64 s, then 5 minutes.
_DEATH_WEIGHT = 3


def reap(liveness: Liveness) -> int:
    """Puts the unfinished jobs of dead workers back into their queues; gives their number."""
    slots = {status.executor_id for status in _pending() if status.executor_id} - {liveness.slot}
    return sum(liveness.while_dead(slot, partial(_recover, slot)) for slot in sorted(slots))


def _recover(slot: str) -> int:
    # What DBOS.launch itself does for its own slot. The public resume_workflows would forget how often a job was begun.
    return len(DBOS._recover_pending_workflows([slot]))


class Orphans:
    """Jobs that the database says we run and we do not: the server died between our claim and its answer. What is found so
    twice in a row, a pass apart, goes back into its queue."""

    def __init__(self) -> None:
        self._suspects: set[str] = set()

    def return_them(self, slot: str) -> int:
        """One pass; gives the number put back."""
        dbos = _get_dbos_instance()
        ours = {status.workflow_id for status in _pending(slot)} - set(dbos._active_workflows_set.activeList())
        certain = ours & self._suspects
        self._suspects = ours - certain
        return sum(dbos._sys_db.reenqueue_for_recovery(found, [slot], "_dbos_internal_queue") for found in sorted(certain))


def bury(database: Engine, clock: Clock) -> int:
    """Turns jobs that were begun too often into failures of their lanes (visible, resting, tried again later)."""
    dead = DBOS.list_workflows(status="MAX_RECOVERY_ATTEMPTS_EXCEEDED", name=JOB, limit=100, load_output=False)
    for status in dead:
        for plain in (status.input or {"args": ()})["args"][:1]:
            words = f"The worker process died {MAX_RECOVERIES + 1} times while it did this."
            with database.begin() as conn:
                lanes.fail(conn, job_of(plain), words, clock.now(), weight=_DEATH_WEIGHT)
    if dead:
        DBOS.delete_workflows([status.workflow_id for status in dead])
    return len(dead)


def forget(before: str) -> int:
    """Deletes finished workflows that completed before a moment (ISO text), in batches; gives their number."""
    deleted = 0
    for ids in _finished(before):
        DBOS.delete_workflows(ids)
        deleted += len(ids)
    return deleted


def queued_keys(kinds: list[str]) -> dict[str, set[str]]:
    """The keys of the jobs that wait in each of the queues."""
    keys: dict[str, set[str]] = defaultdict(set)
    for status in DBOS.list_workflows(status="ENQUEUED", queue_name=list(kinds), load_input=False, load_output=False):
        keys[status.queue_name or ""].add(status.queue_partition_key or "")
    return keys


def _pending(slot: str | None = None) -> list[WorkflowStatus]:
    return DBOS.list_workflows(status="PENDING", executor_id=slot, load_input=False, load_output=False)


def _finished(before: str) -> Iterator[list[str]]:
    done = ["SUCCESS", "ERROR", "CANCELLED"]
    while True:
        batch = DBOS.list_workflows(status=done, completed_before=before, limit=1000, load_input=False, load_output=False)
        if not batch:
            return
        yield [status.workflow_id for status in batch]
