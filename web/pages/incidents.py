"""Incidents: what waits for an operator, why, and letting it try again: one, or all of one kind."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import EngineError, IncidentLine, NotFound
from web.handler_errors import explained
from web.naming import Names
from web.personal import Mask
from web.translation import _
from web.visits import CONFLICT, LARGEST_KEY, NOT_FOUND, UNPROCESSABLE, Visit, go_to, whole_number

_PER_PAGE = 50
_FURTHEST = 1_000_000
_AGES = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}
_MOST_ATTEMPTS = 20


class Asked(NamedTuple):
    """Which incidents were asked for."""

    process: str = ""
    element: str = ""
    kind: str = ""
    age: str = ""
    instance: str = ""

    def address(self, **changes: object) -> str:
        """Return the address of this list with something changed."""
        given = {**self._asdict(), **changes}
        return f"/incidents?{urlencode({name: each for name, each in given.items() if each})}"


def overview(visit: Visit) -> Response:
    """Show the open incidents asked for, the oldest first, and how many there are of each kind."""
    return _list(visit, _asked(visit), refused="")


def show(visit: Visit) -> Response:
    """Show one incident: the error, the attempts, the names of the variables seen there."""
    return _details(visit, refused="")


def resolve(visit: Visit) -> Response:
    """Resolve an incident: what stopped there tries again, so many times."""
    reason = visit.field("reason").strip()
    if not reason:
        return _details(visit, refused=_("Podaj powód wznowienia."), status=UNPROCESSABLE)
    try:
        visit.engine.resolve_incident(
            visit.key("key"),
            actor=visit.person.id,
            reason=reason,
            retries=_attempts(visit),
            new_effect=visit.field("new_effect") == "1",
        )
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    except EngineError:
        told = _("Tego incydentu nie można już wznowić: ktoś zrobił to wcześniej albo sprawa się zmieniła.")
        return _details(visit, refused=told, status=CONFLICT)
    return go_to("/incidents?done=1")


def resolve_kind(visit: Visit) -> Response:
    """Resolve all incidents of one kind at one element, by a batch."""
    asked = Asked(process=visit.field("process"), element=visit.field("element"), kind=visit.field("kind"))
    reason = visit.field("reason").strip()
    if not reason or not (asked.process and asked.element and asked.kind):
        return _list(visit, asked, refused=_("Podaj powód wznowienia."), status=UNPROCESSABLE)
    visit.engine.start_batch(
        "resolve_incidents",
        selection={"process_id": asked.process, "element_id": asked.element, "type": asked.kind},
        arguments={"retries": _attempts(visit)},
        actor=visit.person.id,
        reason=reason,
    )
    return go_to("/operations/batches")


def _asked(visit: Visit) -> Asked:
    return Asked(
        process=visit.query("process").strip(),
        element=visit.query("element").strip(),
        kind=visit.query("kind").strip(),
        age=visit.query("age") if visit.query("age") in _AGES else "",
        instance=visit.query("instance").strip(),
    )


def _list(visit: Visit, asked: Asked, *, refused: str, status: int = 200) -> Response:
    offset = whole_number(visit.query("from"), _FURTHEST) or 0
    found = visit.engine.incident_lines(
        process_id=asked.process or None,
        element_id=asked.element or None,
        type=asked.kind or None,
        instance_key=whole_number(asked.instance, LARGEST_KEY) if asked.instance else None,
        before=visit.engine.now() - _AGES[asked.age] if asked.age else None,
        limit=_PER_PAGE + 1,
        offset=offset,
    )
    return visit.page(
        "incidents.html",
        status=status,
        asked=asked,
        lines=found[:_PER_PAGE],
        counts=visit.engine.incident_counts(),
        called=Names(visit.engine),
        refused=refused,
        following=offset + _PER_PAGE if len(found) > _PER_PAGE else None,
        previous=max(0, offset - _PER_PAGE) if offset else None,
    )


def _details(visit: Visit, *, refused: str, status: int = 200) -> Response:
    line, variables = _found(visit)
    key = line.incident.instance_key
    mask = Mask(visit.engine.personal(key))
    return visit.page(
        "incident.html",
        status=status,
        line=line,
        variables=variables,
        called=Names(visit.engine),
        explained=explained(line.incident.message) if line.job else "",
        message=mask.text(line.incident.message),
        refused=refused,
        instance=visit.engine.instance(key),
    )


def _found(visit: Visit) -> tuple[IncidentLine, tuple[str, ...]]:
    try:
        return visit.engine.incident_line(visit.key("key"))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None


def _attempts(visit: Visit) -> int:
    return max(1, whole_number(visit.field("retries"), _MOST_ATTEMPTS) or 1)
