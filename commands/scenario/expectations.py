"""What a scenario expects to see: each word a function that raises ``EngineError`` with what it found."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from commands import output
from commands.scenario.file import moment
from commands.scenario.world import World
from demo.pdf import open_text
from engine import EngineError

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}")
ENDED = ("completed", "terminated")


def expect(world: World, wanted: Mapping[str, Any]) -> None:
    """Compare the world with what is wanted, word by word."""
    for word, value in wanted.items():
        if word not in WORDS:
            raise EngineError(f"expected one of {', '.join(WORDS)}, but got {word!r}")
        WORDS[word](world, value)


def _active(world: World, wanted: Any) -> None:
    found = waiting(world)
    _require("active", set(_several(wanted)), found)


def waiting(world: World) -> set[str]:
    """Return the elements where something waits: active ones with nothing active inside or called."""
    found: set[str] = set()
    for instance in world.engine.instances():
        active = [each for each in world.engine.elements(instance.key) if str(each.state) not in ENDED]
        parents = {each.parent_key for each in active}
        found |= {
            each.element_id
            for each in active
            if each.key not in parents and each.element_type not in ("process", "callActivity")
        }
    return found


def _ended_at(world: World, wanted: Any) -> None:
    ends = {
        each.element_id
        for each in world.engine.elements(world.key)
        if each.element_type == "endEvent" and str(each.state) == "completed"
    }
    if world.engine.instance(world.key).ended_at is None:
        still = ", ".join(sorted(waiting(world)))
        raise EngineError(f"expected to have ended at {wanted}, but the case still waits at: {still}")
    missing = set(_several(wanted)) - ends
    if missing:
        raise EngineError(f"expected to have ended at {_listed(missing)}, but it ended at {_listed(ends)}")


def _state(world: World, wanted: Any) -> None:
    found = str(world.engine.instance(world.key).state)
    if found != str(wanted):
        raise EngineError(f"expected the case to be {wanted}, but it is {found}")


def _incidents(world: World, wanted: Any) -> None:
    found = [each for each in world.engine.incidents() if each.resolved_at is None]
    if len(found) != int(wanted):
        told = "; ".join(f"{each.element_id}: {each.message}" for each in found) or "none"
        raise EngineError(f"expected {wanted} open incidents, but there are {len(found)}: {told}")


def _mails(world: World, wanted: Any) -> None:
    """Compare the mails since the last time they were looked at, in any order; a number only counts them."""
    mails = world.servers.mails()[world.mails_seen :]
    world.mails_seen += len(mails)
    rest = list(mails)
    for one in [{}] * wanted if isinstance(wanted, int) else wanted:
        match = next((mail for mail in rest if _is(mail, one, world.messages)), None)
        if match is None:
            raise EngineError(f"expected a mail {dict(one)}, but there are {_listed(map(_named, rest))}")
        rest.remove(match)
    if rest:
        raise EngineError(f"expected no other mails, but there are {_listed(map(_named, rest))}")


def _contents(found: list[dict[str, Any]], wanted: Any) -> None:
    for part in _several(wanted):
        if not any(part in str(each["message"]) for each in found):
            raise EngineError(f"expected an SMS with {part!r}, but there are {len(found)} others")


def _is(mail: EmailMessage, wanted: Mapping[str, Any], messages: Path) -> bool:
    if "to" in wanted and str(wanted["to"]) != str(mail["To"]):
        return False
    if "subject" in wanted and str(wanted["subject"]) not in str(mail["Subject"]):
        return False
    text = mail.get_body(("plain",))
    content = " ".join(text.get_content().split()) if text is not None else ""
    if not all(str(part) in content for part in _several(wanted.get("contains", []))):
        return False
    if any(str(part) in content for part in _several(wanted.get("lacks", []))):
        return False
    if "attachment" in wanted and bool(wanted["attachment"]) != any(True for _ in mail.iter_attachments()):
        return False
    return "template" not in wanted or _comes_from(
        str(mail["Subject"]), _subject(messages, str(wanted["template"]))
    )


def _subject(messages: Path, template: str) -> list[str]:
    """Return the parts of a template's subject between which something is filled in."""
    path = messages / f"{template.rpartition('/')[2]}.txt.j2"
    if not path.is_file():
        raise EngineError(f"expected a template at {path}, but there is none")
    line = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("Subject:").strip()
    return _PLACEHOLDER.split(line)


def _comes_from(subject: str, parts: list[str]) -> bool:
    """Say whether a subject has these parts in this order, the first and the last at its ends; a pattern made
    of a template with many placeholders would try every way to share a subject among them.
    """
    first, *rest = parts
    if not rest:
        return subject == first
    place, end = len(first), len(subject) - len(rest[-1])
    if place > end or not (subject.startswith(first) and subject.endswith(rest[-1])):
        return False
    for part in rest[:-1]:
        found = subject.find(part, place, end)
        if found < 0:
            return False
        place = found + len(part)
    return True


def _named(mail: EmailMessage) -> str:
    return f"{mail['Subject']!s} → {mail['To']!s}"


def _sms(world: World, wanted: Any) -> None:
    """Compare the SMS since the last time they were looked at: their number, or recipients and contents."""
    found = world.servers.sms()[world.sms_seen :]
    world.sms_seen += len(found)
    numbers = [str(each["to"]) for each in found]
    if isinstance(wanted, int):
        if len(found) != wanted:
            raise EngineError(f"expected {wanted} SMS, but there are {len(found)}: {_listed(numbers)}")
        return
    _require("SMS", {str(each["to"] if isinstance(each, dict) else each) for each in wanted}, set(numbers))
    for each in wanted:
        _contents(found, each.get("contains", []) if isinstance(each, dict) else [])


