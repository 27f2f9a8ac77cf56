"""``obieg import-spiff``: a SpiffArena package in our dialect, and what a person must still do by hand."""

from __future__ import annotations

from pathlib import Path

import click

from commands import output
from commands.office import Command, Office, pass_office
from engine import EngineError, Finding, ProcessEngine, Severity, import_spiff

SUFFIXES = (".bpmn", ".dmn", ".json")


@click.command(cls=Command)
@click.argument("package", metavar="FOLDER", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--to",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder for the new files; empty or new.",
)
@pass_office
@click.pass_context
def command(context: click.Context, office: Office, package: Path, target: Path) -> None:
    """Import diagrams, decisions and JSON forms of a SpiffArena package.

    Simple Python becomes FEEL; everything else is told with its place and what to do. The result is checked;
    exit code 1 as long as something must be done by hand. The package itself is left as it is.
    """
    if target.exists() and any(target.iterdir()):
        raise EngineError(f"expected {target} to be empty or new, but there are files in it")
    found = sorted(each for each in package.rglob("*") if each.suffix in SUFFIXES and each.is_file())
    if not found:
        raise EngineError(f"expected {', '.join(SUFFIXES)} files in {package}, but there are none")
    imported = import_spiff([(each.relative_to(package).as_posix(), each.read_bytes()) for each in found])
    for name, content in imported.files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    with ProcessEngine("sqlite:///:memory:") as engine:
        checked = engine.check(list(imported.files))
    report(office, [name for name, _ in imported.files], list(imported.findings), checked)
    if any(each.severity is Severity.ERROR for each in (*imported.findings, *checked)):
        context.exit(1)


def report(office: Office, files: list[str], findings: list[Finding], checked: list[Finding]) -> None:
    """Print what was written, what the import left to do, and what the check says about the result."""
    if office.as_json:
        output.show_json({"files": files, "findings": findings, "check": checked})
        return
    output.show(f"{len(files)} file{'' if len(files) == 1 else 's'}: {', '.join(files) or 'none'}")
    for title, each in (("To look at", findings), ("What the check says of the result", checked)):
        output.show_section(title)
        for finding in each:
            output.show(str(finding))
        if not each:
            output.show("nothing")
