"""What the pages of the reference systems share: the frame, who may send a form, a few pieces of HTML.

No JavaScript and no cookies: what a page has to remember is in its form. They are served on this machine
only, in a demonstration or a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from demo.http_server import LARGEST_BODY, Answer, Request

STYLE = "wyglad.css"
_CSS = Path(__file__).parent / "data" / "pages.css"
_CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store"),
    ("Content-Security-Policy", _CONTENT_POLICY), ("X-Content-Type-Options", "nosniff"),
)  # fmt: skip
WRONG = "Błąd: "  # how the title of a page with errors begins
_OWN_SITE = ("", "same-origin", "none")  # Sec-Fetch-Site of a form of ours, or of no browser


class Frame(NamedTuple):
    """Whose pages they are: ``root`` is the path they are under, ``places`` their links: path, name.

    ``name`` is in the title of every page, ``banner`` (HTML) above it.
    """

    root: str
    name: str
    banner: str
    places: Sequence[tuple[str, str]]

    def page(self, title: str, content: str, *, status: int = 200, here: str | None = None) -> Answer:
        """Return a page; ``content`` is HTML, ``here`` the path of the link it is the page of."""
        links = "".join(
            f'<li><a href="{path}"{" aria-current=page" if path == here else ""}>{escape(name)}</a></li>'
            for path, name in self.places
        )
        text = (
            '<!doctype html><html lang="pl"><head><meta charset="utf-8">'
            f"<title>{escape(title)} – {escape(self.name)}</title>"
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="stylesheet" href="/{self.root}/{STYLE}"></head><body>'
            f'<header class="whose">{self.banner}</header><nav aria-label="Strony"><ul>{links}</ul></nav>'
            f"<main><h1>{escape(title.removeprefix(WRONG))}</h1>{content}</main></body></html>"
        )
        return Answer(status, text.encode(), _HEADERS)

    def refusal(self, request: Request) -> Answer | None:
        """Return what somebody is told whose request is not of these pages, or too large; None for others.

        The pages ask nobody to sign in, so a form of another site must not reach them, whatever name it
        calls this machine by.
        """
        host = urlsplit("//" + request.headers.get("host", "127.0.0.1")).hostname
        origin = urlsplit(request.headers.get("origin", "")).netloc
        is_foreign = request.headers.get("sec-fetch-site", "") not in _OWN_SITE or origin not in (
            "", request.headers.get("host"),
        )  # fmt: skip
        if host not in ("127.0.0.1", "localhost") or (request.method == "POST" and is_foreign):
            return self.page("Formularz przyszedł z innej strony", "", status=403)
        if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
            return self.page("Przesłano za dużo naraz", "<p>Najwyżej 1 MB.</p>", status=413)
        return None


def style() -> Answer:
    """Return the style sheet of all reference systems' pages."""
    return Answer(200, _CSS.read_bytes(), (("Content-Type", "text/css; charset=utf-8"),))


def go_to(path: str) -> Answer:
    """Send the browser on, so that a page that is loaded again sends no form again."""
    return Answer(303, b"", (("Location", path), ("Cache-Control", "no-store")))


def facts(told: Mapping[str, object]) -> str:
    """Return names and values; what is empty is left out."""
    rows = (f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in told.items() if value)
    return f"<dl>{''.join(rows)}</dl>"


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table that scrolls by itself; cells are HTML, the first of a row names it."""
    titles = "".join(f'<th scope="col">{escape(each)}</th>' for each in head)
    lines = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>'
        for first, *rest in rows
    )
    empty = f'<tr><td colspan="{len(head)}">Nie ma jeszcze żadnych.</td></tr>'
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{titles}</tr></thead>"
        f"<tbody>{lines or empty}</tbody></table></div>"
    )


class Field(NamedTuple):
    """One question of a small form; ``options`` are the codes and names to choose from."""

    key: str
    label: str
    help: str = ""
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()


def form(
    action: str,
    button: str,
    fields: Sequence[Field],
    given: Mapping[str, str],
    errors: Mapping[str, str],
    hidden: Mapping[str, str],
) -> str:
    """Return a small form with what was entered, what is wrong told at each field and summed up above."""
    names = {each.key: each.label for each in fields}
    wrong = "".join(
        f'<li><a href="#{key}">{escape(names[key])}</a>: {escape(errors[key])}</li>' for key in errors
    )
    summary = (
        '<div class="summary" role="alert" tabindex="-1" autofocus><h2>Popraw formularz</h2>'
        f"<ul>{wrong}</ul></div>"
    )
    own = "".join(f'<input type="hidden" name="{key}" value="{escape(hidden[key])}">' for key in hidden)
    asked = "".join(_asked(each, given.get(each.key, ""), errors.get(each.key, "")) for each in fields)
    return (
        f'<form method="post" action="{action}" novalidate>{own}{summary if errors else ""}{asked}'
        f"<button>{escape(button)}</button></form>"
    )


def _asked(field: Field, value: str, error: str) -> str:
    notes = f'<p class="help" id="{field.key}-help">{escape(field.help)}</p>' if field.help else ""
    notes += f'<p class="error" id="{field.key}-error">Błąd: {escape(error)}</p>' if error else ""
    parts = [f"{field.key}-{each}" for each, there in (("help", field.help), ("error", error)) if there]
    told = f' aria-describedby="{" ".join(parts)}"' if parts else ""
    told += ' aria-invalid="true"' if error else ""
    place = f'id="{field.key}" name="{field.key}"{told}'
    if field.options:
        options = "".join(
            f'<option value="{escape(code)}"{" selected" if code == value else ""}>{escape(name)}</option>'
            for code, name in field.options
        )
        asked = f'<select {place}><option value="">– wybierz –</option>{options}</select>'
    else:
        shown = "" if field.kind == "password" else escape(value)
        asked = f'<input type="{field.kind}" autocomplete="off" value="{shown}" {place}>'
    return f'<div class="field"><label for="{field.key}">{escape(field.label)}</label>{notes}{asked}</div>'
