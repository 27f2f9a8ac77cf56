"""Groups: what an administrator calls those whose tasks lanes and assignments offer by an id."""

from __future__ import annotations

from starlette.responses import Response

from engine import Group
from web.naming import definition_names
from web.pages.people import sorted_groups
from web.translation import N_, Table, _
from web.visits import UNPROCESSABLE, Visit, go_to

LONGEST = 120
_LABELS = Table({"id": N_("Oznaczenie"), "name": N_("Nazwa")})


def overview(visit: Visit) -> Response:
    """Show every group that is known, by name, with how many people it has and which procedures name it."""
    names = definition_names(visit.engine)
    return visit.page(
        "groups.html",
        groups=sorted_groups(visit),
        processes={id: name for (kind, id), name in names.items() if kind == "process"},
        saved=bool(visit.query("saved")),
    )


def show(visit: Visit) -> Response:
    """Show the form for a group's name, of any group that is asked for, with who is in it."""
    group_id = visit.query("id")
    return _form(visit, group_id, visit.groups.names.get(group_id, ""), {}, is_known=bool(group_id))


def call(visit: Visit) -> Response:
    """Call a group so, also one that nobody is in and nothing names yet; no name takes it away."""
    group_id, name = visit.field("id").strip(), visit.field("name").strip()
    is_known = bool(visit.field("known"))
    errors = _errors(group_id, name, is_known=is_known)
    if errors:
        return _form(visit, group_id, name, errors, UNPROCESSABLE, is_known=is_known)
    visit.engine.groups.call(group_id, name, by=visit.person.id)
    return go_to("/groups?saved=1")


def _form(
    visit: Visit, group_id: str, name: str, errors: dict[str, str], status: int = 200, *, is_known: bool
) -> Response:
    changes = visit.engine.groups.changes(group_id) if is_known else []
    return visit.page(
        "group.html",
        status=status,
        group=Group(id=group_id, name=name),
        is_known=is_known,
        members=visit.engine.people.everybody(group=group_id) if is_known else [],
        errors=errors,
        labels={field: (label, field) for field, label in _LABELS.items()},
        changes=changes,
        people=visit.engine.people.names({each.actor for each in changes}),
    )


def _errors(group_id: str, name: str, *, is_known: bool) -> dict[str, str]:
    found = {}
    if not _is_text(group_id):
        found["id"] = _("Wpisz oznaczenie grupy: od 1 do 120 znaków, jak w procedurze, np. EK-04.")
    if not name and not is_known:
        found["name"] = _("Wpisz nazwę grupy.")
    elif name and not _is_text(name):
        found["name"] = _("Nazwa może mieć najwyżej 120 widocznych znaków.")
    return found


def _is_text(text: str) -> bool:
    return bool(text) and len(text) <= LONGEST and text.isprintable()
