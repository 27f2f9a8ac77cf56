"""``obieg verify``: whether the history is what was written, and says what the database says."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, pass_office
from engine import Report


@click.command(cls=Command)
@click.argument("key", required=False)
@pass_office
@click.pass_context
def command(context: click.Context, office: Office, key: str | None) -> None:
    """Verify the instance KEY, or every instance; exit code 1 unless all is well.

    Three verdicts apart. Chain: no row changed, missing, swapped or added. Fold: the events give the stored
    state. Re-execution: the commands give the same events again.
    """
    with office.engine() as engine:
        report = engine.verify(reading.instance_key(engine, key) if key else None)
    if office.as_json:
        output.show_json(report)
    else:
        tell(report)
    if not report.ok:
        context.exit(1)


def tell(report: Report) -> None:
    """Print the three verdicts and every finding with its place."""
    output.show_fields(
        {
            "chain": report.chain,
            "fold": report.fold,
            "re-execution": report.reexecution,
            "instances": report.instances,
        }
    )
    for finding in report.findings:
        output.show(f"{finding.check}: instance {finding.instance_key}, seq {finding.seq}: {finding.message}")
