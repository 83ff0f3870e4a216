"""`stockbridge config`: are the settings right, and what are they?"""

from __future__ import annotations

import click

from stockbridge.cli.session import settings
from stockbridge.cli.talk import as_json, pairs, put_json, say
from stockbridge.settings import describe


@click.group()
def config() -> None:
    """Check and show the settings."""


@config.command()
@as_json
def check(as_json: bool) -> None:
    """Say everything that is wrong with the settings at once. Nothing is started."""
    settings()
    if as_json:
        put_json({"ok": True})
    else:
        say("The settings are right.")


@config.command()
@as_json
def show(as_json: bool) -> None:
    """Every setting with its value; secrets are hidden."""
    found = describe(settings())
    if as_json:
        put_json(found)
    else:
        pairs({name: value or "-" for name, value in found.items()})
