"""`stockbridge run`: a small process that holds the database open and keeps the pages and the workers running."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException

import click

from stockbridge.cli.processes.leash import Ending
from stockbridge.cli.processes.supervisor import Supervisor
from stockbridge.cli.processes.web import listen, tell_first_link
from stockbridge.cli.session import chosen, first_account, opened, set_up_log, settings
from stockbridge.cli.talk import account_option, say


@click.command()
@click.option("--host", help="The address the pages listen on. Default: the setting host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Their port; 0 takes a free one. Default: the setting port.")
@click.option("--workers", type=click.IntRange(0, 32), default=1, show_default=True, help="How many workers.")
@account_option
def run(host: str | None, port: int | None, workers: int, account: str | None) -> None:
    """Run everything: database, pages and worker.

    On the first start it prints a link that makes the first admin. A process that dies is started again. Ctrl-C or SIGTERM
    ends everything: what is in hand has eight seconds to be finished, then the database is stopped.
    """
    known = settings(host=host, port=port)
    set_up_log(level="debug" if chosen().debug else known.log_level, json=known.log_json)
    ending = Ending()
    with listen(known) as listener:
        known = settings(host=host, port=listener.getsockname()[1])
        with opened(known, pool_size=None) as base:
            name = first_account(base, account)
            tell_first_link(base, name)
            base.database.engine.dispose()  # from here on this process only keeps the database alive
            commands = _commands(known.host, known.port, fd=listener.fileno(), account=name, workers=workers)
            supervisor = Supervisor(commands, say=say, keep_fds=[listener.fileno()])
            supervisor.run(ending, each_look=_once_ready(known.host, known.port, known.address))
            if base.database.cluster is not None:
                say("Stopping the database …")
    say("Stopped.")


def _commands(host: str, port: int, *, fd: int, account: str, workers: int) -> Mapping[str, list[str]]:
    said = chosen()
    start = [sys.executable, "-m", "stockbridge"]
    start += [f"--{name.replace('_', '-')}={value}" for name, value in said.options.items()]
    start += ["--debug"] if said.debug else []
    pages = ["web", f"--host={host}", f"--port={port}", f"--fd={fd}", f"--account={account}", "--leash"]
    names = ["worker"] if workers == 1 else [f"worker {number}" for number in range(1, workers + 1)]
    return {"web": [*start, *pages], **{name: [*start, "worker", "--leash"] for name in names[:workers]}}


def _once_ready(host: str, port: int, address: str) -> Callable[[], None]:
    """Says where the pages are as soon as they answer."""
    told = False

    def look() -> None:
        nonlocal told
        if not told and _answers("127.0.0.1" if host in ("0.0.0.0", "") else host, port):
            told = True
            say(f"Stockbridge is at {address}")

    return look


def _answers(host: str, port: int) -> bool:
    connection = HTTPConnection(host, port, timeout=0.5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
