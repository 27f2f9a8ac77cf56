"""``obieg check``: what there is to say about files before anybody deploys them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from commands import output, reading
from commands.office import Command, Office, pass_office
from engine import Finding, Opinion, ProcessEngine, Severity, Soundness, Verdict


@click.command(cls=Command)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path, exists=True)
)
@click.option("--soundness", is_flag=True, help="Explore all runs of every process, whatever its data.")
@click.option("--second-opinion", is_flag=True, help="Run sampled paths on another engine as well.")
@click.option(
    "--language", type=click.Choice(["en", "pl"]), default="en", help="Language of the findings (en)."
)
@pass_office
@click.pass_context
def command(
    context: click.Context,
    office: Office,
    paths: tuple[Path, ...],
    soundness: bool,
    second_opinion: bool,
    language: str,
) -> None:
    """Check diagrams, decisions and forms; exit code 1 if there are errors or a process is unsound.

    PATH is a file or a folder of them. Nothing is stored, no database is needed. Another engine's opinion
    never changes the exit code: it may be the one that is wrong.
    """
    files = reading.files(paths)
    told: dict[str, Any] = {}
    with ProcessEngine("sqlite:///:memory:", handlers=office.templates()) as engine:
        findings = told["findings"] = engine.check(files)
        wrong = any(finding.severity is Severity.ERROR for finding in findings)
        if soundness and not wrong:
            told["soundness"] = engine.soundness(files)
        if second_opinion and not wrong:
            told["second_opinion"] = engine.second_opinion(files)
    report(office, told, polish=language == "pl")
    if wrong or any(each.verdict is Verdict.UNSOUND for each in told.get("soundness", ())):
        context.exit(1)


def report(office: Office, told: dict[str, Any], *, polish: bool = False) -> None:
    """Print findings as a compiler would and how many of each kind there are, then what was explored."""
    findings: list[Finding] = told["findings"]
    if office.as_json:
        output.show_json(findings if len(told) == 1 else told)
        return
    for finding in findings:
        output.show(finding.in_polish() if polish else str(finding))
    counts = {
        kind: sum(str(each.severity) == kind for each in findings) for kind in ("error", "warning", "hint")
    }
    output.show(", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in counts.items()))
    if "soundness" in told:
        show_soundness(told["soundness"])
    if "second_opinion" in told:
        show_opinions(told["second_opinion"])


def show_opinions(opinions: list[Opinion]) -> None:
    """Print what another engine makes of each process, and where it goes another way."""
    output.show_section("Second opinion")
    output.show_table(
        ("process", "verdict", "paths", "why not compared"),
        [(each.process_id, str(each.verdict), each.paths, each.reason) for each in opinions],
        widest=0,
    )
    for each in opinions:
        for difference in each.differences:
            output.show(f"{each.file}: {difference.message} [{difference.element_id}]")
            output.show(f"    {' → '.join(difference.path)}")


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
