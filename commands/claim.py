"""``obieg claim``: takes a user task."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office
from commands.show import whom
from engine import UserTask


@click.command(cls=Command)
@click.argument("task", type=reading.KEY)
@pass_office
def command(office: Office, task: int) -> None:
    """Claim the user task TASK for whoever acts (--as)."""
    with office.engine() as engine:
        tell(office, engine.claim(task, actor=actor_of(office)))


def tell(office: Office, task: UserTask) -> None:
    """Print whose task it is now."""
    if office.as_json:
        output.show_json(task)
    else:
        output.show(f"task {task.key} {task.name or task.element_id}: {task.state}, for {whom(task)}")
