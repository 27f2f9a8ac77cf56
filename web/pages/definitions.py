"""Process definitions: what is deployed, in words and as a file; checking and deploying files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Definition, Deployment, Finding, InvalidDefinition, NotFound
from web.authorization import Action
from web.drafting import SUFFIXES
from web.findings import message_of, remedy_of
from web.naming import definition_names, names_in_words
from web.outline import lines_of
from web.translation import _
from web.visits import NOT_FOUND, UNPROCESSABLE, Visit

MOST_FILES = 500  # a procedure's whole folder, scenarios and all
_DEPLOYED = (".bpmn", ".dmn", ".form", ".txt.j2", ".html.j2")


def overview(visit: Visit) -> Response:
    """Show the processes, each with its newest version."""
    known = visit.engine.definitions()
    processes = _newest(known, "process")
    called = {each for one in processes for each in visit.engine.used(one.id, one.version)["process"]}
    sees_files = visit.may(Action.DEPLOY) or visit.may(Action.SEE_ALL_INSTANCES)
    return visit.page(
        "processes.html",
        processes={
            _("Prowadzone sprawy"): [each for each in processes if each.id not in called],
            _("Wywoływane w ich toku"): [each for each in processes if each.id in called],
        },
        others={
            kind: _newest(known, kind) if sees_files else [] for kind in ("form", "decision", "template")
        },
        sees_files=sees_files,
        people=visit.engine.people.names({each.deployed_by for each in processes}),
    )


def show(visit: Visit) -> Response:
    """Show a process in words, with its versions."""
    process_id = visit.path("process_id")
    version = visit.version(visit.query("version")) if visit.query("version") else None
    try:
        outline = visit.engine.outline(process_id, version)
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    known = visit.engine.definitions()
    versions = [each for each in known if (each.kind, each.id) == ("process", process_id)]
    shown = next(each for each in versions if each.version == outline.version)
    names = definition_names(visit.engine)
    return visit.page(
        "process.html",
        outline=outline,
        lines=lines_of(outline, names=names_in_words(visit.engine, visit.groups)),
        drawn_as=_("Diagram procedury: %(name)s", name=outline.name),
        shown=shown,
        used=visit.engine.used(process_id, outline.version),
        names=names,
        people=visit.engine.people.names({each.deployed_by for each in versions}),
        findings=_findings(visit, shown) if visit.may(Action.DEPLOY) else (),
        waiting=visit.engine.open_instances(),
        versions=sorted(versions, key=lambda each: -each.version),
    )


def _findings(visit: Visit, shown: Definition) -> list[Finding]:
    """Return what the check of today says about a version; what refers to its own file is at home there."""
    content = visit.engine.definition_file("process", shown.id, shown.version)
    return visit.engine.check([(shown.file, content)])


def download(visit: Visit) -> Response:
    """Give the file of a version of a process, byte for byte as it was deployed."""
    return _file(visit, "process", visit.path("process_id"))


def download_any(visit: Visit) -> Response:
    """Give the file of a version of a process, form or decision, byte for byte."""
    return _file(visit, visit.path("kind"), visit.path("id"))


def _file(visit: Visit, kind: str, id_: str) -> Response:
    version = visit.version(visit.path("version"))
    try:
        content = visit.engine.definition_file(kind, id_, version).replace(b"\0", b"\n")  # text, then HTML
    except NotFound:
        raise HTTPException(NOT_FOUND) from None
    name = f"{id_}-{version}{SUFFIXES.get(kind, '.txt')}"
    safe = "".join(each if (each.isalnum() and each.isascii()) or each in "-_." else "_" for each in name)
    return Response(
        content,
        media_type={"form": "application/json", "template": "text/plain"}.get(kind, "application/xml"),
        headers={"Content-Disposition": f'attachment; filename="{safe}"'},
    )


def upload(visit: Visit) -> Response:
    """Show the form for files."""
    return _page(visit, ())


def deploy(visit: Visit) -> Response:
    """Check the files that were sent, and deploy them when asked to and nothing is wrong."""
    files = list(_files(visit))
    if visit.field("deploy") != "1":
        return _page(visit, visit.engine.check(files), refused=not files)
    try:
        deployment = visit.engine.deploy(files, by=visit.person.id)
    except InvalidDefinition as refused:
        return _page(visit, refused.findings, refused=True, status=UNPROCESSABLE)
    return _page(visit, deployment.findings, deployed=deployment)


def _page(
    visit: Visit,
    findings: Sequence[Finding],
    *,
    deployed: Deployment | None = None,
    refused: bool = False,
    status: int = 200,
) -> Response:
    told = [(each, message_of(each), remedy_of(each)) for each in findings]
    return visit.page("upload.html", status=status, findings=told, deployed=deployed, refused=refused)


def _files(visit: Visit) -> Iterator[tuple[str, bytes]]:
    """Yield the files sent one by one, and of a folder those that are deployed, each with its path in it."""
    for field in ("files", "folder"):
        for each in visit.form.getlist(field):
            name = str(each.filename or "") if isinstance(each, UploadFile) else ""
            if isinstance(each, UploadFile) and (field == "files" or name.endswith(_DEPLOYED)) and name:
                yield name, each.file.read()


def _newest(known: list[Definition], kind: str) -> list[Definition]:
    newest: dict[str, Definition] = {}
    for definition in known:
        seen = newest.get(definition.id)
        if definition.kind == kind and (seen is None or definition.version > seen.version):
            newest[definition.id] = definition
    return sorted(newest.values(), key=lambda each: each.name)
