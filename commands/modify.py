"""``obieg modify``: moves a case to another place in its process."""

from __future__ import annotations

from typing import Any

import click

from commands import reading, standing
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@click.argument("key")
@click.option(
    "--enter",
    multiple=True,
    metavar="ELEMENT",
    help="Begin at this element; ELEMENT@KEY inside that container.",
)
@click.option(
    "--after", multiple=True, metavar="ELEMENT", help="Go on behind this element, as if it were done."
)
@click.option(
    "--end", multiple=True, metavar="ELEMENT", help="End this element, by its id (all of it) or its key."
)
@click.option("--variables", type=reading.VARIABLES, metavar="JSON", help="Set these first.")
@click.option("--reason", required=True, help="Kept in the history.")
@pass_office
def command(
    office: Office,
    key: str,
    enter: tuple[str, ...],
    after: tuple[str, ...],
    end: tuple[str, ...],
    variables: dict[str, Any] | None,
    reason: str,
) -> None:
    """Move the instance KEY: enter elements, go on behind others, end those it is at."""
    if not (enter or after or end):
        raise click.UsageError("expected --enter, --after or --end, but there is nothing to do")
    standing.change(
        office,
        key,
        lambda engine, case, who: engine.modify(
            case,
            activate=[reading.place(each) for each in enter],
            after=[reading.place(each) for each in after],
            terminate=[int(each) if each.isdigit() else each for each in end],
            variables=variables,
            actor=who,
            reason=reason,
        ),
    )
