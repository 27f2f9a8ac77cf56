"""State, commands and events as bytes. Every document carries its format; a newer one is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Union

import msgspec

from engine.errors import Damaged, Incompatible, InvalidVariables
from engine.kernel import events as ev
from engine.kernel.appliers import APPLIERS
from engine.kernel.commands import AnyCommand, Command, CommandContext
from engine.kernel.state import CompensationData, ElementInstance, Header, InstanceTree, PageId, page_of
from engine.kernel.values import is_plain, tagged, untagged

if TYPE_CHECKING:
    AnyEvent = ev.Event
else:
    AnyEvent = Union[tuple(APPLIERS)]  # noqa: UP007 - every event has an applier; the union is made of them

STATE_FORMAT = 1
RECORD_FORMAT = 1

_VALUE_FIELDS = ("variables", "items", "output", "local_variables")
_VALUED: dict[type, tuple[str, ...]] = {}


class StateDocument(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """The stored root container: header, the process itself, what is directly in it."""

    format: int
    header: Header
    elements: list[ElementInstance]


class PageDocument(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """One stored page of a container inside the instance."""

    format: int
    elements: list[ElementInstance]


class CommandRecord(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """One history row's content: the command, its context, what happened, and a digest of the state
    afterwards."""

    format: int
    command: AnyCommand
    context: CommandContext
    events: list[AnyEvent]
    state_digest: bytes = b""


_encode = msgspec.msgpack.Encoder().encode
_state = msgspec.msgpack.Decoder(StateDocument, ext_hook=untagged)
_page = msgspec.msgpack.Decoder(PageDocument, ext_hook=untagged)
_record = msgspec.msgpack.Decoder(CommandRecord, ext_hook=untagged)
_command = msgspec.msgpack.Decoder(AnyCommand, ext_hook=untagged)
_raw = msgspec.msgpack.Decoder(ext_hook=untagged)


def encode_values(values: Any) -> bytes:
    """Return FEEL values as bytes."""
    return _encode(tagged(values))


def decode_values(data: bytes) -> Any:
    """Return FEEL values from bytes; raises ``Damaged``."""
    try:
        return _raw.decode(data)
    except (msgspec.DecodeError, ValueError) as error:
        raise Damaged(f"expected stored values, but {error}") from error


def is_root_page(tree: InstanceTree, page: PageId) -> bool:
    """Return whether a page is kept with the instance itself."""
    return page in ((0, 0), (tree.header.key, 0))


def encode_state(tree: InstanceTree) -> bytes:
    """Return the header, the root container and its own children as bytes."""
    header = tree.header
    elements = [tree.elements[header.key]]
    elements += [each for each in tree.children.get(header.key, {}).values() if not each.loop_index]
    return _encode(StateDocument(STATE_FORMAT, header, [_writable(each) for each in elements]))


def encode_pages(tree: InstanceTree, pages: Iterable[PageId]) -> dict[PageId, bytes]:
    """Return the content of these pages; an empty page is empty bytes: delete it."""
    found: dict[PageId, list[ElementInstance]] = {page: [] for page in pages if not is_root_page(tree, page)}
    for container in {container for container, _ in found}:
        for element in tree.children.get(container, {}).values():
            page = page_of(element)
            if page in found:
                found[page].append(_writable(element))
    return {page: _encode(PageDocument(STATE_FORMAT, each)) if each else b"" for page, each in found.items()}


def decode_tree(state: bytes, pages: Mapping[PageId, bytes]) -> InstanceTree:
    """Return the state in memory; raises ``Damaged`` or ``Incompatible``."""
    document = _decoded(_state, state, STATE_FORMAT, "state")
    elements = list(document.elements)
    for page in sorted(pages):
        elements += _decoded(_page, pages[page], STATE_FORMAT, "state page").elements
    return InstanceTree(document.header, elements)


def canonical(tree: InstanceTree) -> bytes:
    """Return bytes that are equal exactly when two states are."""
    elements = [_writable(tree.elements[key]) for key in sorted(tree.elements)]
    return _encode(StateDocument(STATE_FORMAT, tree.header, elements))


def encode_record(
    command: Command, context: CommandContext, events: Iterable[ev.Event], state_digest: bytes = b""
) -> bytes:
    """Return one history row's content as bytes."""
    return _encode(
        [RECORD_FORMAT, _writable(command), context, [_writable(event) for event in events], state_digest]
    )


