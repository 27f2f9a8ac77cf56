"""Message templates: owners edit them, so they can show values, choose and list, and do nothing else
(``security.md`` §6).

A template is deployed with its procedure (``engine.message_templates``); one that never was is looked for in
the office's folders. It is a file ``<id>.txt.j2`` whose first line is ``Subject: …``, beside it an optional
``<id>.html.j2``. Two fences: only the syntax listed here is let in, and what is let in runs in Jinja's
immutable sandbox without globals. Values are plain texts, numbers and dates; references of secrets are taken
out, so a secret has no placeholder.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import StrictUndefined, TemplateError, Undefined, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from engine import WARSAW, JobContext

SOURCE_LIMIT = 32_000
OUTPUT_LIMIT = 200_000
_ID = re.compile(r"(?:([a-z0-9_-]{1,64})/)?([a-z0-9_-]{1,64})")
_SUBJECT = re.compile(r"[\w .,:()/–-]{1,120}")
_SYNTAX = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.Getitem, nodes.Const,
    nodes.Filter, nodes.Test, nodes.If, nodes.For, nodes.CondExpr, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
_TESTS = ("defined", "undefined", "none")
_SECRET_NAME = re.compile(r".*_ref")


class InvalidTemplate(Exception):
    """The template cannot be used as it is; the text says which one and why."""


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A message ready to be sent; ``html`` is empty when the template has none, ``sha256`` is of the
    sources.
    """

    subject: str
    text: str
    html: str
    sha256: str


def render_for(
    context: JobContext, folders: Iterable[Path], template_id: str, variables: Mapping[str, Any]
) -> Rendered:
    """Render the template deployed with the case's version of its process, and have the case keep which it
    was; one that was never deployed is taken from the folders. Raises as ``render``.
    """
    if _ID.fullmatch(template_id) is None:
        raise _no_id(template_id)
    deployed = context.message_template(template_id)
    if deployed is None:
        return render(folders, template_id, variables)
    return _rendered(template_id, deployed.text, deployed.html, variables)


def render(folders: Iterable[Path], template_id: str, variables: Mapping[str, Any]) -> Rendered:
    """Render ``id`` or ``procedure/id`` from the first folder that has it
    (``processes/<procedure>/messages``).

    Raises ``InvalidTemplate`` for a template that is missing, too long, uses what is not allowed, or needs a
    variable the case does not have.
    """
    path = _locate(folders, template_id)
    beside = path.with_name(path.name.removesuffix(".txt.j2") + ".html.j2")
    html = _source(beside) if beside.is_file() else ""
    return _rendered(template_id, _source(path), html, variables)


def complaint(template_id: str, text: str, html: str) -> str:
    """Return what is wrong with a template before anybody fills it in, "" for nothing."""
    try:
        for source in (text, html):
            if len(source.encode()) > SOURCE_LIMIT:
                return f"expected at most {SOURCE_LIMIT} bytes in {template_id}, but it has more"
        subject, body = _parts(template_id, text)
        for environment, source in ((_PLAIN, subject), (_PLAIN, body), (_HTML, html)):
            _require_allowed(template_id, environment.parse(source))
            environment.compile(source)  # filters and tests that there are not
    except InvalidTemplate as error:
        return str(error)
    except TemplateError as error:
        return f"template {template_id} cannot be used: {error.message}"
    return ""


def _rendered(template_id: str, text: str, html: str, variables: Mapping[str, Any]) -> Rendered:
    first, body = _parts(template_id, text)
    values = _plain_mapping(variables)
    subject = _fill(_PLAIN, template_id, first, values)
    return Rendered(
        subject=checked_subject(template_id, subject),
        text=_fill(_PLAIN, template_id, body, values),
        html=_fill(_HTML, template_id, html, values) if html else "",
        sha256=hashlib.sha256(f"{text}\0{html}".encode()).hexdigest(),
    )


def _parts(template_id: str, text: str) -> tuple[str, str]:
    """Return the sources of the subject and of the body."""
    first, _, body = text.partition("\n")
    if not first.startswith("Subject: "):
        raise InvalidTemplate(
            f"expected the first line of template {template_id} to be 'Subject: …', but it is not"
        )
    return first.removeprefix("Subject: "), body.lstrip("\n")


def _no_id(template_id: str) -> InvalidTemplate:
    return InvalidTemplate(f"expected a template id such as zszo03/pakiet, but got {template_id[:80]!r}")


def _locate(folders: Iterable[Path], template_id: str) -> Path:
    match = _ID.fullmatch(template_id)
    if match is None:
        raise _no_id(template_id)
    procedure, name = match.groups()
    for folder in folders:
        path = folder / f"{name}.txt.j2"
        if path.is_file() and procedure in (None, folder.name, folder.parent.name):
            return path
    raise InvalidTemplate(f"expected a file {name}.txt.j2 in a messages folder, but there is none")


