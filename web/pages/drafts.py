"""What owners work on: their drafts, something new, and every kind of file as text, without JavaScript."""

from __future__ import annotations

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Conflict, Finding, InvalidDefinition
from web.drafting import IDENTIFIER, KINDS, SUFFIXES, Opened, empty, opened
from web.pages.modeler import LONGEST_COMMENT, overtaken
from web.translation import _
from web.visits import CONFLICT, LARGEST_NUMBER, UNPROCESSABLE, Visit, go_to, whole_number


def overview(visit: Visit) -> Response:
    """Show the drafts of who asks, and begin something new."""
    return _overview(visit)


def _overview(visit: Visit, *, status: int = 200, wrong: str = "") -> Response:
    drafts = visit.engine.definition_drafts.of(visit.person.id)
    return visit.page("drafts.html", status=status, drafts=drafts, kinds=KINDS, wrong=wrong)


def begin(visit: Visit) -> Response:
    """Begin a new process, form or decision as a draft."""
    kind, id_, name = visit.field("kind"), visit.field("id").strip(), visit.field("name").strip()
    if kind not in KINDS or not IDENTIFIER.fullmatch(id_):
        wrong = _("Identyfikator zaczyna się literą i ma najwyżej 64 litery bez ogonków, cyfry, _ . albo -.")
        return _overview(visit, status=UNPROCESSABLE, wrong=wrong)
    if any((each.kind, each.id) == (kind, id_) for each in visit.engine.definitions()):
        return _overview(
            visit, status=CONFLICT, wrong=_("Taki identyfikator już jest: otwórz go w katalogu.")
        )
    content = empty(kind, id_, "".join(each for each in name if each.isprintable())[:200] or id_)
    try:
        visit.engine.definition_drafts.save(kind, id_, content, by=visit.person.id, based_on=0, revision=0)
    except Conflict:
        return _overview(visit, status=CONFLICT, wrong=_("Masz już szkic o takim identyfikatorze."))
    return go_to(f"/modeler/process/{id_}" if kind == "process" else f"/modeler/text/{kind}/{id_}")


def show(visit: Visit) -> Response:
    """Show a file as text."""
    open_ = opened(visit)
    return _text(visit, open_, open_.content.decode("utf-8-sig", "replace"))


def change(visit: Visit) -> Response:
    """Check, save, deploy or throw away what the text area has; a refusal keeps the text on the page."""
    open_ = opened(visit)
    verbs = {"check": _check, "save": _save, "deploy": _deploy, "discard": _discard}
    verb = verbs.get(visit.field("do"))
    if verb is None:
        raise HTTPException(UNPROCESSABLE)
    return verb(visit, open_, visit.field("text").replace("\r\n", "\n"))


def file(visit: Visit) -> Response:
    """Give what is being worked on as a file."""
    open_ = opened(visit)
    headers = {"Content-Disposition": f'attachment; filename="{quote(open_.id)}{SUFFIXES[open_.kind]}"'}
    kind = "application/json" if open_.kind == "form" else "application/xml"
    return Response(open_.content, media_type=kind, headers=headers)


def _check(visit: Visit, open_: Opened, text: str) -> Response:
    findings = visit.engine.check([(open_.file, text.encode())])
    return _text(visit, open_, text, findings=findings, told=_("Sprawdzono; nic nie zostało zapisane."))


def _save(visit: Visit, open_: Opened, text: str) -> Response:
    return _kept(visit, open_, text) or go_to(visit.request.url.path)


def _kept(visit: Visit, open_: Opened, text: str) -> Response | None:
    """Keep the draft; return the page that says why not, None where it was kept."""
    try:
        _keep(visit, open_, text)
    except InvalidDefinition as refused:
        told = _("Nie zapisano: tego nie da się otworzyć.")
        return _text(visit, open_, text, status=UNPROCESSABLE, findings=refused.findings, told=told)
    except Conflict:
        told = _(
            "Nie zapisano: ten szkic zmieniono w innym oknie. Skopiuj tekst i otwórz stronę jeszcze raz."
        )
        return _text(visit, open_, text, status=CONFLICT, told=told)
    return None


def _deploy(visit: Visit, open_: Opened, text: str) -> Response:
    refusal = _kept(visit, open_, text)
    if refusal is not None:
        return refusal
    try:
        visit.engine.deploy(
            [(open_.file, text.encode())],
            by=visit.person.id,
            comment=visit.field("comment").strip()[:LONGEST_COMMENT],
            based_on={open_.id: _number(visit, "based_on")},
        )
    except InvalidDefinition as refused:
        told = _("Nic nie zostało wdrożone: popraw błędy. Szkic jest zachowany.")
        return _text(visit, opened(visit), text, status=UNPROCESSABLE, findings=refused.findings, told=told)
    except Conflict:
        return _text(visit, opened(visit), text, status=CONFLICT, told=overtaken(opened(visit)))
    visit.engine.definition_drafts.discard(open_.kind, open_.id, by=visit.person.id)
    return go_to(f"/processes/{quote(open_.id)}" if open_.kind == "process" else "/processes")


def _discard(visit: Visit, open_: Opened, _text: str) -> Response:
    visit.engine.definition_drafts.discard(open_.kind, open_.id, by=visit.person.id)
    return go_to("/modeler")


def _keep(visit: Visit, open_: Opened, text: str) -> None:
    visit.engine.definition_drafts.save(
        open_.kind,
        open_.id,
        text.encode(),
        by=visit.person.id,
        based_on=_number(visit, "based_on"),
        revision=_number(visit, "revision"),
    )


def _number(visit: Visit, name: str) -> int:
    number = whole_number(visit.field(name), LARGEST_NUMBER)
    if number is None:
        raise HTTPException(UNPROCESSABLE)
    return number


def _text(
    visit: Visit,
    open_: Opened,
    text: str,
    *,
    status: int = 200,
    findings: list[Finding] | tuple[Finding, ...] = (),
    told: str = "",
) -> Response:
    return visit.page(
        "definition_text.html",
        status=status,
        open=open_,
        text=text,
        findings=findings,
        told=told,
        kind=KINDS[open_.kind],
        comment=visit.field("comment"),
    )
