"""``obieg message``: publishes a message from outside."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click

from commands import output, reading
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--key", "correlation_key", default="", metavar="K", help="The correlation key it is meant for."
)
@click.option("--variables", type=reading.VARIABLES, default="{}", metavar="JSON", help="What it carries.")
@click.option(
    "--ttl",
    type=reading.DURATION,
    default="PT0S",
    show_default=True,
    help="How long it waits if nobody does.",
)
@click.option("--id", "message_id", metavar="ID", help="The same id counts once while it waits.")
@pass_office
def command(
    office: Office,
    name: str,
    correlation_key: str,
    variables: dict[str, Any],
    ttl: dt.timedelta,
    message_id: str | None,
) -> None:
    """Publish the message NAME and deliver it to whoever waits for it."""
    with office.engine() as engine:
        engine.publish_message(
            name, correlation_key=correlation_key, variables=variables, ttl=ttl, message_id=message_id
        )
        engine.run_until_idle()
    if office.as_json:
        output.show_json({"name": name, "correlation_key": correlation_key, "published": True})
    else:
        output.show(f"message {name} published" + (f" for {correlation_key}" if correlation_key else ""))
