"""``obieg unclaim``: gives a user task back to those who may take it."""

from __future__ import annotations

import click

from commands import reading
from commands.claim import tell
from commands.office import Command, Office, actor_of, pass_office


@click.command(cls=Command)
@click.argument("task", type=reading.KEY)
@pass_office
def command(office: Office, task: int) -> None:
    """Give the user task TASK back."""
    with office.engine() as engine:
        tell(office, engine.unclaim(task, actor=actor_of(office)))
