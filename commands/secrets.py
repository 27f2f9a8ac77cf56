"""``obieg secrets``: the keys everything is sealed with."""

from __future__ import annotations

import click

from commands import output
from commands.office import Command, Office, actor_of, pass_office
from engine import EngineError


@click.group()
def command() -> None:
    """Look after the keys everything is sealed with."""


@command.command(cls=Command, name="rotate")
@click.option("--batch", type=click.IntRange(1, 10_000), default=500, help="Keys wrapped in one transaction.")
@pass_office
def rotate(office: Office, batch: int) -> None:
    """Change the wrapping key, or finish a change that was cut short.

    A new key is drawn into the keyring's file, every data key is wrapped with it, then the old key leaves the
    file for one of its own: keep that apart, as long as you keep backups made before today. Nothing that is
    sealed changes. While other engines run, the old key stays: rotate again when they have been restarted.
    Engines on other machines need the new file at once.
    """
    with office.engine() as engine:
        if not office.as_json:
            output.show("wrapping …")
        done = engine.secrets.rotate(by=actor_of(office), batch=batch)
        report = engine.verify()
    if not report.ok:
        raise EngineError(
            "expected every case to verify after the rotation, but `obieg verify` finds a fault"
        )
    fields = {
        "active key": done.active,
        "resumed": "yes" if done.resumed else "no",
        "keys wrapped": done.rewrapped,
        "retired keys": ", ".join(done.retired) or "–",
        "old keys still open": ", ".join(done.still_open) or "–",
        "old keys kept in": ", ".join(map(str, done.put_aside)) or "–",
    }
    if office.as_json:
        output.show_json({name.replace(" ", "_"): value for name, value in fields.items()})
    else:
        output.show_fields(fields)
