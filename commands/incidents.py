"""``obieg incidents``: what waits for a person because a machine could not go on."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@click.option("--process", metavar="ID", help="Only of this process.")
@click.option("--instance", metavar="KEY", help="Only of this instance (its key or business key).")
@click.option("--all", "resolved_too", is_flag=True, help="Also resolved ones.")
@pass_office
def command(office: Office, process: str | None, instance: str | None, resolved_too: bool) -> None:
    """List open incidents, and jobs that belong to no case and crashed too often."""
    with office.engine() as engine:
        key = reading.instance_key(engine, instance) if instance else None
        found = [
            each
            for each in engine.incidents(instance_key=key, process_id=process)
            if resolved_too or each.resolved_at is None
        ]
        stranded = [] if key or process else engine.stranded_jobs()
    if office.as_json:
        output.show_json(found)
        return
    output.show_table(
        ("KEY", "INSTANCE", "ELEMENT", "TYPE", "SINCE", "RESOLVED", "MESSAGE"),
        [(i.key, i.instance_key, i.element_id, i.type, i.created_at, i.resolved_at, i.message) for i in found]
        + [
            (j.key, None, j.element_id, "job_stranded", j.created_at, None, f"{j.kind} of {j.process_id}")
            for j in stranded
        ],
        empty="no open incidents",
    )
