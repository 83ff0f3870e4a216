"""Bulk operations: queued, run after a while, their results kept as files under a secret address.

Source: fact sheet section H.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from stockbridge.testing.twins.shopify.model.ids import parse_gid
from stockbridge.testing.twins.shopify.model.world import World

CONCURRENT = 5


@dataclass
class BulkOperation:
    """One operation, as ``bulkOperation(id)`` shows it."""

    id: int
    type: str
    query: str
    created_at: datetime
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: datetime | None = None
    object_count: int = 0
    root_object_count: int = 0
    file_size: int | None = None
    url: str | None = None
    partial_url: str | None = None


class Bulk:
    """All bulk operations of a shop, their result files and staged uploads."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.operations: dict[int, BulkOperation] = {}
        self.files: dict[str, bytes] = {}
        self.uploads: dict[str, bytes | None] = {}
        self.base_url = f"https://{world.shop.domain}"
        self.truncate_next = False
        self.fail_next = False
        #: the next one finds nothing at all
        self.empty_next = False

    def all(self) -> list[BulkOperation]:
        return list(self.operations.values())

    def get(self, text: str) -> BulkOperation | None:
        parsed = parse_gid(text)
        return self.operations.get(parsed[1]) if parsed else None

    def running(self, kind: str) -> list[BulkOperation]:
        return [x for x in self.operations.values() if x.type == kind and x.status in ("CREATED", "RUNNING")]

    def start(self, kind: str, query: str, work: Callable[[], tuple[list[str], int]]) -> BulkOperation:
        """Queues the work; it gives the lines of the result and how many of them are roots."""
        now = self.world.now()
        made = BulkOperation(self.world.mint("BulkOperation"), kind, query, now)
        self.operations[made.id] = made
        self.world.log("bulk_started", id=made.id, type=kind)
        self.world.later(self.world.knobs.bulk_delay_s, lambda: self._finish(made, work))
        return made

    def _finish(self, made: BulkOperation, work: Callable[[], tuple[list[str], int]]) -> None:
        if made.status == "CANCELING":
            made.status, made.completed_at = "CANCELED", self.world.now()
            return
        lines, roots = ([], 0) if self.empty_next else work()
        self.empty_next = False
        if self.world.choose("bulk_lines") == "shuffled":
            self.world.rng.shuffle(lines)
        if self.fail_next:
            self.fail_next = False
            made.status, made.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
            made.partial_url = self._keep(made, lines[: len(lines) // 2])
        else:
            made.status, made.object_count, made.root_object_count = "COMPLETED", len(lines), roots
            if lines:
                made.url = self._keep(made, lines)
        made.completed_at = self.world.now()
        self.world.log("bulk_finished", id=made.id, status=made.status, objects=made.object_count)
        self.world.emit("bulk_operations/finish", made)

    def expire(self, made: BulkOperation) -> None:
        """A week has gone by: the file is no longer there."""
        for url in filter(None, (made.url, made.partial_url)):
            self.files.pop(url.rsplit("/", 1)[1], None)
        made.url = made.partial_url = None
        made.status = "EXPIRED"

    def _keep(self, made: BulkOperation, lines: list[str]) -> str:
        body = ("\n".join(lines) + "\n").encode()
        made.file_size = len(body)
        if self.truncate_next:
            self.truncate_next = False
            body = body[: len(body) // 2]
        name = f"bulk-{made.id}-{self.world.hex(16)}.jsonl"
        self.files[name] = body
        return f"{self.base_url}/_files/{name}"
