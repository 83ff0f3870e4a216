# ruff: noqa: RUF009  (_setting is dataclasses.field with our metadata)
"""The only reader of the environment: a TOML file, then STOCKBRIDGE_… variables, then options; every mistake named at once.

The file is ``STOCKBRIDGE_CONFIG``, or ``stockbridge.toml`` in the working folder when there is one. Every setting of the file
has a variable of the same name in capitals with the prefix, and every secret may be given as ``…_FILE``: a path to it.
A relative path in the file starts from the file's folder.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

PREFIX = "STOCKBRIDGE_"
#: Variables with the prefix that are not settings of the running program.
OTHER = frozenset({"CONFIG", "ODOO_URL"})
#: What a whole number may be, where that is not from 1 to 100 000. Sweeps are minutes of an hour.
_BOUNDS = {"port": (0, 65535), "pool_size": (5, 1000), "orders_every_min": (1, 59), "delta_every_min": (1, 59)}


class WrongSettings(ValueError):
    """Some settings cannot be used. ``problems``: a sentence for each, with what to do."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "stockbridge"


def _setting(help_text: str, default: Any = None, *, secret: bool = False, factory: Any = None) -> Any:
    metadata = {"help": help_text, "secret": secret}
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this installation runs. Shops and warehouses are configured in the database, not here."""

    data_dir: Path = _setting("Where the embedded database, the key and backups live.", factory=_default_data_dir)
    database_url: str = _setting(
        "A PostgreSQL 15 or later to use instead of the embedded one, e.g. postgresql://user@host/db.", "", secret=True
    )
    key_file: Path | None = _setting("The file with the key that encrypts credentials. Default: encryption.key in data_dir.")
    host: str = _setting("The address the web pages listen on.", "127.0.0.1")
    port: int = _setting("The port the web pages listen on.", 8400)
    base_url: str = _setting("The address people and webhooks use, when a proxy stands in front.", "")
    metrics_token: str = _setting("The token that /metrics asks for; empty: only this machine may read it.", "", secret=True)
    log_level: str = _setting("debug, info, warning or error.", "info")
    log_json: bool = _setting("Write the log as JSON lines.", False)
    calls_in_flight: int = _setting("How many calls one worker makes at the same time.", 32)
    worker_jobs: int = _setting("How many lanes one worker delivers at the same time.", 16)
    pool_size: int = _setting("How many database connections one process uses.", 40)
    keep_days: int = _setting("How long finished messages are kept, in days.", 60)
    history_days: int = _setting("How long every published stock number is kept with its reasons, in days.", 90)
    session_hours: int = _setting("How long a login lasts without being used, in hours.", 12)
    orders_every_min: int = _setting("How often orders are swept, in minutes.", 2)
    delta_every_min: int = _setting("How often stock is compared, in minutes.", 15)

    @property
    def key_path(self) -> Path:
        return self.key_file or self.data_dir / "encryption.key"

    @property
    def address(self) -> str:
        """Where people reach the pages."""
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")


def load(
    environ: Mapping[str, str] | None = None, *, folder: Path | None = None, options: Mapping[str, str] | None = None
) -> Settings:
    """The settings of this process. ``options`` (of the command line) win over the environment, which wins over the file;
    the option ``config`` names the file. Raises WrongSettings with every mistake at once."""
    env = os.environ if environ is None else environ
    chosen = dict(options or {})
    problems: list[str] = []
    given = _from_file(_config_file(env, chosen.pop("config", None), folder or Path.cwd(), problems), problems)
    given.update(_from_environment(env, problems))
    given.update({name: (f"--{name.replace('_', '-')}", value) for name, value in chosen.items()})
    values = {}
    for each in fields(Settings):
        if each.name in given:
            source, raw = given[each.name]
            value, problem = _typed(each.name, raw, each.type)
            problems.extend([f"{source}: {problem}"] if problem else [])
            values[each.name] = value
    problems.extend(_contradictions(values))
    problems.extend(_places(values, {name: source for name, (source, _) in given.items()}))
    if problems:
        raise WrongSettings(tuple(problems))
    return Settings(**values)


def child_environment(**settings: object) -> dict[str, str]:
    """The environment for a process of ours that is to run with these settings and no others of ours."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | {PREFIX + name.upper(): str(value) for name, value in settings.items()}


def describe(settings: Settings) -> dict[str, str | int | bool | None]:
    """Every setting as JSON knows it, secrets hidden; for `config show`."""
    shown: dict[str, str | int | bool | None] = {}
    for each in fields(Settings):
        value = getattr(settings, each.name)
        hidden = each.metadata.get("secret") and value
        shown[each.name] = "(set)" if hidden else str(value) if isinstance(value, Path) else value
    return shown


def read_variable(name: str) -> str | None:
    """A variable of the environment that a person named (a connection's secret); None when it is not set."""
    return os.environ.get(name)