def checked(command: Command) -> Command:
    """Return a command as it will be read again from history.

    Raises ``InvalidVariables`` where a field has a wrong type or cannot be written: history is never
    rewritten,
    so nothing goes in that cannot come out.
    """
    try:
        read: Command = _command.decode(_encode(_writable(command)))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        what = str(type(command).__struct_config__.tag)
        raise InvalidVariables(f"expected a '{what}' with values of the right types, but {error}") from error
    return read


def decode_record(data: bytes) -> CommandRecord:
    """Return one history row's content; raises ``Damaged`` or ``Incompatible``."""
    record: CommandRecord = _decoded(_record, data, RECORD_FORMAT, "history record")
    return record


def encode_events(events: Iterable[ev.Event]) -> bytes:
    """Return events as bytes, for comparing two runs of one command."""
    return _encode([_writable(event) for event in events])


def _decoded(decoder: msgspec.msgpack.Decoder[Any], data: bytes, newest: int, what: str) -> Any:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, ValueError) as error:
        found = _format_of(data)
        if found > newest:
            raise Incompatible(
                f"expected a {what} of format {newest} or older, but it is {found}: upgrade this program"
            ) from error
        raise Damaged(f"expected a stored {what}, but {error}") from error


def _format_of(data: bytes) -> int:
    try:
        document = msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, ValueError):
        return 0
    return document[0] if isinstance(document, list) and document and isinstance(document[0], int) else 0


def _valued(kind: type) -> tuple[str, ...]:
    names = _VALUED.get(kind)
    if names is None:
        fields = {field.name for field in msgspec.structs.fields(kind)}
        names = _VALUED[kind] = tuple(name for name in _VALUE_FIELDS if name in fields)
    return names


def _writable(part: Any) -> Any:
    """Return a record whose values can be written; the record itself when they can already."""
    kind = type(part)
    changes = {}
    for name in _VALUED.get(kind) or _valued(kind):
        value = getattr(part, name)
        if value is not None and not is_plain(value):
            changes[name] = tagged(value)
    if kind is ElementInstance:
        changes.update(_writable_parts(part))
    return msgspec.structs.replace(part, **changes) if changes else part


def _writable_parts(element: ElementInstance) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if element.loop is not None:
        changes["loop"] = _writable_loop(element.loop)
    if element.received is not None:
        changes["received"] = _tagged_parts(element.received)
    if element.compensations is not None:
        changes["compensations"] = [_writable_record(each) for each in element.compensations]
    if element.compensation is not None:
        pending = [_writable_record(each) for each in element.compensation.pending]
        current = element.compensation.current
        changes["compensation"] = msgspec.structs.replace(
            element.compensation,
            pending=pending,
            current=None if current is None else _writable_record(current),
        )
    return changes


def _tagged_parts(received: dict[str, list[tuple[int, dict[str, Any]]]]) -> dict[str, Any]:
    return {
        event: [(index, tagged(brought)) for index, brought in parts] for event, parts in received.items()
    }


def _writable_record(record: CompensationData) -> CompensationData:
    inner = None if record.inner is None else [_writable_record(each) for each in record.inner]
    return msgspec.structs.replace(record, variables=tagged(record.variables), inner=inner)


def _writable_loop(loop: Any) -> Any:
    return msgspec.structs.replace(loop, items=tagged(loop.items), outputs=tagged(loop.outputs))
