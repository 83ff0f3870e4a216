"""What a connection needs, asked of its door's manifest: settings from words, files and answers; secrets never from the command line."""

from __future__ import annotations

import dataclasses
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from stat import S_IRWXG, S_IRWXO
from typing import Any

import click

from stockbridge.cli.talk import Misused, say
from stockbridge.ports import Door
from stockbridge.settings import read_variable

_TOP = ("kind", "name", "title", "time_zone", "settings", "secrets")


@dataclass(slots=True)
class Form:
    """A connection as it was written down so far. ``problems``: a sentence for each mistake."""

    settings: dict[str, object] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    title: str = ""
    time_zone: str = ""
    problems: list[str] = field(default_factory=list)


def read_file(path: Path, form: Form) -> Mapping[str, object]:
    """Fills a form from a TOML file; gives ``kind`` and ``name`` if it has them.

    [settings] holds values; [secrets] holds names with { env = "VARIABLE" }, { file = "path" } or the secret itself."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Misused(f"{path} cannot be read: {error}") from error
    form.problems += [f"{path}: there is no '{key}'; known are {', '.join(_TOP)}." for key in content if key not in _TOP]
    form.settings.update(_section(content, "settings", path, form))
    for name, where in _section(content, "secrets", path, form).items():
        _secret_of_file(name, where, path, form)
    form.title = str(content.get("title", form.title))
    form.time_zone = str(content.get("time_zone", form.time_zone))
    return content


def _section(content: Mapping[str, object], name: str, path: Path, form: Form) -> dict[str, object]:
    found = content.get(name, {})
    if isinstance(found, dict):
        return found
    form.problems.append(f"{path}: [{name}] must be a table.")
    return {}


def _secret_of_file(name: str, where: object, path: Path, form: Form) -> None:
    if isinstance(where, str):
        form.secrets[name] = where
        if path.stat().st_mode & (S_IRWXG | S_IRWXO):
            say(f"Note: {path} holds a secret and others may read it. chmod 600 {path}")
    elif isinstance(where, dict) and list(where) == ["env"]:
        add_secret_from_variable(name, str(where["env"]), form)
    elif isinstance(where, dict) and list(where) == ["file"]:
        add_secret_from_file(name, str(path.parent / str(where["file"])), form)
    else:
        form.problems.append(f'{path}: secret {name} must be {{ env = "…" }}, {{ file = "…" }} or text.')


def add_secret_from_variable(name: str, variable: str, form: Form) -> None:
    """A secret that a variable of the environment holds."""
    value = read_variable(variable)
    if not value:
        form.problems.append(f"Secret {name}: the variable {variable} is not set.")
    else:
        form.secrets[name] = value


def add_secret_from_file(name: str, file: str, form: Form) -> None:
    """A secret that a file holds, without blanks around it."""
    try:
        form.secrets[name] = Path(file).expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        form.problems.append(f"Secret {name}: {file} cannot be read: {error}")


def split(pairs: Sequence[str], what: str, form: Form) -> list[tuple[str, str]]:
    """``key=value`` words, taken apart."""
    found = []
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            form.problems.append(f"{what} {pair!r} must look like name=value.")
        else:
            found.append((key.strip(), value.strip()))
    return found


def add_words(door: Door, pairs: Sequence[str], form: Form) -> None:
    """Settings from ``--set name=value``; each value is read as its setting's type says."""
    types = {each.name: str(each.type) for each in dataclasses.fields(door.settings)}
    for name, text in split(pairs, "Setting", form):
        form.settings[name] = value_of(text, types.get(name, "str"))


def value_of(text: str, kind: str) -> object:
    """A word as the type says; what does not fit stays text, and the door says what is wrong with it."""
    if kind.startswith("tuple"):
        return [part.strip() for part in text.strip("[]").replace('"', "").split(",") if part.strip()]
    words: Mapping[str, object] = {"true": True, "yes": True, "false": False, "no": False}
    if kind == "bool":
        return words.get(text.lower(), text)
    reads: Mapping[str, Callable[[str], Any]] = {"int": int, "float": float}
    try:
        return reads.get(kind, str)(text)
    except ValueError:
        return text


def ask_for_rest(door: Door, form: Form) -> None:
    """On a terminal: asks for required settings and for secrets that are still missing. Elsewhere nothing is asked."""
    if not sys.stdin.isatty():
        return
    for each in dataclasses.fields(door.settings):
        required = each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING
        if required and each.name not in form.settings:
            if each.metadata.get("help"):
                say(str(each.metadata["help"]))
            form.settings[each.name] = value_of(click.prompt(each.name, err=True), str(each.type))
    for name in door.secrets:
        if name not in form.secrets and not name.endswith("_previous"):
            answer = click.prompt(f"{name} (hidden; empty: none)", default="", hide_input=True, show_default=False, err=True)
            if answer.strip():
                form.secrets[name] = answer.strip()
