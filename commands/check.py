"""``obieg check``: what there is to say about files before anybody deploys them."""

from __future__ import annotations

from pathlib import Path

import click

from commands import output, reading
from commands.office import Command, Office, pass_office
from engine import Finding, ProcessEngine, Severity, Soundness, Verdict


@click.command(cls=Command)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path, exists=True)
)
@click.option("--soundness", is_flag=True, help="Explore all runs of every process, whatever its data.")
@pass_office
@click.pass_context
def command(context: click.Context, office: Office, paths: tuple[Path, ...], soundness: bool) -> None:
    """Check diagrams, decisions and forms; exit code 1 if there are errors or a process is unsound.

    PATH is a file or a folder of them. Nothing is stored, no database is needed.
    """
    files = reading.files(paths)
    explored: list[Soundness] | None = None
    with ProcessEngine("sqlite:///:memory:") as engine:
        findings = engine.check(files)
        wrong = any(finding.severity is Severity.ERROR for finding in findings)
        if soundness and not wrong:
            explored = engine.soundness(files)
    report(office, findings, explored)
    if wrong or any(each.verdict is Verdict.UNSOUND for each in explored or ()):
        context.exit(1)


def report(office: Office, findings: list[Finding], explored: list[Soundness] | None) -> None:
    """Print findings as a compiler would and how many of each kind there are, then what was explored."""
    if office.as_json:
        output.show_json(findings if explored is None else {"findings": findings, "soundness": explored})
        return
    for finding in findings:
        output.show(str(finding))
    counts = {
        kind: sum(str(each.severity) == kind for each in findings) for kind in ("error", "warning", "hint")
    }
    output.show(", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items()))
    if explored:
        show_soundness(explored)


def show_soundness(explored: list[Soundness]) -> None:
    """Print the verdicts, and each flaw with the shortest way to it."""
    output.show_section("Soundness")
    output.show_table(
        ("process", "verdict", "states", "bound", "why not proven"),
        [(each.process_id, str(each.verdict), each.states, each.bound, each.reason) for each in explored],
    )
    for each in explored:
        for flaw in each.flaws:
            output.show(f"{each.file}: {flaw.kind}: {flaw.message} [{flaw.element_id}]")
            output.show(f"    {' → '.join(flaw.path)}")
