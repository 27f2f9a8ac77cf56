"""``obieg deviations``: the register of deviations, how the procedures' gaps and contradictions are read.

Each procedure keeps its own in ``processes/<procedure>/deviations.yaml``: by number of the ruling, what the
text says, the reading chosen, why, what carries it, and who approved it when, if that was on paper. What was
approved on the page is in the office's database.
"""

from __future__ import annotations

from pathlib import Path

import click
import msgspec
import yaml

from commands import output
from commands.office import Command, Office, pass_office
from engine import EngineError

FILE = "deviations.yaml"


class Ruling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry as it stands in the file."""

    text: str
    reading: str
    why: str
    carried_by: list[str]
    approved_by: str = ""
    approved_on: str = ""


class Deviation(msgspec.Struct, frozen=True, kw_only=True):
    """One entry with its procedure and number."""

    procedure: str
    number: str
    text: str
    reading: str
    why: str
    carried_by: tuple[str, ...]
    approved_by: str
    approved_on: str


def read(processes: Path) -> list[Deviation]:
    """Return the deviations of every procedure in the folder; raises ``EngineError`` naming the file."""
    found: list[Deviation] = []
    for path in sorted(processes.glob(f"*/{FILE}")):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            rulings = msgspec.convert(content, dict[str, Ruling])
        except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise EngineError(f"expected deviations in {path}, but {' '.join(str(error).split())}") from None
        found += [_numbered(path.parent.name, number, ruling) for number, ruling in rulings.items()]
    return found


@click.command(cls=Command)
@pass_office
def command(office: Office) -> None:
    """Print how the gaps and contradictions of the procedures' texts are read, why, and who approved that.

    Where there is no database yet, only what the files say.
    """
    found = _approved(office, read(office.processes))
    if office.as_json:
        output.show_json(found)
        return
    for each in found:
        approved = f"{each.approved_by}, {each.approved_on}".strip(", ") or "not yet"
        output.show(click.style(f"{each.procedure} {each.number}", bold=True))
        output.show(f"  text      {each.text}")
        output.show(f"  reading   {each.reading}")
        output.show(f"  why       {each.why}")
        output.show(f"  carried   {', '.join(each.carried_by)}")
        output.show(f"  approved  {approved}")


def _numbered(procedure: str, number: str, ruling: Ruling) -> Deviation:
    return Deviation(
        procedure=procedure, number=number, text=ruling.text, reading=ruling.reading, why=ruling.why,
        carried_by=tuple(ruling.carried_by), approved_by=ruling.approved_by, approved_on=ruling.approved_on,
    )  # fmt: skip


def _approved(office: Office, found: list[Deviation]) -> list[Deviation]:
    """Return the deviations with who approved them as they are worded now."""
    file = office.database_file
    if file is not None and not file.is_file():
        return found
    from web.deviations import (
        Standing,
        with_approvals,
    )  # the pages' libraries: only where there is a database

    with office.engine() as engine:
        told = {
            (each.deviation.procedure, each.deviation.number): each for each in with_approvals(engine, found)
        }
    return [
        msgspec.structs.replace(each, approved_by=one.approval.by, approved_on=output.local(one.approval.at))
        if (one := told[each.procedure, each.number]).approval is not None
        and one.standing is Standing.APPROVED
        else each
        for each in found
    ]
