"""``obieg reconcile``: the registers against a list exported from SIO, SEOD or ZSZO."""

from __future__ import annotations

from pathlib import Path

import click

from commands import output
from commands.office import Command, Office, pass_office
from engine import EngineError


@click.command(cls=Command)
@click.argument("system", type=click.Choice(["sio", "seod", "zszo"]))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@pass_office
@click.pass_context
def command(context: click.Context, office: Office, system: str, file: Path) -> None:
    """Compare the registers with the list FILE (CSV) of another SYSTEM; exit code 1 where they differ.

    sio: columns numer, do, stan (aktywne); seod: numer, sprawa, stan (otwarte); zszo, the start passwords
    that were set: login, data. Nothing is changed. Notes (an incident without a reset, an ended case
    without a ticket) are no differences: a refusal explains them.
    """
    from handlers.reconciliation import NOTES, InvalidList, compare

    with office.engine() as engine:
        try:
            outcome = compare(engine, system, file.read_bytes())
        except InvalidList as error:
            raise EngineError(f"{file.name}: {error}") from None
    if office.as_json:
        output.show_json(outcome)
    else:
        rows = [
            ("note" if each.what in NOTES else "difference", each.what, each.subject, each.ours, each.theirs)
            for each in outcome.found
        ]
        output.show(f"here {outcome.ours}, there {outcome.theirs}")
        output.show_table(("KIND", "WHAT", "SUBJECT", "HERE", "THERE"), rows, empty="both say the same")
    if outcome.differences:
        context.exit(1)
