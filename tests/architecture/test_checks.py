"""The checkers find nothing."""

import subprocess
import sys
from pathlib import Path

import pytest


def run(root: Path, *command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_rooms_import_only_what_they_may(root: Path) -> None:
    run(
        root,
        "-c",
        "import sys; from importlinter.cli import lint_imports_command; sys.argv[1:] = ['--no-cache']; lint_imports_command()",
    )


def test_the_linter_finds_nothing(root: Path) -> None:
    run(root, "-m", "ruff", "check", "--no-cache", "--quiet")


def test_the_code_is_formatted(root: Path) -> None:
    run(root, "-m", "ruff", "format", "--no-cache", "--check", "--quiet")


@pytest.mark.slow
def test_the_types_hold(root: Path) -> None:
    run(root, "-m", "mypy")
