"""``obieg assign``: gives a user task to a person."""

from __future__ import annotations

import click

from commands import reading
from commands.claim import tell
from commands.office import Command, Office, actor_of, pass_office


@click.command(cls=Command)
@click.argument("task", type=reading.KEY)
@click.argument("person")
@pass_office
def command(office: Office, task: int, person: str) -> None:
    """Assign the user task TASK to PERSON."""
    with office.engine() as engine:
        tell(office, engine.assign(task, person, actor=actor_of(office)))
