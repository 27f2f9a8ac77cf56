"""The worklist: whose tasks, filtered and sorted; taking one, several, or the next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import (
    MOST_COUNTED,
    WARSAW,
    Conflict,
    Forbidden,
    NotFound,
    Order,
    Scope,
    UserTask,
    Worklist,
    WorklistQuery,
)
from web.authorization import Action, authorize, is_theirs
from web.deadlines import Deadline, deadline_of
from web.naming import Whom
from web.translation import N_, Table, _, ngettext
from web.visits import CONFLICT, LARGEST_KEY, UNPROCESSABLE, Visit, go_to, whole_number

PER_PAGE = 50
_FURTHEST = 100_000
_LONGEST_TEXT = 100
_MOST_TRIED = 20  # so many clerks at once get each another next task
MOST_AT_ONCE = PER_PAGE
_DAY = dt.timedelta(days=1)
_MOMENT = dt.timedelta(microseconds=1)
SCOPES = Table(
    {"mine": N_("Moje"), "free": N_("Do wzięcia"), "groups": N_("Moich grup"), "all": N_("Wszystkie")}
)
SORTS = Table({"due": N_("Termin"), "priority": N_("Pilność"), "age": N_("Najdawniej utworzone")})
DUES = Table({"overdue": N_("Po terminie"), "today": N_("Kończy się dziś"), "week": N_("Do końca tygodnia")})


class Line(NamedTuple):
    """One line of the worklist; ``case`` is its number, ``process`` its procedure, ``who`` has it or may
    take it ("": somebody of everybody)."""

    task: UserTask
    case: str
    process: str
    who: str
    deadline: Deadline | None
    is_theirs: bool
    may_take: bool


class Asked(NamedTuple):
    """What the address asks for."""

    scope: Scope
    order: Order
    process_id: str
    group: str
    due: str
    text: str
    offset: int

    def address(self, **changes: object) -> str:
        """Return the address of the same list with something changed; what is not said is left out."""
        values = {
            "which": self.scope,
            "sort": "" if self.order is Order.DUE else self.order,
            "process": self.process_id,
            "group": self.group,
            "due": self.due,
            "q": self.text,
            "from": self.offset or "",
        }
        said = {name: str(value) for name, value in (values | changes).items() if value}
        return f"/tasks?{urlencode(said)}"

    @property
    def is_filtered(self) -> bool:
        """Say whether anything but whose tasks is asked for."""
        return bool(self.process_id or self.group or self.due or self.text)


def show(visit: Visit) -> Response:
    """Show one page of the tasks of a person, their groups, or all."""
    scopes = scopes_of(visit)
    asked = asked_of(visit.request.query_params, scopes)
    now = visit.engine.now()
    found = visit.engine.worklist(_query(visit, asked, now, PER_PAGE + 1), scopes=scopes)
    if not visit.query("which") and _all_is_elsewhere(asked, found):
        asked = asked._replace(scope=Scope.MINE)
        found = visit.engine.worklist(_query(visit, asked, now, PER_PAGE + 1), scopes=scopes)
    names, whom = _names(visit), _whom(visit, found)
    lines = [
        Line(
            task=each.task,
            case=each.business_key or str(each.task.instance_key),
            process=names.get(each.process_id, each.process_id),
            who=whom.has(each.task.assignee, each.task.candidate_groups, each.task.candidate_users),
            deadline=deadline_of(each.task.due_at, now, visit.engine),
            is_theirs=visit.may(Action.WORK) and is_theirs(visit.person, each.task),
            may_take=_may_take(visit, each.task),
        )
        for each in found.lines[:PER_PAGE]
    ]
    return visit.page(
        "worklist.html",
        lines=lines,
        asked=asked,
        tabs=[(scope, SCOPES[scope], _counted(found.counts[scope])) for scope in scopes],
        found=_counted(found.found),
        counted=found.found,
        processes=sorted(names.items(), key=lambda each: each[1]),
        groups=_groups(visit, found.groups if asked.scope is Scope.ALL else visit.person.groups),
        more=len(found.lines) > PER_PAGE,
        per_page=PER_PAGE,
        told=_told(visit),
        sorts=SORTS,
        dues=DUES,
        filters=visit.engine.desks.filters(visit.person.id),
    )


def take_next(visit: Visit) -> Response:
    """Take the most urgent task that is free; of several people at once each gets another."""
    asked = asked_of(visit.form, scopes_of(visit))._replace(scope=Scope.FREE, offset=0)
    query = _query(visit, asked, visit.engine.now(), _MOST_TRIED)
    for each in visit.engine.worklist(query).lines:
        try:
            visit.engine.claim(each.task.key, actor=visit.person.id)
        except (Conflict, NotFound, Forbidden):
            continue
        return go_to(f"/tasks/{each.task.key}")
    return go_to(asked.address(which=Scope.FREE, told="none"))


def take_several(visit: Visit) -> Response:
    """Take all tasks that were marked and are still free; say how many somebody else has."""
    keys = [whole_number(str(each), LARGEST_KEY) for each in visit.form.getlist("task")]
    if len(keys) > MOST_AT_ONCE or None in keys:
        raise HTTPException(UNPROCESSABLE)
    wanted = dict.fromkeys(key for key in keys if key is not None)
    taken = sum(_taken(visit, key) for key in wanted)
    if not wanted:
        return go_to("/tasks?which=free&told=nothing")
    if not taken:
        sentence = _("Tych zadań nie można już wziąć: ma je ktoś inny albo są wykonane. Odśwież listę.")
        return visit.page("told.html", status=CONFLICT, sentence=sentence, back="/tasks", task=None)
    return go_to(f"/tasks?which=mine&taken={taken}&lost={len(wanted) - taken}")


def keep_filter(visit: Visit) -> Response:
    """Keep the present filters under a name, or forget those of a name."""
    asked = asked_of(visit.form, scopes_of(visit))
    desks, person = visit.engine.desks, visit.person.id
    if visit.field("forget"):
        desks.forget_filter(person, visit.field("forget"))
        return go_to(asked.address())
    if not desks.keep_filter(person, visit.field("name"), asked.address()):
        sentence = _("Podaj krótką nazwę filtra (do 60 znaków); jedna osoba może mieć 30 filtrów.")
        return visit.page(
            "told.html", status=UNPROCESSABLE, sentence=sentence, back=asked.address(), task=None
        )
    return go_to(asked.address(told="kept"))


def scopes_of(visit: Visit) -> tuple[Scope, ...]:
    """Return whose tasks somebody may list."""
    own = (Scope.MINE, Scope.FREE, Scope.GROUPS) if visit.may(Action.WORK) else ()
    return (*own, Scope.ALL) if visit.may(Action.SEE_ALL_TASKS) else own


def asked_of(given: Mapping[str, object], scopes: tuple[Scope, ...]) -> Asked:
    """Return what is asked for; what no page of ours asks counts as not said."""
    said = {name: str(given.get(name) or "").strip()[:_LONGEST_TEXT] for name in _ASKED}
    scope = Scope(said["which"]) if said["which"] in scopes else _usual(scopes)
    return Asked(
        scope=scope,
        order=Order(said["sort"]) if said["sort"] in SORTS else Order.DUE,
        process_id=said["process"],
        group=said["group"],
        due=said["due"] if said["due"] in DUES else "",
        text=said["q"],
        offset=whole_number(said["from"], _FURTHEST) or 0,
    )


_ASKED = ("which", "sort", "process", "group", "due", "q", "from")


def _usual(scopes: tuple[Scope, ...]) -> Scope:
    return Scope.GROUPS if Scope.GROUPS in scopes else Scope.ALL


def _all_is_elsewhere(asked: Asked, found: Worklist) -> bool:
    """Say whether the list people first see is empty while tasks are assigned to them by name.

    An applicant belongs to no group: what they are asked for is always theirs alone.
    """
    return not found.lines and not asked.is_filtered and bool(found.counts.get(Scope.MINE))


def _query(visit: Visit, asked: Asked, now: dt.datetime, limit: int) -> WorklistQuery:
    due_from, due_before = _span(asked.due, now)
    return WorklistQuery(
        person_id=visit.person.id,
        groups=visit.person.groups,
        scope=asked.scope,
        order=asked.order,
        process_id=asked.process_id,
        group=asked.group,
        due_from=due_from,
        due_before=due_before,
        text=asked.text,
        limit=limit,
        offset=asked.offset,
    )


def _span(due: str, now: dt.datetime) -> tuple[dt.datetime | None, dt.datetime | None]:
    """Return from when and before when a deadline ends; one at 24:00 is of the day that it ends."""
    if due == "overdue":
        return None, now + _MOMENT
    if not due:
        return None, None
    local = now.astimezone(WARSAW).date()
    days = 1 if due == "today" else 7 - local.weekday()
    begins, ends = (dt.datetime.combine(local + number * _DAY, dt.time(), WARSAW) for number in (0, days))
    return begins + _MOMENT, ends + _MOMENT


def _may_take(visit: Visit, task: UserTask) -> bool:
    return task.assignee is None and authorize(visit.someone, Action.WORK, task)


def _taken(visit: Visit, key: int) -> bool:
    """Take a task if it is there and somebody's to take; say whether it was."""
    try:
        task = visit.engine.user_task(key)
        if not authorize(visit.someone, Action.WORK, task):
            return False
        visit.engine.claim(key, actor=visit.person.id)
    except (Conflict, NotFound, Forbidden):
        return False
    return True


