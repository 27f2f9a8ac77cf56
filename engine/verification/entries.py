"""The entries a case began with, held against the registers they were written into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from engine.errors import EngineError
from engine.kernel.codec import encode_values
from engine.kernel.events import RegisterEntryMade
from engine.registers import opened
from engine.store import Transaction, data_keys, registers

_ALL = 2**31 - 1


def unwritten(
    tx: Transaction, instance_key: int, made: Sequence[tuple[int, RegisterEntryMade]]
) -> Iterator[tuple[int, str]]:
    """Yield, with the row of history that tells of it, every entry no register has as it was made."""
    for register in dict.fromkeys(each.register for _, each in made):
        left = _entries(tx, register, instance_key)
        for seq, each in made:
            if each.register != register:
                continue
            written = encode_values([each.subject, each.variables])
            if written in left:
                left.remove(written)
            else:
                yield (
                    seq,
                    (
                        f"row {seq}: the entry of '{each.element_id}' in register '{register}' is missing or "
                        "is not as it was written"
                    ),
                )


def _entries(tx: Transaction, register: str, instance_key: int) -> list[Any]:
    """Return what a register says of a case, entry by entry; one that does not open says nothing."""
    found: list[Any] = []
    key = data_keys.read(tx, [data_keys.OFFICE]).get(data_keys.OFFICE)
    if key is None:
        return found
    for row in registers.query(tx, register, instance_key=instance_key, limit=_ALL):
        try:
            entry = opened(key, row)
        except EngineError:
            continue
        found.append(encode_values([entry.subject, entry.data]))
    return found
