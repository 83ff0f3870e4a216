"""How commands speak: tables or JSON, one sentence for trouble, progress for what takes long."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
#: As wide as a table may be when it does not go to a terminal.
_WIDE = 180

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
account_option = click.option("--account", metavar="NAME", help="Which account. Default: the only one.")


class Problem(click.ClickException):
    """Something that can be expected to go wrong: one sentence, and what to do about it. Exit code 1."""

    exit_code = 1

    def __init__(self, sentence: str, *, todo: str = "") -> None:
        super().__init__(sentence)
        self.todo = todo

    def show(self, file: IO[Any] | None = None) -> None:
        """To standard error."""
        click.echo(f"{click.style('Problem:', fg='red', bold=True)} {self.message}", err=True)
        if self.todo:
            click.echo(self.todo, err=True)


class Misused(Problem):
    """The command was used wrongly. Exit code 2."""

    exit_code = 2


def data_command(function: F) -> F:
    """The two options that every command has that prints data."""
    return as_json(account_option(function))


def say(sentence: str = "") -> None:
    """A remark for a person: on standard error, so that it never mixes with data."""
    click.echo(sentence, err=True)


def many_of(number: int, one: str, several: str = "") -> str:
    """A number with its word: 1 row, 2 rows; 1 thing waits, 2 things wait."""
    return f"{number} {one if number == 1 else several or one + 's'}"


def plain(value: object) -> Any:
    """A value as JSON knows it: rows become objects, times become text in UTC."""
    if hasattr(value, "_mapping"):
        return {key: plain(each) for key, each in value._mapping.items()}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def put_json(value: object) -> None:
    """Data for programs."""
    click.echo(json.dumps(plain(value), indent=2, ensure_ascii=False))


def words(value: object) -> str:
    """A value in a cell of a table; a time in this machine's zone, which is named."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    if isinstance(value, list | tuple):
        return ", ".join(words(each) for each in value)
    return str(value)


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, title: str = "", empty: str = "Nothing.") -> None:
    """Rows for people. ``columns``: key to heading; a heading that ends in ``#`` is a number's."""
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        click.echo(empty)
        return
    grid = Table(title=escape(title) or None, title_justify="left", header_style="bold")
    for heading in columns.values():
        grid.add_column(heading.rstrip("#"), justify="right" if heading.endswith("#") else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(escape(words(row.get(key))) for key in columns))
    _console().print(grid)


def pairs(values: Mapping[str, object]) -> None:
    """Names and values for people, one a line; empty ones are left out."""
    shown = {name: words(value) for name, value in values.items() if words(value)}
    wide = max(map(len, shown), default=0)
    for name, text in shown.items():
        click.echo(f"{name.ljust(wide)}  {text}")


def put(rows: Sequence[Any], columns: Mapping[str, str], *, json_wanted: bool, empty: str = "Nothing.") -> None:
    """Rows for whoever asked."""
    listed = [dict(row._mapping) if hasattr(row, "_mapping") else dict(row) for row in rows]
    if json_wanted:
        put_json(listed)
    else:
        table(listed, columns, empty=empty)


def sure(question: str, *, yes: bool) -> None:
    """Goes on when the person says so. Without a terminal nobody can be asked: --yes is needed."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Misused("This needs a yes, and there is nobody to ask.", todo="Add --yes if you mean it.")
    if not click.confirm(question, err=True):
        raise Problem("Nothing was changed.")


@contextmanager
def working(sentence: str) -> Iterator[None]:
    """Shows that something takes a while, on a terminal only."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(sentence):
        yield


@contextmanager
def counting(sentence: str, total: int) -> Iterator[Callable[[], None]]:
    """Shows how far something has come; the function that is given is called once for each piece."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        yield partial(progress.advance, progress.add_task(sentence, total=total))


def _console() -> Any:
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=_WIDE)
