"""``obieg deviations``: the register of deviations, how the procedures' gaps and contradictions are read.

Each procedure keeps its own in ``processes/<procedure>/deviations.yaml``: by number of the ruling, what the
text says, the reading chosen, what carries it, and who approved it when.
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
    carried_by: list[str]
    approved_by: str = ""
    approved_on: str = ""


class Deviation(msgspec.Struct, frozen=True, kw_only=True):
    """One entry with its procedure and number."""

    procedure: str
    number: str
    ruling: Ruling


def read(processes: Path) -> list[Deviation]:
    """Return the deviations of every procedure in the folder; raises ``EngineError`` naming the file."""
    found: list[Deviation] = []
    for path in sorted(processes.glob(f"*/{FILE}")):
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
            rulings = msgspec.convert(content, dict[str, Ruling])
        except (yaml.YAMLError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise EngineError(f"expected deviations in {path}, but {' '.join(str(error).split())}") from None
        found += [
            Deviation(procedure=path.parent.name, number=number, ruling=ruling)
            for number, ruling in rulings.items()
        ]
    return found


@click.command(cls=Command)
@pass_office
def command(office: Office) -> None:
    """Print how the gaps and contradictions of the procedures' texts are read, and where that is carried."""
    found = read(office.processes)
    if office.as_json:
        output.show_json(found)
        return
    for each in found:
        approved = f"{each.ruling.approved_by}, {each.ruling.approved_on}".strip(", ") or "not yet"
        output.show(click.style(f"{each.procedure} {each.number}", bold=True))
        output.show(f"  text      {each.ruling.text}")
        output.show(f"  reading   {each.ruling.reading}")
        output.show(f"  carried   {', '.join(each.ruling.carried_by)}")
        output.show(f"  approved  {approved}")
