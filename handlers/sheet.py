"""Sheets of paper as PDF: typst with the layouts of ``handlers/sheets``, tagged for readers aloud (PDF/UA-1).

Fonts are those in typst's wheel, so a sheet looks the same on every machine. What a sheet says goes in as
JSON data: no text can become markup.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import typst

SHEETS = Path(__file__).with_name("sheets")
PDF = "application/pdf"
_FIELD = re.compile(r"([^:]{1,60}): (.+)")


def set_sheet(layout: str, fields: Mapping[str, Any], *, made_at: dt.datetime) -> bytes:
    """Return a sheet as PDF/UA-1; ``fields`` as its layout reads them. The same fields, the same bytes."""
    source = SHEETS / f"{layout}.typ"
    if not re.fullmatch(r"[a-z0-9]+", layout) or not source.is_file():
        raise ValueError(f"expected a layout of {SHEETS.name}/, but got {layout!r:.40}")
    compiler = typst.Compiler(
        input=source,
        root=SHEETS,
        ignore_system_fonts=True,
        sys_inputs={"dane": msgspec.json.encode(dict(fields)).decode()},
    )
    made = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=int(made_at.timestamp()))
    if not isinstance(made, bytes):
        raise TypeError(f"expected typst to return bytes, but got {type(made).__name__}")
    return made


def set_letter(
    subject: str, text: str, *, office: str, made_at: dt.datetime, secret: str = "", layout: str = "letter"
) -> bytes:
    """Return a text as a letter: lines like „Sprawa: 17” become fields, the others paragraphs.

    A field whose value is ``secret`` is set large, in letters that cannot be mistaken.
    """
    named, paragraphs = _parts(text)
    fields = [
        {"nazwa": name, "wartosc": value, "duze": bool(secret) and value == secret} for name, value in named
    ]
    told = {"tytul": subject, "urzad": office, "stopka": "", "pola": fields, "akapity": paragraphs}
    return set_sheet(layout, told, made_at=made_at)


def set_extract(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    office: str,
    made_at: dt.datetime,
    notes: Sequence[str] = (),
) -> bytes:
    """Return a table as an extract of a register."""
    told = {
        "tytul": title, "urzad": office, "stopka": f"Liczba pozycji: {len(rows)}", "kolumny": list(columns),
        "wiersze": [list(row) for row in rows], "akapity": list(notes),
    }  # fmt: skip
    return set_sheet("register", told, made_at=made_at)


def _parts(text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the fields and the paragraphs of a text; a paragraph ends at an empty line or at its line's end
    where the next begins anew.
    """
    fields: list[tuple[str, str]] = []
    paragraphs: list[str] = []
    for line in text.splitlines():
        found = _FIELD.fullmatch(line.strip())
        if found is not None and not paragraphs:
            fields.append((found[1], found[2]))
        elif line.strip():
            paragraphs.append(line.strip())
    return fields, paragraphs
