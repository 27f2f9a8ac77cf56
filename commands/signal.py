"""``obieg signal``: broadcasts a signal."""

from __future__ import annotations

from typing import Any

import click

from commands import output, reading
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@click.argument("name")
@click.option("--variables", type=reading.VARIABLES, default="{}", metavar="JSON", help="What it carries.")
@pass_office
def command(office: Office, name: str, variables: dict[str, Any]) -> None:
    """Broadcast the signal NAME to everything that waits for it now."""
    with office.engine() as engine:
        engine.broadcast_signal(name, variables=variables)
        engine.run_until_idle()
    if office.as_json:
        output.show_json({"name": name, "broadcast": True})
    else:
        output.show(f"signal {name} broadcast")