def _counted(count: int) -> str:
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def _told(visit: Visit) -> str:
    """Return what has just been done."""
    taken = whole_number(visit.query("taken"), MOST_AT_ONCE)
    if taken:
        lost = whole_number(visit.query("lost"), MOST_AT_ONCE) or 0
        done = ngettext("Wzięto %(num)s zadanie.", "Wzięto %(num)s zadania.", taken)
        also = ngettext("%(num)s zadanie ma już ktoś inny.", "%(num)s zadania ma już ktoś inny.", lost)
        return f"{done} {also}" if lost else done
    if visit.query("done"):
        return _("Zadanie wykonane.")
    return _TOLD.get(visit.query("told"), "")


_TOLD = Table(
    {
        "none": N_("Nie ma teraz zadania, które można wziąć."),
        "nothing": N_("Nie zaznaczono żadnego zadania."),
        "kept": N_("Filtr zapisano."),
    }
)


def _whom(visit: Visit, found: Worklist) -> Whom:
    """Return the names of those on the page who are somebody else."""
    ids = {id for each in found.lines for id in (each.task.assignee, *each.task.candidate_users) if id}
    return Whom(visit.engine.people.names(ids - {visit.person.id}), visit.groups)


def _groups(visit: Visit, groups: Iterable[str]) -> list[tuple[str, str]]:
    """Return groups with what they are called, in the order of their names."""
    return sorted(((each, visit.groups.of(each)) for each in groups), key=lambda each: each[1].casefold())


def _names(visit: Visit) -> dict[str, str]:
    return {each.id: each.name for each in visit.engine.definitions() if each.kind == "process"}
