"""What people do in the demonstration: the director, a clerk of EK-04, and the clock."""

from __future__ import annotations

import datetime as dt

from commands import output
from commands.demonstration.stage import CLERK, DIRECTOR, PROCESS, Stage
from commands.show import whom
from engine import UserTask

_OVER = dt.timedelta(seconds=1)


def file_report(stage: Stage) -> int:
    """The director files the report of a lost start password; return the case's key."""
    stage.scene(f"{DIRECTOR} files the form „Wygenerowanie hasła ZSZO”")
    form = {
        "login": "jkowalska", "powod": "zgubienie", "data_wykrycia": stage.today(), "oswiadczenie": True,
        "dane_zweryfikowane": True, "sposob_przekazania": "elektronicznie",
    }  # fmt: skip
    instance = stage.engine.start(
        PROCESS, variables={"numer_sprawy": stage.number, "wnioskodawca": DIRECTOR, **form},
        business_key=stage.number, actor=DIRECTOR, request_id="demo-1",
    )  # fmt: skip
    output.show(f"  case {stage.number}, key {instance.key}")
    return instance.key


def take_up(stage: Stage, key: int) -> None:
    """A clerk claims the case and has a new password generated."""
    task = stage.task(key, "podejmij_wniosek")
    stage.scene("The worklist of EK-04: SEOD, ZSZO and RSPO have been asked")
    _tell_tasks([task])
    stage.engine.claim(task.key, actor=CLERK)
    stage.engine.complete(task.key, variables={"decyzja": "generuj"}, actor=CLERK)
    output.show(f"  {CLERK} claims and completes it: decyzja = generuj")


def approve(stage: Stage, key: int) -> None:
    """A clerk approves sending; the machine encrypts and mails."""
    task = stage.task(key, "zatwierdz_wysylke")
    stage.scene("The password is set in ZSZO; sending needs a person of EK-04")
    _tell_tasks([task])
    stage.engine.complete(task.key, variables={"zatwierdzono": True}, actor=CLERK)
    output.show(f"  {CLERK} approves")


def pass_the_hour(stage: Stage, key: int) -> None:
    """The key goes out only when the mail has not bounced for an hour: move the business clock over it."""
    timers = stage.wait_for(
        "the timer of the bounce window",
        lambda: [
            timer
            for instance in stage.engine.instances(root_key=key)
            for timer in stage.engine.timers(instance_key=instance.key)
        ],
    )
    stage.scene("Waiting whether the mail bounces")
    for timer in timers:
        output.show(f"  {timer.element_id} is due {output.local(timer.due_at)}")
    stage.require("no SMS has been sent yet", not stage.servers.sms())
    by = timers[0].due_at - stage.engine.now() + _OVER
    stage.engine.set_clock_offset(stage.engine.clock_offset() + by)
    output.show(f"  the business clock is moved by {int(by.total_seconds() // 60)} minutes")


def confirm(stage: Stage, key: int) -> None:
    """The director confirms; the case closes its SEOD ticket, destroys the secrets and ends."""
    task = stage.task(key, "potwierdz_odbior")
    stage.scene(f"{DIRECTOR} confirms the receipt")
    _tell_tasks([task])
    today = stage.today()
    form = {
        "data_otrzymania": today, "otworzono_plik": True, "data_przekazania": today,
        "sposob_przekazania_pracownikowi": "osobiscie",
    }  # fmt: skip
    stage.engine.complete(task.key, variables=form, actor=DIRECTOR)
    stage.wait_for("the end of the case", lambda: stage.engine.instance(key).ended_at)
    ends = {e.element_id for e in stage.engine.elements(key) if e.element_type == "endEvent"}
    stage.require("the case ended at zakonczono_elektronicznie", ends == {"zakonczono_elektronicznie"})
    tickets = stage.servers.city.tickets.values()
    stage.require(
        "its ticket in SEOD is closed", bool(tickets) and all(each["zamknieto"] for each in tickets)
    )


def _tell_tasks(tasks: list[UserTask]) -> None:
    output.show_table(
        ("KEY", "TASK", "FOR", "DUE (WARSAW)", "FORM"),
        [(t.key, t.name, whom(t), output.deadline(t.due_at), t.form_id) for t in tasks],
    )
