"""``obieg doctor``: whether this installation is fit to be trusted with cases."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import msgspec

from commands import output, reading
from commands.office import Command, Office, pass_office
from engine import (
    EngineError,
    Figures,
    HandlerRegistry,
    NodeState,
    ProcessEngine,
    SystemClock,
    template_digests,
)

_LATE = dt.timedelta(seconds=60)
_ROOM = 1_000_000_000  # bytes
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at; ``verdict`` is ok, warning or error."""

    name: str
    verdict: str
    message: str
    remedy: str = ""


@click.command(cls=Command)
@pass_office
@click.pass_context
def command(context: click.Context, office: Office) -> None:
    """Look for what is insecure, missing or wrong; exit code 1 if anything is an error."""
    checks = list(examine(office))
    if office.as_json:
        output.show_json(checks)
    else:
        output.show_table(
            ("VERDICT", "WHAT", "FOUND"),
            [
                (each.verdict, each.name, f"{each.message}{'; ' if each.remedy else ''}{each.remedy}")
                for each in checks
            ],
            widest=0,
        )
    if any(each.verdict == "error" for each in checks):
        context.exit(1)


def examine(office: Office) -> Iterator[Check]:
    """Look at everything; what cannot be looked at without the database is left out if there is none."""
    yield from _keyring(office)
    yield from _database_file(office)
    yield from _disk(office)
    yield from _connections(os.environ)
    registry = None
    try:
        registry = office.handlers()
        yield Check(name="handlers", verdict="ok", message=f"{len(registry.types())} job types")
    except EngineError as error:
        yield Check(name="handlers", verdict="error", message=str(error))
    try:
        with office.engine() as engine:
            yield Check(name="database", verdict="ok", message=output.address(office.database))
            yield from _inside(engine, registry)
            yield from templates(office, engine)
    except EngineError as error:
        yield Check(name="database", verdict="error", message=str(error))


def _inside(engine: ProcessEngine, registry: HandlerRegistry | None) -> Iterator[Check]:
    yield from _clock(engine)
    if registry is not None:
        yield from _job_types(engine, registry)
    yield from _nodes(engine)
    yield from _waiting(engine.figures())
    count = sum(each.resolved_at is None for each in engine.incidents(limit=1_000))
    if count:
        yield Check(
            name="incidents",
            verdict="warning",
            message=f"{count} open",
            remedy="look at them with `obieg incidents`",
        )


def templates(office: Office, engine: ProcessEngine) -> Iterator[Check]:
    """Compare the message templates in the office's folders with those deployed: only these are used."""
    known = [each for each in engine.definitions() if each.kind == "template"]
    newest = {each.id: each for each in sorted(known, key=lambda each: each.version)}
    folders = [Path(each) for each in office.settings().email.messages.split(os.pathsep) if each]
    found = template_digests(dict(reading.files([each for each in folders if each.is_dir()])))
    both = [newest[each] for each in found if each in newest]
    other = [f"{each.id} ({each.version})" for each in both if each.sha256 != found[each.id]]
    if other:
        yield Check(
            name="templates", verdict="warning",
            message=f"other in the folder than deployed: {', '.join(other)}",
            remedy="deploy the procedure's folder: mails are written from what is deployed",
        )  # fmt: skip
    missing = sorted(found.keys() - newest)
    if missing and engine.definitions():
        yield Check(
            name="templates", verdict="warning",
            message=f"not deployed: {', '.join(missing)}",
            remedy="deploy the procedure's folder, so that a case keeps its words",
        )  # fmt: skip


def _keyring(office: Office) -> Iterator[Check]:
    path, chosen = _keyring_file(office)
    if path is None or not path.is_file():
        return
    if path.stat().st_mode & _OTHERS:
        yield Check(
            name="keyring",
            verdict="error",
            message=f"{path} can be read by others",
            remedy=f"run chmod 400 {path}",
        )
    elif not chosen:
        yield Check(
            name="keyring", verdict="warning", message=f"{path} lies beside the database it opens",
            remedy="keep it apart and name it in OBIEG_KEYRING",
        )  # fmt: skip
    else:
        yield Check(name="keyring", verdict="ok", message=str(path))


