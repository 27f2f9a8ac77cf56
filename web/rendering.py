"""Templates: one environment, everything escaped, text in the forms' Markdown without HTML."""

from __future__ import annotations

import string
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from engine import draw_characters
from web import words
from web.authorization import Action
from web.findings import message_of, remedy_of
from web.islands import Islands
from web.translation import Language, language, plain, plain_plural

if TYPE_CHECKING:
    from web.visits import Visit

_UNAVAILABLE = 503
_PATIENCE = (
    30  # seconds a program waits before it asks again (RFC 9110 §10.2.3); people are told "for a while"
)
TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Makes pages of templates."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        self._environment.policies["ext.i18n.trimmed"] = True
        self._environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
            plain, plain_plural, newstyle=True
        )
        self._environment.globals.update(words=words, Action=Action, language=language, Language=Language)
        self._environment.globals.update(request_id=_request_id, island=Islands().tags)
        self._environment.globals.update(message_of=message_of, remedy_of=remedy_of)
        self._environment.filters["markdown"] = _markdown

    def page(self, visit: Visit, template: str, *, status: int, **values: object) -> Response:
        """Return a page; every template sees the visit."""
        text = self._environment.get_template(template).render(visit=visit, **values)
        headers = {"Retry-After": str(_PATIENCE)} if status == _UNAVAILABLE else None
        return HTMLResponse(text, status_code=status, headers=headers)


def _request_id() -> str:
    """Return what tells two submissions of one form from two forms."""
    return draw_characters(string.ascii_letters + string.digits, 20)


def _markdown(text: str) -> Markup:
    """Return Markdown as HTML; HTML inside it stays text, headings begin below the page's own."""
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704 - html is off


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).disable("image")  # nothing is fetched from elsewhere
