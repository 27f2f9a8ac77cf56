"""How a case stands, in plain sentences: what it waits for, who has it, until when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine import Case, CasePart, UserTask, Wait, WaitKind
from web import words
from web.naming import Whom
from web.outline import Line
from web.translation import _

_MEANWHILE = (
    "boundaryEvent",
    "startEvent",
)  # what they wait for may happen meanwhile; the case waits for more
_END = "endEvent"


def sentences_of(case: Case, whom: Whom, lines: Iterable[Line]) -> list[str]:
    """Return how a case stands, for people of the office."""
    instance = case.instance
    if instance.ended_at is not None:
        return [_ended(case, lines)]
    said = [_("Sprawa jest zawieszona: nic się w niej nie dzieje, terminy biegną.")]
    said = said if str(instance.state) == "suspended" else []
    for part in case.parts:
        said += _standing(part, whom, is_inside=part.instance.key != instance.key)
    return [each[0].upper() + each[1:] for each in said] or [_("System wykonuje kolejny krok.")]


def sentences_for_applicant(case: Case, person_id: str) -> list[str]:
    """Return how a case stands, for who has filed it: nothing of the office's inside."""
    if case.instance.ended_at is not None:
        return [_("Sprawa zakończona %(at)s.", at=words.instant(case.instance.ended_at))]
    tasks = [task for part in case.parts for task in part.user_tasks]
    mine = [task for task in tasks if task.assignee == person_id or person_id in task.candidate_users]
    if mine:
        return [_("Czeka na Ciebie: %(task)s.", task=_with_deadline(task)) for task in mine]
    if tasks:
        return [_("Sprawę rozpatruje urząd. Krok: %(task)s.", task=_with_deadline(task)) for task in tasks]
    return [_("Sprawa jest w toku: pracuje system albo czekamy na odpowiedź z zewnątrz.")]


def _with_deadline(task: UserTask) -> str:
    name = task.name or task.element_id
    if task.due_at is None:
        return name
    return _("%(task)s, do %(until)s", task=name, until=words.deadline(task.due_at))


def _ended(case: Case, lines: Iterable[Line]) -> str:
    instance = case.instance
    reached = [line.name for line in _all(lines) if line.step.element_type == _END and _is_done(line)]
    at = words.instant(instance.ended_at)
    state = words.INSTANCE_STATES[str(instance.state)]
    if not reached:
        return _("Sprawa %(state)s %(at)s.", state=state, at=at)
    return _("Sprawa %(state)s %(at)s: %(ends)s.", state=state, at=at, ends=", ".join(reached))


def _is_done(line: Line) -> bool:
    return line.progress is not None and line.progress.state == "done"


def _all(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        yield line
        yield from _all(line.inside)


def _standing(part: CasePart, whom: Whom, *, is_inside: bool) -> list[str]:
    waits = [wait for wait in part.waits if wait.element_type not in _MEANWHILE]
    stopped = {wait.element_id for wait in waits if wait.kind is WaitKind.INCIDENT}
    tasks = {task.key: task for task in part.user_tasks}
    said = [
        _sentence(wait, tasks, whom)
        for wait in waits
        if wait.kind is not WaitKind.CALL
        and (wait.kind is WaitKind.INCIDENT or wait.element_id not in stopped)
    ]
    if not is_inside:
        return said
    return [_("W procedurze „%(name)s”: %(said)s", name=part.name, said=each) for each in said]


def _sentence(wait: Wait, tasks: Mapping[int, UserTask], whom: Whom) -> str:
    step = wait.name or wait.element_id
    match wait.kind:
        case WaitKind.TASK:
            return _task(tasks[wait.key], whom)
        case WaitKind.INCIDENT:
            return _("krok „%(step)s” zatrzymał się i czeka na operatora.", step=step)
        case WaitKind.JOB:
            return _("system wykonuje czynność „%(step)s”.", step=step)
        case WaitKind.TIMER:
            return _("„%(step)s”: czeka do %(at)s.", step=step, at=words.deadline(wait.due_at))
        case WaitKind.MESSAGE | WaitKind.SIGNAL:
            return _("„%(step)s”: czeka na wiadomość „%(name)s”.", step=step, name=wait.text)
        case _:
            return _("„%(step)s”: czeka, aż spełni się warunek.", step=step)


def _task(task: UserTask, whom: Whom) -> str:
    name = task.name or task.element_id
    if task.assignee:
        said = _("zadanie „%(task)s” ma %(who)s", task=name, who=whom.person(task.assignee))
    else:
        who = whom.has(None, task.candidate_groups, task.candidate_users) or _("każdy")
        said = _("zadanie „%(task)s” czeka na osobę z: %(who)s", task=name, who=who)
    if task.due_at is None:
        return _("%(said)s; bez terminu.", said=said)
    return _("%(said)s, do %(until)s.", said=said, until=words.deadline(task.due_at))
