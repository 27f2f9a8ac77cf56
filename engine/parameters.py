"""Parameters of processes: what owners may change without redrawing, in versions that never change.

The file format, YAML: ``name: {value: …, unit: …, opis: …, podstawa: …}``; only ``value`` must be there.
FEEL sees the values as ``parameters.name``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml

from engine.clock import instant
from engine.errors import InvalidVariables, NotFound
from engine.kernel.codec import encode_values
from engine.kernel.values import MAX_DEPTH, accepted
from engine.model.records import Record
from engine.store import Store, Transaction, audit, parameters
from engine.store.rows import ParametersRow

MAX_BYTES = 65_536
_NAME = re.compile(r"[^\W\d]\w*")
_PARTS = frozenset({"value", "unit", "opis", "podstawa"})


class Parameter(Record, frozen=True):
    """One parameter; ``unit`` says in what the value is counted, ``legal_basis`` where it comes from."""

    name: str
    value: Any
    unit: str = ""
    description: str = ""
    legal_basis: str = ""


class ParametersVersion(Record, frozen=True):
    """One stored version of a process' parameters; ``content`` is the file as it was given."""

    process_id: str
    version: int
    content: bytes
    at: dt.datetime
    by: str


class Parameters:
    """The owners' parameters, in versions; an instance keeps the version it started with."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._values: dict[tuple[str, int], Mapping[str, Any]] = {}

    def set(self, process_id: str, content: bytes, by: str) -> int:
        """Store a new version and return its number; the same content again keeps the newest one.

        Raises ``InvalidVariables`` naming the parameter that cannot be read.
        """
        read_parameters(content, source=f"the parameters of '{process_id}'")

        def store(tx: Transaction) -> int:
            newest = parameters.latest(tx, process_id)
            if newest is not None and newest.content == content:
                return newest.version
            version = newest.version + 1 if newest is not None else 1
            parameters.insert(
                tx, ParametersRow(procedure=process_id, version=version, content=content, at=tx.now, by=by)
            )
            what = {"process": process_id, "version": version, "sha256": hashlib.sha256(content).hexdigest()}
            audit.append(tx, at=tx.now, actor=by, action="parameters", payload=encode_values(what))
            return version

        return self._store.run(store)

    def values(self, process_id: str, version: int | None = None) -> dict[str, Any]:
        """Return the values by name as FEEL values; none were ever set: empty.

        Raises ``NotFound`` for a version there is not.
        """
        return {name: each.value for name, each in self.describe(process_id, version).items()}

    def describe(self, process_id: str, version: int | None = None) -> dict[str, Parameter]:
        """Return the parameters by name, with what their owner wrote about them; raises as ``values``."""
        with self._store.reading() as tx:
            wanted = self.latest_version(tx, process_id) if version is None else version
            return parameters_of(tx, process_id, wanted)

    def latest_version(self, tx: Transaction, process_id: str) -> int:
        """Return the number of the newest version, 0 where none were ever set."""
        newest = parameters.latest(tx, process_id)
        return newest.version if newest is not None else 0

    def values_in(self, tx: Transaction, process_id: str, version: int) -> Mapping[str, Any]:
        """Return a version's values inside an open transaction, kept from then on; raises ``NotFound``."""
        place = process_id, version
        if place not in self._values:
            described = parameters_of(tx, process_id, version)
            self._values[place] = {name: each.value for name, each in described.items()}
        return self._values[place]

    def versions(self, process_id: str) -> list[ParametersVersion]:
        """Return all stored versions, oldest first."""
        with self._store.reading() as tx:
            newest = parameters.latest(tx, process_id)
            numbers = range(1, newest.version + 1) if newest is not None else range(0)
            rows = [
                row for number in numbers if (row := parameters.version(tx, process_id, number)) is not None
            ]
        return [
            ParametersVersion(
                process_id=row.procedure,
                version=row.version,
                content=row.content,
                at=instant(row.at),
                by=row.by,
            )
            for row in rows
        ]


def parameters_of(tx: Transaction, process_id: str, version: int) -> dict[str, Parameter]:
    """Return a version's parameters by name; version 0, before any, has none. Raises ``NotFound``."""
    if version == 0:
        return {}
    row = parameters.version(tx, process_id, version)
    if row is None:
        raise NotFound(f"expected parameters of '{process_id}' in version {version}, but there are none")
    return read_parameters(row.content, source=f"the parameters of '{process_id}'")


def read_parameters(content: bytes, *, source: str) -> dict[str, Parameter]:
    """Return the parameters of a file by name; raises ``InvalidVariables`` naming the place."""
    return dict(_read(content, source))


@lru_cache(maxsize=64)
def _read(content: bytes, source: str) -> dict[str, Parameter]:
    if len(content) > MAX_BYTES:
        raise InvalidVariables(f"expected {source} in at most {MAX_BYTES} bytes, but they are {len(content)}")
    try:
        _check_events(content, source)
        document = yaml.load(content, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise InvalidVariables(f"expected {source} in YAML, but {error}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise InvalidVariables(f"expected {source} by name, but it is a {type(document).__name__}")
    return {str(name): _parameter(name, entry, source) for name, entry in document.items()}


def _check_events(content: bytes, source: str) -> None:
    """Refuse, before anything is built, aliases (few lines standing for gigabytes) and slow deep nesting."""
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise InvalidVariables(f"expected {source} written out, but they use a YAML alias (*name)")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise InvalidVariables(
                f"expected at most {MAX_DEPTH} levels in {source}, but they are nested deeper"
            )


def _parameter(name: object, entry: object, source: str) -> Parameter:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidVariables(f"expected names FEEL can read in {source}, but there is {name!r}")
    if not isinstance(entry, dict) or "value" not in entry:
        raise InvalidVariables(
            f"expected '{name}' in {source} to have a value, but it has none: write 'value: …'"
        )
    unknown = sorted(str(part) for part in entry if part not in _PARTS)
    if unknown:
        raise InvalidVariables(
            f"expected only {', '.join(sorted(_PARTS))} in '{name}' of {source}, "
            f"but there is {', '.join(unknown)}"
        )
    texts = {part: str(entry[part] or "") for part in ("unit", "opis", "podstawa") if part in entry}
    return Parameter(
        name=name,
        value=accepted({name: entry["value"]})[name],
        unit=texts.get("unit", ""),
        description=texts.get("opis", ""),
        legal_basis=texts.get("podstawa", ""),
    )
