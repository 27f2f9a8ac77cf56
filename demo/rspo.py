"""A demo RSPO in the shape of the API of 2026 (``domain.md`` §6.1): bare arrays, Basic Auth, paging without
a total.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from demo.http_server import Answer, HttpServer, Request, basic_auth_ok
from demo.journal import Journal

USERNAME = "umk"
PASSWORD = "demo-rspo"  # noqa: S105  the demo server's own, on this machine only
SCHOOLS = Path(__file__).parent / "data" / "schools.json"


class RspoServer:
    """The register on a free loopback port; ``schools`` may be changed while it runs."""

    def __init__(self, directory: Path, *, drip: float = 1.0) -> None:
        self.schools: list[dict[str, Any]] = msgspec.json.decode(SCHOOLS.read_bytes())
        self.http = HttpServer("rspo", self._respond, Journal(directory / "rspo.jsonl"), drip=drip)
        self.faults = self.http.faults
        self.start, self.stop = self.http.start, self.http.stop

    @property
    def url(self) -> str:
        """Return the register's address."""
        return self.http.url

    def _respond(self, request: Request) -> Answer:
        if not basic_auth_ok(request, USERNAME, PASSWORD):
            return Answer(401, {"error": "Unauthorized"}, (("WWW-Authenticate", 'Basic realm="RSPO"'),))
        if request.path == "/api/placowki/":
            return Answer(200, self._page(request.query))
        number = request.path.removeprefix("/api/placowki/")
        for school in self.schools:
            if str(school["numerRspo"]) == number:
                return Answer(200, school)
        return Answer(404, {"error": "Not found"})

    def _page(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found = self.schools
        for filter_name, field in (("RSPO", "numerRspo"), ("REGON", "regon"), ("NIP", "nip")):
            if filter_name in query:
                found = [school for school in found if str(school[field]) == query[filter_name]]
        size = int(query.get("pageSize", "100"))
        first = (int(query.get("page", "1")) - 1) * size
        return found[first : first + size]