def _keyring_file(office: Office) -> tuple[Path | None, bool]:
    """Return the keyring's file, as far as we can tell, and whether somebody chose it."""
    if office.keyring is not None:
        return office.keyring, True
    named = os.environ.get("OBIEG_KEYRING", "")
    if named:
        return (None if named.startswith("{") else Path(named)), True
    path = office.database_file
    return (None if path is None else path.with_name(f"{path.name}.keyring")), False


def _database_file(office: Office) -> Iterator[Check]:
    path = office.database_file
    if path is not None and path.is_file() and path.stat().st_mode & stat.S_IRWXO:
        yield Check(
            name="database file", verdict="warning", message=f"{path} can be read by everybody here",
            remedy=f"run chmod 600 {path}",
        )  # fmt: skip


def _disk(office: Office) -> Iterator[Check]:
    folder = office.database_file.absolute().parent if office.database_file is not None else None
    if folder is not None and folder.is_dir():
        free = shutil.disk_usage(folder).free
        yield Check(
            name="disk",
            verdict="ok" if free > _ROOM else "warning",
            message=f"{free // 1_000_000} MB free at {folder}",
            remedy="" if free > _ROOM else "make room before it is full",
        )


def _waiting(found: Figures) -> Iterator[Check]:
    late = dt.timedelta(seconds=found.lateness)
    if late > _LATE:
        yield Check(
            name="overdue", verdict="error", message=f"the oldest due work has waited for {late}",
            remedy="start `obieg worker`, with handlers for every job type, or more of them",
        )  # fmt: skip
    if found.stranded_jobs:
        yield Check(
            name="stranded", verdict="warning", message=f"{found.stranded_jobs} jobs that belong to no case",
            remedy="look at them with `obieg incidents`, then `obieg retry KEY`",
        )  # fmt: skip
    if found.buffered_messages:
        yield Check(
            name="messages", verdict="ok", message=f"{found.buffered_messages} wait for somebody to take them"
        )


def refuse_insecure(office: Office) -> None:
    """Refuse to run cases where somebody else could read them; raises ``EngineError`` with the remedy."""
    for check in _keyring(office):
        if check.verdict == "error":
            raise EngineError(f"expected a secure {check.name}, but {check.message}: {check.remedy}")


def _connections(environment: Mapping[str, str]) -> Iterator[Check]:
    if environment.get("OBIEG_SMTP_TLS", "required") != "required":
        yield Check(
            name="mail",
            verdict="warning",
            message="mails may travel unencrypted",
            remedy="set OBIEG_SMTP_TLS=required",
        )
    if os.geteuid() == 0:
        yield Check(
            name="user", verdict="warning", message="runs as root", remedy="give it an account of its own"
        )


def _clock(engine: ProcessEngine) -> Iterator[Check]:
    offset = engine.clock_offset()
    drift = abs(engine.now() - offset - SystemClock().now())
    if offset:
        yield Check(
            name="clock", verdict="warning", message=f"the business clock is set off by {offset}",
            remedy="only a demonstration may do that",
        )  # fmt: skip
    elif drift > _LATE:
        yield Check(
            name="clock", verdict="error", message=f"the database's clock and ours differ by {drift}",
            remedy="set up time synchronisation on both machines",
        )  # fmt: skip
    else:
        yield Check(name="clock", verdict="ok", message=output.local(engine.now()) + " in Warsaw")


def _job_types(engine: ProcessEngine, registry: HandlerRegistry) -> Iterator[Check]:
    known = set(registry.types())
    for process_id, types in engine.job_types().items():
        missing = sorted(set(types) - known)
        if missing:
            yield Check(
                name="handlers",
                verdict="error",
                message=f"{process_id} needs {', '.join(missing)}, which nobody here does",
                remedy="add the handlers, or run a worker that has them",
            )


def _nodes(engine: ProcessEngine) -> Iterator[Check]:
    alive = [each for each in engine.nodes() if each.state is not NodeState.SILENT]
    if alive:
        yield Check(name="nodes", verdict="ok", message=f"{len(alive)} alive")
    else:
        yield Check(
            name="nodes", verdict="warning", message="none alive: no job is run, no deadline fires",
            remedy="start `obieg worker`",
        )  # fmt: skip
