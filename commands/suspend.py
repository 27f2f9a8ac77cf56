"""``obieg suspend``: suspends a case."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office


@click.command(cls=Command)
@click.argument("key")
@click.option("--reason", required=True, help="Kept in the history.")
@pass_office
def command(office: Office, key: str, reason: str) -> None:
    """Suspend the instance KEY: nothing moves until it is activated; deadlines run on."""
    with office.engine() as engine:
        instance_key = reading.instance_key(engine, key)
        engine.suspend(instance_key, actor=actor_of(office), reason=reason)
        instance = engine.instance(instance_key)
    if office.as_json:
        output.show_json(instance)
    else:
        output.show(f"instance {instance.key}: {instance.state}")
