"""Sheets of paper a case needs: blank, or filled in with what the case knows, as PDF to print and sign."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from starlette.exceptions import HTTPException
from starlette.responses import Response

from engine import Conflict
from web.pages.cases import own_instance
from web.visits import NOT_FOUND, Visit

# From a case's variables (none: a blank sheet) and the time it is made at to a PDF.
Sheet: TypeAlias = Callable[[Mapping[str, Any], dt.datetime], bytes]


def download(visit: Visit) -> Response:
    """Give a sheet the case's forms name; that a filled one was given is kept first."""
    instance = own_instance(visit)
    sheets: Mapping[str, Sheet] = visit.request.app.state.sheets
    name = visit.path("sheet")
    try:
        case = visit.engine.case(instance.key)
    except Conflict:
        raise HTTPException(NOT_FOUND) from None
    if name not in case.sheets or name not in sheets:
        raise HTTPException(NOT_FOUND)
    filled = bool(visit.field("filled"))
    if filled:
        visit.engine.note_disclosure(instance.key, f"sheet {name}", actor=visit.person.id)
    content = sheets[name](case.variables if filled else {}, visit.engine.now())
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return Response(content, media_type="application/pdf", headers=headers)
