"""The reference page names every command, view, knob, fault and choice."""

from dataclasses import fields
from pathlib import Path

import pytest

from stockbridge.testing.twins.shopify.faults import KINDS
from stockbridge.testing.twins.shopify.model.world import CHOICES, Knobs
from stockbridge.testing.twins.shopify.remote import _OWN, COMMANDS, VIEWS
from stockbridge.testing.twins.shopify.webhooks.chaos import Chaos, OneShot

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "reference" / "shopify-twin.md").read_text(encoding="utf-8")
NAMES = {
    "command": [*COMMANDS, *_OWN],
    "view": [f"/_twin/{name}" for name in VIEWS],
    "knob": [one.name for one in fields(Knobs)],
    "chaos": [one.name for one in fields(Chaos)],
    "one shot": [one.name for one in fields(OneShot)],
    "fault": list(KINDS),
    "choice": list(CHOICES),
}


@pytest.mark.parametrize(("what", "name"), [(what, name) for what, names in NAMES.items() for name in names])
def test_the_reference_page_names_it(what: str, name: str) -> None:
    assert f"`{name}" in PAGE
