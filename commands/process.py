"""``obieg process``: stops a whole process and lets it go on."""

from __future__ import annotations

import click

from commands import output
from commands.office import Command, Office, actor_of, pass_office
from engine import Batch


@click.group()
def command() -> None:
    """Stop a process with all its cases, or let it go on."""


@command.command(cls=Command, name="suspend")
@click.argument("process")
@click.option("--reason", required=True, help="Kept in the history of each case.")
@pass_office
def suspend(office: Office, process: str, reason: str) -> None:
    """Suspend PROCESS: nothing starts it any more, and a batch suspends its cases."""
    with office.engine() as engine:
        batch = engine.suspend_process(process, actor=actor_of(office), reason=reason)
    _show(office, process, "suspended", batch)


@command.command(cls=Command, name="activate")
@click.argument("process")
@click.option("--reason", required=True, help="Kept in the history of each case.")
@pass_office
def activate(office: Office, process: str, reason: str) -> None:
    """Activate PROCESS: it starts again, and a batch activates its suspended cases."""
    with office.engine() as engine:
        batch = engine.activate_process(process, actor=actor_of(office), reason=reason)
    _show(office, process, "active", batch)


def _show(office: Office, process: str, state: str, batch: Batch) -> None:
    if office.as_json:
        output.show_json(batch)
    else:
        output.show(f"process {process}: {state}; batch {batch.key} deals with {batch.total} cases")
