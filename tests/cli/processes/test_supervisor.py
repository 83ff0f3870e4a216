"""The supervisor: restarts the dead, with patience; stops everybody in time; leaves nobody behind."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from stockbridge.cli.processes.supervisor import AGAIN, Supervisor, pause_after


class After:
    """Asks to stop once something is true, or after 20 seconds."""

    def __init__(self, true: Callable[[], bool]) -> None:
        self._true, self._ends = true, time.monotonic() + 20

    @property
    def asked(self) -> bool:
        return self._true() or time.monotonic() > self._ends

    def wait(self, timeout_s: float | None = None) -> bool:
        time.sleep(timeout_s or 0)
        return self.asked


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_pauses_grow_to_half_a_minute_and_shrink_after_a_good_minute() -> None:
    deaths, pauses = 0, []
    for _ in range(9):
        pause, deaths = pause_after(1, lived_s=0.2, deaths=deaths)
        pauses.append(pause)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert pause_after(-9, lived_s=61, deaths=deaths) == (0.5, 1)


def test_a_child_that_asks_for_a_fresh_start_gets_it_at_once_but_not_in_a_circle() -> None:
    assert pause_after(AGAIN, lived_s=5, deaths=3) == (0.0, 0)
    assert pause_after(AGAIN, lived_s=0.1, deaths=0) == (0.5, 1)


def test_a_dead_child_is_started_again_and_the_others_are_left_alone(tmp_path: Path) -> None:
    dying = f"open({str(tmp_path / 'dying')!r}, 'a').write('x'); raise SystemExit(3)"
    living = f"open({str(tmp_path / 'living')!r}, 'a').write('x'); import time; time.sleep(60)"
    said: list[str] = []
    supervisor = Supervisor({"dying": python(dying), "living": python(living)}, say=said.append)
    supervisor.run(
        After(
            lambda: (
                (tmp_path / "dying").exists() and len((tmp_path / "dying").read_text()) >= 2 and (tmp_path / "living").exists()
            )
        )
    )
    assert (tmp_path / "living").read_text() == "x"
    assert said[0] == "dying ended with code 3; it is started again in 0.5 s."


def test_how_a_child_was_killed_is_told() -> None:
    said: list[str] = []
    killing = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    Supervisor({"web": python(killing)}, say=said.append).run(After(lambda: bool(said)))
    assert said[0] == "web was killed by SIGKILL; it is started again in 0.5 s."


def test_at_the_end_children_are_asked_politely(tmp_path: Path) -> None:
    polite = f"""
import signal, sys, time
def bye(*_): open({str(tmp_path / "bye")!r}, "w").close(); sys.exit()
signal.signal(signal.SIGTERM, bye)
open({str(tmp_path / "up")!r}, "w").close()
time.sleep(60)"""
    said: list[str] = []
    Supervisor({"polite": python(polite)}, say=said.append).run(After((tmp_path / "up").exists))
    assert (tmp_path / "bye").exists()
    assert said == ["Stopping: polite may finish what is in hand, for up to 8 s.", "polite has ended."]


def test_a_child_that_does_not_listen_is_killed_in_time(tmp_path: Path) -> None:
    deaf = f"import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open({str(tmp_path / 'up')!r}, 'w').close(); time.sleep(60)"
    said: list[str] = []
    supervisor = Supervisor({"deaf": python(deaf)}, say=said.append, patience_s=0.3)
    began: list[float] = []

    def up() -> bool:
        if (tmp_path / "up").exists():
            began.append(time.monotonic())
        return bool(began)

    supervisor.run(After(up))
    assert time.monotonic() - began[0] < 5
    assert said[-1].startswith("deaf was not done and was ended. Nothing is lost")
    assert all(child.process is None for child in supervisor.children)


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    child = f"""
import os, time
from stockbridge.cli.processes.leash import tie_to_parent
tie_to_parent()
open({str(tmp_path / "pid.new")!r}, "w").write(str(os.getpid()))
os.rename({str(tmp_path / "pid.new")!r}, {str(tmp_path / "pid")!r})
time.sleep(60)"""
    parent = f"""
import sys
from stockbridge.cli.processes.leash import Ending
from stockbridge.cli.processes.supervisor import Supervisor
Supervisor({{"child": [sys.executable, "-c", {child!r}]}}, say=print).run(Ending())"""
    process = subprocess.Popen(python(parent))
    until((tmp_path / "pid").exists)
    process.kill()
    process.wait()
    number = int((tmp_path / "pid").read_text())
    until(lambda: not alive(number))


def test_control_c_reaches_the_supervisor_alone() -> None:
    """A second signal makes uvicorn drop what it has in hand: children live in sessions of their own."""
    seen: list[int] = []
    supervisor = Supervisor({"child": python("import time; time.sleep(60)")}, say=print)

    def look() -> None:
        process = supervisor.children[0].process
        if process is not None:
            seen.append(os.getsid(process.pid))

    supervisor.run(After(lambda: bool(seen)), each_look=look)
    assert seen[0] != os.getsid(0)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def alive(number: int) -> bool:
    try:
        os.kill(number, 0)
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
