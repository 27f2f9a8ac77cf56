"""``obieg instances``: the cases there are."""

from __future__ import annotations

import click

from commands import output
from commands.office import Command, Office, pass_office
from engine import InstanceState

STATES = [str(state) for state in InstanceState]


@click.command(cls=Command)
@click.option("--process", metavar="ID", help="Only of this process.")
@click.option("--state", type=click.Choice(STATES), help="Only in this state.")
@click.option("--business-key", metavar="K", help="Only with this number.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many."
)
@pass_office
def command(
    office: Office, process: str | None, state: str | None, business_key: str | None, limit: int
) -> None:
    """List process instances, newest first."""
    with office.engine() as engine:
        found = list(
            engine.instances(
                process_id=process,
                state=InstanceState(state) if state else None,
                business_key=business_key,
                limit=limit,
            )
        )
    if office.as_json:
        output.show_json(found)
        return
    output.show_table(
        ("KEY", "PROCESS", "VERSION", "STATE", "BUSINESS KEY", "STARTED", "ENDED"),
        [
            (
                each.key,
                each.process_id,
                each.version,
                each.state,
                each.business_key,
                each.started_at,
                each.ended_at,
            )
            for each in found
        ],
        empty="no instances",
    )
