"""`stockbridge twin`: a make-believe shop or warehouse system alone, for rehearsals and for other people's programs."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import click
import msgspec

from stockbridge import shapes
from stockbridge.cli.processes.listening import listen_at
from stockbridge.cli.talk import Misused, put_json, say
from stockbridge.cli.talk import as_json as json_option
from stockbridge.testing.twins.shopify import ShopifyTwin
from stockbridge.testing.twins.shopify import server as shopify_server
from stockbridge.testing.twins.wms import server as wms_server
from stockbridge.testing.twins.wms.config import WmsConfig

_PORT = click.IntRange(0, 65535)
_PERSONALITIES = ("unique_reference", "look_up", "neither")


@click.group()
def twin() -> None:
    """Run a make-believe shop or warehouse system."""


@twin.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=_PORT, default=8501, show_default=True, help="The port; 0 takes a free one.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same shop.")
@click.option("--shop", default="nordlicht.myshopify.com", show_default=True, help="The shop's domain.")
@click.option("--virtual-clock", is_flag=True, help="A clock that moves only when it is told to.")
@json_option
def shopify(host: str, port: int, seed: int, shop: str, virtual_clock: bool, as_json: bool) -> None:
    """Run a shop: the Admin API, OAuth, webhooks, and /_twin/… for what people do in a store."""

    def ready(address: str, running: ShopifyTwin) -> None:
        app = running.world.app
        known = {"url": address, "shop": shop, "client_id": app.client_id, "client_secret": app.client_secret}
        _tell(known, as_json=as_json, sentence=f"{shop} is at {address}/admin/api/2026-10/graphql.json")

    with listen_at(host, port, choose="--port") as listener:
        shopify_server.serve(listener, seed=seed, shop=shop, virtual_clock=virtual_clock, ready=ready)


@twin.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=_PORT, default=8502, show_default=True, help="The port; 0 takes a free one.")
@click.option("--seed", type=int, help="The same seed gives the same warehouse.")
@click.option("--personality", type=click.Choice(_PERSONALITIES), help="What protects an order from being made twice.")
@click.option("--callback-url", help="Where it sends its events.")
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="A TOML file: warehouses, stock, pace."
)
@json_option
def wms(
    host: str,
    port: int,
    seed: int | None,
    personality: str | None,
    callback_url: str | None,
    file: Path | None,
    as_json: bool,
) -> None:
    """Run a warehouse system that keeps the contract docs/reference/wms-contract.yaml."""
    said = {"seed": seed, "personality": personality, "callback_url": callback_url}
    config = replace(_config(file), **{name: value for name, value in said.items() if value is not None})  # type: ignore[arg-type]

    def announce(number: int) -> None:
        address = f"http://{host}:{number}"
        known = {"url": address, "api_key": config.api_key, "signing_secret": config.signing_secrets[0]}
        _tell(known, as_json=as_json, sentence=f"{config.name} is at {address}")

    with listen_at(host, port, choose="--port") as listener:
        wms_server.run(config, listener, announce=announce)


def _config(file: Path | None) -> WmsConfig:
    if file is None:
        return WmsConfig(stock={"MAIN": {"MUG-BLUE": {"BULK": 40, "PICK": 12}, "TEE-S": {"BULK": 100, "QUARANTINE": 3}}})
    known = {each.name for each in fields(WmsConfig)}
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
        strange = sorted(set(content) - known)
        if strange:
            raise Misused(f"{file}: there is no {', '.join(strange)}.", todo=f"Known are: {', '.join(sorted(known))}.")
        return shapes.convert(content, WmsConfig)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Misused(f"{file} cannot be used: {error}") from error


def _tell(known: Mapping[str, Any], *, as_json: bool, sentence: str) -> None:
    if as_json:
        put_json(known)
        return
    say(sentence)
    for name, value in known.items():
        if name != "url":
            say(f"  {name}: {value}")
    say("Ctrl-C ends it.")
