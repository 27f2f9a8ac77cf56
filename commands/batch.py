"""``obieg batch``: one verb over many cases, done by the engine's own jobs."""

from __future__ import annotations

from typing import Any

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office
from engine import Batch, BatchState

VERBS = ("suspend", "activate", "cancel", "set_variables", "modify", "migrate", "resolve_incidents")


@click.group()
def command() -> None:
    """Do one thing to many cases: start, list, show or cancel a batch."""


@command.command(cls=Command, name="start")
@click.argument("verb", type=click.Choice(VERBS))
@click.option("--where", type=reading.VARIABLES, metavar="JSON", help='As {"process_id": "p", "version": 1}.')
@click.option("--key", "keys", type=reading.KEY, multiple=True, help="Instead: this one; may be repeated.")
@click.option("--with", "arguments", type=reading.VARIABLES, metavar="JSON", help="What the verb is given.")
@click.option("--map", "pairs", type=reading.PAIR, multiple=True, metavar="OLD=NEW", help="For migrate.")
@click.option("--dry-run", is_flag=True, help="Only try, and note what would be in the way.")
@click.option("--reason", required=True, help="Kept in the history of each case.")
@pass_office
def start(
    office: Office,
    verb: str,
    where: dict[str, Any] | None,
    keys: tuple[int, ...],
    arguments: dict[str, Any] | None,
    pairs: tuple[tuple[str, str], ...],
    dry_run: bool,
    reason: str,
) -> None:
    """Start a batch over what --where finds (open cases; {}: all), or over --key; workers do the rest."""
    if (where is None) == (not keys):
        raise click.UsageError("expected either --where or --key")
    given = {**(arguments or {}), **({"mapping": dict(pairs)} if pairs else {})}
    with office.engine() as engine:
        started = engine.start_batch(
            verb,
            selection=where,
            keys=keys or None,
            arguments=given,
            actor=actor_of(office),
            reason=reason,
            dry_run=dry_run,
        )
    _show(office, started)


@command.command(cls=Command, name="list")
@click.option("--state", type=click.Choice([str(state) for state in BatchState]), help="Only in this state.")
@pass_office
def listing(office: Office, state: str | None) -> None:
    """List batches, newest first."""
    with office.engine() as engine:
        found = engine.batches(state=state)
    if office.as_json:
        output.show_json(found)
        return
    output.show_table(
        ("KEY", "VERB", "STATE", "TOTAL", "DONE", "FAILED", "STARTED", "BY", "REASON"),
        [
            (b.key, _verb(b), b.state, b.total, b.done, b.failed, b.created_at, b.created_by, b.reason)
            for b in found
        ],
        empty="no batches",
    )


@command.command(cls=Command, name="show")
@click.argument("key", type=reading.KEY)
@click.option("--all", "everything", is_flag=True, help="Also what is done or still to be done.")
@pass_office
def show(office: Office, key: int, everything: bool) -> None:
    """Show how far the batch KEY is, and what failed."""
    with office.engine() as engine:
        batch = engine.batch(key)
        items = engine.batch_items(key, state=None if everything else "failed", limit=1_000)
    if office.as_json:
        output.show_json({"batch": batch, "items": items})
        return
    _show(office, batch)
    output.show_table(
        ("NUMBER", "SUBJECT", "STATE", "MESSAGE"),
        [(item.number, item.subject_key, item.state, item.message) for item in items],
        empty="nothing failed",
    )


@command.command(cls=Command, name="cancel")
@click.argument("key", type=reading.KEY)
@click.option("--reason", required=True, help="Kept with the batch.")
@pass_office
def cancel(office: Office, key: int, reason: str) -> None:
    """End the batch KEY; what is done stays done."""
    with office.engine() as engine:
        ended = engine.cancel_batch(key, actor=actor_of(office), reason=reason)
    _show(office, ended)


def _show(office: Office, batch: Batch) -> None:
    if office.as_json:
        output.show_json(batch)
        return
    counted = f"{batch.done} done, {batch.failed} failed of {batch.total}"
    output.show(f"batch {batch.key}: {_verb(batch)} {batch.state}, {counted}")


def _verb(batch: Batch) -> str:
    return f"{batch.verb} (dry run)" if batch.dry_run else batch.verb
