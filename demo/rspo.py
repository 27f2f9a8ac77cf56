"""A demo RSPO in the shape of the API of 2026 (``domain.md`` §6.1): bare arrays, Basic Auth, paging without
a total.
"""

from __future__ import annotations

import csv
import hashlib
import io
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
        self._journal = Journal(directory / "rspo.jsonl")
        self.http = HttpServer("rspo", self._respond, self._journal, drip=drip)
        self.faults = self.http.faults
        self.start, self.stop = self.http.start, self.http.stop

    @property
    def url(self) -> str:
        """Return the register's address."""
        return self.http.url

    def change(self, number: int, fields: dict[str, Any] | None) -> None:
        """Change what the register says of a school, or take the school out of it (None)."""
        others = [each for each in self.schools if each["numerRspo"] != number]
        [school] = [each for each in self.schools if each["numerRspo"] == number]
        self.schools = others if fields is None else [*others, {**school, **fields}]

    def _respond(self, request: Request) -> Answer:
        if not basic_auth_ok(request, USERNAME, PASSWORD):
            return Answer(401, {"error": "Unauthorized"}, (("WWW-Authenticate", 'Basic realm="RSPO"'),))
        if request.path == "/api/placowki/":
            return self._answered(request)
        number = request.path.removeprefix("/api/placowki/")
        for school in self.schools:
            if str(school["numerRspo"]) == number:
                return Answer(200, school)
        return Answer(404, {"error": "Not found"})

    def _answered(self, request: Request) -> Answer:
        """Return one page, or 304 to who has it already (RFC 9110 §13.1.2)."""
        body = msgspec.json.encode(self._page(request.query))
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        code = 304 if request.headers.get("if-none-match") == tag else 200
        self._journal.write("page", code=code)
        answer = b"" if code == 304 else body
        return Answer(code, answer, (("ETag", tag),))

    def _page(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found = self.schools
        for filter_name, field in (("RSPO", "numerRspo"), ("REGON", "regon"), ("NIP", "nip")):
            if filter_name in query:
                found = [school for school in found if str(school[field]) == query[filter_name]]
        size = int(query.get("pageSize", "100"))
        first = (int(query.get("page", "1")) - 1) * size
        return found[first : first + size]


def csv_export(rows: list[dict[str, Any]]) -> str:
    """Return schools as rspo.gov.pl exports them: ``;``, numbers as ``="0123"``, one field for a director."""
    columns = (
        "Numer RSPO", "REGON", "Typ", "Nazwa", "Kod terytorialny powiat", "Kod terytorialny gmina", "Telefon",
        "E-mail", "Publiczność status", "Imię i nazwisko dyrektora", "Data likwidacji",
        "Nazwa organu prowadzącego", "RSPO podmiotu nadrzędnego", "Podmiot przekazujący dane do RSPO",
        "REGON podmiotu przekazującego dane do RSPO",
    )  # fmt: skip
    written = io.StringIO()
    writer = csv.writer(written, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        sender = row["podmiotPrzekazujacyDaneDoRSPO"]
        values = (
            row["numerRspo"], _wrapped(row["regon"]), row["typ"]["nazwa"], row["nazwa"],
            _wrapped(row["powiatKodTERYT"]), _wrapped(row["gminaKodTERYT"]), _wrapped(row["telefon"]),
            row["email"], row["statusPublicznoPrawny"]["nazwa"],
            f"{row['dyrektorImie']} {row['dyrektorNazwisko']}", (row["dataLikwidacji"] or "")[:10],
            row["podmiotProwadzacy"][0]["nazwa"], (row["podmiotNadrzedny"] or {}).get("numerRspo", ""),
            sender["nazwa"], _wrapped(sender["regon"]),
        )  # fmt: skip
        writer.writerow(values)
    return written.getvalue()


def _wrapped(number: str) -> str:
    return f'="{number}"'
