"""What only a demonstration has: the mails and text messages sent, and a clock that can be moved."""

from __future__ import annotations

import datetime as dt

from starlette.responses import Response

from web.visits import Visit, go_to

_STEPS = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7)}


def outbox(visit: Visit) -> Response:
    """Show what has been sent, the newest first, and the clock."""
    assert visit.demonstration is not None  # noqa: S101 - the route exists in a demonstration only
    return visit.page(
        "demonstration.html",
        messages=visit.demonstration.messages(),
        texts=visit.demonstration.texts(),
        now=visit.engine.now(),
    )


def move_clock(visit: Visit) -> Response:
    """Move the business clock on; what becomes due happens at once."""
    step = _STEPS.get(visit.field("step"))
    if step is not None:
        visit.engine.set_clock_offset(visit.engine.clock_offset() + step)
    return go_to("/demonstration")
