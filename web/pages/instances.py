"""Cases to be found: by number, who filed them, procedure, state and deadline; applicants find their own."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import WARSAW, CaseLine, CaseList
from web.authorization import Action
from web.naming import Whom
from web.sentences import said_of
from web.visits import NOT_FOUND, Visit, go_to, whole_number

_PER_PAGE = 50
_FURTHEST = 2_500  # as far as the engine goes
_STATES = {
    "active": ("active", "suspended"),
    "ended": ("completed", "terminated", "cancelled"),
    "suspended": ("suspended",),
    "all": (),
}
_ORDERS = ("newest", "oldest", "number", "deadline")
_DUE = {"late": 0, "today": 1, "week": 7}  # days from today's midnight
_MOST_PEOPLE = 20  # each of them is a line of cases to be read


class Asked(NamedTuple):
    """What a list of cases was asked for, as the form shows it again."""

    which: str
    number: str
    applicant: str
    process: str
    due: str
    order: str

    def address(self, **changes: Any) -> str:
        """Return the address of this list with something changed."""
        given = {**self._asdict(), **changes}
        return f"/instances?{urlencode({name: each for name, each in given.items() if each})}"


def overview(visit: Visit) -> Response:
    """Show the cases asked for, a page at a time; applicants see their own."""
    asked = _asked(visit)
    offset = whole_number(visit.query("from"), _FURTHEST) or 0
    sees_all = visit.may(Action.SEE_ALL_INSTANCES)
    people = _filed_by(visit, asked) if sees_all else (visit.person.id,)
    found = visit.engine.find_cases(
        business_key=asked.number,
        filed_by=None if people is None else people[:_MOST_PEOPLE],
        process_id=asked.process,
        state=() if asked.number else _STATES[asked.which],
        due_before=_due_before(visit, asked),
        order=asked.order,
        limit=_PER_PAGE,
        offset=offset,
    )
    return visit.page(
        "instances.html",
        asked=asked,
        found=found,
        names=_names(visit),
        people=_people(visit, found.lines) if sees_all else {},
        too_many_people=people is not None and len(people) > _MOST_PEOPLE,
        sees_all=sees_all,
        now=visit.engine.now(),
        offset=offset,
        following=_following(found, offset),
        previous=max(0, offset - _PER_PAGE) if offset else None,
    )


def _following(found: CaseList, offset: int) -> int | None:
    """Return where the next page begins, None where there is none or where it is too far."""
    begins = offset + _PER_PAGE
    further = (found.more and len(found.lines) == _PER_PAGE) or found.total > begins
    return begins if further and begins <= _FURTHEST else None


def of_number(visit: Visit) -> Response:
    """Send the first page on: to the worklist, the processes or the instances, by what somebody may do."""
    for action, path in (
        (Action.SEE_INCIDENTS, "/instances"),
        (Action.SEE_TASKS, "/tasks"),
        (Action.MANAGE_PEOPLE, "/people"),
        (Action.SEE_DEFINITIONS, "/processes"),
    ):
        if visit.may(action):
            return go_to(path)
    raise HTTPException(NOT_FOUND)


def _asked(visit: Visit) -> Asked:
    def one_of(name: str, known: Any, usual: str) -> str:
        return visit.query(name) if visit.query(name) in known else usual

    return Asked(
        which=one_of("which", _STATES, "active"),
        number=visit.query("number").strip(),
        applicant=visit.query("applicant").strip(),
        process=visit.query("process").strip(),
        due=one_of("due", _DUE, ""),
        order=one_of("order", _ORDERS, "newest"),
    )


def _filed_by(visit: Visit, asked: Asked) -> tuple[str, ...] | None:
    """Return who a name or a login means (whose login it is first), None where nobody is asked for."""
    if not asked.applicant:
        return None
    wanted = asked.applicant.casefold()
    everybody = visit.engine.people.everybody()
    ids = [each.id for each in everybody if wanted in each.name.casefold() or wanted == each.id.casefold()]
    return tuple(sorted(ids, key=lambda each: each.casefold() != wanted))


def _due_before(visit: Visit, asked: Asked) -> dt.datetime | None:
    if not asked.due:
        return None
    now = visit.engine.now()
    if asked.due == "late":
        return now
    local = now.astimezone(WARSAW).replace(hour=0, minute=0, second=0, microsecond=0)
    return local + dt.timedelta(days=_DUE[asked.due], microseconds=1)


def _names(visit: Visit) -> dict[str, str]:
    return {each.id: each.name or each.id for each in visit.engine.definitions() if each.kind == "process"}


def _people(visit: Visit, lines: tuple[CaseLine, ...]) -> dict[str, str]:
    """Return who has filed the cases of a page, by id, in words: not all are filed by people."""
    ids = {line.filed_by for line in lines}
    whom = Whom(visit.engine.people.names(ids), visit.groups)
    return {each: said_of(each, whom) for each in ids}
