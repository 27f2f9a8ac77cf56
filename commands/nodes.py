"""``obieg nodes``: the engine processes the database knows."""

from __future__ import annotations

import click

from commands import output
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@pass_office
def command(office: Office) -> None:
    """List running nodes and when each was last seen."""
    with office.engine() as engine:
        found = list(engine.nodes())
    if office.as_json:
        output.show_json(found)
        return
    output.show_table(
        ("NODE", "VERSION", "STARTED", "SEEN"),
        [(each.id, each.version, each.started_at, each.seen_at) for each in found],
        empty="no nodes",
    )
