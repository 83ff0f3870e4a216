"""docs/start is followed word for word: its shell blocks run in their order, on ports that are free here."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from stockbridge.testing.rehearsal.stage import free_port

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/start/README.md"
PATIENCE_S = 120
ROOMS = ("start", "howto", "operate")


class Follower:
    """A person at one terminal, who copies block after block and waits until what was started answers."""

    def __init__(self, folder: Path) -> None:
        self.ports = {name: free_port() for name in ("8400", "8501", "8502")}
        docs = folder / "docs/start"
        docs.mkdir(parents=True)
        for file in (ROOT / "docs/start").iterdir():
            (docs / file.name).write_text(self.here(file.read_text()))
        environment = {**os.environ, "STOCKBRIDGE_DATA_DIR": str(folder / "data"), "NO_COLOR": "1"}
        programs = Path(sys.executable).parent  # what `make demo` puts into .venv; a new user's terminal does not know it
        (folder / ".venv").symlink_to(programs.parent)
        environment["PATH"] = ":".join(each for each in environment["PATH"].split(":") if Path(each) != programs)
        self.shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )

    def here(self, text: str) -> str:
        for name, port in self.ports.items():
            text = text.replace(name, str(port))
        return text

    def do(self, block: str) -> str:
        """One block; gives what was printed. A command that fails fails the test."""
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(f"set -e\n{self.here(block)}\nset +e\necho THE-BLOCK-IS-OVER\n")
        self.shell.stdin.flush()
        printed = []
        for line in self.shell.stdout:
            if line.strip() == "THE-BLOCK-IS-OVER":
                return "".join(printed)
            printed.append(line)
        raise AssertionError(f"this block ended the shell:\n{block}\n{''.join(printed)}")

    def wait_for(self, name: str, path: str) -> None:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            try:
                httpx2.get(f"http://127.0.0.1:{self.ports[name]}{path}", timeout=2, trust_env=False)
                return
            except httpx2.HTTPError:
                time.sleep(0.2)
        raise AssertionError(f"nothing answers on {name}")

    def stop(self) -> None:
        os.killpg(self.shell.pid, signal.SIGTERM)
        try:
            self.shell.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.shell.pid, signal.SIGKILL)


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    tmp_path.chmod(0o755)
    found = Follower(tmp_path)
    yield found
    found.stop()


def until(follower: Follower, command: str, expected: str) -> str:
    """The page says 'a moment later': on a busy machine the moment is longer."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        printed = follower.do(command)
        if expected in printed:
            return printed
        time.sleep(1)
    raise AssertionError(f"{command} never showed {expected!r}, but:\n{printed}")


@pytest.mark.parametrize(
    "page",
    sorted(page for room in ROOMS for page in (ROOT / "docs" / room).glob("*.md")),
    ids=lambda page: f"{page.parent.name}-{page.stem}",
)
def test_a_page_that_has_commands_to_type_says_first_how_they_are_found(page: Path) -> None:
    text = page.read_text()
    typed = re.search(r"^stockbridge ", text, re.MULTILINE)
    hint = text.find(".venv/bin/")
    assert typed is None or 0 <= hint < typed.start()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_new_user_comes_from_nothing_to_the_first_own_mapping_and_an_order(follower: Follower) -> None:
    said = blocks()
    started = [follower.do(said[0]), follower.do(said[1])]
    for name, path in (("8501", "/"), ("8502", "/"), ("8400", "/readyz")):
        follower.wait_for(name, path)
    assert started is not None
    printed = "".join(follower.do(block) for block in said[2:5])
    assert "Traceback" not in printed
    until(follower, "stockbridge map items", "PAN24")
    printed = follower.do(said[5])
    assert "Berlin Central" in printed
    assert "W-PAN" in follower.do(said[6])
    follower.do(said[7])
    until(follower, "stockbridge stock list", "PAN24")
    until(follower, said[8], "65")
    follower.do(said[9])
    until(follower, "stockbridge stock list --json", "65")
    assert '"ok": true' in follower.do(said[10]).replace('"ok":true', '"ok": true')
    until(follower, "stockbridge orders list --json", '"BER"')
    orders = json.loads(follower.do("stockbridge orders list --json 2>/dev/null"))
    assert len(orders) == 1
    follower.do("stockbridge doctor || true")
    parked = json.loads(follower.do("stockbridge parked list --json"))
    assert {each["cause"] for each in parked} <= {"unbacked"}, "said after the first comparison of everything"
