"""Languages of the pages: Polish is what the source says, English is a catalogue; one language per request.

Texts are gettext messages: ``_("Lista zadań")``, ``_("Sprawa %(number)s", number=number)``, a plain percent
sign doubled; tables of texts are marked with ``N_`` and read through ``Table``. Polish has three plural forms
and gettext's source two, so Polish has a catalogue too, of plurals only. ``web.messages`` keeps both.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from enum import StrEnum
from functools import cache
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCALE = Path(__file__).parent / "locale"
COOKIE = "obieg-language"
_LONGEST_HEADER = 200


class Language(StrEnum):
    """A language the pages speak."""

    POLISH = "pl"
    ENGLISH = "en"

    @property
    def own_name(self) -> str:
        """Return the language's name in itself."""
        return {"pl": "Polski", "en": "English"}[self.value]


_CHOSEN: ContextVar[Language] = ContextVar("language", default=Language.POLISH)


def language() -> Language:
    """Return the language of what is being answered now; Polish outside a request."""
    return _CHOSEN.get()


def locale() -> Locale:
    """Return how dates and numbers are written in this language."""
    return _locale(language())


def plain(text: str) -> str:
    """Return a message in this language, as it is: nothing is put into it."""
    return _catalogue(language()).gettext(text)


def plain_plural(one: str, many: str, count: int) -> str:
    """Return the form of a message that fits a count, as it is."""
    return _catalogue(language()).ngettext(one, many, count)


def _(text: str, **values: object) -> str:
    """Return a message in this language with its values; raises ``KeyError`` where one is missing."""
    return plain(text) % values


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Return the form of a message that fits a count; ``%(num)s`` in it is the count."""
    return plain_plural(one, many, count) % {"num": count, **values}


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a message that is translated later
    """Mark a message of a table; it is translated when it is read."""
    return text


class Table(Mapping[str, str]):
    """Texts by key (states, kinds of elements): each is said in the language of who reads it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(texts)

    def __getitem__(self, key: str) -> str:
        """Return a text; raises ``KeyError`` where there is none."""
        return plain(self._texts[key])

    def __iter__(self) -> Iterator[str]:
        """Go through the keys."""
        return iter(self._texts)

    def __len__(self) -> int:
        """Count the texts."""
        return len(self._texts)


class Languages:
    """Decides the language of each request: what somebody has chosen, else what their browser asks for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on in its language; the answer says that it depends on it."""
        if scope["type"] != "http" or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        spoken = language_of(Request(scope))
        kept = _CHOSEN.set(spoken)

        async def with_language(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"content-language", spoken.encode())]
            await send(message)

        try:
            await self._app(scope, receive, with_language)
        finally:
            _CHOSEN.reset(kept)


def language_of(request: Request) -> Language:
    """Return the language of a request: its cookie's, else the best of its Accept-Language, else Polish."""
    chosen = known(request.cookies.get(COOKIE, ""))
    if chosen is not None:
        return chosen
    wanted = _wanted(request.headers.get("accept-language", "")[:_LONGEST_HEADER])
    return known(negotiate_locale(wanted, list(Language), sep="-") or "") or Language.POLISH


def known(text: str) -> Language | None:
    """Return the language a code names, None where the pages do not speak it."""
    return Language(text) if text in set(Language) else None


def _wanted(header: str) -> list[str]:
    """Return the codes of an Accept-Language header, the best first (RFC 9110 §12.5.4)."""
    found: list[tuple[float, str]] = []
    for part in header.split(","):
        code, _semicolon, weight = part.partition(";")
        found.append((_weight(weight), code.strip()))
    return [code for weight, code in sorted(found, key=lambda each: -each[0]) if weight > 0]


def _weight(text: str) -> float:
    """Return the weight of one wish, 0 where it cannot be read."""
    name, _equals, number = text.strip().partition("=")
    if name != "q":
        return 1.0
    is_number = number.isascii() and number.replace(".", "", 1).isdecimal() and len(number) <= len("0.123")
    return float(number) if is_number else 0.0


@cache
def _locale(spoken: Language) -> Locale:
    return Locale.parse({"pl": "pl_PL", "en": "en_GB"}[spoken])


@cache
def _catalogue(spoken: Language) -> gettext.NullTranslations:
    """Return the texts of a language; compiled in memory, so that only what people read is kept."""
    with (LOCALE / spoken / "LC_MESSAGES" / "obieg.po").open("rb") as file:
        catalogue = read_po(file, locale=spoken)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
