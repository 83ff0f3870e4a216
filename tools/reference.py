"""Writes docs/reference/settings.md and docs/reference/cli.md from the code. ``--check``: only says whether they are right."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path

import click

from stockbridge.cli import COMMANDS, cli
from stockbridge.settings import PREFIX, Settings

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
NOTE = "<!-- Written by tools/reference.py (make docs): change the code, not this page. -->"


def settings_page() -> str:
    """Every setting: its names, its default, what it means."""
    lines = [
        "# Settings",
        "",
        NOTE,
        "",
        "Stockbridge runs without any. Each setting can stand in a TOML file (`stockbridge.toml` in the working folder, or the file",
        f"that `--config` or `{PREFIX}CONFIG` names) or in a variable; the variable wins, and an option of the command line wins over",
        "both. A secret can also be given as a path to a file that holds it. Relative paths in the file start from its folder.",
        "`stockbridge config check` names every mistake at once; `stockbridge config show` shows what is in force, without secrets.",
        "Shops and warehouse systems are not settings: see `stockbridge connections`.",
        "",
        "| in the file | as a variable | default | |",
        "|---|---|---|---|",
    ]
    for each in fields(Settings):
        variable = f"`{PREFIX}{each.name.upper()}`"
        if each.metadata.get("secret"):
            variable += f" or `{PREFIX}{each.name.upper()}_FILE`"
        lines.append(f"| `{each.name}` | {variable} | {_default(each.name, each.default)} | {each.metadata['help']} |")
    return "\n".join(lines) + "\n"


def _default(name: str, value: object) -> str:
    if name == "data_dir":
        return "`~/.local/share/stockbridge`"
    if value is MISSING or value is None or value == "":
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def commands_page() -> str:
    """Every command with its arguments and options."""
    lines = [
        "# Commands",
        "",
        NOTE,
        "",
        "What a command prints for you goes to standard output, remarks and trouble to standard error. `--json` prints data for",
        "programs: keys are never renamed, times are in UTC. Exit codes: 0 done, 1 a problem (said in one sentence, with what to do),",
        "2 used wrongly or wrong settings. Before the command: `--data-dir FOLDER`, `--config FILE`, `--debug`.",
        "",
        "| command | |",
        "|---|---|",
        *(f"| [`{name}`](#stockbridge-{name}) | {known.line} |" for name, known in COMMANDS.items()),
    ]
    context = click.Context(cli, info_name="stockbridge")
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if command is not None:
            lines += _section(command, click.Context(command, info_name=name, parent=context), depth=2)
    return "\n".join(lines) + "\n"


def _section(command: click.Command, context: click.Context, *, depth: int) -> list[str]:
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        "",
        f"{'#' * depth} {context.command_path}",
        "",
        f"`{context.command_path} {usage}`",
        "",
        *_prose(command.help or ""),
    ]
    options = list(_options(command, context))
    if options:
        lines += ["", "| option | |", "|---|---|", *options]
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            lines += _section(child, click.Context(child, info_name=name, parent=context), depth=depth + 1)
    return lines


def _prose(text: str) -> list[str]:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")).split("\n")


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    for each in command.params:
        record = each.get_help_record(context) if isinstance(each, click.Option) else None
        if record is not None:
            yield f"| `{record[0].replace('|', ', ')}` | {record[1]} |"


def main() -> None:
    """Writes the pages, or compares them."""
    wrong = []
    for name, text in (("settings.md", settings_page()), ("cli.md", commands_page())):
        file = FOLDER / name
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        wrong.append(name)
        if "--check" not in sys.argv:
            FOLDER.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    if wrong and "--check" in sys.argv:
        sys.exit(f"Not as the code says: {', '.join(wrong)}. Run: make docs")
    print("written: " + ", ".join(wrong) if wrong else "as the code says")


main()
