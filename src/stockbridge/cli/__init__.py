"""The command `stockbridge`: the same nouns as the pages, and what only a terminal can do (start, back up, restore, examine).

Room: cli turns commands into questions to the database, into arrivals, and into running processes.
In: words on a command line; settings.
Out: tables or JSON on standard output, everything else on standard error, an exit code (0 done, 1 problem, 2 wrong use).
Never: decides about orders or stock, holds SQL, or imports anything slow before it knows which command is meant.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from stockbridge import __version__


@dataclass(frozen=True, slots=True)
class Known:
    """A command that is imported when it is used: where it is, and its line in the list of commands."""

    place: str
    line: str


def _lazily(place: str, line: str) -> Known:
    return Known(f"stockbridge.cli.{place}", line)


COMMANDS: Mapping[str, Known] = {
    "demo": _lazily("demo:demo", "Show everything at work: a shop and warehouses of its own."),
    "run": _lazily("processes.run:run", "Run everything: database, pages and worker."),
    "web": _lazily("processes.web:web", "Run the pages and the address that webhooks go to."),
    "worker": _lazily("processes.worker:worker", "Run a worker; as many as you like, on as many machines."),
    "orders": _lazily("look.orders:orders", "Look at orders."),
    "stock": _lazily("look.stock:stock", "Look at stock, and explain a number."),
    "sweep": _lazily("look.sweeps:sweep", "Look at sweeps, start one, and approve what was held back."),
    "inbox": _lazily("look.inbox:inbox", "Look at what has arrived, and have it read again."),
    "parked": _lazily("look.parked:parked", "Look at what needs you: what was parked and waits for a person."),
    "retry": _lazily("look.parked:retry", "Have parked things tried again."),
    "dismiss": _lazily("look.parked:dismiss", "Say that parked things need nothing more."),
    "connections": _lazily("setup.connections:connections", "Connect shops and warehouse systems, test and switch them."),
    "pause": _lazily("setup.pauses:pause", "Send nothing to a shop, a warehouse system or all, until it is resumed."),
    "resume": _lazily("setup.pauses:resume", "Let what was paused go on."),
    "map": _lazily(
        "setup.mapping_versions:mapping", "Say which item code stands for which item, and which zones feed a location."
    ),
    "users": _lazily("setup.users:users", "Look at who may log in, and invite people."),
    "login-link": _lazily("setup.users:login_link", "Make a link that logs somebody in once."),
    "token": _lazily("setup.tokens:token", "Make and revoke the tokens with which other programs use the API."),
    "config": _lazily("setup.config:config", "Check and show the settings."),
    "doctor": _lazily("care.doctor:doctor", "Examine this installation and say what is wrong."),
    "backup": _lazily("care.backup:backup", "Write the whole database into one file."),
    "restore": _lazily("care.backup:restore", "Put a backup in the place of the database."),
    "migrate": _lazily("care.backup:migrate", "Bring the database to what this release needs."),
    "twin": _lazily("twin:twin", "Run a make-believe shop or warehouse system."),
}


#: What people type that is no command, and what they want.
INSTEAD: Mapping[str, str] = {
    "start": "Start everything with 'stockbridge run'.",
    "stop": "Stop it with Ctrl-C in its terminal, or end its process (SIGTERM; a service: systemctl stop stockbridge).",
    "status": "See how it is with 'stockbridge doctor'.",
    "help": "See 'stockbridge --help', and for one command 'stockbridge COMMAND --help'.",
    "version": "See 'stockbridge --version'.",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was said before the command: it holds for every command."""

    options: Mapping[str, str]
    debug: bool


class Lazy(click.Group):
    """A group whose commands are imported when they are used, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table above, which is the order of a first day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; for its line in the list alone nothing is imported."""
        known = COMMANDS.get(cmd_name)
        if known is None:
            return None
        module, _, attribute = known.place.partition(":")
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, known.line) for name, known in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command; an unknown one is answered with what may have been meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else "See 'stockbridge --help'."
            raise click.UsageError(f"There is no command '{args[0]}'. {INSTEAD.get(args[0], hint)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Runs the command; an option that stands behind it and belongs before it is answered with the right order."""
        try:
            return super().invoke(ctx)
        except click.NoSuchOption as error:
            before = {name for each in self.params for name in each.opts}
            if error.option_name not in before or error.ctx is None:
                raise
            words = " ".join(error.ctx.command_path.split()[1:])
            hint = f"It stands before the command: stockbridge {error.option_name} … {words}"
            raise click.UsageError(f"{error.message} {hint}", error.ctx) from None


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the embedded database, the key and backups live.",
)
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="The TOML file with the settings.")
@click.option("--debug", is_flag=True, help="Log everything, and show where an error came from.")
@click.version_option(__version__, prog_name="stockbridge", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, data_dir: Path | None, config: Path | None, debug: bool) -> None:
    """Keeps Shopify and the warehouses behind it in step.

    To try it without any account: stockbridge demo. To set it up: stockbridge run, and open the link that it prints.
    """
    named = {"data_dir": data_dir, "config": config}
    ctx.obj = Chosen({name: str(value.absolute()) for name, value in named.items() if value is not None}, debug)


def main() -> None:
    """The entry point: runs the command and turns what can be expected to go wrong into one sentence and an exit code."""
    code = 0
    try:
        outcome = cli.main(prog_name="stockbridge", standalone_mode=False)
        code = outcome if isinstance(outcome, int) else 0
    except click.Abort:
        click.echo("Stopped.", err=True)
        code = 130
    except click.ClickException as error:
        error.show()
        code = error.exit_code
        if "--debug" in sys.argv and error.__cause__ is not None:
            raise
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
        code = 141
    sys.exit(code)
