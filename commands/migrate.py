"""``obieg migrate``: lets a case go on in another version of its process."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office


@click.command(cls=Command)
@click.argument("key")
@click.option("--version", type=click.IntRange(1), help="The version to go on in; the newest unless told.")
@click.option(
    "--map", "pairs", type=reading.PAIR, multiple=True, metavar="OLD=NEW",
    help="What an element is called in the other version; equal ids need none.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say whether it fits, and what is in the way.")
@click.option("--reason", required=True, help="Kept in the history.")
@pass_office
def command(
    office: Office,
    key: str,
    version: int | None,
    pairs: tuple[tuple[str, str], ...],
    dry_run: bool,
    reason: str,
) -> None:
    """Let the instance KEY go on in another version; deadlines, assignments and retries stay."""
    with office.engine() as engine:
        case = reading.instance_key(engine, key)
        instance = engine.migrate(
            case,
            version=version,
            mapping=dict(pairs),
            actor=actor_of(office),
            reason=reason,
            dry_run=dry_run,
        )
    if office.as_json:
        output.show_json(instance)
    else:
        would = "fits" if dry_run else "goes on in"
        output.show(f"instance {instance.key} {would} version {instance.version}")
