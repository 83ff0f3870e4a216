"""What the guards of the house look at."""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def house() -> Path:
    """The package's folder."""
    return ROOT / "src" / "stockbridge"


@pytest.fixture(scope="session")
def sources(house: Path) -> dict[Path, str]:
    """Every module that people wrote, by its path below the package."""
    return {path.relative_to(house): path.read_text() for path in sorted(house.rglob("*.py")) if path.name != "generated.py"}


@pytest.fixture(scope="session")
def trees(sources: dict[Path, str]) -> dict[Path, ast.Module]:
    """The same, parsed."""
    return {path: ast.parse(text) for path, text in sources.items()}


@pytest.fixture(scope="session")
def code_lines(sources: dict[Path, str], trees: dict[Path, ast.Module]) -> Callable[[], Iterator[tuple[Path, int, str]]]:
    """Gives every line of code with its number; docstrings and whole-line comments are left out."""

    def lines() -> Iterator[tuple[Path, int, str]]:
        for path, text in sources.items():
            told = _docstring_lines(trees[path])
            for number, line in enumerate(text.splitlines(), 1):
                if number not in told and not line.lstrip().startswith("#"):
                    yield path, number, line

    return lines


def _docstring_lines(tree: ast.Module) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                found.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return found
