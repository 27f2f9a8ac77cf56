"""The entry point, and the only place where the parts meet: options in, a sentence and an exit code out."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from commands import CommandLine
from commands.office import Office, shared_options
from engine import EngineError, InvalidDefinition

HERE = Path(__file__).parent
REFUSED, MISUSED, INTERRUPTED = 1, 2, 130


@click.command(
    cls=CommandLine,
    context_settings={
        "auto_envvar_prefix": "OBIEG",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 110,
    },
    params=shared_options(environment=True),
)
@click.pass_context
def obieg(context: click.Context) -> None:
    """Run procedures drawn in BPMN, keep their deadlines, prove what happened.

    Every option is also an environment variable: OBIEG_DATABASE, OBIEG_AS, OBIEG_START_VARIABLES, …
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code: 0 done, 1 refused, 2 misused, 130 interrupted."""
    office = Office(processes=HERE / "processes", forms=HERE / "forms")
    try:
        code = obieg.main(list(arguments), prog_name="obieg", standalone_mode=False, obj=office)
    except (click.ClickException, EngineError, OSError, KeyboardInterrupt, click.Abort) as error:
        text, code = _explain(error)
        click.echo(text, err=True)
    return code if isinstance(code, int) else 0


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows no „ or ✓ shows ? there
    sys.exit(run(sys.argv[1:]))


def _explain(error: BaseException) -> tuple[str, int]:
    """Return what to say about an error, and the exit code; findings of a refused file are a line each."""
    match error:
        case click.exceptions.NoArgsIsHelpError():
            said = error.format_message(), MISUSED
        case click.ClickException():
            said = _usage(error), MISUSED
        case InvalidDefinition():
            said = "\n".join(str(finding) for finding in error.findings), REFUSED
        case EngineError():
            said = " ".join(str(error).split()), REFUSED
        case OSError():
            place = f" {error.filename}" if error.filename else ""
            said = f"expected to use{place}, but {(error.strerror or str(error)).lower()}", REFUSED
        case _:
            said = "interrupted", INTERRUPTED
    return said


def _usage(error: click.ClickException) -> str:
    """Return a usage error as one line that says where the help is."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context is not None else "obieg"
    return f"{path}: {error.format_message()} (see `{path} --help`)"


if __name__ == "__main__":
    main()
