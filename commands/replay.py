"""``obieg replay``: a case as it stood."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, pass_office
from commands.show import ENDED, whom
from engine import InstanceView


@click.command(cls=Command)
@click.argument("key")
@click.option(
    "--at",
    "seq",
    type=click.IntRange(min=1),
    help="After this command (SEQ of the history); the last unless told.",
)
@pass_office
def command(office: Office, key: str, seq: int | None) -> None:
    """Show the instance KEY as it stood after command SEQ, from its history alone."""
    with office.engine() as engine:
        instance_key = reading.instance_key(engine, key)
        until = seq if seq is not None else engine.history(instance_key)[-1].seq
        view = engine.replay(instance_key, until=until)
    if office.as_json:
        output.show_json(view)
    else:
        tell(view)


def tell(view: InstanceView) -> None:
    """Print what was open, and the variables."""
    output.show(f"after command {view.seq}")
    output.show_section("open elements")
    output.show_table(
        ("KEY", "ELEMENT", "TYPE", "SINCE"),
        [
            (e.key, e.element_id, e.element_type, e.activated_at)
            for e in view.elements
            if str(e.state) not in ENDED
        ],
    )
    if view.user_tasks:
        output.show_section("user tasks")
        output.show_table(
            ("KEY", "ELEMENT", "FOR", "DUE"),
            [(t.key, t.element_id, whom(t), output.deadline(t.due_at)) for t in view.user_tasks],
        )
    if view.timers:
        output.show_section("timers")
        output.show_table(
            ("KEY", "ELEMENT", "DUE (WARSAW)"),
            [(t.key, t.element_id, output.deadline(t.due_at)) for t in view.timers],
        )
    if view.variables:
        output.show_section("variables")
        output.show_fields(view.variables)
