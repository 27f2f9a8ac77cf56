"""The history of a case in sentences: what people would tell each other, what is for machines left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from engine import HistoryEvent
from web import words
from web.naming import Whom
from web.personal import Mask
from web.register_tables import TITLES
from web.translation import N_, Table, _, ngettext

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_SYSTEM = frozenset({"engine", "worker", ""})
_NODES = "node-"  # what the names of nodes begin with: which one it was stays in the history
_QUIET = frozenset(
    {
        "element_activated",
        "element_completed",
        "subscription_opened",
        "subscription_closed",
        "token_arrived",
        "tokens_consumed",
        "variables_set",
        "condition_opened",
        "conditions_closed",
        "loop_started",
        "loop_progressed",
        "job_created",
        "part_received",
        "parts_consumed",
        "step_interrupted",
        "step_resumed",
        "compensation_recorded",
        "compensation_progressed",
        "gateway_fired",
        "activity_turn",
        "ad_hoc_ending",
        "condition_evaluated",
    }
)
_VERBS = Table(
    {
        "claim": N_("„%(step)s”: zadanie wzięte przez: %(who)s"),
        "unclaim": N_("„%(step)s”: zadanie oddane"),
        "assign": N_("„%(step)s”: zadanie przydzielone: %(who)s"),
        "delegate": N_("„%(step)s”: zadanie przekazane: %(who)s"),
        "update": N_("„%(step)s”: zmieniono zadanie"),
    }
)
_ENDINGS = Table(
    {
        "completed": N_("Sprawa zakończyła się"),
        "terminated": N_("Sprawę przerwał proces"),
        "cancelled": N_("Sprawę anulowano"),
    }
)


class Told(NamedTuple):
    """One entry of the timeline; ``seq`` is the step of the replay it belongs to."""

    seq: int
    at: dt.datetime
    who: str
    sentence: str


def said_of(actor: str, whom: Whom) -> str:
    """Return who did something: a person's name, or the system."""
    is_node = actor.startswith(_NODES) and actor not in whom.people
    return _("system") if actor in _SYSTEM or is_node else whom.person(actor)


class Teller:
    """Tells events of one case; ``steps`` are the names of elements by id, ``called`` of definitions by kind
    and id."""

    def __init__(
        self, steps: Mapping[str, str], whom: Whom, mask: Mask, called: Mapping[tuple[str, str], str]
    ) -> None:
        self._steps = steps
        self._called = called
        self._whom = whom
        self._mask = mask
        self._timers: dict[int, str] = {}  # by key: an ended timer's event has only the element it waited at

    def timeline(self, history: Iterable[HistoryEvent]) -> Iterator[Told]:
        """Yield what is worth telling, in order."""
        for event in history:
            if event.type == "timer_scheduled":
                self._timers[event.payload["key"]] = event.element_id
            if event.type not in _QUIET:
                yield Told(event.seq, event.at, self.who(event.actor), self.sentence(event))

    def who(self, actor: str) -> str:
        """Return who did something: a person's name, or the system."""
        return said_of(actor, self._whom)

    def step(self, element_id: str) -> str:
        """Return what an element is called."""
        return self._steps.get(element_id) or element_id

    def process(self, process_id: str) -> str:
        """Return what a process is called."""
        return self._called.get(("process", process_id)) or process_id

    def sentence(self, event: HistoryEvent) -> str:
        """Return one event as a sentence without its full stop, personal data masked."""
        say = _SENTENCES.get(event.type)
        if say is None:
            plain = words.EVENTS.get(event.type, event.type)
            told = f"„{self.step(event.element_id)}”: {plain}" if event.element_id else plain
        else:
            told = say(self, event.payload, self.step(self._waiting_at(event)))
        reason = event.payload.get("reason")
        if reason and event.type not in _REASONED:
            told = _("%(what)s; powód: %(reason)s", what=told, reason=reason)
        return self._mask.text(told)

    def _waiting_at(self, event: HistoryEvent) -> str:
        is_timer = event.type.startswith("timer_")
        return self._timers.get(event.payload["key"], event.element_id) if is_timer else event.element_id

    def masked(self, text: str) -> str:
        """Return a text without personal data."""
        return self._mask.text(text)

    def explained(self, part: str, value: str) -> str:
        """Return a value an expression had, masked where it is personal."""
        return self._mask.explained(part, value)

    def whom(self, payload: Mapping[str, Any]) -> str:
        """Return who has a task, or who may take it."""
        groups, users = payload.get("groups") or (), payload.get("users") or ()
        return self._whom.has(payload.get("assignee"), groups, users) or _("każdy")


