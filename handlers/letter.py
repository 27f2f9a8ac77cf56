"""``letter.render``: what is handed over on paper (A17, A35): the print-out with the start password, and its
receipt.

The print-out is a secret like the password it carries: kept under a reference, shown once, destroyed with the
password. The receipt carries no password and is a document of the case.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

from engine import Completed, HandlerRegistry, JobContext
from handlers import inputs, templates
from handlers.smtp import EmailSettings

LIFETIME = dt.timedelta(days=60)  # longer than a print-out may wait for its collector
RECEIPT = "pokwitowanie.txt"


def register(registry: HandlerRegistry, settings: EmailSettings) -> None:
    """Register ``letter.render``.

    In: headers ``wydruk`` and ``pokwitowanie`` (template ids); variable ``haslo_ref`` and what the templates
    name. Out: ``wydruk_ref``, ``pokwitowanie_ref``.
    """
    folders = tuple(Path(folder) for folder in settings.messages.split(os.pathsep) if folder)

    @registry.handler("letter.render")
    def letter(context: JobContext) -> Completed:
        reference = inputs.text(context, "haslo_ref")
        print_out = context.draw(
            "wydruk", lambda: _text(context, folders, "wydruk", context.secret(reference)), lifetime=LIFETIME
        )
        receipt = _text(context, folders, "pokwitowanie", None).encode()
        stored = context.store_document(RECEIPT, receipt, media_type="text/plain; charset=utf-8")
        return Completed({"wydruk_ref": print_out, "pokwitowanie_ref": stored})


def _text(context: JobContext, folders: tuple[Path, ...], header: str, password: str | None) -> str:
    template = context.job.headers.get(header)
    if not template:
        raise inputs.refuse(context, f"the header {header} to name a template", "it is missing")
    try:
        found = templates.render(folders, template, {**context.job.variables, "haslo": password})
    except templates.InvalidTemplate as error:
        raise inputs.refuse(context, f"a usable template {template}", str(error)) from error
    return f"{found.subject}\n\n{found.text}"
