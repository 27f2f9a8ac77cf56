"""What an element template says of a job's settings: the part of it that the check holds diagrams against."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class SettingPlace(StrEnum):
    """Where a diagram gives a setting: ``zeebe:input`` (its target) or ``zeebe:header`` (its key)."""

    INPUT = "input"
    HEADER = "header"


class TemplateSetting(msgspec.Struct, frozen=True, kw_only=True):
    """One setting: ``is_text`` where what is written is meant as it stands, ``is_feel`` where FEEL may stand
    after a ``=``; ``choices`` are all it may be, none for anything; it has ``shortest`` to ``longest``
    characters (None: no bound), and in it occurs ``pattern``, a regular expression for
    ``engine.feel.pattern_occurs``. ``template`` is the id of the template that says so.
    """

    place: SettingPlace
    name: str
    required: bool = False
    is_text: bool = True
    is_feel: bool = False
    choices: tuple[str, ...] = ()
    shortest: int = 0
    longest: int | None = None
    pattern: str = ""
    template: str = ""


class ElementTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A form by which a process owner configures a task: which job it does, which settings it knows.

    With ``other_inputs`` the job reads more variables than these, such as those a message's text names;
    ``message_settings`` are the settings that name such a text.
    """

    id: str
    name: str
    version: int
    job_type: str
    settings: tuple[TemplateSetting, ...] = ()
    other_inputs: bool = False
    message_settings: frozenset[str] = frozenset()
