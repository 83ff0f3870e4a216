#!/usr/bin/env python3
"""Writes docs/reference/requirements.md: which test shows which requirement, read off the marks in tests/.

usage: tools/requirements.py [--check]        standard library only; reads the tests, never imports them

A mark is ``@covers("ORD-01", instead="X-01")`` (stockbridge.testing.covers) or ``@pytest.mark.covers(...)`` on a test function
or class. With --check nothing is written; the exit code says whether the page is current.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference" / "requirements.md"

#: Area → what it is about, in our words, and how many requirements it has.
AREAS = {
    "MAP": ("Warehouses, zones and suppliers joined to locations", 35),
    "INV": ("Stock levels: computing and publishing them", 43),
    "ORD": ("Orders on their way to a warehouse", 22),
    "ROU": ("Which warehouse ships what", 18),
    "SKU": ("Item codes: the cross-reference", 14),
    "FUL": ("Shipments, tracking, and mending what the shop was told", 29),
    "CAN": ("Cancelling, refunding, returning, editing", 17),
    "CAT": ("The catalogue", 4),
    "CUS": ("Customers", 3),
    "RATE": ("Rate limits and bursts", 11),
    "IDEM": ("Once and only once; no loops", 12),
    "REC": ("Sweeps and drift", 16),
    "MIG": ("From one warehouse to many", 11),
    "MON": ("Watching, alerts, reports", 19),
    "UI": ("Pages and templates", 14),
    "X": ("Traps: advice that, taken literally, loses orders or oversells", 29),
}


@dataclass(frozen=True, order=True)
class Mark:
    """One requirement shown by one test. ``instead``: the trap that it keeps us out of, or in words
    what we do instead of what was asked."""

    requirement: str
    test: str
    instead: str = ""


def main() -> int:
    """Write the page, or check it."""
    found = sorted(set(collect(ROOT / "tests")))
    wrong = unknown(found)
    if wrong:
        print("No such requirement:", *(f"  {mark.requirement} in {mark.test}" for mark in wrong), sep="\n")
    marks = [mark for mark in found if mark not in wrong]
    text = page(marks)
    if "--check" in sys.argv[1:]:
        current = PAGE.exists() and PAGE.read_text() == text
        print("current" if current else f"{PAGE.relative_to(ROOT)} is out of date: run tools/requirements.py")
        return 0 if current and not wrong else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(text)
    print(f"{PAGE.relative_to(ROOT)}: {len({mark.requirement for mark in marks})} requirements shown")
    return 1 if wrong else 0


def collect(folder: Path) -> Iterator[Mark]:
    """Every mark below a folder."""
    for path in sorted(folder.rglob("test_*.py")):
        where = path.relative_to(folder.parent).as_posix()
        for name, node in _tests(ast.parse(path.read_text())):
            for decorator in node.decorator_list:
                if isinstance(decorator, ast.Call) and _is_covers(decorator.func) and decorator.args:
                    requirement, instead = _text(decorator.args[0]), ""
                    for keyword in decorator.keywords:
                        if keyword.arg == "instead":
                            instead = _text(keyword.value)
                    yield Mark(requirement, f"{where}::{name}", instead)
                    if instead.startswith("X-"):
                        yield Mark(instead, f"{where}::{name}")


def _tests(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield node.name, node
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef) and inner.name.startswith("test"):
                    yield f"{node.name}::{inner.name}", inner


def _is_covers(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "covers") or (isinstance(node, ast.Attribute) and node.attr == "covers")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "?"


def unknown(marks: list[Mark]) -> list[Mark]:
    """Marks whose id is no requirement: the area is none of ours, or has not so many."""
    return [mark for mark in marks if not _exists(mark.requirement)]


def _exists(requirement: str) -> bool:
    found = re.fullmatch(r"([A-Z]+)-(\d{2})", requirement)
    return found is not None and found[1] in AREAS and 1 <= int(found[2]) <= AREAS[found[1]][1]


def page(marks: list[Mark]) -> str:
    """The page as text."""
    shown = {mark.requirement for mark in marks}
    own = [area for area in AREAS if area != "X"]
    total = sum(AREAS[area][1] for area in own)
    proved = sum(1 for requirement in shown if not requirement.startswith("X-"))
    lines = [
        "# What is promised, and the test that shows it",
        "",
        "Made by `tools/requirements.py` from the marks on the tests; a test checks that it is current. A mark counts only on a",
        "test that drives something that arrives all the way to an effect or a page.",
        "",
        f"**{proved} of {total}** requirements are shown; **{len(shown) - proved} of {AREAS['X'][1]}** traps are kept out of.",
        "",
        "| area | about | shown | of |",
        "|---|---|---|---|",
    ]
    for area, (about, count) in AREAS.items():
        lines.append(f"| {area} | {about} | {sum(1 for r in shown if r.split('-')[0] == area)} | {count} |")
    lines += ["", "| id | area | proved by |", "|---|---|---|"]
    for area in AREAS:
        for requirement in sorted(r for r in shown if r.split("-")[0] == area):
            tests = "<br>".join(_told(mark) for mark in marks if mark.requirement == requirement)
            lines.append(f"| {requirement} | {area} | {tests} |")
    return "\n".join(lines) + "\n"


def _told(mark: Mark) -> str:
    file, _, name = mark.test.partition("::")
    return f"[`{name}`](../../{file})" + (_instead(mark.instead))


def _instead(text: str) -> str:
    return f" (instead of {text})" if text.startswith("X-") else f" (instead: {text})" if text else ""


if __name__ == "__main__":
    sys.exit(main())
