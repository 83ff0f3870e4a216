"""The page of requirements is made from the marks on the tests, and is current."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from stockbridge.testing.covers import covers


@pytest.fixture(scope="module")
def tool(root: Path) -> ModuleType:
    """tools/requirements.py as a module."""
    spec = importlib.util.spec_from_file_location("requirements_tool", root / "tools" / "requirements.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "tools/requirements.py", "--check"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_marks_are_found_with_the_trap_they_keep_us_out_of(tool: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_one.py").write_text(
        '@covers("ORD-01", instead="X-01")\ndef test_once():\n    ...\n\n\nclass TestMore:\n'
        '    @pytest.mark.covers("FUL-02")\n    def test_twice(self):\n        ...\n\n\ndef helper():\n    ...\n'
    )
    found = sorted(tool.collect(tmp_path / "tests"))
    assert [(mark.requirement, mark.test, mark.instead) for mark in found] == [
        ("FUL-02", "tests/test_one.py::TestMore::test_twice", ""),
        ("ORD-01", "tests/test_one.py::test_once", "X-01"),
        ("X-01", "tests/test_one.py::test_once", ""),
    ]
    page = tool.page(found)
    assert "**2 of 268**" in page
    assert "**1 of 29**" in page
    assert "| ORD-01 | ORD | [`test_once`](../../tests/test_one.py) (instead of X-01) |" in page


def test_an_id_that_does_not_exist_is_no_proof(tool: ModuleType) -> None:
    marks = [tool.Mark(requirement, "tests/test_one.py::test") for requirement in ("ORD-22", "ORD-23", "TRK-01", "?", "X-29")]
    assert [mark.requirement for mark in tool.unknown(marks)] == ["ORD-23", "TRK-01", "?"]


def test_a_mark_with_a_typing_error_is_refused_at_once() -> None:
    assert covers("ORD-01", instead="X-01").args == ("ORD-01",)
    with pytest.raises(ValueError, match="no requirement"):
        covers("ord-1")
    with pytest.raises(ValueError, match="no trap"):
        covers("ORD-01", instead="ORD-02")


def test_no_mark_is_on_a_test_of_the_domain_alone(tool: ModuleType, root: Path) -> None:
    assert list(tool.collect(root / "tests" / "domain")) == []
