"""Incidents: what waits for an operator, and resolving it."""

from __future__ import annotations

from starlette.responses import Response

from engine import EngineError
from web.visits import CONFLICT, Visit, go_to


def overview(visit: Visit) -> Response:
    """Show the open incidents, the newest first."""
    return visit.page("incidents.html", incidents=visit.engine.incidents(state="open", limit=200), refused="")


def resolve(visit: Visit) -> Response:
    """Resolve an incident: what stopped there tries again."""
    reason = visit.field("reason").strip()
    try:
        visit.engine.resolve_incident(
            visit.key("key"), actor=visit.person.id, reason=reason or "wznowiono ze strony"
        )
    except EngineError as refused:
        incidents = visit.engine.incidents(state="open", limit=200)
        return visit.page("incidents.html", status=CONFLICT, incidents=incidents, refused=str(refused))
    return go_to("/incidents")
