"""What must be true of everything in a database, whatever has died (``security.md`` §3, I1–I14).

Read where it cannot be talked away: in the tables, the history, the journals of the outside systems and the
mails as they arrived. Each function raises AssertionError saying what is wrong.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Table, exists, select

from engine import ProcessEngine
from engine.clock import instant
from engine.store.tables import effect, incident, instance, job, subscription, user_task
from handlers.message import message_id
from tests.crash.campaign import MAIL_EFFECT, Interruption
from tests.crash.office import SENDER, Office

_SLACK = dt.timedelta(seconds=1)  # a server may still be writing a mail down when its sender is dead
_MOST = 100_000


def require_all(office: Office, interruptions: Sequence[Interruption]) -> int:
    """Every invariant that is the same for all procedures; return how many mails came again."""
    engine = office.engine
    assert engine.incidents(state="open") == []
    require_nothing_stranded(engine)
    require_timers_once_and_in_time(engine)
    require_batches_done(engine)
    require_effects_received(office)
    repeated = require_repeated_mails_explained(office, interruptions)
    report = engine.verify()  # I1, I5, I7, I8: chain, anchors, fold, re-execution, open rows
    assert report.ok, report
    return repeated


def require_nothing_stranded(engine: ProcessEngine) -> None:
    """I2: whatever has not ended waits for something: a person, an instant, a message, a worker, a callee."""
    called = instance.alias()
    waits: list[ColumnElement[bool]] = [
        exists().where(called.c.parent_key == instance.c.key, called.c.ended_at.is_(None)),
        _any(user_task, user_task.c.state.in_(("created", "assigned"))),
        _any(job, job.c.stage != "failed"),
        _any(subscription),
        _any(incident, incident.c.state == "open"),
    ]
    stranded = select(instance.c.key, instance.c.process_id).where(
        instance.c.ended_at.is_(None), *(~each for each in waits)
    )
    with engine.parts.store.reading() as tx:
        found = tx.execute(stranded).all()
    assert found == [], f"nobody will ever wake {found}"


def _any(of: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(of.c.instance_key == instance.c.key, *conditions)


def require_timers_once_and_in_time(engine: ProcessEngine) -> None:
    """I6: each timer fired at most once and not early; none is overdue."""
    due: dict[int, int] = {}
    fired: Counter[int] = Counter()
    for each in engine.instances(limit=_MOST):
        for told in engine.history(each.key):
            if told.type in ("timer_scheduled", "timer_rescheduled"):
                due[told.payload["key"]], fired[told.payload["key"]] = told.payload["due_at"], 0
            if told.type == "timer_ended" and told.payload["fired"]:
                key = told.payload["key"]
                assert told.at >= instant(due[key]), f"timer {key} of {each} fired early, at {told.at}"
                fired[key] += 1
                assert fired[key] == 1, f"timer {key} of {each} fired twice"
    overdue = engine.next_due()
    assert overdue is None or overdue > engine.now() - dt.timedelta(minutes=1), f"due since {overdue}"


def require_batches_done(engine: ProcessEngine) -> None:
    """Every batch came to its end; what it could not do was a subject that had ended meanwhile."""
    for batch in engine.batches(limit=_MOST):
        assert batch.state == "completed", batch
        failed = engine.batch_items(batch.key, state="failed", limit=_MOST)
        wrong = [each for each in failed if engine.instance(each.subject_key).ended_at is None]
        assert wrong == [], f"{batch.verb}: {wrong[:3]}"


def require_effects_received(office: Office) -> None:
    """I3: what we have written down as accepted is what the other side has, one for each step."""
    with office.engine.parts.store.reading() as tx:
        keys = tx.execute(select(effect.c.idempotency_key)).scalars().all()
    assert len(keys) == len(set(keys))
    ours = {message_id(key.removesuffix(MAIL_EFFECT), SENDER) for key in keys if key.endswith(MAIL_EFFECT)}
    theirs = {identifier for identifier, _, _ in mails(office)}
    assert ours == theirs, f"mails on one side only: {ours ^ theirs}"
    for server, event, field, name in (("sms", "sms", "idx", "/sms"), ("sio", "act", "key", "/sio")):
        received = [line[field] for line in office.servers.lines(server, event)]
        kept = sum(key.endswith(name) for key in keys)
        assert len(received) == len(set(received)) == kept, f"{event}: {len(received)} there, {kept} here"


def mails(office: Office) -> list[tuple[str, dt.datetime, bytes]]:
    """Return Message-ID, instant and bytes of each mail that arrived, oldest first."""
    outbox, found = office.servers.directory / "outbox", []
    for line in office.servers.lines("smtp", "mail"):
        raw = (outbox / line["file"]).read_bytes()
        (identifier,) = re.findall(rb"^Message-ID: (\S+)", raw, re.MULTILINE)
        found.append((identifier.decode(), dt.datetime.fromisoformat(line["at"]), raw))
    return found


def require_repeated_mails_explained(office: Office, interruptions: Sequence[Interruption]) -> int:
    """Return how many mails came again: only after a death before we knew, and then with the same bytes."""
    copies: dict[str, list[tuple[dt.datetime, bytes]]] = {}
    for identifier, at, raw in mails(office):
        copies.setdefault(identifier, []).append((at, raw))
    for identifier, sent in copies.items():
        assert len({raw for _, raw in sent}) == 1, f"{identifier}: different bytes under one Message-ID"
        first, last = sent[0][0] - _SLACK, sent[-1][0]
        deaths = [
            each for each in interruptions if first < each.at < last and identifier not in each.mails_kept
        ]
        assert len(sent) - 1 <= len(deaths), f"{identifier}: {len(sent)} copies, but {len(deaths)} deaths"
    return sum(len(sent) - 1 for sent in copies.values())
