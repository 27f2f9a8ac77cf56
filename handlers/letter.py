"""``letter.render``, ``letter.write``: what is handed over or sent on paper, as PDF/UA (A17, A24, A35).

The print-out with a start password is a secret like the password it carries: kept under a reference, shown
once and again only with a reason, destroyed with the password. All other letters are documents of the case.
"""

from __future__ import annotations

import base64
import datetime as dt
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import Completed, HandlerRegistry, JobContext
from handlers import inputs, sheet, templates
from handlers.smtp import EmailSettings

LIFETIME = dt.timedelta(days=60)  # longer than a print-out may wait for its collector
RECEIPT = "pokwitowanie.pdf"
DATA_URL = f"data:{sheet.PDF};base64,"  # how a PDF is kept among secrets, which are texts
F01_FIELDS = (
    "mocodawca", "placowka", "login", "pelnomocnik", "dokument", "numer_sprawy", "wazne_do", "miejsce_data",
)  # fmt: skip
_F01 = "Upoważnienie do odbioru danych dostępowych do Konta Użytkownika ZSZO (F-01)"
_F01_NOTES = ["Oryginał upoważnienia zostaje w aktach sprawy. Podstawa: ZSZO-03, §5 pkt 6 i 8."]


def register(registry: HandlerRegistry, settings: EmailSettings, office: str) -> None:
    """Register both job types; ``office`` stands at the head of every sheet.

    ``letter.render`` in: headers ``wydruk`` and ``pokwitowanie`` (template ids); variable ``haslo_ref`` and
    what the templates name. Out: ``wydruk_ref``, ``pokwitowanie_ref``.
    ``letter.write`` in: header or variable ``szablon`` (template id) and what it names, or header
    ``formularz`` = ``F-01`` and the fields of the form that are known; header ``nazwa`` (the file's). Out:
    ``pismo_ref``.
    """
    folders = tuple(Path(folder) for folder in settings.messages.split(os.pathsep) if folder)

    @registry.handler("letter.render", concurrency=2)
    def letter(context: JobContext) -> Completed:
        reference = inputs.text(context, "haslo_ref")

        def print_out() -> str:
            password = context.secret(reference)
            subject, text = _text(context, folders, "wydruk", password)
            page = sheet.set_letter(
                subject, text, office=office, made_at=context.now, secret=password, layout="envelope"
            )
            return DATA_URL + base64.b64encode(page).decode()

        printed = context.draw("wydruk", print_out, lifetime=LIFETIME)
        subject, text = _text(context, folders, "pokwitowanie", None)
        receipt = sheet.set_letter(subject, text, office=office, made_at=context.now)
        stored = context.store_document(RECEIPT, receipt, media_type=sheet.PDF)
        return Completed({"wydruk_ref": printed, "pokwitowanie_ref": stored})

    @registry.handler("letter.write", concurrency=2)
    def write(context: JobContext) -> Completed:
        form = context.job.headers.get("formularz", "")
        if form not in ("", "F-01"):
            raise inputs.refuse(context, "the header formularz to be F-01 or absent", f"got {form!r:.40}")
        if form:
            content = set_f01(f01_fields(context.job.variables), office=office, made_at=context.now)
        else:
            subject, text = _text(context, folders, "szablon", None)
            content = sheet.set_letter(subject, text, office=office, made_at=context.now)
        name = context.job.headers.get("nazwa", "pismo.pdf")
        return Completed({"pismo_ref": context.store_document(name, content, media_type=sheet.PDF)})


def set_f01(known: Mapping[str, Any], *, office: str, made_at: dt.datetime) -> bytes:
    """Return form F-01 with the fields that are known, the others as dotted lines; {} is a blank form."""
    filled = {name: _shown(known.get(name)) for name in F01_FIELDS}
    told = {
        "tytul": _F01, "urzad": office, "stopka": "F-01", "formularz": filled, "akapity": _F01_NOTES,
        "pola": [],
    }  # fmt: skip
    return sheet.set_sheet("f01", told, made_at=made_at)


def f01_fields(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a case knows for form F-01: its own variables, the school's name, the proxy who came."""
    known = {name: variables.get(name) for name in F01_FIELDS}
    school = known["placowka"]
    if isinstance(school, Mapping):
        known["placowka"] = school.get("nazwa")
    collected = variables.get("wydanie")
    shown = collected.get("f01") if isinstance(collected, Mapping) else None
    if isinstance(shown, Mapping):
        known |= {name: shown[name] for name in ("mocodawca", "pelnomocnik", "wazne_do") if shown.get(name)}
    return known


def _shown(value: object) -> str:
    return value.strftime("%d.%m.%Y") if isinstance(value, dt.date) else str(value or "")


def _text(
    context: JobContext, folders: tuple[Path, ...], header: str, password: str | None
) -> tuple[str, str]:
    template = context.job.headers.get(header) or inputs.optional_text(context, header)
    if not template:
        raise inputs.refuse(context, f"the header (or variable) {header} to name a template", "it is missing")
    try:
        found = templates.render_for(context, folders, template, {**context.job.variables, "haslo": password})
    except templates.InvalidTemplate as error:
        raise inputs.refuse(context, f"a usable template {template}", str(error)) from error
    return found.subject, found.text
