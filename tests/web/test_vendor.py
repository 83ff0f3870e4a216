"""What was made by others lies here as they made it."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from stockbridge.web.templating import STATIC

VENDOR = STATIC / "vendor"
LIST = json.loads((VENDOR / "VENDOR.json").read_text())


@pytest.mark.parametrize("entry", LIST, ids=lambda entry: str(entry["file"]))
def test_a_vendored_file_is_what_its_entry_says(entry: dict[str, str]) -> None:
    found = base64.b64encode(hashlib.sha384((VENDOR / entry["file"]).read_bytes()).digest()).decode()
    assert entry["sha384"] == f"sha384-{found}"
    assert entry["version"] in entry["file"]
    assert (VENDOR / entry["licence_file"]).read_text()


def test_every_vendored_file_has_an_entry() -> None:
    named = {entry[key] for entry in LIST for key in ("file", "licence_file")} | {"VENDOR.json"}
    assert {path.name for path in VENDOR.iterdir()} == named


def test_the_style_sheet_stays_small_and_asks_nobody() -> None:
    text = (Path(STATIC) / "app.css").read_text()
    assert len(text.encode()) < 25_000
    assert "@layer" in text
    assert not re.search(r"@import|url\(|polaris", text)
