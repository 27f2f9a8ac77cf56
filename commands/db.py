"""``obieg db``: the database as a whole."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from commands import output
from commands.office import Command, Office, pass_office
from engine import (
    EngineError,
    SchemaState,
    finalize_database,
    grant_statements,
    schema_state,
    upgrade_database,
)


@click.group()
def command() -> None:
    """Look after the database."""


@command.command(cls=Command, name="upgrade")
@pass_office
def upgrade(office: Office) -> None:
    """Create the tables, or add what this program needs; nodes of the version before may go on running.

    It may be interrupted and run again. When only nodes of this version are left: `obieg db finalize`.
    """
    steps = upgrade_database(office.require_database(create=True))
    with office.engine(create=True):
        pass
    _show_steps(office, steps)


@command.command(cls=Command, name="finalize")
@pass_office
def finalize(office: Office) -> None:
    """Take away what only older versions need; refused while one of their nodes lives.

    From then on older programs refuse this database. It may be interrupted and run again.
    """
    _show_steps(office, finalize_database(office.require_database()))


def _show_steps(office: Office, steps: list[str]) -> None:
    state = schema_state(office.database)
    if office.as_json:
        address = output.address(office.database)
        output.show_json({"database": address, "steps": steps, "found": state.found, "final": state.final})
        return
    for step in steps:
        output.show(f"{step} done")
    output.show(f"{output.address(office.database)} is {_described(state)}")


def _described(state: SchemaState) -> str:
    if not state.found:
        return "without tables"
    return f"at {state.found}" + ("" if state.final else ", to be finalized when no older node is left")


@command.command(cls=Command, name="status")
@pass_office
def status(office: Office) -> None:
    """Show what the database holds and whether this program can work with its tables."""
    state = schema_state(office.require_database())
    tables = {"database": output.address(office.database), "tables": _described(state)}
    if state.trouble:
        if office.as_json:
            output.show_json(tables | {"program": state.program, "trouble": state.trouble})
        else:
            output.show_fields(tables | {"program": state.program})
        raise EngineError(state.trouble)
    with office.engine() as engine:
        definitions = engine.definitions()
        states = Counter(str(each.state) for each in engine.instances(limit=100_000))
        incidents = sum(each.resolved_at is None for each in engine.incidents(limit=100_000))
        nodes = len(list(engine.nodes()))
    fields = {
        **tables,
        "program": state.program,
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
