"""``obieg check``: what the static check has to say about files, before anybody deploys them."""

from __future__ import annotations

from pathlib import Path

import click

from commands import output, reading
from commands.office import Command, Office, pass_office
from engine import Finding, ProcessEngine, Severity


@click.command(cls=Command)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path, exists=True)
)
@pass_office
@click.pass_context
def command(context: click.Context, office: Office, paths: tuple[Path, ...]) -> None:
    """Check diagrams, decisions and forms; exit code 1 if there are errors.

    PATH is a file or a folder of them. Nothing is stored, no database is needed.
    """
    with ProcessEngine("sqlite:///:memory:") as engine:
        findings = engine.check(reading.files(paths))
    report(office, findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        context.exit(1)


def report(office: Office, findings: list[Finding]) -> None:
    """Print findings as a compiler would, and how many of each kind there are."""
    if office.as_json:
        output.show_json(findings)
        return
    for finding in findings:
        output.show(str(finding))
    counts = {
        kind: sum(str(each.severity) == kind for each in findings) for kind in ("error", "warning", "hint")
    }
    output.show(", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items()))
