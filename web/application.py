"""The application: every route with what one must be allowed to do, errors as polite pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from engine import Conflict, EngineError, InvalidVariables, NotFound, ProcessEngine
from web.attempts import Attempts
from web.authorization import Action
from web.headers import SecurityHeaders
from web.pages import (
    definitions,
    demonstration,
    incidents,
    instances,
    languages,
    secrets,
    signing_in,
    starts,
    tasks,
)
from web.rendering import Pages
from web.routing import route
from web.translation import N_, Languages, Table, _
from web.visits import CONFLICT, NOT_FOUND, UNPROCESSABLE, Visit

STATIC = Path(__file__).parent / "static"
UNAVAILABLE = 503
_SENTENCES = Table(
    {
        "403": N_("Tego formularza nie można przyjąć. Otwórz stronę jeszcze raz i wyślij go ponownie."),
        "404": N_("Nie ma takiej strony albo nie jest dla Ciebie dostępna."),
        "405": N_("Tej strony nie otwiera się w ten sposób."),
        "409": N_("Tego nie można już zrobić, bo coś się tymczasem zmieniło. Otwórz stronę jeszcze raz."),
        "413": N_("Przesłane dane są za duże."),
        "503": N_("System chwilowo nie odpowiada. Nic nie zostało utracone; spróbuj za chwilę."),
        "422": N_("Tych danych nie można przyjąć: mają niedozwolone znaki albo wartości."),
    }
)


class Sent(NamedTuple):
    """A mail or a text message a demonstration has sent."""

    to: str
    subject: str
    text: str
    attachments: tuple[str, ...] = ()


class Demonstration(Protocol):
    """What a demonstration shows of the outside."""

    def messages(self) -> Sequence[Sent]:
        """Return the mails sent, the newest first."""

    def texts(self) -> Sequence[Sent]:
        """Return the text messages sent, the newest first."""


def create_application(engine: ProcessEngine, *, demonstration: Demonstration | None = None) -> Starlette:
    """Return the web application over an engine; ``demonstration`` adds what only a demonstration has."""
    application = Starlette(
        routes=[*_routes(), *(_demonstration() if demonstration is not None else ()), *_technical()],
        middleware=[Middleware(Languages), Middleware(SecurityHeaders)],
        exception_handlers={HTTPException: _refused, EngineError: _failed},
    )
    application.state.engine = engine
    application.state.pages = Pages()
    application.state.demonstration = demonstration
    application.state.attempts = Attempts()
    return application


def _routes() -> list[BaseRoute]:
    return [
        route("/", instances.of_number, Action.SEE_DEFINITIONS),
        route("/sign-in", signing_in.show, Action.SIGN_IN),
        route("/sign-in", signing_in.sign_in, Action.SIGN_IN, post=True),
        route("/sign-out", signing_in.sign_out, Action.SIGN_IN, post=True),
        route("/language", languages.choose, Action.SIGN_IN, post=True),
        route("/tasks", tasks.worklist, Action.SEE_TASKS),
        route("/tasks/{key}", tasks.show, Action.WORK),
        route("/tasks/{key}/claim", tasks.claim, Action.WORK, post=True),
        route("/tasks/{key}/unclaim", tasks.unclaim, Action.WORK, post=True),
        route("/tasks/{key}/complete", tasks.complete, Action.WORK, post=True),
        route("/tasks/{key}/secrets", secrets.show, Action.REVEAL),
        route("/tasks/{key}/secrets", secrets.reveal, Action.REVEAL, post=True),
        route("/start", starts.overview, Action.START),
        route("/start/{process_id}", starts.show, Action.START),
        route("/start/{process_id}", starts.start, Action.START, post=True),
        route("/instances", instances.overview, Action.SEE_INSTANCES),
        route("/instances/{key}", instances.show, Action.SEE_INSTANCES),
        route("/instances/{key}/replay", instances.replay, Action.SEE_HISTORY),
        route("/instances/{key}/verify", instances.verify, Action.SEE_HISTORY, post=True),
        route("/incidents", incidents.overview, Action.SEE_INCIDENTS),
        route("/incidents/{key}/resolve", incidents.resolve, Action.RESOLVE_INCIDENTS, post=True),
        route("/processes", definitions.overview, Action.SEE_DEFINITIONS),
        route("/processes/deploy", definitions.upload, Action.DEPLOY),
        route("/processes/deploy", definitions.deploy, Action.DEPLOY, post=True),
        route("/processes/{process_id}", definitions.show, Action.SEE_DEFINITIONS),
        route("/processes/{process_id}/{version}/file", definitions.download, Action.SEE_DEFINITIONS),
    ]


def _demonstration() -> list[BaseRoute]:
    return [
        route("/sign-in/invented", signing_in.sign_in_invented, Action.SIGN_IN, post=True),
        route("/demonstration", demonstration.outbox, Action.SEE_DEFINITIONS),
        route("/demonstration/clock", demonstration.move_clock, Action.SEE_DEFINITIONS, post=True),
    ]


def _technical() -> list[BaseRoute]:
    return [
        Route("/health", _health),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


async def _health(request: Request) -> Response:
    """Say that this node answers and reaches its database."""
    await run_in_threadpool(request.app.state.engine.now)
    return PlainTextResponse("ok")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it only
    told = error.detail if error.status_code == 403 and len(error.detail) > 20 else ""
    sentence = told or _SENTENCES.get(str(error.status_code), _("Tego nie można teraz zrobić."))
    return await _page(request, error.status_code, sentence)


async def _failed(request: Request, error: Exception) -> Response:
    status = _status(request, error)
    return await _page(request, status, _SENTENCES[str(status)])


def _status(request: Request, error: Exception) -> int:
    """Return what an answer says of an error no page has told about: is it ours, or the request's."""
    if isinstance(error, Conflict):
        return CONFLICT
    if isinstance(error, NotFound):
        return NOT_FOUND
    if isinstance(error, InvalidVariables):
        return UNPROCESSABLE if request.method == "POST" else NOT_FOUND
    return UNAVAILABLE


async def _page(request: Request, status: int, sentence: str) -> Response:
    def page() -> Response:
        visit = Visit(request, None)
        return visit.page("told.html", status=status, sentence=sentence, back="/", task=None)

    values: dict[str, Any] = {"status_code": status}
    try:
        return await run_in_threadpool(page)
    except EngineError:
        return PlainTextResponse(sentence, **values)
