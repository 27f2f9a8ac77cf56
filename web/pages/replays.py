"""The replay of a case: step by step what happened, who did it, what changed, why this branch; its proof; its
export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from engine import Conflict, Course, CourseStep, HistoryEvent, ProcessInstance, Report
from web import words
from web.authorization import Action
from web.naming import Whom, definition_names
from web.outline import lines_of
from web.pages.cases import names_of, own_instance
from web.personal import Mask
from web.progress import marks_of
from web.sentences import Teller
from web.translation import _, plain
from web.visits import LARGEST_NUMBER, NOT_FOUND, Visit, whole_number

WINDOW = 500  # steps of one page; a longer history is gone through in pages of so many
_ENCODER = msgspec.json.Encoder(enc_hook=str)


class Reason(NamedTuple):
    """Why a flow was taken or not: the condition, its answer, the values it saw."""

    name: str
    source: str
    holds: bool
    values: tuple[tuple[str, str], ...]


class Change(NamedTuple):
    """One variable before and after a step, in words."""

    name: str
    owner: str
    before: str
    after: str


class Shown(NamedTuple):
    """One step as page and island show it."""

    seq: int
    title: str
    at: str
    who: str
    command: str
    source: str
    active: tuple[str, ...]
    sentences: tuple[str, ...]
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...]
    marks: dict[str, Any]


class Replay:
    """The steps of one window of a case's history, told in words."""

    def __init__(self, visit: Visit, instance: ProcessInstance, course: Course, *, revealed: bool) -> None:
        self.instance = instance
        self.course = course
        engine = visit.engine
        self.mask = Mask(
            engine.personal(instance.key), revealed=revealed and visit.may(Action.REVEAL_HISTORY)
        )
        for step in course.steps:
            self.mask.learn_from(step.events)
        whom = Whom(engine.people.names(_people(course)), visit.groups)
        versions = dict.fromkeys((step.process_id, step.version) for step in course.steps)
        self._names = {version: names_of(lines_of(engine.outline(*version))) for version in versions}
        called = definition_names(engine)
        self._tellers = {
            version: Teller(names, whom, self.mask, called) for version, names in self._names.items()
        }

    def shown(self) -> Iterator[Shown]:
        """Yield the steps, each with the path gone until then."""
        flows, completed = dict.fromkeys(self.course.flows), dict.fromkeys(self.course.completed)
        for step in self.course.steps:
            flows |= dict.fromkeys(step.flows)
            completed |= dict.fromkeys(step.completed)
            yield self._shown(step, list(completed), list(flows))

    def _shown(self, step: CourseStep, completed: list[str], flows: list[str]) -> Shown:
        names = self._names[step.process_id, step.version]
        teller = self._tellers[step.process_id, step.version]
        told = [each.sentence for each in teller.timeline(step.events)]
        active = (
            names.get(each, each) + (f" ({count}×)" if count > 1 else "")
            for each, count in step.active.items()
        )
        return Shown(
            seq=step.seq,
            title=told[0] if told else words.COMMANDS.get(step.command, step.command),
            at=words.instant(step.at),
            who=teller.who(step.actor),
            command=words.COMMANDS.get(step.command, step.command),
            source=f"/processes/{quote(step.process_id)}/{step.version}/file",
            active=tuple(active),
            sentences=tuple(told),
            reasons=tuple(_reasons(step.events, names, teller)),
            changes=tuple(self._changes(step, names)),
            marks=marks_of(step, completed, flows),
        )

    def _changes(self, step: CourseStep, names: dict[str, str]) -> Iterator[Change]:
        for each in step.changes:
            yield Change(
                name=each.name,
                owner=""
                if each.element_id == step.process_id
                else names.get(each.element_id, each.element_id),
                before=self.mask.value(each.name, each.before),
                after=self.mask.value(each.name, each.after),
            )


def show(visit: Visit) -> Response:
    """Show a case as it stood after one of its steps (``?step=``, the last one unless told)."""
    return _page(visit, revealed=False)


def reveal(visit: Visit) -> Response:
    """Show a step with personal data; that it was shown, and to whom, is kept first."""
    instance = own_instance(visit)
    visit.engine.note_disclosure(instance.key, "replay", actor=visit.person.id)
    return _page(visit, revealed=True)


def course(visit: Visit) -> Response:
    """Give the steps of a window as JSON, for the island ``replay``; personal data masked."""
    instance = own_instance(visit)
    first = _first(visit.query("first"))
    try:
        found = visit.engine.course(instance.key, first=min(first, _last(visit, instance)), limit=WINDOW)
    except Conflict:
        raise HTTPException(NOT_FOUND) from None
    told = Replay(visit, instance, found, revealed=False)
    steps = [_as_json(each, found.last) for each in told.shown()]
    return JSONResponse({"last": found.last, "steps": steps})