def _config_file(env: Mapping[str, str], chosen: str | None, folder: Path, problems: list[str]) -> Path | None:
    source, named = ("--config", chosen) if chosen else (PREFIX + "CONFIG", env.get(PREFIX + "CONFIG"))
    path = folder / named if named else folder / "stockbridge.toml"
    if path.is_file():
        return path
    if named:
        problems.append(f"{source}: there is no file {path}.")
    return None


def _from_file(path: Path | None, problems: list[str]) -> dict[str, tuple[str, Any]]:
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{path}: this is not TOML: {error}.")
        return {}
    except OSError as error:
        problems.append(f"{path}: {error.strerror}.")
        return {}
    known = {each.name: str(each.type) for each in fields(Settings)}
    given: dict[str, tuple[str, Any]] = {}
    for name, value in content.items():
        if name not in known:
            problems.append(f"{path}: there is no setting '{name}'.{_hint(name, list(known))}")
            continue
        is_path = "Path" in known[name] and isinstance(value, str) and value
        given[name] = (f"{path}, {name}", str(path.parent / Path(value).expanduser()) if is_path else value)
    return given


def _from_environment(env: Mapping[str, str], problems: list[str]) -> dict[str, tuple[str, Any]]:
    known = {PREFIX + each.name.upper(): each for each in fields(Settings)}
    given: dict[str, tuple[str, Any]] = {}
    for variable in sorted(env):
        if not variable.startswith(PREFIX) or variable.removeprefix(PREFIX) in OTHER:
            continue
        plain = variable.removesuffix("_FILE") if variable not in known else variable
        each = known.get(plain)
        if each is None or (plain != variable and not each.metadata.get("secret")):
            problems.append(f"{variable}: there is no such setting.{_hint(variable, list(known))}")
            continue
        if not env[variable]:  # what a compose file makes of a variable that nobody set
            continue
        if each.name in given:
            problems.append(f"{plain} is given twice, also as {plain}_FILE: remove one of them.")
            continue
        value = env[variable]
        if plain != variable:
            try:
                value = Path(value).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{variable}: {getattr(error, 'strerror', None) or 'this is not text'}: {env[variable]}.")
                continue
        given[each.name] = (variable, value)
    return given


def _hint(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _typed(name: str, raw: Any, kind: Any) -> tuple[Any, str]:
    text = str(kind)
    if text == "int":
        return _whole(name, raw)
    if text == "bool":
        return _yes_no(name, raw)
    if "Path" in text:
        return (Path(raw).expanduser(), "") if isinstance(raw, str) and raw else (None, f"{name} must be a path.")
    if not isinstance(raw, str):
        return "", f"{name} must be text."
    return raw, _wrong_text(name, raw)


def _whole(name: str, raw: Any) -> tuple[int, str]:
    least, most = _BOUNDS.get(name, (1, 100_000))
    try:
        value = int(raw) if isinstance(raw, str) or type(raw) is int else -1
    except ValueError:
        value = -1
    return value, "" if least <= value <= most else f"{name} must be a whole number from {least} to {most}, not {raw!r}."


def _yes_no(name: str, raw: Any) -> tuple[bool, str]:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    value = words.get(str(raw).lower())
    return bool(value), "" if value is not None else f"{name} must be true or false, not {raw!r}."


def _wrong_text(name: str, raw: str) -> str:
    if name == "log_level" and raw not in ("debug", "info", "warning", "error"):
        return f"log_level must be debug, info, warning or error, not {raw!r}."
    if name == "database_url" and raw and not raw.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        return "database_url must begin with postgresql:// (PostgreSQL is the only database that is supported)."
    if name == "base_url" and raw and not raw.startswith(("https://", "http://")):
        return f"base_url must begin with https://, not {raw!r}."
    return ""


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    if values.get("host") not in (None, "127.0.0.1", "localhost", "::1") and not values.get("base_url"):
        return ["host is open to other machines, but base_url does not say under which address: set base_url."]
    return []


def _places(values: Mapping[str, Any], sources: Mapping[str, str]) -> list[str]:
    """What is wrong with the data folder and the key file. Looks, and makes nothing."""
    folder, key = values.get("data_dir") or _default_data_dir(), values.get("key_file")
    elsewhere = bool(values.get("database_url") and key)  # then the folder holds backups only
    problem = unusable_folder(folder, may_write=not elsewhere)
    found = [f"{sources.get('data_dir', 'data_dir')}: {problem}"] if problem else []
    if key:
        no_file = (
            f"{key} is a folder: name the file in it." if os.path.isdir(key) else unusable_folder(key.parent, may_write=False)
        )
        found.extend([f"{sources['key_file']}: {no_file}"] if no_file else [])
    return found


def unusable_folder(folder: Path, *, may_write: bool = True) -> str:
    """A sentence when this folder is none, or cannot be made; empty when it can be used."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(place))
    if not os.path.isdir(there):
        what = "is a file" if os.path.isfile(there) else "is not a folder"
        return f"{folder} cannot be used as a folder: {there} {what}. Name another one."
    if may_write and there != folder.absolute() and not os.access(there, os.W_OK | os.X_OK):
        return f"{folder} cannot be made: you may not write to {there}. Name another folder, or use the user that Stockbridge runs as."
    return ""
