"""Commands run again by the kernel, from what was recorded and the stored definitions only."""

from __future__ import annotations

from collections.abc import Callable

from engine.catalogue import Catalogue, NotReexecutable
from engine.errors import EngineError
from engine.kernel import InstanceTree, step
from engine.kernel.codec import CommandRecord, encode_events
from engine.kernel.events import Event
from engine.store import Transaction
from engine.store.rows import InstanceRow
from engine.verification.verdict import NOT_REEXECUTABLE, Verdict


class ReexecutionCheck:
    """Runs command after command on its own state; where that fails, it goes on from the folded one."""

    def __init__(self, catalogue: Catalogue, tx: Transaction, row: InstanceRow, verdict: Verdict) -> None:
        self._catalogue = catalogue
        self._tx = tx
        self._row = row
        self._verdict = verdict
        self._tree: InstanceTree | None = None
        self._reasons: set[str] = set()

    def take(self, seq: int, record: CommandRecord, folded: Callable[[], InstanceTree]) -> None:
        """Run one command again; ``folded`` gives a copy of the state the recorded events come to."""
        tree, self._tree = self._tree, None
        try:
            context = self._catalogue.context(self._tx, record.context, process_id=self._row.process_id)
            outcome = step(tree, record.command, context)
        except NotReexecutable as error:
            self._not_reexecutable(seq, str(error))
        except EngineError as error:
            self._differs(seq, record, f"expected '{_name(record)}' to run again, but {error}")
        except Exception as error:
            # A bug of the kernel is a finding like any other here: the other instances are still verified.
            self._report(
                seq, f"row {seq}: expected '{_name(record)}' to run again, but the kernel raised {error!r}"
            )
        else:
            difference = _difference(list(record.events), outcome.events)
            if difference is None:
                self._tree = outcome.tree
            else:
                self._differs(
                    seq, record, f"expected '{_name(record)}' to give the same events, but {difference}"
                )
        if self._tree is None:
            self._tree = folded()

    def end(self) -> None:
        """Note that all commands were run."""
        self._verdict.passed("reexecution")

    def _differs(self, seq: int, record: CommandRecord, what: str) -> None:
        """Report a difference, unless other calendars or time zone data than then may be its cause."""
        drift = self._catalogue.drift(record.context)
        if drift:
            self._not_reexecutable(seq, f"not re-executable: it ran with {drift}, and {what}")
        else:
            self._report(seq, f"row {seq}: {what}")

    def _not_reexecutable(self, seq: int, reason: str) -> None:
        if reason not in self._reasons:  # once per instance and reason, not once per row
            self._reasons.add(reason)
            self._verdict.add("reexecution", self._row.key, seq, reason, outcome=NOT_REEXECUTABLE)

    def _report(self, seq: int, message: str) -> None:
        self._verdict.add("reexecution", self._row.key, seq, message)


def _name(record: CommandRecord) -> str:
    return str(record.command.__struct_config__.tag)


def _difference(recorded: list[Event], again: list[Event]) -> str | None:
    """Say where two runs part, None where their bytes are equal."""
    if encode_events(recorded) == encode_events(again):
        return None
    for index, (one, other) in enumerate(zip(recorded, again, strict=False)):
        if encode_events([one]) != encode_events([other]):
            was, now = one.__struct_config__.tag, other.__struct_config__.tag
            return f"event {index} was {was} and is now {now}{' with other content' if was == now else ''}"
    return f"there were {len(recorded)} events and are now {len(again)}"
