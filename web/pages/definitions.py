"""Process definitions: what is deployed, in words and as a file; checking and deploying files."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Definition, InvalidDefinition, NotFound
from web.outline import lines_of
from web.translation import _
from web.visits import NOT_FOUND, UNPROCESSABLE, Visit

MOST_FILES = 20


def overview(visit: Visit) -> Response:
    """Show the processes, each with its newest version."""
    return visit.page("processes.html", processes=_newest(visit))


def show(visit: Visit) -> Response:
    """Show a process in words, with its versions."""
    process_id = visit.path("process_id")
    version = visit.version(visit.query("version")) if visit.query("version") else None
    try:
        outline = visit.engine.outline(process_id, version)
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    versions = [d for d in visit.engine.definitions() if d.kind == "process" and d.id == process_id]
    return visit.page(
        "process.html",
        outline=outline,
        lines=lines_of(outline),
        drawn_as=_("Diagram procedury: %(name)s", name=outline.name),
        versions=sorted(versions, key=lambda d: -d.version),
    )


def download(visit: Visit) -> Response:
    """Give the file of a version, byte for byte as it was deployed."""
    try:
        content = visit.engine.diagram(visit.path("process_id"), visit.version(visit.path("version")))
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    name = f"{visit.path('process_id')}-{visit.key('version')}.bpmn"
    safe = "".join(each if (each.isalnum() and each.isascii()) or each in "-_." else "_" for each in name)
    return Response(
        content,
        media_type="application/xml",
        headers={"Content-Disposition": f'attachment; filename="{safe}"'},
    )


def upload(visit: Visit) -> Response:
    """Show the form for files."""
    return visit.page("upload.html", findings=(), deployed=None, refused=False)


def deploy(visit: Visit) -> Response:
    """Check the files that were sent, and deploy them when asked to and nothing is wrong."""
    sent = [each for each in visit.form.getlist("files") if isinstance(each, UploadFile) and each.filename]
    files = [(str(each.filename), each.file.read()) for each in sent[:MOST_FILES]]
    if visit.field("deploy") != "1":
        return visit.page("upload.html", findings=visit.engine.check(files), deployed=None, refused=not files)
    try:
        deployment = visit.engine.deploy(files, by=visit.person.id)
    except InvalidDefinition as refused:
        return visit.page(
            "upload.html", status=UNPROCESSABLE, findings=refused.findings, deployed=None, refused=True
        )
    return visit.page("upload.html", findings=deployment.findings, deployed=deployment, refused=False)


def _newest(visit: Visit) -> list[Definition]:
    newest: dict[str, Definition] = {}
    for definition in visit.engine.definitions():
        known = newest.get(definition.id)
        if definition.kind == "process" and (known is None or definition.version > known.version):
            newest[definition.id] = definition
    return sorted(newest.values(), key=lambda each: each.name)
