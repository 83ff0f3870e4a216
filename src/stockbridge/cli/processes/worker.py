"""`stockbridge worker`: understands what arrived, decides, and calls the other systems."""

from __future__ import annotations

import click

from stockbridge.cli.processes import memory
from stockbridge.cli.processes.leash import Ending, tie_to_parent
from stockbridge.cli.session import chosen, opened, set_up_log, settings
from stockbridge.cli.talk import say
from stockbridge.wiring import start_worker


@click.command()
@click.option(
    "--jobs", type=click.IntRange(1, 1000), help="How many lanes it delivers at once. Default: the setting worker_jobs."
)
@click.option(
    "--calls-in-flight",
    type=click.IntRange(1, 1000),
    help="How many calls it makes at once. Default: the setting calls_in_flight.",
)
@click.option("--leash", is_flag=True, hidden=True, help="End with standard input.")
def worker(jobs: int | None, calls_in_flight: int | None, leash: bool) -> None:
    """Run a worker; as many as you like, on as many machines.

    SIGTERM ends it when the jobs in hand are done. Killed, it loses nothing: another takes its work up.
    """
    known = settings(worker_jobs=jobs, calls_in_flight=calls_in_flight)
    set_up_log(level="debug" if chosen().debug else known.log_level, json=known.log_json)
    ending = Ending()
    if leash:
        tie_to_parent()
    with opened(known, pool_size=None) as base:
        running = start_worker(base)
        memory.settle()
        if not leash:
            say(f"Worker {running.engine.slot} is at work.")
        ending.wait()
        running.stop()
