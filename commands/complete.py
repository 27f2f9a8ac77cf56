"""``obieg complete``: finishes a user task with what was filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office


@click.command(cls=Command)
@click.argument("task", type=reading.KEY)
@click.option("--variables", type=reading.VARIABLES, default="{}", metavar="JSON", help="What was filled in.")
@click.option(
    "--form", type=click.Path(path_type=Path), help="The filled-in form, a JSON file (- reads stdin)."
)
@click.option("--request-id", metavar="ID", help="The same id completes once, however often it is sent.")
@pass_office
def command(
    office: Office, task: int, variables: dict[str, Any], form: Path | None, request_id: str | None
) -> None:
    """Complete the user task TASK."""
    given = variables | reading.form(form)
    with office.engine() as engine:
        engine.complete(task, variables=given, actor=actor_of(office), request_id=request_id)
    if office.as_json:
        output.show_json({"key": task, "state": "completed"})
    else:
        output.show(f"task {task} completed")
