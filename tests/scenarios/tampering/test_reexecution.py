"""Commands and definitions changed by somebody who has the keys: what re-execution says."""

from __future__ import annotations

import msgspec

from engine.kernel import events as ev
from tests.scenarios.tampering.attacker import Attacker, Insider
from tests.scenarios.tampering.case import Case, messages, places


def test_other_events_than_the_commands_give(case: Case, insider: Insider) -> None:
    rows = insider.rows(case.key)
    record = insider.record(rows[-1])
    (changed,) = (event for event in record.events if isinstance(event, ev.VariablesSet))
    forged = msgspec.structs.replace(changed, variables={"uwaga": "podrobiona"})
    events = [forged if event is changed else event for event in record.events]
    rows[-1] = insider.reseal(rows[-1], msgspec.structs.replace(record, events=events))
    insider.rebuild(case.key, rows)
    report = case.verify()
    assert (report.chain, report.reexecution) == ("ok", "failed")
    assert places(report, "reexecution") == [(case.key, case.last)]
    assert "variables_set with other content" in messages(report, "reexecution")


def test_a_command_that_could_not_have_run(case: Case, insider: Insider) -> None:
    rows = insider.rows(case.key)
    record = insider.record(rows[1])
    command = msgspec.structs.replace(record.command, task_key=12345)
    rows[1] = insider.reseal(rows[1], msgspec.structs.replace(record, command=command))
    insider.rebuild(case.key, rows)
    report = case.verify()
    assert (report.chain, report.fold, report.reexecution) == ("ok", "ok", "failed")
    assert places(report, "reexecution") == [(case.key, 2)]  # and the rows after it run again


def test_semantics_no_longer_available_are_not_called_tampering(case: Case, insider: Insider) -> None:
    rows = insider.rows(case.key)
    for index, row in enumerate(rows[:2]):
        record = insider.record(row)
        older = msgspec.structs.replace(record.context, semantics_version=0)
        rows[index] = insider.reseal(row, msgspec.structs.replace(record, context=older))
    insider.rebuild(case.key, rows)
    report = case.verify()
    assert (report.ok, report.chain, report.fold) == (True, "ok", "ok")
    assert report.reexecution == "not re-executable"
    assert places(report, "reexecution") == [(case.key, 1)]  # said once, not once per row


def test_a_case_of_older_calendars_is_still_proved_where_they_do_not_matter(
    case: Case, insider: Insider
) -> None:
    rows = insider.rows(case.key)
    for index, row in enumerate(rows):
        record = insider.record(row)
        older = msgspec.structs.replace(record.context, calendar="pl 0", tzdata="1999a")
        rows[index] = insider.reseal(row, msgspec.structs.replace(record, context=older))
    insider.rebuild(case.key, rows)
    assert case.verify().reexecution == "ok"


def test_a_difference_that_older_calendars_may_explain_is_not_called_tampering(
    case: Case, insider: Insider
) -> None:
    rows = insider.rows(case.key)
    record = insider.record(rows[-1])
    older = msgspec.structs.replace(record.context, calendar="pl 0")
    (changed,) = (event for event in record.events if isinstance(event, ev.VariablesSet))
    other = msgspec.structs.replace(changed, variables={"termin": "inny"})
    events = [other if event is changed else event for event in record.events]
    rows[-1] = insider.reseal(rows[-1], msgspec.structs.replace(record, context=older, events=events))
    insider.rebuild(case.key, rows)
    report = case.verify()
    assert report.reexecution == "not re-executable"
    assert "it ran with calendars pl 0" in messages(report, "reexecution")


def test_a_changed_definition(case: Case, attacker: Attacker) -> None:
    attacker.flip("stored_file", "content", "true")
    report = case.verify()
    assert (report.ok, report.chain, report.fold, report.reexecution) == (False, "ok", "ok", "failed")
    assert "its bytes changed" in messages(report, "reexecution")
