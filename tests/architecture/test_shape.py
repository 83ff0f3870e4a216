"""The house keeps its shape: small functions and modules, a sign on every room's door."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

LONGEST, USUAL, MODULE = 60, 30, 400


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = node.body[0]
    told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if told else 0
    return (node.end_lineno or 0) - node.lineno + 1 - docstring


def functions(trees: dict[Path, ast.Module]) -> list[tuple[int, str]]:
    return sorted(
        (length(node), f"{path}:{node.lineno} {node.name}")
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_no_function_is_longer_than_sixty_lines(trees: dict[Path, ast.Module]) -> None:
    assert [each for each in functions(trees) if each[0] > LONGEST] == []


def test_nineteen_of_twenty_functions_have_at_most_thirty_lines(trees: dict[Path, ast.Module]) -> None:
    lengths = [lines for lines, _ in functions(trees)]
    assert lengths[int(len(lengths) * 0.95)] <= USUAL


def test_no_module_has_more_than_four_hundred_lines(sources: dict[Path, str]) -> None:
    sizes = {str(path): sum(1 for line in text.splitlines() if line.strip()) for path, text in sources.items()}
    assert {path: size for path, size in sizes.items() if size > MODULE} == {}


def test_every_room_says_what_it_is_for(trees: dict[Path, ast.Module]) -> None:
    nameless = []
    for path, tree in trees.items():
        if path.name == "__init__.py" and path.parent != Path():
            words = (ast.get_docstring(tree) or "").splitlines()
            opens = [line.split(":")[0] for line in words if re.match(r"(Room|In|Out|Never): ", line)]
            if opens != ["Room", "In", "Out", "Never"]:
                nameless.append(str(path))
    assert nameless == []


def test_every_module_opens_with_a_sentence(trees: dict[Path, ast.Module]) -> None:
    silent = [str(path) for path, tree in trees.items() if not ast.get_docstring(tree) and tree.body]
    assert silent == []


def test_public_functions_of_the_domain_are_explained_and_typed(trees: dict[Path, ast.Module]) -> None:
    bare = []
    for path, tree in trees.items():
        if path.parts[0] != "domain":
            continue
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not ast.get_docstring(node):
                bare.append(f"{path} {node.name}")
    assert bare == []


def test_the_domain_knows_no_any(sources: dict[Path, str]) -> None:
    assert [str(path) for path, text in sources.items() if path.parts[0] == "domain" and re.search(r"\bAny\b", text)] == []


def test_the_domain_and_the_readers_are_plain(trees: dict[Path, ast.Module]) -> None:
    coloured = [
        str(path)
        for path, tree in trees.items()
        if (path.parts[0] in ("domain", "flow", "outbox", "db") or path.name in ("inbound.py", "wire.py"))
        and any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(tree))
    ]
    assert coloured == []


#: Rooms that may catch whatever a stranger's code throws: a step, a delivery, a job, a page must not stop the others.
CATCHERS = {
    "flow/step.py",
    "outbox/deliver.py",
    "inbox/writer.py",
    "engine/running.py",
    "engine/ticker.py",
    "flow/bulk/hands.py",
    "testing/engine.py",
}


def test_only_named_places_catch_everything(trees: dict[Path, ast.Module]) -> None:
    def broad(tree: ast.Module) -> Iterator[ast.ExceptHandler]:
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.ExceptHandler)
                and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException")))
                and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            ):
                yield node

    found = {path.as_posix() for path, tree in trees.items() if any(broad(tree))}
    assert found - CATCHERS == set()


MACHINE = re.compile(r"(?<![\w.])/(work|home|Users|mnt)/\w")


def test_no_file_names_a_path_of_a_machine(root: Path) -> None:
    named = []
    for folder in ("src", "tests", "docs", "tools", "benchmarks"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".md", ".sql", ".toml", ".yaml", ".yml", ".html", ".css", ".js", ".graphql"):
                named += [f"{path.relative_to(root)}: {m.group()}" for m in MACHINE.finditer(path.read_text(errors="replace"))]
    assert named == []


def test_no_module_is_imported_inside_a_function(trees: dict[Path, ast.Module]) -> None:
    """Save in the command line, whose help must come at once, and where a module says why."""
    inner = []
    for path, tree in trees.items():
        if path.parts[0] in ("cli", "testing", "__main__.py"):
            continue
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                inner += [f"{path}:{n.lineno}" for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert inner == []


def test_the_guards_see_code_and_not_docstrings(code_lines: Callable[[], Iterator[tuple[Path, int, str]]]) -> None:
    lines = [line for _, _, line in code_lines()]
    assert any("def publishable(" in line for line in lines)
    assert not any("What a location may offer, and why." in line for line in lines)
