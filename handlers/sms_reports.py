"""Delivery reports of the SMS gateway (SMSAPI's callback, ``domain.md`` §6.2): a text's fate, to its case.

A report is not signed: an unguessable token in the address and the gateway's own id of the message vouch for
it. Reports come batched (values joined by commas), twice and in any order; the first final one counts.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from engine import ProcessEngine
from handlers import return_address
from handlers.sms import report_token
from handlers.sms_gateways import SmsSettings

REGISTER = "raporty_sms"
UNDELIVERED, DELIVERED = "sms_niedoreczony", "sms_doreczony"
UNKNOWN = "nieznany SMS: bez czynności"
_LATEST = 253_402_300_799  # the end of the year 9999
MOST = 500  # reports of one call
_STATES = {
    401: "NOT_FOUND", 402: "EXPIRED", 403: "SENT", 404: "DELIVERED", 405: "UNDELIVERED", 406: "FAILED",
    407: "REJECTED", 408: "UNKNOWN", 409: "QUEUE", 410: "ACCEPTED", 411: "RENEWAL", 412: "STOP",
}  # fmt: skip
_FAILED = frozenset({401, 402, 405, 406, 407, 408, 412})
_FINAL = _FAILED | {404}
# A report may overtake the step that has sent the text: it is to come again until that is surely committed.
SETTLING = dt.timedelta(minutes=2)


class Verdict(StrEnum):
    """What was made of a call."""

    TAKEN = "taken"
    NOT_OURS = "not ours"  # a wrong token: as if there were no such page
    MALFORMED = "malformed"
    LATER = "later"  # some of it is not taken in: it must come again


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one text."""

    id: str
    idx: str
    status: int
    done: str = ""

    @property
    def finished(self) -> dt.datetime:
        """Return when the text's fate was settled, 1970 where the report does not say."""
        seconds = int(self.done) if self.done.isascii() and self.done.isdigit() else 0
        return dt.datetime.fromtimestamp(min(seconds, _LATEST), dt.UTC)


class SmsReports:
    """Takes the reports about one installation's texts in."""

    def __init__(self, engine: ProcessEngine, settings: SmsSettings) -> None:
        self._engine = engine
        self._token = report_token(settings)

    def take(self, token: str, fields: Mapping[str, str]) -> Verdict:
        """Take one call in, each of its reports in a transaction of its own; repeated ones change nothing."""
        if not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            return Verdict.NOT_OURS
        reports = read(fields)
        if reports is None:
            return Verdict.MALFORMED
        taken = [self._taken(report) for report in reports]
        return Verdict.TAKEN if all(taken) else Verdict.LATER

    def _taken(self, report: Report) -> bool:
        """Take one report in; False where its text may not be known yet."""
        key = return_address.restored(report.idx)
        kept = self._engine.effect(key, "sms") if key else None
        if key and kept is None:
            return self._unknown(report)
        if kept is None or kept.get("id") not in (None, report.id):
            self._entered(report, f"sms {report.id} {report.status}", "", "", UNKNOWN)
            return True
        self._known(report, kept)
        return True

    def _unknown(self, report: Report) -> bool:
        """Let a report about a text no step has committed come again; leave an old failure to a clerk."""
        if abs(self._engine.now() - report.finished) < SETTLING:
            return False
        failed = report.status in _FAILED
        self._entered(report, f"sms {report.id} {report.status}", "", "", "" if failed else UNKNOWN)
        return True

    def _known(self, report: Report, kept: Mapping[str, Any]) -> None:
        number = str(kept.get("case") or "")
        if report.status not in _FINAL:
            self._entered(report, f"sms {report.id} {report.status}", number, "", "w drodze: bez czynności")
            return
        failed = report.status in _FAILED
        first = self._entered(
            report, f"sms {report.id} final", number, UNDELIVERED if failed else DELIVERED,
            "" if failed else "doręczono",
        )  # fmt: skip
        if not first:
            self._entered(
                report, f"sms {report.id} {report.status} again", number, "",
                "kolejny raport: liczy się pierwszy ostateczny",
            )  # fmt: skip

    def _entered(self, report: Report, request: str, number: str, message: str, resolution: str) -> bool:
        """Take one report in; tells whether it is the first of this request."""
        arrival = self._engine.take_in(
            request_id=request,
            register=REGISTER,
            subject=f"SMS: {_STATES.get(report.status, report.status)}",
            data={
                "sms_id": report.id, "stan": report.status, "numer_sprawy": number, "zakonczono": report.done,
            },
            message=message if number else "",
            correlation_key=number,
            variables={"sms_stan": report.status, "sms_raport_id": report.id},
            resolution=resolution,
        )  # fmt: skip
        return not arrival.repeated


def read(fields: Mapping[str, str]) -> list[Report] | None:
    """Return the reports of one call, None where the columns do not fit or hold what they must not."""
    columns = {
        name: [each.strip() for each in fields.get(name, "").split(",")]
        for name in ("MsgId", "status", "idx", "donedate")
    }
    ids, states = columns["MsgId"], columns["status"]
    if not ids[0] or len(ids) != len(states) or len(ids) > MOST:
        return None
    if not all(each.isascii() and each.isdigit() and len(each) == 3 for each in states):
        return None
    if not all(each.isascii() and each.isprintable() and 0 < len(each) <= 64 for each in ids):
        return None
    rows = zip(
        ids, states, _filled(columns["idx"], len(ids)), _filled(columns["donedate"], len(ids)), strict=True
    )
    return [Report(id=each, status=int(state), idx=idx, done=done[:20]) for each, state, idx, done in rows]


def _filled(column: list[str], length: int) -> list[str]:
    """Return a column that may be left out."""
    return column if len(column) == length else [""] * length
