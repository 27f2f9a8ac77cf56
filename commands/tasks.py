"""``obieg tasks``: the worklist."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office
from commands.show import CLOSED, whom


@click.command(cls=Command)
@click.option("--mine", is_flag=True, help="Only those assigned to whoever acts (--as).")
@click.option("--group", metavar="GROUP", help="Only those this group may take.")
@click.option("--process", metavar="ID", help="Only of this process.")
@click.option("--instance", metavar="KEY", help="Only of this instance (its key or business key).")
@click.option("--all", "closed_too", is_flag=True, help="Also completed and cancelled ones.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many."
)
@pass_office
def command(
    office: Office,
    mine: bool,
    group: str | None,
    process: str | None,
    instance: str | None,
    closed_too: bool,
    limit: int,
) -> None:
    """List user tasks that wait for somebody."""
    with office.engine() as engine:
        found = [
            task
            for task in engine.user_tasks(
                instance_key=reading.instance_key(engine, instance) if instance else None,
                assignee=actor_of(office) if mine else None, group=group, process_id=process, limit=limit,
            )
            if closed_too or str(task.state) not in CLOSED
        ]  # fmt: skip
    if office.as_json:
        output.show_json(found)
        return
    output.show_table(
        ("KEY", "INSTANCE", "TASK", "STATE", "FOR", "DUE", "FORM"),
        [
            (
                t.key,
                t.instance_key,
                t.name or t.element_id,
                t.state,
                whom(t),
                output.deadline(t.due_at),
                t.form_id,
            )
            for t in found
        ],
        empty="no user tasks",
    )
