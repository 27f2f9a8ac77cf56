"""Compiled definitions by key, made from stored bytes, kept per process; what a recorded context stands for.

Nothing here comes from an upload: what is not in the database again cannot be executed again.
"""

from __future__ import annotations

import importlib
import zoneinfo
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from engine.bpmn import read_stored
from engine.calendar import DEFAULT_CALENDAR, WorkingCalendar, polish_calendar
from engine.decisions import ChosenDecisions, DeployedDecisions, RecordedDecisions
from engine.deployed import at_deployment, content_of
from engine.errors import Damaged, EngineError, Incompatible, NotFound
from engine.forms import Form, read_form
from engine.kernel import SEMANTICS_VERSION, CommandContext, Context, Decisions, Limits
from engine.model.definition import ProcessDefinition
from engine.parameters import Parameters
from engine.store import Store, Transaction, definitions
from engine.store.rows import DefinitionRow


class NotReexecutable(EngineError):
    """A command cannot be run again here: a version it ran with is no longer available."""


class BoundProcess(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a process: its row, and what its stored file compiles to."""

    row: DefinitionRow
    definition: ProcessDefinition


class Catalogue:
    """What is deployed, compiled; one per process, shared by its threads."""

    def __init__(self, store: Store, *, limits: Limits | None = None) -> None:
        self._store = store
        self.limits = limits or Limits()
        self._recorded_limits = self.limits.recorded()
        self._calendars = {DEFAULT_CALENDAR: polish_calendar()}
        self._calendar_version = " | ".join(
            f"{name} {each.version}" for name, each in sorted(self._calendars.items())
        )
        self._compiled: dict[tuple[str, str], ProcessDefinition] = {}
        self._processes: dict[int, BoundProcess] = {}
        self._forms: dict[str, Form] = {}
        self._bound_forms: dict[tuple[str, int], Form | None] = {}
        self._parameters = Parameters(store)
        self.decisions = DeployedDecisions()

    def afresh(self) -> Catalogue:
        """Return a catalogue that reads everything from the database again, as a proof has to.

        What was compiled is kept: it is found by the hash of the bytes, which are read and hashed again.
        """
        again = Catalogue(self._store, limits=self.limits)
        again._compiled = self._compiled
        return again

    # --- processes -----------------------------------------------------------------------------------------

    def process(self, tx: Transaction, definition_key: int) -> BoundProcess:
        """Return one version of a process; its row's ``active`` is that of the first time it was asked for.

        Raises ``NotFound``, ``Damaged`` for bytes that are not those deployed, ``Incompatible`` for a file
        that this program does not read.
        """
        found = self._processes.get(definition_key)
        if found is None:
            row = definitions.by_key(tx, definition_key)
            if row is None or row.kind != "process":
                raise NotFound(
                    f"expected a process with the definition key {definition_key}, but there is none"
                )
            found = self._bound(tx, row)
        return found

    def latest(self, tx: Transaction, process_id: str) -> BoundProcess:
        """Return the newest version of a process; raises as ``process``."""
        return self._found(tx, definitions.latest(tx, "process", process_id), f"a process '{process_id}'")

    def to_start(self, tx: Transaction, process_id: str) -> tuple[BoundProcess, int]:
        """Return the newest version of a process with the newest version of its parameters; raises as
        ``process``."""
        found = definitions.to_start(tx, process_id)
        row, parameters_version = found if found is not None else (None, 0)
        return self._found(tx, row, f"a process '{process_id}'"), parameters_version

    def version(self, tx: Transaction, process_id: str, version: int) -> BoundProcess:
        """Return a version of a process by its number; raises as ``process``."""
        row = definitions.by_version(tx, "process", process_id, version)
        return self._found(tx, row, f"version {version} of the process '{process_id}'")

    def tagged(self, tx: Transaction, process_id: str, tag: str) -> BoundProcess:
        """Return the newest version of a process with a version tag; raises as ``process``."""
        row = definitions.by_tag(tx, "process", process_id, tag)
        return self._found(tx, row, f"a version of the process '{process_id}' tagged '{tag}'")

    def of_deployment(self, tx: Transaction, deployment_key: int, process_id: str) -> BoundProcess:
        """Return the version of a process that was the newest at a deployment; raises as ``process``."""
        row = at_deployment(tx, "process", process_id, deployment_key)
        return self._found(tx, row, f"the process '{process_id}' at deployment {deployment_key}")

    def _found(self, tx: Transaction, row: DefinitionRow | None, what: str) -> BoundProcess:
        if row is None:
            raise NotFound(f"expected {what}, but it is not deployed")
        return self._bound(tx, row)

    def _bound(self, tx: Transaction, row: DefinitionRow) -> BoundProcess:
        known = self._processes.get(row.key)
        if known is not None:
            return BoundProcess(row=row, definition=known.definition)
        content = content_of(tx, row)
        definition = self._compiled.get((row.sha256, row.id))
        if definition is None:
            definition = self._compiled[row.sha256, row.id] = _compile(row, content)
        bound = self._processes[row.key] = BoundProcess(row=row, definition=definition)
        return bound

    # --- forms ---------------------------------------------------------------------------------------------

    def form(self, tx: Transaction, form_id: str, *, deployment_key: int | None) -> Form | None:
        """Return a form as of a deployment (None: the newest), or None where there is none by that name."""
        if deployment_key is None:
            return self._read_form(tx, definitions.latest(tx, "form", form_id))
        place = form_id, deployment_key
        if place not in self._bound_forms:
            row = at_deployment(tx, "form", form_id, deployment_key)
            self._bound_forms[place] = self._read_form(tx, row)
        return self._bound_forms[place]

    def personal_names(self, tx: Transaction) -> frozenset[str]:
        """Return the variables that any of the newest forms calls personal."""
        rows = definitions.query(tx, kind="form", latest_only=True)
        forms = (self._read_form(tx, row) for row in rows)
        return frozenset(field.key for form in forms if form for field in form.fields if field.personal)

    def _read_form(self, tx: Transaction, row: DefinitionRow | None) -> Form | None:
        if row is None:
            return None
        found = self._forms.get(row.sha256)
        if found is None:
            found = self._forms[row.sha256] = read_form(row.file, content_of(tx, row))
        return found

    # --- surroundings of a step ----------------------------------------------------------------------------

    def calendars(self) -> Mapping[str, WorkingCalendar]:
        """Return the calendars of working days by name."""
        return self._calendars

    def calendar_version(self) -> str:
        """Return what names all that the calendars' answers depend on."""
        return self._calendar_version

    def tzdata_version(self) -> str:
        """Return the release of the time zone data in use."""
        return _tzdata_version()

    def present(
        self, tx: Transaction, definition_key: int, *, now: int, first_key: int, parameters: int
    ) -> Context:
        """Return the surroundings of a command that is run now, with what is to be recorded of them.

        Raises as ``process``.
        """
        bound = self.process(tx, definition_key)
        recorded = CommandContext(
            semantics_version=SEMANTICS_VERSION,
            now=now,
            first_key=first_key,
            definition_key=definition_key,
            definition=bound.row.sha256,
            parameters=parameters,
            calendar=self._calendar_version,
            tzdata=_tzdata_version(),
            limits=self._recorded_limits,
        )
        decisions = ChosenDecisions(self.decisions, tx, bound.row.deployment_key)
        return self._context(tx, bound, recorded, self.limits, decisions)

    def context(self, tx: Transaction, recorded: CommandContext, *, process_id: str) -> Context:
        """Return the surroundings a command was run with, its decisions among them.

        Raises ``NotReexecutable`` where a version is no longer available, ``Damaged`` where stored bytes are
        not those that were recorded.
        """
        if recorded.semantics_version != SEMANTICS_VERSION:
            raise NotReexecutable(
                f"not re-executable: expected semantics {recorded.semantics_version}, "
                f"but this program has {SEMANTICS_VERSION}"
            )
        bound = self.process(tx, recorded.definition_key)
        if (bound.row.sha256, bound.row.id) != (recorded.definition, process_id):
            raise Damaged(
                f"expected definition {recorded.definition_key} to be '{process_id}' with SHA-256 "
                f"{recorded.definition}, but it is '{bound.row.id}' with {bound.row.sha256}"
            )
        decisions = RecordedDecisions(self.decisions, tx, recorded.decisions)
        return self._context(tx, bound, recorded, Limits.of(recorded.limits), decisions)

    def _context(
        self,
        tx: Transaction,
        bound: BoundProcess,
        recorded: CommandContext,
        limits: Limits,
        decisions: Decisions,
    ) -> Context:
        return Context(
            recorded=recorded,
            definition=bound.definition,
            parameters=self._parameters.values_in(tx, bound.row.id, recorded.parameters),
            calendars=self._calendars,
            limits=limits,
            decisions=decisions,
        )

    def drift(self, recorded: CommandContext) -> str:
        """Return which data a command ran with are not those of today: calendars, time zones; "" for none.

        Most commands come to the same with other data; only one that does not is "not re-executable".
        """
        pairs = (
            ("calendars", recorded.calendar, self.calendar_version()),
            ("time zone data", recorded.tzdata, self.tzdata_version()),
        )
        return ", ".join(f"{what} {then} (now {now})" for what, then, now in pairs if then != now)


def _compile(row: DefinitionRow, content: bytes) -> ProcessDefinition:
    for definition in read_stored(row.file, content):
        if definition.id == row.id:
            return definition
    raise Incompatible(
        f"expected '{row.id}' in the stored file '{row.file}' (definition {row.key}), "
        "but it has no such process"
    )


@lru_cache(maxsize=1)
def _tzdata_version() -> str:
    return next(_tzdata_versions(), "unknown")


def _tzdata_versions() -> Iterator[str]:
    """Yield the releases there are in the order ``zoneinfo`` looks: the system's, then the package's."""
    for folder in zoneinfo.TZPATH:
        listing = Path(folder, "tzdata.zi")
        if listing.is_file():
            with listing.open(encoding="utf-8") as lines:
                yield lines.readline().removeprefix("# version").strip()
        elif Path(folder, "Europe", "Warsaw").is_file():
            yield f"of {folder}"
    yield str(importlib.import_module("tzdata").IANA_VERSION)
