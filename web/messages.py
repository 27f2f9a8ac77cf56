"""Catalogues of texts: ``python -m web.messages`` collects the texts of the pages into ``web/locale``.

New texts come untranslated, those that are gone go; ``--check`` changes nothing and fails where something is
missing. Polish is the source: its catalogue holds the plural forms only.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from web.translation import LOCALE, Language

_WEB = Path(__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"templates/**.html": {"trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}}
_HEADER = "# Texts of the pages. Collected by `make messages`; only the translations are written by hand.\n#"


def extracted() -> Catalog:
    """Return every text of the pages."""
    catalogue = Catalog()
    found = extract_from_dir(_WEB, _METHODS, _OPTIONS, DEFAULT_KEYWORDS)
    for _path, _line, message, _comments, context in found:
        catalogue.add(message, context=context)
    return catalogue


def path_of(language: Language) -> Path:
    """Return a language's file."""
    return LOCALE / language / "LC_MESSAGES" / "obieg.po"


def kept(language: Language) -> Catalog:
    """Return the catalogue as it is written down."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def wanted(language: Language, source: Catalog) -> Iterator[Message]:
    """Yield the messages a language must say: all, or in Polish those with a plural."""
    for message in source:
        if message.id and (language is not Language.POLISH or message.pluralizable):
            yield message


def updated(language: Language, source: Catalog) -> bytes:
    """Return a language's file with the texts of today: translations kept, new ones empty, old ones gone."""
    known, renewed = kept(language), Catalog(locale=language, header_comment=_HEADER, fuzzy=False)
    for message in wanted(language, source):
        old = known.get(message.id, message.context)
        said = old.string if old is not None and _same_shape(old, message) else ""
        renewed.add(message.id, said, flags=message.flags, context=message.context)
    written = io.BytesIO()
    write_po(written, renewed, sort_output=True, width=0, no_location=True, omit_header=True)
    head = f'{_HEADER}\nmsgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    plural = f'"Language: {language}\\n"\n"Plural-Forms: {renewed.plural_forms}\\n"\n\n'
    return (head + plural).encode() + written.getvalue()


def untranslated(language: Language, source: Catalog) -> list[str]:
    """Return the texts a language does not say yet."""
    known = kept(language)
    missing = []
    for message in wanted(language, source):
        said = known.get(message.id, message.context)
        strings = () if said is None else (said.string,) if isinstance(said.string, str) else said.string
        if not strings or not all(strings):
            missing.append(str(message.id))
    return missing


def obsolete(language: Language, source: Catalog) -> list[str]:
    """Return the texts of a catalogue that no page says."""
    still = {(message.context, str(message.id)) for message in wanted(language, source)}
    return [str(each.id) for each in kept(language) if each.id and (each.context, str(each.id)) not in still]


def placeholders(text: str) -> set[str]:
    """Return the names of the values a text takes; raises ``ValueError`` for a percent sign by itself."""
    taken: set[str] = set()

    class Taking(dict[str, str]):
        def __missing__(self, name: str) -> str:
            taken.add(name)
            return ""

    try:
        text % Taking()
    except TypeError as error:
        raise ValueError(f"expected named values such as %(num)s, but '{text}' has others") from error
    return taken


def main(arguments: list[str]) -> int:
    """Renew the catalogues, or with ``--check`` say what is missing; returns the exit code."""
    source = extracted()
    if "--check" in arguments:
        missing = {f"{each}: {text}" for each in Language for text in untranslated(each, source)}
        gone = {f"{each}, nobody says it: {text}" for each in Language for text in obsolete(each, source)}
        sys.stdout.writelines(f"{line}\n" for line in sorted(missing | gone))
        return 1 if missing or gone else 0
    for each in Language:
        path_of(each).parent.mkdir(parents=True, exist_ok=True)
        path_of(each).write_bytes(updated(each, source))
        sys.stdout.write(
            f"{path_of(each).relative_to(_WEB.parent)}: {len(untranslated(each, source))} to do\n"
        )
    return 0


def _same_shape(old: Message, new: Message) -> bool:
    return isinstance(old.id, str) == isinstance(new.id, str)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
