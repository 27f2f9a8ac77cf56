"""The register of schools as it stood: fetched whole or imported, kept in one file, compared with the next.

The file is what a look-up falls back to when RSPO does not answer; its age is told, and limited.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from engine import WARSAW, JobFailure
from handlers import outbound
from handlers.connection import Connection
from handlers.rspo_records import InvalidRegister, Record, of_api, of_csv

PAGE = 100
MOST_PAGES = 2_000
REMEDY = (
    "check OBIEG_RSPO_URL, OBIEG_RSPO_USERNAME and OBIEG_RSPO_PASSWORD (access is granted by rspo@cie.gov.pl)"
)


class RspoSettings(Connection, frozen=True, kw_only=True):
    """Where the register is and the office's account there; ``deadline`` is in seconds for one request.

    ``snapshot`` is the file the register is kept in; ``powiat`` limits it to the county with this TERYT code.
    """

    url: str = "https://api.rspo.gov.pl"
    username: str = ""
    password: str = ""
    deadline: float = 10.0
    snapshot: str = ""
    powiat: str = ""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of the API: what tells whether it has changed since, and its schools."""

    etag: str = ""
    schools: list[Record] = []


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The register at one moment; ``source`` is ``api`` or ``csv``, ``sha256`` of the records."""

    source: str
    fetched_at: dt.datetime
    sha256: str
    pages: list[Page]

    def schools(self) -> dict[int, Record]:
        """Return the schools by number."""
        return {int(school["numer_rspo"]): school for page in self.pages for school in page.schools}


def made(source: str, at: dt.datetime, pages: list[Page]) -> Snapshot:
    """Return a snapshot of these pages; its hash is that of the schools, wherever they come from."""
    every = (school for page in pages for school in page.schools)
    schools = sorted(every, key=lambda school: int(school["numer_rspo"]))
    digest = hashlib.sha256(msgspec.json.encode(schools, order="sorted")).hexdigest()
    return Snapshot(source=source, fetched_at=at, sha256=digest, pages=pages)


def imported(raw: bytes, at: dt.datetime, powiat: str = "") -> Snapshot:
    """Return the snapshot of a CSV export, of one county if told; raises ``InvalidRegister``."""
    wanted = (None, powiat)  # an export need not say the county's code
    schools = [school for school in of_csv(raw) if not powiat or school["powiat_teryt"] in wanted]
    return made("csv", at, [Page(schools=schools)])


def fetched(settings: RspoSettings, known: Snapshot | None, now: dt.datetime) -> Snapshot:
    """Fetch the register page by page; a page the server calls unchanged (304) is taken from ``known``.

    There is no total: the last page is the first that is not full.

    Raises ``JobFailure``, ``InvalidRegister``.
    """
    earlier = known.pages if known is not None and known.source == "api" else []
    pages: list[Page] = []
    seen: set[int] = set()
    for number in range(1, MOST_PAGES + 1):
        before = earlier[number - 1] if number <= len(earlier) else Page()
        page = _page(settings, number, before, now)
        numbers = {int(school["numer_rspo"]) for school in page.schools}
        if numbers & seen:
            raise InvalidRegister(f"expected new schools on page {number} of RSPO, but some came before")
        seen |= numbers
        pages.append(page)
        if len(page.schools) < PAGE:
            return made("api", now, pages)
    raise InvalidRegister(f"expected at most {MOST_PAGES} pages from RSPO, but there are more")


def _page(settings: RspoSettings, number: int, before: Page, now: dt.datetime) -> Page:
    params = {"page": str(number), "pageSize": str(PAGE)}
    if settings.powiat:
        params["powiat_kod_teryt"] = settings.powiat
    reply = outbound.call(
        "RSPO", "GET", f"{settings.url.rstrip('/')}/api/placowki/", params=params,
        auth=(settings.username, settings.password), deadline=settings.deadline,
        headers={"if-none-match": before.etag} if before.etag else None,
    )  # fmt: skip
    if reply.code == 304 and before.etag:
        return before
    outbound.require_success(reply, "RSPO", now=now, remedy=REMEDY)
    rows = reply.decode(list[dict[str, Any]], "RSPO")
    return Page(etag=reply.headers.get("etag", ""), schools=[of_api(row) for row in rows])


def read(path: Path) -> Snapshot | None:
    """Return the kept snapshot, None where there is none; raises ``InvalidRegister`` for a damaged file."""
    if not path.is_file():
        return None
    try:
        snapshot = msgspec.json.decode(path.read_bytes(), type=Snapshot)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRegister(f"expected a snapshot of RSPO in {path.name}, but {error}") from None
    pages = [Page(etag=page.etag, schools=[_dated(each) for each in page.schools]) for page in snapshot.pages]
    whole = msgspec.structs.replace(snapshot, pages=pages)
    if made(whole.source, whole.fetched_at, pages).sha256 != whole.sha256:
        raise InvalidRegister(
            f"expected the snapshot in {path.name} to have its own hash, but it was changed"
        )
    return whole


def _dated(school: Record) -> Record:
    closed = school.get("data_likwidacji")
    return {**school, "data_likwidacji": dt.date.fromisoformat(closed)} if closed else school


@functools.lru_cache(maxsize=1)
def _once(path: Path, changed_ns: int) -> Snapshot | None:
    """Return the kept snapshot, read anew only when the file has changed."""
    return read(path)


def keep(path: Path, snapshot: Snapshot) -> None:
    """Write a snapshot; readers see all of it or the one before."""
    unfinished = path.with_suffix(".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished.write_bytes(msgspec.json.encode(snapshot))
    unfinished.replace(path)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed about a school since the last snapshot; ``signal`` is what cases are told."""

    signal: str
    number: int
    before: str | None
    after: str | None


