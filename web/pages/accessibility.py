"""The accessibility statement (art. 10 of the act of 4 April 2019) and the office's own colours."""

from __future__ import annotations

from starlette.responses import Response

from web.visits import Visit


def statement(visit: Visit) -> Response:
    """Show the statement, with what the office's file says."""
    return visit.page("accessibility.html")


def colours(visit: Visit) -> Response:
    """Give the office's own colours as a style sheet."""
    return Response(visit.identity.style, media_type="text/css")
