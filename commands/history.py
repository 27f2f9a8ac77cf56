"""``obieg history``: what happened in a case, in order, by whom."""

from __future__ import annotations

import datetime as dt
from typing import Any

import click
import msgspec

from commands import output, reading
from commands.office import Command, Office, pass_office
from engine import HistoryEvent

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# What is told elsewhere in the line, or is for machines.
_HIDDEN = frozenset(
    {"key", "element_id", "element_key", "scope", "owner", "local", "due_at", "variables", "event"}
)


@click.command(cls=Command)
@click.argument("key")
@click.option("--from", "first", type=click.IntRange(min=1), default=1, help="Only from this command on.")
@pass_office
def command(office: Office, key: str, first: int) -> None:
    """Show the history of the instance KEY (its key or business key), one line per event."""
    with office.engine() as engine:
        events = [each for each in engine.history(reading.instance_key(engine, key)) if each.seq >= first]
    if office.as_json:
        output.show_json(events)
    else:
        tell(events)


def tell(events: list[HistoryEvent]) -> None:
    """Print events as a table."""
    output.show_table(
        ("SEQ", "AT", "WHO", "WHAT", "ELEMENT", "DETAIL"),
        [
            (
                f"{each.seq}.{each.index}",
                each.at,
                each.actor,
                each.type,
                each.element_id,
                detail(each.payload),
            )
            for each in events
        ],
        empty="no events",
    )


def detail(payload: dict[str, Any]) -> str:
    """Return the telling parts of an event: when it is due, then whatever else it says."""
    parts = []
    due = payload.get("due_at")
    if isinstance(due, int):
        parts.append(f"due {output.deadline(EPOCH + dt.timedelta(microseconds=due))}")
    if "flow" in payload and "source" in payload:
        return _condition(payload)
    for name, value in payload.items():
        if name not in _HIDDEN and not name.endswith("_key") and value not in (None, "", [], {}, 0, ()):
            parts.append(f"{name}={output.cell(value, widest=60)}")
    variables = payload.get("variables")
    if variables:
        parts.append("variables " + msgspec.json.encode(output.plain(variables, ours=False)).decode())
    return " ".join(parts)


def _condition(payload: dict[str, Any]) -> str:
    """Return why a flow was taken or not: the condition, its answer, the values it saw."""
    seen = ", ".join(f"{item['part']}: {item['value']}" for item in payload["items"])
    answer = f"{payload['source']} → {output.cell(payload['value'])}"
    return f"{answer} ({seen})" if seen else answer
