"""``obieg nodes``: the engine processes the database knows."""

from __future__ import annotations

import click

from commands import output
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@pass_office
def command(office: Office) -> None:
    """List the nodes: what each runs and when it was last seen; a silent one is gone after an hour."""
    with office.engine() as engine:
        found = list(engine.nodes())
    if office.as_json:
        output.show_json(found)
        return
    output.show_table(
        ("NODE", "KIND", "STATE", "HOST", "RUNNING", "JOB TYPES", "VERSION", "TABLES", "STARTED", "SEEN"),
        [
            (
                each.id,
                each.kind,
                str(each.state),
                each.host,
                f"{each.running}/{each.threads}",
                len(each.job_types),
                each.version,
                each.revision,
                each.started_at,
                each.seen_at,
            )
            for each in found
        ],
        empty="no nodes",
    )