def _deadline(world: World, wanted: Any) -> None:
    """Compare when elements are due: user tasks by their due date, others by their timer."""
    due = {
        timer.element_id: timer.due_at
        for instance in world.engine.instances()
        for timer in world.engine.timers(instance_key=instance.key)
    }
    due |= {task.element_id: task.due_at for task in world.open_tasks() if task.due_at is not None}
    for element, text in dict(wanted).items():
        if element not in due:
            raise EngineError(f"expected a deadline of {element}, but there are only: {_listed(due)}")
        if due[element] != moment(str(text)):
            raise EngineError(
                f"expected {element} to be due {text}, but it is due {output.deadline(due[element])}"
            )


def _variables(world: World, wanted: Any) -> None:
    """Compare variables; ``a.b`` looks into contexts."""
    scopes = _scopes(world)
    for path, value in dict(wanted).items():
        first, *rest = str(path).split(".")
        found: Any = next((scope[first] for scope in scopes if scope.get(first) is not None), None)
        for name in rest:
            found = found.get(name) if isinstance(found, Mapping) else None
        if output.plain(found) != output.plain(value):
            raise EngineError(f"expected variable {path} to be {value!r}, but it is {output.plain(found)!r}")


def _scopes(world: World) -> list[Mapping[str, Any]]:
    """Return the variables of what the case has called and that still runs, then its own."""
    called = [
        each.key
        for each in world.engine.instances()
        if each.root_key == world.key != each.key and each.ended_at is None
    ]
    return [world.engine.variables(key) for key in [*sorted(called, reverse=True), world.key]]


def _tasks(world: World, wanted: Any) -> None:
    """Compare who open user tasks are for: their assignee, or a group or person that may take them."""
    whom = {t.element_id: {t.assignee, *t.candidate_groups, *t.candidate_users} for t in world.open_tasks()}
    for element, name in dict(wanted).items():
        if element not in whom:
            raise EngineError(f"expected an open user task {element}, but open are {_listed(whom)}")
        if str(name) not in whom[element]:
            raise EngineError(f"expected {element} to be for {name}, but it is for {_listed(whom[element])}")


def _registers(world: World, wanted: Any) -> None:
    """Compare the entries of registers: their number, or the fields of each, oldest first."""
    for register, entries in dict(wanted).items():
        found = [each.data for each in reversed(world.engine.registers.entries(str(register)))]
        several = [{}] * entries if isinstance(entries, int) else entries
        if len(found) != len(several):
            raise EngineError(f"expected {len(several)} entries in {register}, but there are {len(found)}")
        for entry, fields in zip(found, several, strict=True):
            for name, value in fields.items():
                if output.plain(entry.get(name)) != output.plain(value):
                    told = output.plain(entry.get(name))
                    raise EngineError(f"expected {register}.{name} to be {value!r}, but it is {told!r}")


def _documents(world: World, wanted: Any) -> None:
    """Compare the names of the case's documents; with a mapping, what each contains (as text)."""
    documents = {each.name: each for each in world.engine.documents.of_case(world.key)}
    _require("the documents", {str(each) for each in wanted}, set(documents))
    for name, parts in dict(wanted).items() if isinstance(wanted, dict) else ():
        content = world.engine.documents.read(documents[name].reference, root_key=world.key)
        text = open_text(content, "") or "" if content.startswith(b"%PDF-") else content.decode()
        for part in _several(parts):
            if part not in " ".join(text.split()):
                raise EngineError(f"expected the document {name} to say {part!r}, but it does not")


def _tickets(world: World, wanted: Any) -> None:
    """Compare how the tickets of the reference SEOD were closed; None is one that is still open."""
    found = [str(each.get("wynik")) for each in world.servers.city.tickets.values()]
    if found != [str(each) for each in wanted]:
        raise EngineError(f"expected tickets closed as {list(wanted)}, but they are {found}")


def _ends(world: World, wanted: Any) -> None:
    """Compare at which end event each other process has ended: ``{process: end}``."""
    found = {
        instance.process_id: each.element_id
        for instance in world.engine.instances()
        for each in world.engine.elements(instance.key)
        if each.element_type == "endEvent" and str(each.state) == "completed"
    }
    for process, end in dict(wanted).items():
        if found.get(str(process)) != str(end):
            raise EngineError(f"expected {process} to have ended at {end}, but: {found.get(str(process))}")


def _require(what: str, wanted: set[str], found: set[str]) -> None:
    if wanted != found:
        raise EngineError(f"expected {what} {_listed(wanted)}, but found {_listed(found)}")


def _several(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _listed(names: Any) -> str:
    return "[" + ", ".join(sorted(str(name) for name in names)) + "]"


WORDS: dict[str, Callable[[World, Any], None]] = {
    "active": _active, "ended_at": _ended_at, "state": _state, "incidents": _incidents, "mails": _mails,
    "sms": _sms, "deadline": _deadline, "variables": _variables, "tasks": _tasks, "registers": _registers,
    "documents": _documents, "tickets": _tickets, "ends": _ends,
}  # fmt: skip
