"""``obieg decide``: makes a decision once, from a file or as it is deployed, and says which rules did it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office
from engine import DecisionResult, EngineError, ProcessEngine, TableMatch


@click.command(cls=Command)
@click.argument("what", metavar="FILE|ID")
@click.option(
    "--vars", "--variables", "variables", type=reading.VARIABLES, default="{}", metavar="JSON",
    help="What to decide about.",
)  # fmt: skip
@click.option("--decision", metavar="ID", help="Which decision of a file that has several.")
@pass_office
def command(office: Office, what: str, variables: dict[str, Any], decision: str | None) -> None:
    """Make a decision: of a FILE (or a folder of them), else the deployed one with this ID.

    Nothing is stored, and a file needs no database. Prints the value, the rules that matched, and why
    anything became null.
    """
    path = Path(what)
    if path.exists() or path.suffix == ".dmn":
        with ProcessEngine("sqlite:///:memory:") as engine:
            result = engine.evaluate_decision(_deployed(engine, office, path, decision), variables)
    else:
        with office.engine() as engine:
            result = engine.evaluate_decision(decision or what, variables)
    _show(office, result)


def _deployed(engine: ProcessEngine, office: Office, path: Path, decision: str | None) -> str:
    """Deploy files into an empty engine and return the id of the decision meant."""
    found = [file for file in reading.files([path]) if file[0].endswith(".dmn")]
    if not found:
        raise EngineError(f"expected a .dmn file, but {path} is none")
    deployment = engine.deploy(found, by=actor_of(office))
    known = [each.id for each in deployment.definitions if each.kind == "decision"]
    if decision is not None or len(known) == 1:
        return decision or known[0]
    raise EngineError(f"expected --decision with one of {', '.join(known) or 'none'}, but got none of them")


def _show(office: Office, result: DecisionResult) -> None:
    if office.as_json:
        output.show_json(
            {
                "decision_id": result.decision_id,
                "value": result.value,
                "tables": [
                    {"inputs": table.inputs, "rules": table.rules, "rule_ids": table.rule_ids}
                    for table in result.tables
                ],
                "warnings": result.warnings,
            }
        )
        return
    output.show_fields({result.decision_id: result.value})
    if result.tables:
        output.show_section("tables")
        rows = [(table.inputs, _matched(table)) for table in result.tables]
        output.show_table(("INPUTS", "RULES"), rows)
    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)


def _matched(table: TableMatch) -> str:
    """Return the rules that matched, with their ids where they have any."""
    rules = zip(table.rules, table.rule_ids, strict=True)
    return ", ".join(f"{number} ({identity})" if identity else str(number) for number, identity in rules)
