"""Templates of mails and letters as deployed: kept by content like forms, bound to a case's version.

A template ``<procedure>/<name>`` is ``<procedure>/messages/<name>.txt.j2`` and, if there is one, the
``.html.j2`` beside it; stored as one content, the HTML behind a NUL. What it says is the handlers' business.

A case keeps its words: it uses the newest version from before its process got its next version. So a
correction of the words alone reaches every case of today's version, and a new version of the procedure brings
its own words to its own cases.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import NamedTuple

from engine.deployed import content_of
from engine.errors import NotFound
from engine.handling import MessageTemplate
from engine.store import Transaction, definitions, instances
from engine.store.rows import DefinitionRow, InstanceRow

KIND = "template"
MAX_BYTES = 64_000
TEXT, HTML = ".txt.j2", ".html.j2"
_PLACE = re.compile(r"(?:.*/)?([a-z0-9_-]{1,64})/messages/([a-z0-9_-]{1,64})\.(?:txt|html)\.j2")


def id_of(file: str) -> str | None:
    """Return the id of the template a file belongs to, None where its name and folder do not tell."""
    match = _PLACE.fullmatch(file.replace("\\", "/"))
    return None if match is None else f"{match[1]}/{match[2]}"


def joined(text: bytes, html: bytes) -> bytes:
    """Return the content that is stored of a template's two files; the same on every system."""
    return b"\0".join(each.replace(b"\r\n", b"\n") for each in (text, html))


def parted(content: bytes) -> tuple[bytes, bytes]:
    """Return the two files of a stored content; the HTML is empty where there is none."""
    text, _, html = content.partition(b"\0")
    return text, html


def bound(tx: Transaction, template_id: str, instance: InstanceRow) -> DefinitionRow | None:
    """Return the version of a template that an instance uses, None where none was ever deployed.

    The newest from before the next version of its process and of its case's process; a process called in a
    version of its own may name what came with that version only. For a version older than its templates: the
    first of them.
    """
    root = instances.read(tx, instance.root_key) if instance.root_key != instance.key else None
    involved = [instance] if root is None else [instance, root]
    versions = _versions(tx, template_id, involved)
    own, *others = (_superseded(tx, each) for each in involved)
    known_ends = [each for each in (own, *others) if each is not None]
    for end in (min(known_ends, default=None), own):
        for row in versions:
            if end is None or (row.deployed_at, row.deployment_key) < end:
                return row
    return versions[-1] if versions else None


def read(tx: Transaction, template_id: str, version: int) -> MessageTemplate:
    """Return a version of a template; raises ``NotFound``, ``Damaged``."""
    row = definitions.by_version(tx, KIND, template_id, version)
    if row is None:
        raise NotFound(f"expected version {version} of the template '{template_id}', but there is none")
    text, html = parted(content_of(tx, row))
    return MessageTemplate(
        id=row.id, version=row.version, sha256=row.sha256, text=text.decode(), html=html.decode()
    )


def _versions(tx: Transaction, template_id: str, involved: Sequence[InstanceRow]) -> Sequence[DefinitionRow]:
    """Return the versions of a template, the newest first.

    One without its procedure is that of the case's own procedure, whatever others have deployed; where the
    case does not tell its procedure, the only one there is.
    """
    if "/" in template_id:
        return definitions.versions(tx, KIND, template_id)
    ending = f"/{template_id}"
    named = {row.id for row in definitions.query(tx, kind=KIND) if row.id.endswith(ending)}
    for procedures in _procedures(tx, involved):
        if len(own := named & {procedure + ending for procedure in procedures}) == 1:
            return definitions.versions(tx, KIND, own.pop())
    return definitions.versions(tx, KIND, named.pop()) if len(named) == 1 else ()


def _procedures(tx: Transaction, involved: Sequence[InstanceRow]) -> Iterator[set[str]]:
    """Yield what a case's procedure may be: its diagram's folder, then that of words deployed with it."""
    drawn = [row for each in involved if (row := definitions.by_key(tx, each.definition_key)) is not None]
    for row in drawn:
        yield {PurePosixPath(row.file.replace("\\", "/")).parent.name}
    for row in drawn:
        together = definitions.of_deployment(tx, row.deployment_key)
        yield {each.id.partition("/")[0] for each in together if each.kind == KIND}


def _superseded(tx: Transaction, instance: InstanceRow) -> tuple[int, int] | None:
    """Return when the next version of an instance's process was deployed, None where there is none yet."""
    newer = definitions.following(tx, "process", instance.process_id, instance.version)
    return None if newer is None else (newer.deployed_at, newer.deployment_key)


def complaint(template_id: str, content: bytes, check: Callable[[str, str, str], str]) -> str:
    """Return what is wrong with a template that shall be deployed, "" for nothing."""
    if len(content) > MAX_BYTES or content.count(b"\0") > 1:
        return f"expected at most {MAX_BYTES} bytes and no NUL in {template_id}, but it is not so"
    try:
        text, html = (each.decode() for each in parted(content))
    except UnicodeDecodeError as error:
        return f"expected UTF-8 in the template {template_id}, but byte {error.start} is not"
    return check(template_id, text, html)


class Gathered(NamedTuple):
    """The templates among files (id → its file, its content), and the files that are none of them.

    Those ``misplaced`` lie in no ``messages`` folder of a procedure, or are an HTML with no text beside it;
    those given ``twice`` say something else than another file of the same template.
    """

    found: dict[str, tuple[str, bytes]]
    misplaced: list[str]
    twice: list[str]


def gathered(files: Iterable[tuple[str, bytes]]) -> Gathered:
    """Return what files say of templates; an HTML belongs to the text in its own folder."""
    result = Gathered({}, [], [])
    given: dict[str, bytes] = {}
    for file, content in files:
        if file.endswith((TEXT, HTML)) and given.setdefault(file, content) != content:
            result.twice.append(file)
    for file, content in given.items():
        beside = file.removesuffix(HTML).removesuffix(TEXT)
        template_id = id_of(file)
        if template_id is None or beside + TEXT not in given:
            result.misplaced.append(file)
        elif file.endswith(TEXT):
            whole = joined(content, given.get(beside + HTML, b""))
            if result.found.setdefault(template_id, (file, whole))[1] != whole:
                result.twice.append(file)
    return result


def template_digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256, as deployed versions have it, of each template among files, by id."""
    found = gathered(files.items()).found
    return {each: hashlib.sha256(content).hexdigest() for each, (_, content) in found.items()}
