"""``obieg db``: the database as a whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from commands import output
from commands.office import Command, Office, pass_office
from engine import grant_statements


@click.group()
def command() -> None:
    """Look after the database."""


@command.command(cls=Command, name="upgrade")
@pass_office
def upgrade(office: Office) -> None:
    """Create the tables or bring them up to this program's version."""
    with office.engine(create=True):
        pass
    if office.as_json:
        output.show_json({"database": output.address(office.database), "upgraded": True})
    else:
        output.show(f"{output.address(office.database)} is up to date")


@command.command(cls=Command, name="status")
@pass_office
def status(office: Office) -> None:
    """Show what the database holds."""
    with office.engine() as engine:
        definitions = engine.definitions()
        states = Counter(str(each.state) for each in engine.instances(limit=100_000))
        incidents = sum(each.resolved_at is None for each in engine.incidents(limit=100_000))
        nodes = len(list(engine.nodes()))
    fields = {
        "database": output.address(office.database),
        "definitions": len(definitions),
        "instances": dict(sorted(states.items())),
        "open incidents": incidents,
        "nodes": nodes,
    }
    if office.as_json:
        output.show_json({name.replace(" ", "_"): value for name, value in fields.items()})
    else:
        output.show_fields(fields)


@command.command(cls=Command, name="grants")
@click.option("--application", metavar="ROLE", default="obieg_app", show_default=True, help="Of the nodes.")
@click.option("--auditor", metavar="ROLE", default="obieg_auditor", show_default=True, help="Who only reads.")
def grants(application: str, auditor: str) -> None:
    """Print the SQL that gives two PostgreSQL roles no more than they need; the tables' owner runs it.

    \b
    createuser obieg_app; createuser obieg_auditor
    obieg db upgrade && obieg db grants | psql --set ON_ERROR_STOP=1 --single-transaction obieg
    """
    for statement in grant_statements(application=application, auditor=auditor):
        output.show(f"{statement};")


@command.command(cls=Command, name="backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_office
def backup(office: Office, file: Path) -> None:
    """Copy an SQLite database to FILE while it is used: all that is committed at one moment, checked.

    Without the keyring nobody can read it: keep that apart. PostgreSQL has pg_dump.
    """
    with office.engine() as engine:
        size = engine.backup(file)
    if office.as_json:
        output.show_json({"file": str(file), "bytes": size})
    else:
        output.show(f"{file}: {size} bytes")
