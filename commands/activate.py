"""``obieg activate``: goes on with a case."""

from __future__ import annotations

import click

from commands import standing
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@click.argument("key")
@click.option("--reason", required=True, help="Kept in the history.")
@pass_office
def command(office: Office, key: str, reason: str) -> None:
    """Activate the suspended instance KEY; what has become due fires."""
    standing.change(office, key, lambda engine, case, who: engine.activate(case, actor=who, reason=reason))
