"""The modeler: its page, and what it asks the server while somebody draws. Answers are JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from engine import Conflict, Definition, InvalidDefinition, Unavailable
from web import findings as said
from web.drafting import Opened, opened
from web.headers import MODELER_POLICY
from web.translation import _, ngettext
from web.visits import CONFLICT, LARGEST_NUMBER, UNPROCESSABLE, Visit, whole_number

MOST_BYTES = 2 * 1024 * 1024
LONGEST_COMMENT = 500


def show(visit: Visit) -> Response:
    """Show the editor of a process."""
    open_ = opened(visit)
    place = f"/modeler/process/{quote(open_.id)}"
    session = visit.session
    given = {
        "source": f"{place}/file",
        "templates": "/modeler/templates",
        "addresses": {name: f"{place}/{name}" for name in ("check", "save", "opinion", "changes", "deploy")},
        "token": session.form_token if session is not None else "",
        "based_on": open_.based_on,
        "revision": open_.revision,
        "office": _office(visit),
    }
    page = visit.page("modeler.html", open=open_, given=given)
    page.headers["Content-Security-Policy"] = MODELER_POLICY
    return page


def file(visit: Visit) -> Response:
    """Give the diagram to edit: the draft of who asks, else the newest version."""
    return Response(opened(visit).content, media_type="application/xml")


def templates(visit: Visit) -> Response:
    """Give the element templates by which tasks are configured."""
    files = b",".join(visit.engine.element_template_files())
    return Response(b"[" + files + b"]", media_type="application/json")


def check(visit: Visit) -> Response:
    """Say what the check has to say about the diagram as it stands; nothing is kept."""
    open_ = opened(visit)
    return _found(visit.engine.check([(open_.file, _sent(visit))]))


def opinion(visit: Visit) -> Response:
    """Explore all runs and ask the other engine, where the check finds no error."""
    open_ = opened(visit)
    files = [(open_.file, _sent(visit))]
    try:
        sentences = said.proof(visit.engine.soundness(files))
        sentences += said.opinion(visit.engine.second_opinion(files))
    except InvalidDefinition as refused:
        told = _("Najpierw popraw błędy: dopiero bez nich można zbadać przebiegi.")
        return _found(refused.findings, status=UNPROCESSABLE, told=told)
    except Unavailable:
        sentences = [_("Drugi silnik nie odpowiada; spróbuj później.")]
    return JSONResponse({"opinion": " ".join(sentences), "told": _("Zbadano przebiegi.")})


def save(visit: Visit) -> Response:
    """Keep the diagram as the draft of who asks."""
    open_, content = opened(visit), _sent(visit)
    revision, based_on = _number(visit, "revision"), _number(visit, "based_on")
    drafts = visit.engine.definition_drafts
    try:
        draft = drafts.save(
            "process", open_.id, content, by=visit.person.id, based_on=based_on, revision=revision
        )
    except InvalidDefinition as refused:
        return _found(
            refused.findings, status=UNPROCESSABLE, told=_("Nie zapisano: tego nie da się otworzyć.")
        )
    except Conflict:
        told = _(
            "Nie zapisano: ten szkic zmieniono w innym oknie. Skopiuj, co potrzebne, i otwórz stronę od nowa."
        )
        return JSONResponse({"told": told}, status_code=CONFLICT)
    return JSONResponse({"revision": draft.revision, "told": _("Szkic zapisany.")})


def changes(visit: Visit) -> Response:
    """Say what deploying would touch: elements, and the open cases that stand at them."""
    open_, content = opened(visit), _sent(visit)
    try:
        found = visit.engine.changes(open_.id, content)
    except InvalidDefinition as refused:
        return _found(refused.findings, status=UNPROCESSABLE)
    if not open_.newest:
        sentence = _("To pierwsza wersja tej procedury.")
    elif found:
        sentence = _("Zmienia się względem wersji %(version)s:", version=open_.newest)
    else:
        sentence = _("Względem wersji %(version)s zmienia się najwyżej rysunek.", version=open_.newest)
    listed = [
        {
            "change": str(each.change),
            "id": each.element_id,
            "name": each.name,
            "waiting": _waiting(each.waiting),
        }
        for each in found
    ]
    return JSONResponse({"said": sentence, "changes": listed})


def _waiting(count: int) -> str:
    return (
        ngettext(
            "stoi tu %(num)s sprawa; zostaje w swojej wersji",
            "stoją tu %(num)s sprawy; zostają w swoich wersjach",
            count,
        )
        if count
        else ""
    )


def deploy(visit: Visit) -> Response:
    """Deploy the diagram as a new version, the check willing; the draft goes when it was deployed."""
    open_, content = opened(visit), _sent(visit)
    comment = visit.field("comment").strip()[:LONGEST_COMMENT]
    try:
        visit.engine.deploy(
            [(open_.file, content)],
            by=visit.person.id,
            comment=comment,
            based_on={open_.id: _number(visit, "based_on")},
        )
    except InvalidDefinition as refused:
        told = _("Nic nie zostało wdrożone: popraw błędy. Szkic jest zachowany.")
        return _found(refused.findings, status=UNPROCESSABLE, told=told)
    except Conflict:
        return JSONResponse({"told": overtaken(open_)}, status_code=CONFLICT)
    visit.engine.definition_drafts.discard("process", open_.id, by=visit.person.id)
    return JSONResponse({"address": f"/processes/{quote(open_.id)}"})


def overtaken(open_: Opened) -> str:
    """Return what to do where somebody has deployed meanwhile."""
    return _(
        "Nic nie zostało wdrożone: ktoś tymczasem wdrożył wersję %(version)s. Szkic jest zachowany. Obejrzyj "
        "tę wersję w katalogu, pobierz swój szkic, porzuć go i nanieś zmiany na nową wersję.",
        version=open_.newest,
    )


def _found(findings: Any, *, status: int = 200, **more: str) -> Response:
    told: Mapping[str, Any] = {"findings": said.as_data(findings), "summary": said.summary(findings), **more}
    return JSONResponse(dict(told), status_code=status)


def _sent(visit: Visit) -> bytes:
    sent = visit.form.get("xml")
    if not isinstance(sent, UploadFile):
        raise HTTPException(UNPROCESSABLE)
    return sent.file.read(MOST_BYTES + 1)  # one byte more: the check says that it is too large


def _number(visit: Visit, name: str) -> int:
    number = whole_number(visit.field(name), LARGEST_NUMBER)
    if number is None:
        raise HTTPException(UNPROCESSABLE)
    return number


def _office(visit: Visit) -> dict[str, list[str]]:
    """Return what the panel lets somebody choose from."""
    known = visit.engine.definitions()
    return {
        "forms": _ids(known, "form"),
        "decisions": _ids(known, "decision"),
        "processes": _ids(known, "process"),
        "jobTypes": list(visit.engine.handled_types()),
    }


def _ids(known: list[Definition], kind: str) -> list[str]:
    return sorted({each.id for each in known if each.kind == kind})
