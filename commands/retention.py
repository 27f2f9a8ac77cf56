"""``obieg retention``: ended cases and letters whose time is over, and cases that must be kept."""

from __future__ import annotations

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office
from engine import EngineError, ProcessEngine, Retained

_COLUMNS = ("INSTANCE", "PROCESS", "ENDED", "RETENTION", "OVER SINCE")


@click.group()
def command() -> None:
    """Erase ended cases when their time is over (`obieg:retention` in the drawing), or hold them."""


@command.command(cls=Command, name="run")
@click.option("--dry-run", is_flag=True, help="Only list what would be erased.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="At most.")
@click.option("--reason", default="retention is over", show_default=True, help="Kept in the audit.")
@pass_office
@click.pass_context
def run(context: click.Context, office: Office, dry_run: bool, limit: int, reason: str) -> None:
    """Erase what is over: the data key is destroyed, history stays unreadable, its chain still verifies.

    A case whose history does not verify is left, and the exit code is 1. Backups keep what they have until
    their own data keys are destroyed.
    """
    with office.engine() as engine:
        found = engine.retained(limit)
        refused = [] if dry_run else _erased(engine, found, actor_of(office), reason)
    if office.as_json:
        output.show_json(found)
    else:
        output.show_table(
            _COLUMNS,
            [(e.instance_key, e.process_id, e.ended_at, e.retention, e.over_at) for e in found],
            empty="nothing is over",
        )
    for text in refused:
        click.echo(text, err=True)
    if refused:
        context.exit(1)


def _erased(engine: ProcessEngine, found: list[Retained], actor: str, reason: str) -> list[str]:
    refused = []
    for each in found:
        try:
            engine.erase(each.instance_key, actor=actor, reason=reason)
        except EngineError as error:
            refused.append(str(error))
    return refused


@command.command(cls=Command, name="letters")
@click.argument("period", envvar="OBIEG_MAIL_RETENTION")
@click.option("--dry-run", is_flag=True, help="Only list what would be erased.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1_000, show_default=True, help="At most.")
@click.option("--reason", default="retention is over", show_default=True, help="Kept in the audit.")
@pass_office
def letters(office: Office, period: str, dry_run: bool, limit: int, reason: str) -> None:
    """Erase the files of letters of no case older than PERIOD (P2Y, P90D) that somebody has closed.

    Their own data keys are destroyed; the register keeps its entries. PERIOD may stand in
    OBIEG_MAIL_RETENTION. A letter that waits for a clerk is kept, however old.
    """
    with office.engine() as engine:
        found = engine.retained_files(period, limit)
        for each in () if dry_run else found:
            engine.erase_files(each.key, actor=actor_of(office), reason=reason)
    if office.as_json:
        output.show_json(found)
        return
    rows = [(each.key, len(each.references), each.received_at, each.over_at) for each in found]
    output.show_table(("LETTER", "FILES", "RECEIVED", "OVER SINCE"), rows, empty="nothing is over")


@command.command(cls=Command, name="hold")
@click.argument("key")
@click.option("--reason", required=True, help="Why; kept in the audit.")
@pass_office
def hold(office: Office, key: str, reason: str) -> None:
    """Keep a case (its key or business key) from being erased."""
    with office.engine() as engine:
        engine.hold(reading.instance_key(engine, key), actor=actor_of(office), reason=reason)


@command.command(cls=Command, name="release")
@click.argument("key")
@click.option("--reason", required=True, help="Why; kept in the audit.")
@pass_office
def release(office: Office, key: str, reason: str) -> None:
    """Let a held case be erased when its time comes."""
    with office.engine() as engine:
        engine.release(reading.instance_key(engine, key), actor=actor_of(office), reason=reason)


@command.command(cls=Command, name="holds")
@pass_office
def holds(office: Office) -> None:
    """List what is held."""
    with office.engine() as engine:
        found = engine.holds()
    if office.as_json:
        output.show_json(found)
    else:
        rows = [(each.instance_key, each.at, each.by, each.reason) for each in found]
        output.show_table(("INSTANCE", "SINCE", "BY", "REASON"), rows, empty="nothing is held")