def verify(visit: Visit) -> Response:
    """Prove an instance's history and show the three verdicts."""
    instance = own_instance(visit)
    report = visit.engine.verify(instance.key)
    return visit.page("verified.html", instance=instance, report=report, verdicts=_verdicts(report))


def export(visit: Visit) -> Response:
    """Give the whole history as JSON lines, personal data included; that it was given is kept first."""
    instance = own_instance(visit)
    try:
        history = visit.engine.history(instance.key)
    except Conflict:
        raise HTTPException(NOT_FOUND) from None
    visit.engine.note_disclosure(instance.key, "history", actor=visit.person.id)
    head = {
        "instance": str(instance.key),
        "process": instance.process_id,
        "version": instance.version,
        "business_key": instance.business_key,
        "state": str(instance.state),
        "events": len(history),
        "exported_at": visit.engine.now(),
        "exported_by": visit.person.id,
    }
    content = _ENCODER.encode_lines([head, *history])
    name = f"historia-{instance.key}.jsonl"
    return Response(
        content,
        media_type="application/jsonl",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _page(visit: Visit, *, revealed: bool) -> Response:
    instance = own_instance(visit)
    last = _last(visit, instance)
    asked = whole_number(visit.query("step") or visit.field("step"), LARGEST_NUMBER)
    seq = last if asked is None else min(max(asked, 1), last)
    first = 1 if last <= WINDOW else max(1, min(seq - WINDOW // 2, last - WINDOW + 1))
    try:
        found = visit.engine.course(instance.key, first=first, limit=WINDOW)
    except Conflict:
        return visit.page("erased.html", instance=instance)
    replay = Replay(visit, instance, found, revealed=revealed)
    steps = list(replay.shown())
    return visit.page(
        "replay.html",
        instance=instance,
        step=steps[seq - first],
        steps=steps,
        first=first,
        last=found.last,
        valuetext=_value_text(steps[seq - first], found.last),
        revealed=replay.mask.revealed,
        can_reveal=visit.may(Action.REVEAL_HISTORY) and not revealed,
    )


def _last(visit: Visit, instance: ProcessInstance) -> int:
    return visit.engine.steps(instance.key)


def _first(text: str) -> int:
    return max(whole_number(text, LARGEST_NUMBER) or 1, 1)


def _people(course: Course) -> set[str]:
    found = {step.actor for step in course.steps}
    for step in course.steps:
        for event in step.events:
            found |= {*event.payload.get("users", ()), event.payload.get("assignee") or ""}
    return found - {""}


def _reasons(events: Iterable[HistoryEvent], names: dict[str, str], teller: Teller) -> Iterator[Reason]:
    for event in events:
        if event.type not in ("condition_evaluated", "condition_changed"):
            continue
        values = [(item["part"], item["value"]) for item in event.payload["items"]]
        yield Reason(
            name=names.get(event.element_id, event.element_id),
            source=event.payload.get("source", ""),
            holds=bool(event.payload["value"]),
            values=tuple((part, teller.explained(part, value)) for part, value in values),
        )


def _value_text(step: Shown, last: int) -> str:
    return _("Krok %(number)s z %(last)s: %(title)s", number=step.seq, last=last, title=step.title)


def _as_json(step: Shown, last: int) -> dict[str, Any]:
    told = step._asdict()
    told["reasons"] = [each._asdict() for each in step.reasons]
    told["changes"] = [each._asdict() for each in step.changes]
    return {**told, "valuetext": _value_text(step, last)}


class Verdict(NamedTuple):
    """One of the three checks: what it proves, how it came out, where it is broken."""

    name: str
    proves: str
    outcome: str
    good: bool
    findings: tuple[Any, ...]


def _verdicts(report: Report) -> list[Verdict]:
    outcomes = {"chain": report.chain, "fold": report.fold, "reexecution": report.reexecution}
    return [
        Verdict(
            name=words.CHECKS[check],
            proves=words.PROOFS[check],
            outcome=_outcome(outcome),
            good=outcome == "ok",
            findings=tuple(each for each in report.findings if each.check == check),
        )
        for check, outcome in outcomes.items()
    ]


def _outcome(outcome: str) -> str:
    known = words.OUTCOMES.get(outcome)
    return known or plain(words.NOT_REEXECUTABLE)
