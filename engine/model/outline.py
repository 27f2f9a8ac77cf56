"""A process in words: what a diagram shows, as records."""

from __future__ import annotations

from engine.model.records import Record


class WayOut(Record, frozen=True, kw_only=True):
    """One sequence flow out of an element; ``condition`` is FEEL, "" where there is none."""

    target: str
    name: str
    condition: str
    is_default: bool
    flow: str = ""


class OutlineEvent(Record, frozen=True, kw_only=True):
    """What an event waits for or throws: a message's, signal's or link's name, a code, a timer's expression.

    ``timer`` says which kind of timer it is (``date``, ``duration``, ``cycle``), "" for all others.
    """

    type: str
    text: str = ""
    timer: str = ""


class OutlineStep(Record, frozen=True, kw_only=True):
    """One element of a process in words.

    ``container`` is the id of the process or sub-process it is in, ``group`` who its lane belongs to ("":
    nobody is named). ``called`` is the process a call activity starts, ``decision`` what a rule task asks,
    ``job`` the type of what the system does: an id, or "=" and FEEL; ``assignee`` and ``due`` are FEEL or
    texts. ``repeats`` is ``parallel``, ``sequential`` or ``loop`` where it is done several times. ``groups``
    are those a user task is offered to by name, not by FEEL.
    """

    element_id: str
    element_type: str
    name: str
    container: str
    lane: str
    documentation: str
    legal_basis: str
    attached_to: str
    events: tuple[str, ...]
    ways: tuple[WayOut, ...]
    group: str = ""
    awaits: tuple[OutlineEvent, ...] = ()
    interrupting: bool = True
    by_event: bool = False
    undoes: bool = False
    called: str = ""
    decision: str = ""
    job: str = ""
    form: str = ""
    assignee: str = ""
    due: str = ""
    repeats: str = ""
    groups: tuple[str, ...] = ()


class ProcessOutline(Record, frozen=True, kw_only=True):
    """A process in words: what a diagram shows, for people who cannot see it.

    ``steps`` are in the order of reading: what leads on comes before what it leads to, one branch to its end
    before the next, a boundary event after its host, the inside of a sub-process after the sub-process.
    """

    process_id: str
    name: str
    version: int
    documentation: str
    steps: tuple[OutlineStep, ...]
