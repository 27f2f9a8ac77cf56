"""What a form is made of: frozen records, as read and checked; no reading, no validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from engine.feel import Expression

MAX_TEXT_BYTES = 64 * 1024
MAX_ROWS = 50
MAX_FILES = 5
MAX_FILE_BYTES = 10_000_000


class ComponentType(StrEnum):
    """The types of the subset, by form-js's names; the last six carry no data."""

    TEXTFIELD = "textfield"
    TEXTAREA = "textarea"
    NUMBER = "number"
    CHECKBOX = "checkbox"
    CHECKLIST = "checklist"
    RADIO = "radio"
    SELECT = "select"
    DATETIME = "datetime"
    FILEPICKER = "filepicker"
    DYNAMICLIST = "dynamiclist"
    TEXT = "text"
    HTML = "html"
    GROUP = "group"
    SEPARATOR = "separator"
    SPACER = "spacer"
    BUTTON = "button"


WITHOUT_DATA = frozenset(
    {
        ComponentType.TEXT,
        ComponentType.HTML,
        ComponentType.GROUP,
        ComponentType.SEPARATOR,
        ComponentType.SPACER,
        ComponentType.BUTTON,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One answer a person may choose."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """One part of a form; only the fields of its type are set.

    ``subtype`` is ``date``, ``time`` or ``datetime``; ``decimals`` the digits allowed after the comma (None:
    any); ``checks`` are the names in ``obieg:validate``; ``hide`` the FEEL conditions of the component and of
    the groups around it, any one of which hides it; ``demand`` is the FEEL condition in
    ``obieg:require``, which may compare the answer with others, and ``demand_text`` what a person is told
    when it does not hold; ``accept`` are the media types of files a filepicker takes, ``multiple`` whether
    several; a dynamic list's ``children`` are the fields of each of its rows, ``rows`` how many it begins
    with, and ``grows`` whether a person may add and remove some; ``read_only`` fields are shown and never
    taken from a submission; ``personal`` marks personal data.
    """

    type: ComponentType
    id: str
    key: str = ""
    label: str = ""
    help: str = ""
    text: str = ""
    required: bool = False
    read_only: bool = False
    personal: bool = False
    options: tuple[Option, ...] = ()
    subtype: str = ""
    future_only: bool = False
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    decimals: int | None = None
    min_length: int = 0
    max_length: int = MAX_TEXT_BYTES
    pattern: str = ""
    email: bool = False
    checks: tuple[str, ...] = ()
    hide: tuple[Expression, ...] = ()
    demand: Expression | None = None
    demand_text: str = ""
    default: object = None
    accept: tuple[str, ...] = ()
    multiple: bool = False
    rows: int = 0
    grows: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Component, ...] = ()

    @property
    def handle(self) -> str:
        """What the form calls it: its key, "#" and its id where it carries no data."""
        return self.key or f"#{self.id}"

    @property
    def kind(self) -> str:
        """FEEL's word for what an answer is, "" for a component that carries no data."""
        if self.type is ComponentType.DATETIME:
            return _TEMPORAL.get(self.subtype, "date and time")
        return _KINDS.get(self.type, "")

    @property
    def row_fields(self) -> tuple[Component, ...]:
        """Return the fields of each row of a dynamic list."""
        return tuple(fields_of(self.children))


_TEMPORAL = {"date": "date", "time": "time"}
_KINDS = {
    ComponentType.TEXTFIELD: "string",
    ComponentType.TEXTAREA: "string",
    ComponentType.NUMBER: "number",
    ComponentType.CHECKBOX: "boolean",
    ComponentType.CHECKLIST: "list",
    ComponentType.RADIO: "string",
    ComponentType.SELECT: "string",
    ComponentType.FILEPICKER: "list",
    ComponentType.DYNAMICLIST: "list",
}


def fields_of(components: tuple[Component, ...]) -> Iterator[Component]:
    """Yield the components that carry data, in document order, those inside groups included.

    A dynamic list is one of them, what is in its rows is not.
    """
    for component in components:
        if component.type not in WITHOUT_DATA:
            yield component
        if component.type is not ComponentType.DYNAMICLIST:
            yield from fields_of(component.children)
