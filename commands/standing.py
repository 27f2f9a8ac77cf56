"""What the commands that stop a case, let it go on or end it have in common."""

from __future__ import annotations

from collections.abc import Callable

from commands import output, reading
from commands.office import Office, actor_of
from engine import ProcessEngine, ProcessInstance


def change(
    office: Office,
    key: str,
    verb: Callable[[ProcessEngine, int, str], ProcessInstance],
) -> None:
    """Apply a verb (engine, instance key, actor) to the instance ``key`` and show how it stands now."""
    with office.engine() as engine:
        instance = verb(engine, reading.instance_key(engine, key), actor_of(office))
    if office.as_json:
        output.show_json(instance)
    else:
        output.show(f"instance {instance.key}: {instance.state}")
