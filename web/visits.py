"""One request: who asks, for what they are allowed, with what they have sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from engine import Lapsed, NotFound, Person, ProcessEngine, Session
from web.authorization import Action, authorize
from web.naming import GroupNames

if TYPE_CHECKING:
    from web.attempts import Attempts
    from web.identity import Identity
    from web.rendering import Pages

COOKIE = "obieg"
HOST_COOKIE = "__Host-obieg"
TOO_LARGE, UNAVAILABLE = 413, 503
SEE_OTHER, FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE, TOO_MANY = 303, 403, 404, 409, 422, 429
LARGEST_KEY = (1 << 63) - 1
LARGEST_NUMBER = (1 << 31) - 1
_LONGEST_REQUEST = 64


class Visit:
    """What a page is given: the engine, the person, what was sent."""

    def __init__(self, request: Request, form: FormData | None, *, as_stranger: bool = False) -> None:
        """Take a request; ``as_stranger`` asks nobody who it is, also not a database that is out of reach."""
        self.request = request
        self.engine: ProcessEngine = request.app.state.engine
        self.pages: Pages = request.app.state.pages
        self.demonstration = request.app.state.demonstration
        self.attempts: Attempts = request.app.state.attempts
        self.identity: Identity = request.app.state.identity
        self.form = form if form is not None else FormData()
        self.session: Session | None = None
        self.someone: Person | None = None
        self.lapsed: Lapsed | None = None  # the session that has ended before the form was sent
        self.is_stale = False  # the form sent was opened in an earlier session of the same person
        self.groups = GroupNames(self.engine)
        token = self.token
        if token and not as_stranger:
            self.session = self.engine.accounts.session(token)
        if self.session is not None:
            self.someone = self._known(self.session.person_id)

    def _known(self, person_id: str) -> Person | None:
        try:
            person = self.engine.people.get(person_id)
        except NotFound:
            return None
        return person if person.active else None

    def recognise(self, lapsed: Lapsed) -> bool:
        """Take whose session has ended for who asks, for keeping what they have sent and nothing else."""
        self.lapsed, self.someone = lapsed, self._known(lapsed.person_id)
        return self.someone is not None

    @property
    def must_choose_password(self) -> bool:
        """Say whether who asks has yet to choose a password of their own."""
        return self.someone is not None and self.someone.must_change_password and self.demonstration is None

    @property
    def token(self) -> str:
        """Return the session's token, "" without one."""
        return self.request.cookies.get(cookie_name(self.request)) or ""

    @property
    def person(self) -> Person:
        """Return who asks; only where somebody must be signed in."""
        assert self.someone is not None  # noqa: S101 - the route's action has made sure
        return self.someone

    @property
    def address(self) -> str:
        """Return the address the request came from, "" where it is not known."""
        return self.request.client.host if self.request.client is not None else ""

    @property
    def here(self) -> str:
        """Return the page to come back to: this one, or the first where this one was sent and not opened."""
        if self.request.method != "GET":
            return "/"
        asked = self.request.url.query
        return f"{self.request.url.path}?{asked}" if asked else self.request.url.path

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def key(self, name: str) -> int:
        """Return a part of the path that is a key; anything else is not found."""
        return _found(whole_number(self.path(name), LARGEST_KEY))

    def version(self, text: str) -> int:
        """Return the number of a version; anything else is not found."""
        return _found(whole_number(text, LARGEST_NUMBER))

    @property
    def request_id(self) -> str | None:
        """Return what tells this submission from another of the same person, None where the form has none."""
        text = self.field("request")
        if not text:
            return None
        if len(text) > _LONGEST_REQUEST or not text.isascii() or not text.isalnum():
            raise HTTPException(UNPROCESSABLE)
        return f"{self.person.id}:{text}"

    def field(self, name: str) -> str:
        """Return a field of the form, "" where it was not sent."""
        value = self.form.get(name)
        return value if isinstance(value, str) else ""

    def query(self, name: str) -> str:
        """Return a part of the address after the question mark."""
        return self.request.query_params.get(name, "")

    def may(self, action: Action) -> bool:
        """Say whether who asks may do something."""
        return authorize(self.someone, action)

    def signed_in(self, person_id: str, path: str) -> Response:
        """Open a session for somebody who has just proved who they are, and send them on."""
        return self.entered(self.engine.accounts.open(person_id), path)

    def entered(self, token: str, path: str) -> Response:
        """Send the person on, with a fresh token: one from before signing in is never used further."""
        if self.token:
            self.engine.accounts.sign_out(self.token)
        answer = go_to(path)
        secure = self.request.url.scheme == "https"
        answer.set_cookie(
            cookie_name(self.request), token, httponly=True, secure=secure, samesite="lax", path="/"
        )
        return answer

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Return a page."""
        return self.pages.page(self, template, status=status, **values)


def whole_number(text: str, most: int) -> int | None:
    """Return the number a text is, None where it is none in 0–9 or more than ``most``."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(most)):
        return None
    number = int(text)
    return number if number <= most else None


def _found(number: int | None) -> int:
    if number is None:
        raise HTTPException(NOT_FOUND)
    return number


Page: TypeAlias = Callable[[Visit], Response]


def cookie_name(request: Request) -> str:
    """Return the session cookie's name: over TLS one that no other host can set."""
    return HOST_COOKIE if request.url.scheme == "https" else COOKIE


def go_to(path: str) -> Response:
    """Send the browser on to another page of ours."""
    return RedirectResponse(path, status_code=SEE_OTHER)


def own_path(path: str) -> str:
    """Return a path of ours, never another site's address."""
    is_own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if is_own else "/"
