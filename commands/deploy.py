"""``obieg deploy``: stores files as new versions; what did not change keeps its version."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from commands import output, reading
from commands.office import Command, Office, actor_of, pass_office
from engine import Deployment, InvalidDefinition, ProcessEngine, Severity


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """What one deployment brought: definitions, and the version of each process' parameters."""

    deployment: Deployment
    parameters: dict[str, int]


@click.command(cls=Command)
@click.argument(
    "paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path, exists=True)
)
@pass_office
def command(office: Office, paths: tuple[Path, ...]) -> None:
    """Deploy diagrams, decisions and forms together; all or nothing.

    PATH is a file or a folder of them; a folder's parameters.yaml becomes its processes' parameters. Creates
    the database if there is none.
    """
    if office.database_file is not None and not office.database_file.is_file():
        require_sound(office, paths)  # before there is a database: a refusal leaves nothing behind
    with office.engine(create=True) as engine:
        published = publish(engine, paths, by=actor_of(office))
    if office.as_json:
        output.show_json(published)
        return
    tell(published)
    for finding in published.deployment.findings:
        click.echo(str(finding), err=True)


def require_sound(office: Office, paths: Sequence[Path]) -> None:
    """Check files that go into an empty database; raises ``InvalidDefinition``."""
    with ProcessEngine("sqlite:///:memory:", handlers=office.templates()) as engine:
        findings = engine.check(reading.files(paths))
    if any(finding.severity is Severity.ERROR for finding in findings):
        raise InvalidDefinition(findings)


def publish(engine: ProcessEngine, paths: Sequence[Path], *, by: str) -> Publication:
    """Deploy files and folders; a folder's ``parameters.yaml`` goes to every process of that folder."""
    deployment = engine.deploy(reading.files(paths), by=by)
    versions: dict[str, int] = {}
    for name, content in reading.parameter_files(paths):
        for each in deployment.definitions:
            if each.kind == "process" and Path(each.file).parent == Path(name).parent:
                versions[each.id] = engine.parameters.set(each.id, content, by=by)
    return Publication(deployment=deployment, parameters=versions)


def tell(published: Publication) -> None:
    """Print what is deployed now."""
    output.show_table(
        ("KIND", "ID", "VERSION", "FILE"),
        [(each.kind, each.id, each.version, each.file) for each in published.deployment.definitions],
    )
    for process, version in published.parameters.items():
        output.show(f"parameters of {process}: version {version}")