def _source(path: Path) -> str:
    raw = path.read_bytes()
    if len(raw) > SOURCE_LIMIT:
        raise InvalidTemplate(f"expected at most {SOURCE_LIMIT} bytes in {path.name}, but it has {len(raw)}")
    try:
        return raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise InvalidTemplate(f"expected UTF-8 in {path.name}, but byte {error.start} is not") from None


def checked_subject(template_id: str, subject: str) -> str:
    """Return a subject that cannot smuggle headers or encoded words (CVE-2024-6923)."""
    subject = subject.strip(" ")
    if _SUBJECT.fullmatch(subject) is None or "=?" in subject:
        raise InvalidTemplate(
            f"expected the subject of {template_id} to be fixed text and a case number "
            "(letters, digits, spaces and . , : ( ) / -, at most 120), but it has something else"
        )
    return subject


def _fill(
    environment: ImmutableSandboxedEnvironment, template_id: str, source: str, values: dict[str, Any]
) -> str:
    try:
        tree = environment.parse(source)
        _require_allowed(template_id, tree)
        pieces: list[str] = []
        room = OUTPUT_LIMIT
        for piece in environment.from_string(tree).generate(values):
            room -= len(piece.encode())
            if room < 0:
                raise InvalidTemplate(f"expected template {template_id} to give at most {OUTPUT_LIMIT} bytes")
            pieces.append(piece)
    except TemplateError as error:
        raise InvalidTemplate(f"template {template_id} cannot be filled in: {error.message}") from None
    except (TypeError, ValueError) as error:
        raise InvalidTemplate(f"template {template_id} cannot be filled in: {error}") from None
    return "".join(pieces)


def _require_allowed(template_id: str, tree: nodes.Template) -> None:
    """Refuse calls, assignments, imports, arithmetic and nested loops: with them a template could run on
    for ever.
    """
    for node in tree.find_all(nodes.Node):
        name = type(node).__name__.lower()
        if not isinstance(node, _SYNTAX):
            raise InvalidTemplate(f"line {node.lineno} of {template_id} uses {name}, which templates may not")
        if isinstance(node, nodes.For) and (node.recursive or node.find(nodes.For) is not None):
            raise InvalidTemplate(
                f"line {node.lineno} of {template_id} has a loop in a loop, which templates may not"
            )
        if isinstance(node, nodes.Name) and _SECRET_NAME.fullmatch(node.name):
            raise InvalidTemplate(
                f"line {node.lineno} of {template_id} names {node.name}: secrets have no placeholder"
            )


def _plain_mapping(variables: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in variables.items() if not _SECRET_NAME.fullmatch(name)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _plain_mapping(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | bool | int | Decimal | dt.date | dt.time):
        return value
    return str(value)


def show(value: Any) -> Any:
    """Return a value as a Polish reader expects it; anything that is not a plain value is refused."""
    if isinstance(value, str | Undefined):  # printing something undefined raises by itself
        return value
    if isinstance(value, bool):
        return "tak" if value else "nie"
    if isinstance(value, dt.datetime):
        return f"{_local(value):%d.%m.%Y, %H:%M}"
    if isinstance(value, dt.date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, int | Decimal):
        return str(value).replace(".", ",")
    if value is None:
        return ""
    raise TypeError(f"expected a text, number or date to show, but got {type(value).__name__}")


def _local(value: dt.datetime) -> dt.datetime:
    return value.astimezone(WARSAW) if value.tzinfo else value


def _day(value: object) -> str:
    if not isinstance(value, dt.date):
        raise TypeError(f"expected a date for the filter data, but got {type(value).__name__}")
    day = _local(value).date() if isinstance(value, dt.datetime) else value
    return f"{day:%d.%m.%Y}"


def _hour(value: object) -> str:
    if not isinstance(value, dt.datetime | dt.time):
        raise TypeError(f"expected a time for the filter godzina, but got {type(value).__name__}")
    return f"{_local(value) if isinstance(value, dt.datetime) else value:%H:%M}"


def _joined(values: Iterable[Any]) -> str:
    return ", ".join(str(show(value)) for value in values)


def _default(value: Any, other: str) -> Any:
    return other if isinstance(value, Undefined) or value in (None, "") else value


def _environment(*, autoescape: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=autoescape, finalize=show, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    known = environment.filters
    kept = ("upper", "lower", "capitalize", "trim", "length", "first", "last", "escape", "e")
    environment.filters = {
        **{name: known[name] for name in kept},
        "default": _default, "data": _day, "godzina": _hour, "lista": _joined,
    }  # fmt: skip
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    environment.globals.clear()
    return environment


_PLAIN = _environment(autoescape=False)
_HTML = _environment(autoescape=True)
