"""``obieg start``: a new instance of a process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office


@click.command(cls=Command)
@click.argument("process")
@click.option(
    "--variables", type=reading.VARIABLES, default="{}", metavar="JSON", help="Variables to start with."
)
@click.option(
    "--form", type=click.Path(path_type=Path), help="The filled-in start form, a JSON file (- reads stdin)."
)
@click.option("--business-key", metavar="K", help="The number people know the case by.")
@click.option("--version", type=click.IntRange(min=1), help="Of the definition; the newest unless told.")
@click.option("--request-id", metavar="ID", help="The same id starts one instance, however often it is sent.")
@pass_office
def command(
    office: Office, process: str, variables: dict[str, Any], form: Path | None, business_key: str | None,
    version: int | None, request_id: str | None,
) -> None:  # fmt: skip
    """Start an instance of PROCESS."""
    given = variables | reading.form(form)
    with office.engine() as engine:
        instance = engine.start(
            process, variables=given, business_key=business_key, version=version, actor=actor_of(office),
            request_id=request_id,
        )  # fmt: skip
    if office.as_json:
        output.show_json(instance)
    else:
        output.show(f"started {instance.process_id} version {instance.version} as {instance.key}")