def changes(before: Snapshot, after: Snapshot) -> list[Change]:
    """Return what cases should know, by school: another director, a school closed, merged, gone."""
    old, new = before.schools(), after.schools()
    days = (_day(before), _day(after))
    return [change for number in sorted(old) for change in _of_school(old[number], new.get(number), days)]


def _day(snapshot: Snapshot) -> dt.date:
    return snapshot.fetched_at.astimezone(WARSAW).date()


def _of_school(old: Record, new: Record | None, days: tuple[dt.date, dt.date]) -> Iterable[Change]:
    number = int(old["numer_rspo"])
    if new is None:
        yield Change(signal="rspo_placowka_usunieta", number=number, before=old["nazwa"], after=None)
        return
    told = (
        ("rspo_zmiana_dyrektora", _director(old), _director(new)),
        ("rspo_wlaczenie_do_zespolu", old.get("jednostka_nadrzedna"), new.get("jednostka_nadrzedna")),
        ("rspo_zmiana_adresu_email", old.get("email"), new.get("email")),
        ("rspo_zmiana_organu", old.get("podmiot_przekazujacy_regon"), new.get("podmiot_przekazujacy_regon")),
    )
    for signal, before, after in told:
        if before != after:
            yield Change(signal=signal, number=number, before=before, after=after)
    if _closed(new, days[1]) and not _closed(old, days[0]):  # the day may have come without any new entry
        yield Change(signal="rspo_likwidacja", number=number, before=None, after=str(new["data_likwidacji"]))


def _director(school: Record) -> str:
    names = (school["dyrektor"]["imie"], school["dyrektor"]["nazwisko"])
    return " ".join(name for name in names if name)


def _closed(school: Record, today: dt.date) -> bool:
    closed = school["data_likwidacji"]
    return closed is not None and closed <= today


def found_in(
    settings: RspoSettings, number: int, now: dt.datetime, oldest: dt.timedelta
) -> tuple[Record | None, Snapshot]:
    """Return a school of the kept snapshot, and the snapshot.

    Raises ``JobFailure`` where there is none, or one that is too old.
    """
    path = Path(settings.snapshot)
    try:
        snapshot = _once(path, path.stat().st_mtime_ns) if path.is_file() else None
    except InvalidRegister as error:
        raise JobFailure(str(error), permanent=True) from None
    if snapshot is None:
        raise JobFailure("expected RSPO to answer or a snapshot in OBIEG_RSPO_SNAPSHOT, but there is neither")
    age = now - snapshot.fetched_at
    if age > oldest:
        raise JobFailure(
            f"expected RSPO to answer or a snapshot of at most {oldest.days} days, but it is {age.days} days "
            "old; import a new export with `obieg rspo FILE`",
            permanent=True,
        )
    return snapshot.schools().get(number), snapshot
