"""People, their roles and groups: what an administrator keeps."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Busy, Conflict, EngineError, Group, NotFound, Person, Role
from web.translation import N_, Table, _
from web.visits import CONFLICT, LARGEST_NUMBER, NOT_FOUND, UNPROCESSABLE, Visit, go_to, whole_number

_PER_PAGE = 50
_ID = re.compile(r"[a-z0-9][a-z0-9._@-]{2,63}")
_LONGEST = 120
_LABELS = Table(
    {
        "id": N_("Login"),
        "name": N_("Imię i nazwisko"),
        "roles": N_("Role"),
        "more": N_("Inne grupy"),
        "school": N_("Numer RSPO szkoły"),
    }
)


class Entry(NamedTuple):
    """What a form about somebody says; ``more`` are groups that nobody knows yet."""

    id: str
    name: str
    roles: frozenset[str]
    groups: frozenset[str]
    more: str
    school: str

    @property
    def all_groups(self) -> set[str]:
        """Return the groups that were chosen and those that were written."""
        return set(self.groups) | {each.strip() for each in self.more.split(",") if each.strip()}


def overview(visit: Visit) -> Response:
    """Show people, by name, who have what is looked for."""
    asked = visit.query("q").strip().casefold()
    role = visit.query("role") if visit.query("role") in set(Role) else ""
    found = [each for each in visit.engine.people.everybody(role=role or None) if _fits(visit, each, asked)]
    found.sort(key=lambda each: (not each.active, each.name.casefold(), each.id))
    start = whole_number(visit.query("from"), LARGEST_NUMBER) or 0
    return visit.page(
        "people.html",
        people=found[start : start + _PER_PAGE],
        count=len(found),
        asked=visit.query("q"),
        role=role,
        roles=list(Role),
        before=start - _PER_PAGE if start else None,
        after=start + _PER_PAGE if len(found) > start + _PER_PAGE else None,
    )


def new(visit: Visit) -> Response:
    """Show the form for somebody new."""
    return _form(visit, None, Entry("", "", frozenset(), frozenset(), "", ""), {})


def add(visit: Visit) -> Response:
    """Add somebody and show, once, the password they first sign in with."""
    entry = _entered(visit, visit.field("id").strip())
    errors = _errors(entry, is_new=True)
    if errors:
        return _form(visit, None, entry, errors, UNPROCESSABLE)
    try:
        person = visit.engine.people.add(
            entry.id, name=entry.name, roles=entry.roles, groups=entry.all_groups, school=entry.school,
            by=visit.person.id,
        )  # fmt: skip
    except Conflict:
        return _form(visit, None, entry, {"id": _("Ten login ma już ktoś inny.")}, UNPROCESSABLE)
    return _given(visit, person)


def show(visit: Visit) -> Response:
    """Show somebody, with what has been changed of them."""
    person = _person(visit)
    return _form(visit, person, _of(person), {})


def change(visit: Visit) -> Response:
    """Change somebody's name, roles, groups and school."""
    person = _person(visit)
    entry = _entered(visit, person.id)
    errors = _errors(entry, is_new=False)
    if errors:
        return _form(visit, person, entry, errors, UNPROCESSABLE)
    try:
        visit.engine.people.change(
            person.id, name=entry.name, roles=entry.roles, groups=entry.all_groups, school=entry.school,
            by=visit.person.id,
        )  # fmt: skip
    except Conflict:
        return _form(visit, person, entry, {"roles": _last_one()}, CONFLICT)
    return go_to(f"/people/{person.id}?saved=1")


def activate(visit: Visit) -> Response:
    """Let somebody in again, or keep them out: their sessions end at once, their history stays."""
    person = _person(visit)
    try:
        visit.engine.people.change(person.id, active=visit.field("active") == "1", by=visit.person.id)
    except Conflict:
        return _form(visit, person, _of(person), {"roles": _last_one()}, CONFLICT)
    return go_to(f"/people/{person.id}?saved=1")


def reset_password(visit: Visit) -> Response:
    """Give somebody a password that is good for choosing their own, and show it once."""
    return _given(visit, _person(visit))


def account(visit: Visit) -> Response:
    """Show who one is here, and the form for another password."""
    return _account(visit, "")