def _started(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _("Sprawę rozpoczęto")


def _ended(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _ENDINGS.get(str(payload["state"]), str(payload["state"]))


def _task(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    due = payload["due_at"]
    if due is None:
        return _("„%(step)s”: nowe zadanie dla: %(who)s", step=step, who=teller.whom(payload))
    until = words.deadline(moment(due))
    return _(
        "„%(step)s”: nowe zadanie dla: %(who)s, do %(until)s",
        step=step,
        who=teller.whom(payload),
        until=until,
    )


def _task_changed(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    said = _VERBS.get(str(payload["verb"]), str(payload["verb"]))
    return said % {"step": step, "who": teller.whom(payload)}


def _task_ended(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    if str(payload["state"]) == "completed":
        return _("„%(step)s”: zadanie wykonane", step=step)
    return _("„%(step)s”: zadanie odwołane", step=step)


def _job_ended(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    if payload["completed"]:
        return _("„%(step)s”: system wykonał czynność", step=step)
    return _("„%(step)s”: czynność odwołana", step=step)


def _job_failed(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    left = ngettext("została %(num)s próba", "zostały %(num)s próby", payload["retries"])
    return _(
        "„%(step)s”: czynność się nie powiodła (%(reason)s); %(left)s",
        step=step,
        reason=payload["reason"],
        left=left,
    )


def _timer(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _("„%(step)s”: wyznaczono termin %(at)s", step=step, at=words.deadline(moment(payload["due_at"])))


def _timer_moved(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _(
        "„%(step)s”: przesunięto termin na %(at)s", step=step, at=words.deadline(moment(payload["due_at"]))
    )


def _timer_ended(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    if payload["fired"]:
        return _("„%(step)s”: nadszedł wyznaczony termin", step=step)
    return _("„%(step)s”: termin odwołano, nie był już potrzebny", step=step)


def _message(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _("„%(step)s”: nadeszła wiadomość „%(name)s”", step=step, name=payload["name"])


def _thrown(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _("„%(step)s”: wysłano wiadomość „%(name)s”", step=step, name=payload["name"])


def _error(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    code, message = payload["code"], payload["message"]
    return _("„%(step)s”: błąd %(code)s. %(message)s", step=step, code=code, message=message)


def _incident(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _("„%(step)s”: sprawa czeka na operatora (%(why)s)", step=step, why=payload["message"])


def _called(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _("„%(step)s”: wywołano proces „%(name)s”", step=step, name=teller.process(payload["process_id"]))


def _decided(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    output = teller.masked(words.value(payload["output"]))
    return _(
        "„%(step)s”: tabela %(name)s dała: %(output)s", step=step, name=payload["decision_id"], output=output
    )


def _entered(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    name = payload["register"]
    return _("„%(step)s”: wpisano do rejestru „%(name)s”", step=step, name=TITLES.get(name, name))


def _migrated(teller: Teller, payload: Mapping[str, Any], step: str) -> str:
    return _("Sprawę przeniesiono do wersji %(number)s procedury", number=payload["version"])


_SENTENCES: dict[str, Callable[[Teller, Mapping[str, Any], str], str]] = {
    "instance_started": _started,
    "register_entry_made": _entered,
    "instance_ended": _ended,
    "instance_migrated": _migrated,
    "user_task_created": _task,
    "user_task_updated": _task_changed,
    "user_task_ended": _task_ended,
    "job_ended": _job_ended,
    "job_failed": _job_failed,
    "timer_scheduled": _timer,
    "timer_rescheduled": _timer_moved,
    "timer_ended": _timer_ended,
    "message_correlated": _message,
    "message_thrown": _thrown,
    "error_thrown": _error,
    "incident_raised": _incident,
    "instance_called": _called,
    "decision_evaluated": _decided,
}
_REASONED = frozenset({"job_failed"})


def moment(microseconds: int) -> dt.datetime:
    """Return an instant of a recorded event."""
    return _EPOCH + dt.timedelta(microseconds=microseconds)
