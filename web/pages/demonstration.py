"""What only a demonstration has: the mails and text messages sent, and a clock that can be moved."""

from __future__ import annotations

import datetime as dt
import re

from starlette.exceptions import HTTPException
from starlette.responses import Response

from web.visits import NOT_FOUND, Visit, go_to

_STEPS = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}
_MOST_SHOWN = 50


def outbox(visit: Visit) -> Response:
    """Show what has been sent, the newest first, and the clock."""
    assert visit.demonstration is not None  # noqa: S101 - the route exists in a demonstration only
    return visit.page(
        "demonstration.html",
        messages=visit.demonstration.messages()[:_MOST_SHOWN],
        texts=visit.demonstration.texts()[:_MOST_SHOWN],
        systems=visit.demonstration.systems(),
        now=visit.engine.now(),
        moved=bool(visit.query("moved")),
    )


def attachment(visit: Visit) -> Response:
    """Give what was attached to a mail, as a file."""
    assert visit.demonstration is not None  # noqa: S101 - the route exists in a demonstration only
    found = visit.demonstration.attachment(visit.key("number"), visit.key("part"))
    if found is None:
        raise HTTPException(NOT_FOUND)
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", found.name)
    headers = {"Content-Disposition": f'attachment; filename="{safe}"'}
    return Response(found.content, media_type=found.content_type, headers=headers)


def move_clock(visit: Visit) -> Response:
    """Move the business clock on, and do what becomes due before the page is shown again."""
    step = _STEPS.get(visit.field("step"))
    if step is not None:
        visit.engine.set_clock_offset(visit.engine.clock_offset() + step)
    visit.engine.run_until_idle()
    return go_to("/demonstration?moved=1")
