"""`stockbridge demo --once`: the story is right for every seed, and notices when a rule of the product is broken."""

import json
import subprocess
import sys
from typing import Any

import pytest

from stockbridge.testing.rehearsal.story import Row
from stockbridge.testing.sabotage import SABOTAGES

SEEDS = range(1, 21)
#: Which step of the story notices which broken rule, and a seed whose draw brings it out.
NOTICED = {
    "resend_without_asking": (3, 1),
    "drop_unmapped_lines": (5, 1),
    "never_sweep_orders": (4, 1),
    "write_without_comparing": (7, 1),
    "count_every_zone": (1, 1),
    "fulfill_everything": (6, 1),
}


def play(seed: int, *more: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "stockbridge", "demo", "--once", "--json", "--seed", str(seed), *more]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.stdout.strip(), done.stderr[-3000:]
    return done.returncode, json.loads(done.stdout)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_story_comes_out_right(seed: int) -> None:
    code, told = play(seed)
    wrong = [row for row in told["rows"] if not row["ok"]]
    assert wrong == []
    assert code == 0
    assert {row["step"] for row in told["rows"]} == set(range(1, 10))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("rule", sorted(NOTICED))
def test_the_story_turns_red_when_a_rule_is_broken(rule: str) -> None:
    step, seed = NOTICED[rule]
    code, told = play(seed, "--sabotage", rule, "--stop-at-first")
    assert code == 1
    assert not told["ok"]
    assert told["rows"][-1]["step"] == step, told["rows"][-1]


def test_at_least_six_rules_can_be_broken_on_purpose() -> None:
    assert len(NOTICED) >= 6
    assert set(NOTICED) <= set(SABOTAGES)


def test_a_row_is_right_only_when_what_was_found_is_what_was_expected() -> None:
    assert Row(step=1, what="units", expected="3", found="3", seconds=0.1).ok
    assert not Row(step=1, what="units", expected="3", found="4", seconds=0.1).ok
