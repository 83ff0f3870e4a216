"""`stockbridge demo`: a shop, three warehouses and the product between them, with nothing but this package."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from time import monotonic

import click

from stockbridge.cli.processes.leash import Ending
from stockbridge.cli.processes.listening import listen_at
from stockbridge.cli.session import chosen, quiet_log
from stockbridge.cli.talk import Problem, put_json, say, working
from stockbridge.db import people
from stockbridge.testing.rehearsal.furniture import ACCOUNT, draw
from stockbridge.testing.rehearsal.stage import Stage, StageTrouble, learn, map_everything, raised
from stockbridge.testing.rehearsal.story import Row, Story
from stockbridge.testing.rehearsal.traffic import Traffic

TITLES = {
    1: "800 shown, 320 real",
    2: "one webhook, three times",
    3: "an answer lost after accepting",
    4: "a lost webhook",
    5: "an unmapped item",
    6: "two parcels, reported twice and out of order",
    7: "a sale between reading and writing",
    8: "kill -9 of worker and database",
    9: "at the end",
}
LINK_VALID = timedelta(hours=12)


@click.command()
@click.option("--once", is_flag=True, help="Play the story through without a browser, check it, and end.")
@click.option("--seed", type=int, default=1, show_default=True, help="Draws quantities and the order of events.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port of the pages. Default: a free one.")
@click.option("--json", "as_json", is_flag=True, help="With --once: print JSON.")
@click.option("--stop-at-first", is_flag=True, help="With --once: end at the first row that differs.")
@click.option("--sabotage", hidden=True, default="", help="Break one rule on purpose (for tests).")
def demo(once: bool, seed: int, port: int, as_json: bool, stop_at_first: bool, sabotage: str) -> None:
    """Show everything at work: a shop and warehouses of its own.

    Nothing leaves this machine, and no account or key is needed. Its data is thrown away at the end.
    """
    quiet_log(debug=chosen().debug)
    if port:
        listen_at("127.0.0.1", port, choose="--port").close()  # now, rather than after minutes of waiting for the pages
    with _folder() as folder:
        try:
            if once:
                _play(folder, seed, port, as_json=as_json, stop_at_first=stop_at_first, sabotage=sabotage)
            else:
                _live(folder, seed, port)
        except StageTrouble as error:
            raise Problem(str(error), todo=_last_words(folder)) from error


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="stockbridge-demo-"))
    folder.chmod(0o755)  # the database's own user must be able to walk through it
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _play(folder: Path, seed: int, port: int, *, as_json: bool, stop_at_first: bool, sabotage: str) -> None:
    began = monotonic()
    rows: list[Row] = []
    with working("Starting a shop, three warehouses, the database, the pages and a worker …"):
        stack = raised(draw(seed), folder, port=port, sabotage=sabotage)
        stage = stack.__enter__()
    try:
        for row in Story(stage, seed).tell():
            rows.append(row)
            if not as_json:
                _show(row, rows[:-1])
            if stop_at_first and not row.ok:
                break
    finally:
        stack.__exit__(None, None, None)
    wrong = [row for row in rows if not row.ok]
    seconds = round(monotonic() - began, 1)
    if as_json:
        put_json({"seed": seed, "seconds": seconds, "ok": not wrong, "rows": [{**asdict(row), "ok": row.ok} for row in rows]})
    else:
        click.echo(f"\n{len(rows) - len(wrong)} of {len(rows)} as expected, seed {seed}, {seconds} s.")
    if wrong:
        raise SystemExit(1)


def _show(row: Row, before: Sequence[Row]) -> None:
    if not before or before[-1].step != row.step:
        click.echo(f"\n{click.style(f'{row.step}. {TITLES[row.step]}', bold=True)}")
    mark = click.style("✓", fg="green") if row.ok else click.style("✗", fg="red", bold=True)
    if row.ok:
        click.echo(f"  {mark} {row.what}: {row.found}  {click.style(f'({row.seconds} s)', dim=True)}")
    else:
        click.echo(f"  {mark} {row.what}: expected {row.expected}")
        click.echo(f"    {click.style('found', fg='red')} {row.found}")


def _live(folder: Path, seed: int, port: int) -> None:
    ending = Ending()
    with raised(draw(seed), folder, port=port, manual=False) as stage:
        say(_welcome(stage))  # the pages are up: they show the first reading and the mapping, too
        with working("Reading the shop and the warehouses, mapping them …"):
            learn(stage)
            map_everything(stage)
        traffic = Traffic(stage, seed)
        traffic.start()
        ending.wait()
        say("Stopping: the worker and the pages finish what they have in hand, then the database ends …")
        traffic.stop()
    say("Everything has ended.")


def _welcome(stage: Stage) -> str:
    with stage.base.database.engine.begin() as conn:
        now = stage.base.clock.now()
        person = people.add_person(
            conn,
            account=ACCOUNT,
            person_id=stage.base.ids.new(),
            email="demo@example.com",
            name="Demo",
            role="admin",
            password_hash=None,
            now=now,
        )
        token = people.create_login_link(conn, account=ACCOUNT, person_id=person.person_id, now=now, valid_for=LINK_VALID)
    return (
        f"\nStockbridge stands between a make-believe shop and three warehouses.\n\n"
        f"  Open this link:  {stage.address}/link/{token}\n\n"
        "It logs you in, once. Without it the pages ask for a password, and the demo has none.\n"
        "It reads the shop and the warehouses first; then orders come in every few seconds.\n"
        "Stop it with Ctrl-C; its data is thrown away.\n"
    )


def _last_words(folder: Path) -> str:
    lines = [line for log in sorted(folder.glob("*.log")) for line in log.read_text(errors="replace").splitlines()[-6:]]
    return "\n".join(lines) or "Run it again with 'stockbridge --debug demo --once' to see more."
