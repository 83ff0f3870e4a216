"""`stockbridge config`: are the settings right, and what are they?"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from stockbridge.cli.session import settings
from stockbridge.cli.talk import Misused, as_json, pairs, put_json, say
from stockbridge.settings import describe

OTHER_FOLDER = "Name another one: --data-dir before the command, or STOCKBRIDGE_DATA_DIR."


@click.group()
def config() -> None:
    """Check and show the settings."""


@config.command()
@as_json
def check(as_json: bool) -> None:
    """Say everything that is wrong with the settings at once. Nothing is started."""
    _try_folder(settings().data_dir)
    if as_json:
        put_json({"ok": True})
    else:
        say("The settings are right.")


def _try_folder(data_dir: Path) -> None:
    """Makes and removes a folder where the data folder will be; a look at its rights does not tell everything."""
    there = next(place for place in (data_dir.absolute(), *data_dir.absolute().parents) if place.exists())
    if there == data_dir.absolute():
        return
    try:
        TemporaryDirectory(dir=there).cleanup()
    except OSError as error:
        raise Misused(f"The data folder {data_dir} cannot be made in {there}: {error.strerror}.", todo=OTHER_FOLDER) from error


@config.command()
@as_json
def show(as_json: bool) -> None:
    """Every setting with its value; secrets are hidden."""
    found = describe(settings())
    if as_json:
        put_json(found)
    else:
        pairs({name: _as_written(value) for name, value in found.items()})


def _as_written(value: str | int | bool | None) -> str:
    """As it stands in a file of settings."""
    return str(value).lower() if isinstance(value, bool) else "-" if value in (None, "") else str(value)
