"""``obieg retry``: resolves an incident, or lets a job of no case try again, after the cause was mended."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office


@click.command(cls=Command)
@click.argument("incident", type=reading.KEY)
@click.option("--reason", required=True, help="Why it will work now; kept in the history.")
@click.option(
    "--new-effect", is_flag=True, help="Do it anew outside (a second mail), not the same once more."
)
@pass_office
def command(office: Office, incident: int, reason: str, new_effect: bool) -> None:
    """Resolve INCIDENT: the element is tried again where it stands.

    The key of a stranded job (one that belongs to no case, such as a timed start) does for that job.
    """
    with office.engine() as engine:
        if any(each.key == incident for each in engine.stranded_jobs(limit=10_000)):
            engine.retry_job(incident, actor=actor_of(office), reason=reason)
        else:
            engine.resolve_incident(incident, actor=actor_of(office), reason=reason, new_effect=new_effect)
    if office.as_json:
        output.show_json({"key": incident, "state": "resolved"})
    else:
        output.show(f"incident {incident} resolved; the next worker tries again")
