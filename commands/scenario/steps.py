"""What can happen in a scenario: each verb a function of the world and its step."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import msgspec

import demo.bounces
from commands import reading
from commands.scenario.expectations import expect
from commands.scenario.file import Start, moment
from commands.scenario.world import BINDINGS, World
from engine import EngineError

Step = dict[str, Any]


def complete(world: World, step: Step) -> None:
    """``complete: element`` with ``as`` and ``form``; ``refused: text`` where it must not be let through."""
    element, actor = str(step["complete"]), str(step.get("as", "osoba"))
    task = next(iter(world.open_tasks(element)), None)
    if task is None:
        waiting = ", ".join(each.element_id for each in world.open_tasks()) or "none"
        raise EngineError(f"expected an open user task {element}, but open are: {waiting}")
    refused = step.get("refused")
    try:
        form = world.with_files(step.get("form", {}), actor)
        world.engine.complete(task.key, variables=form, actor=actor)
    except EngineError as error:
        if refused is None or str(refused) not in str(error):
            raise
        return
    if refused is not None:
        raise EngineError(f"expected {element} to be refused ({refused}), but it was completed")


def start(world: World, step: Step) -> None:
    """``start: {process, as, business_key, form}``: another case; ``expect`` looks at it from then on."""
    given = dict(step["start"])
    process = str(given.pop("process"))
    try:
        world.start(process, msgspec.convert(given, Start))
    except msgspec.ValidationError as error:
        raise EngineError(f"expected the start of a case, but {error}") from None


def person(world: World, step: Step) -> None:
    """``person: {dane-dostepowe | logowanie | reset: {…}, code: 200}``: what somebody does in SIO.

    ``{login}`` and ``{haslo}`` are what the person was given last.
    """
    given = dict(step["person"])
    code = int(given.pop("code", 200))
    [(door, body)] = given.items()
    answer = world.at_sio(str(door), dict(body))
    if answer.code != code:
        raise EngineError(f"expected SIO to answer {code}, but it answered {answer.code}: {answer.body}")


def clerk(world: World, step: Step) -> None:
    """``clerk: {element: {form, as}}``: what clerks enter from now on; null leaves it open."""
    for element, answer in dict(step["clerk"]).items():
        world.instruct(str(element), answer)


def claim(world: World, step: Step) -> None:
    """``claim: element`` with ``as``."""
    element = str(step["claim"])
    task = next(iter(world.open_tasks(element)), None)
    if task is None:
        raise EngineError(f"expected an open user task {element}, but there is none")
    world.engine.claim(task.key, actor=str(step.get("as", "osoba")))


def fault(world: World, step: Step) -> None:
    """``fault: {server: kind}``; or ``{server: {kind: …, match: …, times: …}}``."""
    for server, script in dict(step["fault"]).items():
        options = dict(script) if isinstance(script, dict) else {"kind": script}
        world.servers.fault(
            server,
            str(options["kind"]),
            match=str(options.get("match", "")),
            times=int(options.get("times", 1)),
        )


def change(world: World, step: Step) -> None:
    """``change: {seod | zszo: {login: {field: value}}}``: what people do in the outside systems."""
    for system, records in dict(step["change"]).items():
        kept = {"seod": world.servers.city.users, "zszo": world.servers.city.zszo.accounts}[str(system)]
        for login, fields in dict(records).items():
            for name, value in dict(fields).items():
                record, _, field = str(name).rpartition(".")
                (kept[login][record] if record else kept[login])[field] = value


def rspo(world: World, step: Step) -> None:
    """``rspo: {"999001": {dyrektorNazwisko: Nowa}}``: the register changes and the office looks at night.

    ``gone: true`` takes the school out of the register.
    """
    world.look_at_rspo()
    for number, fields in dict(step["rspo"]).items():
        world.servers.rspo.change(int(number), None if fields.get("gone") else dict(fields))
    world.look_at_rspo()


def reconcile(world: World, step: Step) -> None:
    """``reconcile: {sio: 0, seod: 0, zszo: 0}``: how many differences from the lists of these systems."""
    for system, wanted in dict(step["reconcile"]).items():
        found = world.reconciled(str(system)).differences
        if len(found) != int(wanted):
            told = "; ".join(f"{each.what} {each.subject}" for each in found) or "none"
            raise EngineError(f"expected {wanted} differences from {system}, but there are: {told}")


def advance(world: World, step: Step) -> None:
    """``advance: P3D``."""
    world.advance(str(step["advance"]))


def to(world: World, step: Step) -> None:
    """``to: 2026-12-29T00:00`` (Warsaw)."""
    world.move_to(moment(str(step["to"])))


def message(world: World, step: Step) -> None:
    """``message: {name, key, variables, ttl, id}``."""
    given = dict(step["message"])
    world.engine.publish_message(
        str(given["name"]), correlation_key=str(given.get("key", "")), variables=given.get("variables", {}),
        ttl=reading.duration(str(given.get("ttl", "PT0S"))), message_id=given.get("id"),
    )  # fmt: skip


def letter(world: World, step: Step) -> None:
    """``letter: {from, subject, text, to, charset, at}``: a mail to the office, to its case unless told.

    ``at`` is when the office's mail server got it, if not now.
    """
    given = dict(step["letter"])
    at = moment(str(given["at"])) if "at" in given else world.clock.now()
    raw = demo.bounces.letter(
        to=str(given.get("to", world.case_address)), sender=str(given["from"]),
        subject=str(given.get("subject", "")), text=str(given.get("text", "")),
        charset=str(given.get("charset", "utf-8")),
    )  # fmt: skip
    world.receive(raw, at)


def bounce(world: World, step: Step) -> None:
    """``bounce: {to: address, style: postfix}``: the last mail to an address comes back."""
    given = dict(step["bounce"])
    address = str(given["to"])
    sent = [line for line in world.servers.lines("smtp", "mail") if address in line["rcpt_to"]]
    if not sent:
        raise EngineError(f"expected a mail to {address} that could come back, but there is none")
    mail = (world.servers.directory / "outbox" / sent[-1]["file"]).read_bytes()
    style = str(given.get("style", "postfix"))
    world.receive(demo.bounces.bounce(mail, to=sent[-1]["mail_from"], style=style), world.clock.now())


def sms_report(world: World, step: Step) -> None:
    """``sms_report: 405``: the gateway reports this state of the last text message (404 is delivered)."""
    world.report_sms(int(step["sms_report"]))


def signal(world: World, step: Step) -> None:
    """``signal: name`` with ``variables``."""
    world.engine.broadcast_signal(str(step["signal"]), variables=step.get("variables", {}))


def job(world: World, step: Step) -> None:
    """``job: {type, variables}`` plays the handler that is not there; with ``error: CODE`` a BPMN error."""
    given = dict(step["job"])
    found = world.engine.activate_jobs(
        str(given["type"]), worker="scenario", limit=1, lease=dt.timedelta(minutes=5)
    )
    if not found:
        raise EngineError(f"expected a job of type {given['type']}, but there is none")
    if "error" in given:
        world.engine.throw_error(found[0].key, code=str(given["error"]), variables=given.get("variables", {}))
    else:
        world.engine.complete_job(found[0].key, variables=given.get("variables", {}))


def resolve(world: World, step: Step) -> None:
    """``resolve: element`` resolves the open incident there, with ``as`` and ``reason``."""
    element = str(step["resolve"])
    for incident in world.engine.incidents():
        if incident.element_id == element and incident.resolved_at is None:
            reason = str(step.get("reason", "naprawiono"))
            world.engine.resolve_incident(incident.key, actor=str(step.get("as", "operator")), reason=reason)
            return
    raise EngineError(f"expected an open incident at {element}, but there is none")


def check(world: World, step: Step) -> None:
    """``expect: {…}``."""
    expect(world, dict(step["expect"]))


VERBS: dict[str, Callable[[World, Step], None]] = {
    "complete": complete, "clerk": clerk, "claim": claim, "fault": fault, "change": change, "start": start,
    "person": person, "advance": advance, "to": to, "message": message, "signal": signal, "job": job,
    "letter": letter, "rspo": rspo, "reconcile": reconcile, "bounce": bounce, "sms_report": sms_report,
    "resolve": resolve, "expect": check,
}  # fmt: skip


def verb_of(step: Step) -> str:
    """Return a step's verb; raises ``EngineError`` where there is none, or two."""
    found = [name for name in step if name in VERBS]
    if len(found) != 1:
        raise EngineError(f"expected one of {', '.join(VERBS)}, but got {', '.join(step) or 'nothing'}")
    return found[0]


def play(world: World, step: Step) -> None:
    """Play one step and let the office run until it waits again; ``only: ręczny`` limits it to a binding."""
    verb = verb_of(step)
    only = step.get("only", world.binding)
    if only not in BINDINGS and "only" in step:
        raise EngineError(f"expected only: to name one of {', '.join(BINDINGS)}, but got {only!r}")
    if only == world.binding:
        VERBS[verb](world, step)
        world.settle()
