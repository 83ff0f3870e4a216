"""Words that betray a line in the wrong room."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Lines = Callable[[], Iterator[tuple[Path, int, str]]]

SHOPIFY = ("channels/shopify/", "testing/")
SQL = ("db/migrate.py", "db/backup.py", "db/embedded/", "engine/liveness.py", "engine/running.py", "testing/")

#: What a line contains → the rooms in which it is at home.
TELLTALES = {
    r"gid://": (*SHOPIFY, "cli/look/inbox.py", "cli/setup/mapping.py"),
    r"X-Shopify-|x-shopify-": SHOPIFY,
    r"userErrors|inventorySetQuantities|inventoryAdjustQuantities|fulfillmentCreate": SHOPIFY,
    r"stock\.quant|stock\.picking|qty_available|free_qty": ("warehouses/odoo/", "testing/twins/odoo/"),
    r"DESADV|\bX12\b|EDIFACT": ("warehouses/edi/", "testing/twins/edi/"),
    r"webhook-signature|svix-": ("warehouses/wms/", "testing/"),
    r"\b(SELECT|INSERT INTO|DELETE FROM|UPDATE \w+ SET|CREATE TABLE|ALTER TABLE)\b": SQL,
    r"</?(div|span|section|table|button)\b": ("web/", "testing/"),
    r"\b(async|await) ": ("web/", "inbox/", "wiring.py", "cli/", "testing/"),
    r"backoff|attempts \+ 1": ("outbox/", "engine/", "testing/", "channels/", "warehouses/", "cli/"),
    r"max\(0, .*(on_hand|claimed|reserved|counted)": ("domain/", "testing/"),
    r"datetime\.now\(|time\.time\(|uuid4\(|random\.random\(": (
        "wiring.py",
        "settings.py",
        "engine/",
        "db/embedded/",
        "testing/",
    ),
    r"os\.environ|os\.getenv": ("settings.py", "wiring.py", "db/embedded/", "cli/", "testing/"),
    r"\bprint\(": ("cli/", "testing/"),
}


@pytest.mark.parametrize("word", TELLTALES)
def test_a_word_is_only_where_it_is_at_home(word: str, code_lines: Lines) -> None:
    pattern, home = re.compile(word), TELLTALES[word]
    strays = [
        f"{path}:{number} {line.strip()[:100]}"
        for path, number, line in code_lines()
        if pattern.search(line) and not path.as_posix().startswith(home)
    ]
    assert strays == []


@pytest.mark.parametrize(
    ("word", "line"),
    [
        (r"gid://", 'order_id = f"gid://shopify/Order/{n}"'),
        (r"\b(async|await) ", "    async def read(self) -> None:"),
        (r"max\(0, .*(on_hand|claimed|reserved|counted)", "free = max(0, row.counted - row.claimed)"),
        (r"\b(SELECT|INSERT INTO|DELETE FROM|UPDATE \w+ SET|CREATE TABLE|ALTER TABLE)\b", 'text("DELETE FROM claim")'),
    ],
)
def test_the_telltales_would_be_noticed(word: str, line: str) -> None:
    assert re.search(word, line)
    assert word in TELLTALES


def test_sql_files_are_in_the_rooms_that_may_hold_them(house: Path) -> None:
    homes = ("db/queries/", "db/migrations/", "testing/")
    strays = [str(p.relative_to(house)) for p in house.rglob("*.sql") if not p.relative_to(house).as_posix().startswith(homes)]
    assert strays == []


def test_every_query_says_what_it_gives(house: Path) -> None:
    silent = []
    for path in sorted((house / "db" / "queries").rglob("*.sql")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if line.startswith("-- name:") and not lines[number + 1].startswith("-- "):
                silent.append(f"{path.name}: {line}")
    assert silent == []
