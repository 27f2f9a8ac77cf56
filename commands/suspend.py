"""``obieg suspend``: suspends a case."""

from __future__ import annotations

import click

from commands import standing
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@click.argument("key")
@click.option("--reason", required=True, help="Kept in the history.")
@pass_office
def command(office: Office, key: str, reason: str) -> None:
    """Suspend the instance KEY: nothing moves until it is activated; deadlines run on."""
    standing.change(office, key, lambda engine, case, who: engine.suspend(case, actor=who, reason=reason))