def choose_password(visit: Visit) -> Response:
    """Change one's own password; every other session ends."""
    wanted = visit.field("password")
    if wanted != visit.field("again"):
        return _account(visit, _("Hasła wpisane w obu polach różnią się."))
    try:
        visit.engine.accounts.choose_password(visit.person.id, visit.field("current"), wanted)
    except EngineError as refused:
        return _account(visit, _refusal(refused, wanted))
    return visit.signed_in(visit.person.id, "/account?saved=1")


def _refusal(refused: EngineError, wanted: str) -> str:
    if not 12 <= len(wanted) <= 256:
        return _("Nowe hasło musi mieć od 12 do 256 znaków.")
    is_crowded = isinstance(refused, Busy) or str(refused).startswith("Za dużo")  # Polish already
    return str(refused) if is_crowded else _("Obecne hasło jest nieprawidłowe.")


def _account(visit: Visit, refused: str) -> Response:
    if visit.someone is None:
        return go_to("/sign-in?then=/account")
    status = UNPROCESSABLE if refused else 200
    return visit.page("account.html", status=status, refused=refused, saved=bool(visit.query("saved")))


def _given(visit: Visit, person: Person) -> Response:
    password = visit.engine.accounts.give_password(person.id, by=visit.person.id)
    return visit.page("password_given.html", person=person, password=password)


def _form(
    visit: Visit, person: Person | None, entry: Entry, errors: dict[str, str], status: int = 200
) -> Response:
    changes = visit.engine.people.changes(person.id) if person is not None else []
    return visit.page(
        "person.html",
        status=status,
        person=person,
        entry=entry,
        roles=list(Role),
        groups=sorted_groups(visit),
        errors=errors,
        labels={name: (label, name) for name, label in _LABELS.items()},
        saved=bool(visit.query("saved")),
        changes=changes,
        people=visit.engine.people.names({each.actor for each in changes}),
    )


def _entered(visit: Visit, person_id: str) -> Entry:
    return Entry(
        id=person_id,
        name=visit.field("name").strip(),
        roles=frozenset(str(each) for each in visit.form.getlist("roles")),
        groups=frozenset(str(each) for each in visit.form.getlist("groups")),
        more=visit.field("more"),
        school=visit.field("school").strip(),
    )


def _of(person: Person) -> Entry:
    return Entry(
        id=person.id,
        name=person.name,
        roles=frozenset(map(str, person.roles)),
        groups=frozenset(person.groups),
        more="",
        school=person.school,
    )


def _errors(entry: Entry, *, is_new: bool) -> dict[str, str]:
    found = {}
    if is_new and not _ID.fullmatch(entry.id):
        found["id"] = _(
            "Wpisz od 3 do 64 znaków: małe litery bez ogonków, cyfry, kropkę, myślnik, np. a.nowak."
        )
    if not entry.name or len(entry.name) > _LONGEST or not entry.name.isprintable():
        found["name"] = _("Wpisz imię i nazwisko.")
    if not entry.roles or not entry.roles <= set(Role):
        found["roles"] = _("Wybierz co najmniej jedną rolę.")
    elif Role.ADMINISTRATOR in entry.roles and len(entry.roles) > 1:
        found["roles"] = _("Administrator nie prowadzi spraw: nie można mu dać innej roli.")
    if entry.school and not (entry.school.isascii() and entry.school.isdecimal() and len(entry.school) <= 10):
        found["school"] = _("Numer RSPO składa się z samych cyfr.")
    if any(len(each) > _LONGEST or not each.isprintable() for each in entry.all_groups):
        found["more"] = _("Nazwa grupy może mieć najwyżej 120 znaków.")
    return found


def sorted_groups(visit: Visit) -> list[Group]:
    """Return every group that is known, by what it is called."""
    return sorted(visit.engine.known_groups(), key=lambda each: ((each.name or each.id).casefold(), each.id))


def _person(visit: Visit) -> Person:
    try:
        return visit.engine.people.get(visit.path("person_id"))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None


def _fits(visit: Visit, person: Person, asked: str) -> bool:
    called = map(visit.groups.of, person.groups)
    said = (person.id, person.name, person.school, *person.groups, *called)
    return any(asked in each.casefold() for each in said)


def _last_one() -> str:
    return _("To ostatni czynny administrator. Najpierw daj tę rolę komuś innemu.")
