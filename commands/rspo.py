"""``obieg rspo``: keeps the register of schools, from its API or an export, and tells what has changed."""

from __future__ import annotations

from pathlib import Path

import click

from commands import output
from commands.office import Command, Office, pass_office
from engine import EngineError, JobFailure


@click.command(cls=Command)
@click.argument("export", type=click.Path(path_type=Path, dir_okay=False, exists=True), required=False)
@pass_office
def command(office: Office, export: Path | None) -> None:
    """Keep the register of schools anew: from the CSV file EXPORT of rspo.gov.pl, else from the API.

    The snapshot goes to the file OBIEG_RSPO_SNAPSHOT. What has changed since the last one (director, closing,
    merger, address, authority) is written into the register zmiany_rspo and broadcast as a signal to cases.
    Run it every night.
    """
    from handlers.rspo_changes import renew
    from handlers.rspo_records import InvalidRegister

    settings = office.settings().rspo
    if not settings.snapshot:
        raise EngineError("expected a file for the snapshot in OBIEG_RSPO_SNAPSHOT, but it is empty")
    with office.engine(create=True) as engine:
        try:
            snapshot, changes = renew(engine, settings, export.read_bytes() if export is not None else None)
        except (InvalidRegister, JobFailure) as error:
            raise EngineError(str(error)) from None
    output.show(f"{len(snapshot.schools())} schools from {snapshot.source}, {len(changes)} changes told")
