"""The application: every route with what one must be allowed to do, errors as polite pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from engine import EngineError, ProcessEngine
from web import refusals
from web.attempts import Attempts
from web.authorization import Action
from web.deviations import Deviation
from web.headers import SecurityHeaders
from web.identity import Identity
from web.pages import (
    accessibility,
    authorisations,
    cases,
    definitions,
    demonstration,
    drafts,
    groups,
    incidents,
    instances,
    journals,
    languages,
    letters,
    modeler,
    operations,
    people,
    receipts,
    reconciliations,
    registers,
    replays,
    secrets,
    signing_in,
    starts,
    tasks,
    worklist,
)
from web.pages import deviations as deviations_page
from web.pages import reports as reports_page
from web.pages import sheets as sheets_page
from web.pages.reports import Reports
from web.rendering import Pages
from web.routing import route
from web.translation import Languages

STATIC = Path(__file__).parent / "static"


class Sent(NamedTuple):
    """A mail or a text message a demonstration has sent."""

    to: str
    subject: str
    text: str
    attachments: tuple[str, ...] = ()
    number: int = 0


class Attachment(NamedTuple):
    """What was attached to a mail of a demonstration."""

    name: str
    content_type: str
    content: bytes


class OutsideSystem(NamedTuple):
    """A system outside that a demonstration stands in for, and where its pages are."""

    name: str
    address: str


class Demonstration(Protocol):
    """What a demonstration shows of the outside."""

    def messages(self) -> Sequence[Sent]:
        """Return the mails sent, the newest first."""

    def texts(self) -> Sequence[Sent]:
        """Return the text messages sent, the newest first."""

    def systems(self) -> Sequence[OutsideSystem]:
        """Return the systems outside that have pages of their own."""

    def attachment(self, number: int, part: int) -> Attachment | None:
        """Return what was attached to a mail, None where there is no such thing."""


def create_application(
    engine: ProcessEngine,
    *,
    demonstration: Demonstration | None = None,
    identity: Identity | None = None,
    reports: Reports | None = None,
    extract: registers.Extract | None = None,
    sheets: Mapping[str, sheets_page.Sheet] | None = None,
    reconcile: reconciliations.Reconcile | None = None,
    deviations: Sequence[Deviation] = (),
) -> Starlette:
    """Return the web application over an engine; ``demonstration`` adds what only a demonstration has.

    ``identity`` is whose pages they are, ``reports`` takes in what gateways report, ``extract`` sets
    extracts of registers as PDF, ``sheets`` the sheets forms name in ``obieg:sheet``, by name;
    ``reconcile`` compares registers with a list of another system, ``deviations`` are the readings of the
    procedures' texts that come with them.
    """
    application = Starlette(
        routes=[
            *_routes(),
            *(_demonstration() if demonstration is not None else ()),
            *_technical(),
            *([reports_page.route(reports)] if reports is not None else ()),
        ],
        middleware=[
            Middleware(Languages),
            Middleware(SecurityHeaders),
            Middleware(ServerErrorMiddleware, handler=refusals.broken),  # inside: its page has the headers
        ],
        exception_handlers={HTTPException: refusals.refused, EngineError: refusals.failed},
    )
    application.state.engine = engine
    application.state.pages = Pages()
    application.state.demonstration = demonstration
    application.state.attempts = Attempts(engine.accounts)
    application.state.identity = identity or Identity()
    application.state.extract = extract
    application.state.reconcile = reconcile
    application.state.deviations = deviations
    application.state.sheets = sheets or {}
    return application


def _routes() -> list[BaseRoute]:
    return [
        route("/", instances.of_number, Action.SEE_DEFINITIONS),
        route("/sign-in", signing_in.show, Action.SIGN_IN),
        route("/sign-in", signing_in.sign_in, Action.SIGN_IN, post=True),
        route("/sign-out", signing_in.sign_out, Action.SIGN_IN, post=True),
        route("/language", languages.choose, Action.SIGN_IN, post=True),
        route("/dostepnosc", accessibility.statement, Action.SIGN_IN),
        route("/office.css", accessibility.colours, Action.SIGN_IN),
        route("/tasks", worklist.show, Action.SEE_TASKS),
        route("/tasks/next", worklist.take_next, Action.WORK, post=True),
        route("/tasks/claim", worklist.take_several, Action.WORK, post=True),
        route("/tasks/filters", worklist.keep_filter, Action.SEE_TASKS, post=True),
        route("/tasks/{key}", tasks.show, Action.WORK),
        route("/tasks/{key}/claim", tasks.claim, Action.WORK, post=True),
        route("/tasks/{key}/unclaim", tasks.unclaim, Action.WORK, post=True),
        route("/tasks/{key}/assign", tasks.assign, Action.ASSIGN, post=True),
        route("/tasks/{key}/complete", tasks.complete, Action.WORK, post=True, keeps=tasks.keep),
        route("/tasks/{key}/secrets", secrets.show, Action.REVEAL),
        route("/tasks/{key}/secrets", secrets.reveal, Action.REVEAL, post=True),
        route("/start", starts.overview, Action.START),
        route("/start/{process_id}", starts.show, Action.START),
        route("/start/{process_id}", starts.start, Action.START, post=True, keeps=starts.keep),
        route("/instances", instances.overview, Action.SEE_INSTANCES),
        route("/instances/{key}", cases.show, Action.SEE_INSTANCES),
        route("/instances/{key}/receipt", receipts.show, Action.SEE_INSTANCES),
        route("/instances/{key}/files/{reference}", receipts.file, Action.SEE_INSTANCES),
        route("/instances/{key}/reveal", cases.reveal, Action.SEE_PERSONAL, post=True),
        route("/instances/{key}/documents/{reference}", cases.document, Action.SEE_PERSONAL, post=True),
        route("/instances/{key}/sheets/{sheet}", sheets_page.download, Action.SEE_PERSONAL, post=True),
        route("/instances/{key}/replay", replays.show, Action.SEE_HISTORY),
        route("/instances/{key}/replay", replays.reveal, Action.REVEAL_HISTORY, post=True),
        route("/instances/{key}/course.json", replays.course, Action.SEE_HISTORY),
        route("/instances/{key}/suspend", operations.suspend, Action.OPERATE, post=True),
        route("/instances/{key}/activate", operations.activate, Action.OPERATE, post=True),
        route("/instances/{key}/cancel", operations.cancel, Action.OPERATE, post=True),
        route("/instances/{key}/verify", replays.verify, Action.SEE_HISTORY, post=True),
        route("/instances/{key}/export", replays.export, Action.REVEAL_HISTORY, post=True),
        route("/account", people.account, Action.SIGN_IN),
        route("/account", people.choose_password, Action.SEE_DEFINITIONS, post=True),
        route("/people", people.overview, Action.MANAGE_PEOPLE),
        route("/people/new", people.new, Action.MANAGE_PEOPLE),
        route("/people/new", people.add, Action.MANAGE_PEOPLE, post=True),
        route("/people/{person_id}", people.show, Action.MANAGE_PEOPLE),
        route("/people/{person_id}", people.change, Action.MANAGE_PEOPLE, post=True),
        route("/people/{person_id}/active", people.activate, Action.MANAGE_PEOPLE, post=True),
        route("/people/{person_id}/password", people.reset_password, Action.MANAGE_PEOPLE, post=True),
        route("/groups", groups.overview, Action.MANAGE_PEOPLE),
        route("/groups/name", groups.show, Action.MANAGE_PEOPLE),
        route("/groups/name", groups.call, Action.MANAGE_PEOPLE, post=True),
        route("/registers", registers.overview, Action.SEE_REGISTERS),
        route("/registers/{name}", registers.show, Action.SEE_REGISTERS),
        route("/registers/{name}/csv", registers.download, Action.SEE_REGISTERS),
        route("/registers/{name}/pdf", registers.extract, Action.SEE_REGISTERS),
        route("/counter", journals.counter, Action.SEE_REGISTERS),
        route("/registers/{name}/new", journals.show, Action.RESOLVE_REGISTERS),
        route("/registers/{name}/new", journals.write, Action.RESOLVE_REGISTERS, post=True),
        route("/registers/{name}/cards", journals.cards, Action.RESOLVE_REGISTERS, post=True),
        route("/registers/{name}/{number}/resolve", registers.resolve, Action.RESOLVE_REGISTERS, post=True),
        route("/reconciliations", reconciliations.show, Action.SEE_REGISTERS),
        route("/reconciliations", reconciliations.compare, Action.SEE_REGISTERS, post=True),
        route("/deviations", deviations_page.show, Action.SEE_DEVIATIONS),
        route("/deviations/csv", deviations_page.download, Action.SEE_DEVIATIONS),
        route("/deviations/pdf", deviations_page.extract, Action.SEE_DEVIATIONS),
        route(
            "/deviations/{procedure}/{number}", deviations_page.approved, Action.APPROVE_DEVIATIONS, post=True
        ),
        route("/authorisations", authorisations.overview, Action.SEE_REGISTERS),
        route("/authorisations/csv", authorisations.download, Action.SEE_REGISTERS),
        route("/authorisations/pdf", authorisations.extract, Action.SEE_REGISTERS),
        route("/authorisations/{number}", authorisations.show, Action.SEE_REGISTERS),
        route("/letters", letters.overview, Action.HANDLE_MAIL),
        route("/letters/{register}/{number}", letters.show, Action.HANDLE_MAIL),
        route("/letters/{register}/{number}/close", letters.close, Action.HANDLE_MAIL, post=True),
        route("/letters/{register}/{number}/forward", letters.forward, Action.HANDLE_MAIL, post=True),
        route("/letters/{register}/{number}/files/{at}", letters.file, Action.HANDLE_MAIL, post=True),
        route("/incidents", incidents.overview, Action.SEE_INCIDENTS),
        route("/incidents/resolve", incidents.resolve_kind, Action.RESOLVE_INCIDENTS, post=True),
        route("/incidents/{key}", incidents.show, Action.SEE_INCIDENTS),
        route("/incidents/{key}/resolve", incidents.resolve, Action.RESOLVE_INCIDENTS, post=True),
        *_operations(),
        route("/processes", definitions.overview, Action.SEE_DEFINITIONS),
        route("/processes/deploy", definitions.upload, Action.DEPLOY),
        route(
            "/processes/deploy", definitions.deploy, Action.DEPLOY, post=True, files=definitions.MOST_FILES
        ),
        route("/modeler", drafts.overview, Action.DEPLOY),
        route("/modeler/new", drafts.begin, Action.DEPLOY, post=True),
        route("/modeler/text/{kind}/{id}", drafts.show, Action.DEPLOY),
        route("/modeler/text/{kind}/{id}", drafts.change, Action.DEPLOY, post=True),
        route("/modeler/text/{kind}/{id}/file", drafts.file, Action.DEPLOY),
        route("/modeler/templates", modeler.templates, Action.DEPLOY),
        route("/modeler/process/{id}", modeler.show, Action.DEPLOY),
        route("/modeler/process/{id}/file", modeler.file, Action.DEPLOY),
        route("/modeler/process/{id}/check", modeler.check, Action.DEPLOY, post=True),
        route("/modeler/process/{id}/save", modeler.save, Action.DEPLOY, post=True),
        route("/modeler/process/{id}/opinion", modeler.opinion, Action.DEPLOY, post=True),
        route("/modeler/process/{id}/changes", modeler.changes, Action.DEPLOY, post=True),
        route("/modeler/process/{id}/deploy", modeler.deploy, Action.DEPLOY, post=True),
        route("/processes/{process_id}", definitions.show, Action.SEE_DEFINITIONS),
        route("/processes/{process_id}/{version}/file", definitions.download, Action.SEE_DEFINITIONS),
        route(
            "/definitions/{kind}/{id:path}/{version}/file", definitions.download_any, Action.SEE_DEFINITIONS
        ),
    ]


def _operations() -> list[BaseRoute]:
    place = "/operations/processes/{process_id}"
    return [
        route("/operations", operations.overview, Action.SEE_INCIDENTS),
        route("/operations/timers", operations.timers, Action.SEE_INCIDENTS),
        route("/operations/batches", operations.batches, Action.SEE_INCIDENTS),
        route("/operations/jobs/{key}/retry", operations.retry_job, Action.OPERATE, post=True),
        route(place, operations.process, Action.SEE_INCIDENTS),
        route(f"{place}/elements/{{element_id}}", operations.element, Action.SEE_INCIDENTS),
        route(f"{place}/suspend", operations.suspend_process, Action.OPERATE, post=True),
        route(f"{place}/activate", operations.activate_process, Action.OPERATE, post=True),
    ]


def _demonstration() -> list[BaseRoute]:
    return [
        route("/sign-in/invented", signing_in.sign_in_invented, Action.SIGN_IN, post=True),
        route("/demonstration", demonstration.outbox, Action.SEE_DEFINITIONS),
        route("/demonstration/mails/{number}/{part}", demonstration.attachment, Action.SEE_DEFINITIONS),
        route("/demonstration/clock", demonstration.move_clock, Action.SEE_DEFINITIONS, post=True),
    ]


def _technical() -> list[BaseRoute]:
    return [
        Route("/health/live", _live),
        Route("/health/ready", _ready),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


async def _live(request: Request) -> Response:
    """Say that this program answers."""
    return PlainTextResponse("ok")


async def _ready(request: Request) -> Response:
    """Say that this program reaches its database."""
    await run_in_threadpool(request.app.state.engine.now)
    return PlainTextResponse("ok")
