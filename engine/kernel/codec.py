"""State, commands and events as bytes. Every document carries its format; a newer one is refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Union

import msgspec

from engine.errors import Damaged, Incompatible, InvalidVariables
from engine.kernel import events as ev
from engine.kernel.appliers import APPLIERS
from engine.kernel.commands import AnyCommand, Command, CommandContext
from engine.kernel.state import CompensationData, ElementInstance, Header, LoopPart, Page, PageId
from engine.kernel.tree import InstanceTree
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
    """Page 0: the header, and all element instances that are not on a page of their own."""

    format: int
    header: Header
    elements: list[ElementInstance]


class PageDocument(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """One stored page of a container; ``around`` is the page the container itself is on."""

    format: int
    elements: list[ElementInstance]
    around: int
    part: LoopPart | None


class WholeDocument(msgspec.Struct, array_like=True, frozen=True, forbid_unknown_fields=True):
    """A whole state, page 0 first, what is on a page in the order of keys."""

    state: StateDocument
    pages: list[tuple[int, PageDocument]]


class StoredPages(Protocol):
    """Where the content of stored pages comes from."""

    def read(self, numbers: Collection[int] | None) -> Mapping[int, bytes]:
        """Return those of these pages (None: of all) that there are."""


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
_whole = msgspec.msgpack.Decoder(WholeDocument, ext_hook=untagged)
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


def encode_state(tree: InstanceTree) -> bytes:
    """Return the header and what is on page 0 as bytes."""
    return _encode(StateDocument(STATE_FORMAT, tree.header, [_writable(each) for each in tree.at_home()]))


def encode_pages(tree: InstanceTree, pages: Iterable[PageId]) -> dict[int, bytes]:
    """Return the content of these pages but page 0, by number; an empty page is empty bytes: delete it."""
    return {
        number: _encode(page) if page.elements or page.part is not None else b""
        for number, page in _page_documents(tree, pages)
    }


def _page_documents(tree: InstanceTree, pages: Iterable[PageId]) -> list[tuple[int, PageDocument]]:
    by_container: dict[int, dict[int, list[ElementInstance]]] = {}
    for container, number in pages:
        if number:
            by_container.setdefault(container, {})[number] = []
    found = []
    for container, numbers in sorted(by_container.items()):
        for number, element in tree.inside_of(container):
            if number in numbers:
                numbers[number].append(_writable(element))
        around = tree.places.get(container, 0)
        for number, elements in numbers.items():
            found.append((number, PageDocument(STATE_FORMAT, elements, around, _part(tree, number))))
    return found


def decode_tree(state: bytes, pages: Mapping[int, bytes]) -> InstanceTree:
    """Return the state in memory, all of it; raises ``Damaged`` or ``Incompatible``."""
    tree = _page_0(state)
    for number in sorted(pages):
        tree.take(number, _page_of(pages[number]))
    return tree


def open_tree(state: bytes, pages: StoredPages) -> InstanceTree:
    """Return the state with its pages read when they are needed; that raises as ``decode_tree`` does."""
    tree = _page_0(state)
    tree.read_from(
        lambda numbers: {number: _page_of(content) for number, content in pages.read(numbers).items()}
    )
    return tree


def _page_0(state: bytes) -> InstanceTree:
    document = _decoded(_state, state, STATE_FORMAT, "state")
    return InstanceTree(document.header, document.elements)


def _page_of(content: bytes) -> Page:
    document = _decoded(_page, content, STATE_FORMAT, "state page")
    return Page(elements=document.elements, around=document.around, part=document.part)


def canonical(tree: InstanceTree) -> bytes:
    """Return bytes that are equal exactly when two states are."""
    elements = {key: tree.elements[key] for key in sorted(tree.elements)}
    home = [_writable(each) for key, each in elements.items() if key not in tree.places]
    pages: dict[int, list[ElementInstance]] = {number: [] for number in tree.parts}
    around: dict[int, int] = {}
    for key, number in tree.places.items():
        around[number] = tree.places.get(elements[key].scope, 0)
    for key, element in elements.items():
        if key in tree.places:
            pages.setdefault(tree.places[key], []).append(_writable(element))
    documents = [
        (number, PageDocument(STATE_FORMAT, pages[number], around.get(number, 0), _part(tree, number)))
        for number in sorted(pages)
    ]
    return _encode(WholeDocument(StateDocument(STATE_FORMAT, tree.header, home), documents))


def copy_of(tree: InstanceTree) -> InstanceTree:
    """Return a copy that shares nothing with a state."""
    document: WholeDocument = _whole.decode(canonical(tree))
    copy = InstanceTree(document.state.header, document.state.elements)
    for number, page in document.pages:
        copy.take(number, Page(elements=page.elements, around=page.around, part=page.part))
    return copy


def _part(tree: InstanceTree, number: int) -> LoopPart | None:
    part = tree.parts.get(number)
    return None if part is None else _writable_items(part)


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
        changes["loop"] = _writable_items(element.loop)
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


def _writable_items(part: Any) -> Any:
    return msgspec.structs.replace(part, items=tagged(part.items), outputs=tagged(part.outputs))
