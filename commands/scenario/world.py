"""The office a scenario happens in: an engine in memory, a virtual clock, real handlers, demo servers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import yaml

from commands import reading
from commands.scenario.file import WARSAW, Scenario, Start, moment
from demo.http_server import Answer
from demo.servers import DemoServers
from engine import EngineError, HandlerRegistry, ProcessEngine, UserTask, VirtualClock
from handlers import Settings, reconciliation, register_all, return_address, rspo_changes, settings_from
from handlers.mail_in.intake import MailIntake
from handlers.sms import report_token
from handlers.sms_reports import SmsReports

OPEN_TASKS = ("created", "assigned")
PARAMETER = "wiazanie"
BINDINGS = ("wbudowany", "ręczny")  # the values of the parameter (`docs/decisions/0012`)
_MAILBOXES = {
    "OBIEG_SMTP_BOUNCES": "zwroty@um.krakow.example",
    "OBIEG_SMTP_REPLIES": "sprawy@um.krakow.example",
    "OBIEG_SMTP_TOKEN": "scenariusz",
    "OBIEG_SMS_NOTIFY_URL": "https://urzad.example/reports/sms/scenariusz-scenariusz-scenariusz",
}
_MEDIA_TYPES = {".xml": "application/xml", ".pdf": "application/pdf"}
_MOST_STOPS = 10_000  # of the clock within one step


class World:
    """Everything a step may touch; ``mails_seen``, ``sms_seen``: how many have been looked at.

    ``clerks`` says what clerks enter in tasks no step completes: those the manual binding adds.
    """

    def __init__(
        self, engine: ProcessEngine, servers: DemoServers, clock: VirtualClock, procedure: Path, binding: str,
        settings: Settings,
    ) -> None:  # fmt: skip
        self.engine = engine
        self._settings = settings
        self.servers = servers
        self.clock = clock
        self.messages = procedure / "messages"
        self.binding = binding
        self._clerks: dict[str, dict[str, Any]] = _mapping(procedure / "clerks.yaml")
        self._access: dict[str, str] = {}  # what a person has got from SIO, by placeholder
        self.key = 0
        self.mails_seen = 0
        self.sms_seen = 0

    @property
    def case_address(self) -> str:
        """Return the address for letters about the case looked at."""
        number = self.engine.instance(self.key).business_key or ""
        return return_address.case_address(self._settings.email.replies, number)

    def receive(self, raw: bytes, at: dt.datetime) -> None:
        """Let the office find a mail in its mailbox that its mail server got at this time."""
        MailIntake(self.engine, self._settings.email).take(raw, at)

    def look_at_rspo(self) -> None:
        """Let the office compare RSPO with what it kept of it, as ``obieg rspo`` does every night."""
        rspo_changes.renew(self.engine, self._settings.rspo)

    def reconciled(self, system: str) -> reconciliation.Outcome:
        """Compare the registers with what one exports from a reference system (`obieg reconcile`)."""
        of_sio = system == "sio"
        listed = self.servers.sio.listed() if of_sio else self.servers.city.listed(system)
        return reconciliation.compare(self.engine, system, listed.encode())

    def report_sms(self, status: int) -> None:
        """Let the gateway report what became of the text it took last."""
        sent = self.servers.sms()
        if not sent:
            raise EngineError("expected a text message to report about, but none was sent")
        fields = {"MsgId": str(sent[-1]["id"]), "status": str(status), "idx": str(sent[-1]["idx"])}
        SmsReports(self.engine, self._settings.sms).take(report_token(self._settings.sms), fields)

    def start(self, process: str, given: Start) -> None:
        """Start a case and let the office run until it waits; from then on it is the case looked at."""
        filed = {"numer_sprawy": given.business_key, "wnioskodawca": given.actor}
        try:
            instance = self.engine.start(
                process, actor=given.actor,
                variables=filed | given.variables | self.with_files(given.form, given.actor),
                business_key=given.business_key,
            )  # fmt: skip
        except EngineError as error:
            if not given.refused or given.refused not in str(error):
                raise
            return
        if given.refused:
            raise EngineError(f"expected the form to be refused ({given.refused}), but it was taken")
        self.key = instance.key
        self.settle()

    def with_files(self, form: dict[str, Any], actor: str) -> dict[str, Any]:
        """Return a filled-in form whose files wait for whoever sends it, as after an upload on a page."""
        return {key: self._sent(value, actor) if _is_file(value) else value for key, value in form.items()}

    def _sent(self, file: dict[str, str], actor: str) -> list[dict[str, Any]]:
        name = file["file"]
        kept = self.engine.uploads.keep(
            person_id=actor,
            name=name,
            content=file["content"].encode(),
            media_type=_MEDIA_TYPES.get(Path(name).suffix, "application/octet-stream"),
        )
        return [kept.value]

    def settle(self) -> None:
        """Let everything due happen, clerks entering what they have been told to, until the office waits."""
        self.engine.run_until_idle()
        for _ in range(_MOST_STOPS):
            task = next((each for each in self.open_tasks() if each.element_id in self._clerks), None)
            if task is None:
                return
            answer = self._clerks[task.element_id]
            form = {name: self._filled(value) for name, value in answer.get("form", {}).items()}
            self.engine.complete(task.key, variables=form, actor=str(answer.get("as", "urzednik")))
            self.engine.run_until_idle()

    def at_sio(self, door: str, body: dict[str, Any]) -> Answer:
        """Let a person do something in the reference SIO, with the access data given last."""
        sio = self.servers.sio
        doors = {"dane-dostepowe": sio.fetch, "logowanie": sio.log_in, "reset": sio.reset}
        if door not in doors:
            raise EngineError(f"expected one of {', '.join(doors)}, but got {door!r}")
        answer = doors[door]({name: self._access.get(str(value), value) for name, value in body.items()})
        if answer.code < 300:
            self._access |= {
                f"{{{name}}}": answer.body[name] for name in ("login", "haslo") if name in answer.body
            }
        return answer

    def instruct(self, element: str, answer: dict[str, Any] | None) -> None:
        """Say what clerks enter at an element from now on, on top of what they entered; None: nothing."""
        known = self._clerks.pop(element, {})
        if answer is not None:
            self._clerks[element] = known | answer | {"form": known.get("form", {}) | answer.get("form", {})}

    def _filled(self, value: Any) -> Any:
        """Return what a clerk enters; ``{now}`` and ``{today}`` stand for the moment and the day."""
        local = self.clock.now().astimezone(WARSAW)
        moments = {"{now}": f"{local:%Y-%m-%dT%H:%M}", "{today}": f"{local:%Y-%m-%d}"}
        return moments.get(value, value) if isinstance(value, str) else value

    def open_tasks(self, element_id: str | None = None) -> list[UserTask]:
        """Return the user tasks that wait, oldest first."""
        tasks = (t for t in self.engine.user_tasks(element_id=element_id) if str(t.state) in OPEN_TASKS)
        return sorted(tasks, key=lambda task: task.key)

    def move_to(self, target: dt.datetime) -> None:
        """Move the clock, stopping on the way at every timer and retry so that each comes at its own time."""
        if target < self.clock.now():
            raise EngineError(
                f"expected a time after {self.clock.now().astimezone(WARSAW)}, but got {target}"
            )
        for _ in range(_MOST_STOPS):
            due = self.engine.next_due()
            if due is None or due > target:
                break
            self.clock.set(max(due, self.clock.now()))
            self.settle()
        self.clock.set(target)
        self.settle()

    def advance(self, by: str) -> None:
        """Move the clock by a duration; its days are calendar days; raises ValueError for none."""
        days, rest = reading.days_and_rest(by)
        now = self.clock.now()
        if days:  # only then: arithmetic on local time forgets which of two equal hours it is
            now = (now.astimezone(WARSAW) + dt.timedelta(days=days)).astimezone(dt.UTC)
        self.move_to(now + rest)


def bindings(scenario: Scenario, procedure: Path) -> tuple[str, ...]:
    """Return the bindings a scenario is played in; ``("",)`` where its procedure has but one."""
    if PARAMETER not in _mapping(procedure / "parameters.yaml"):
        return ("",)
    if scenario.binding and scenario.binding not in BINDINGS:
        raise EngineError(f"expected the binding {' or '.join(BINDINGS)}, but got {scenario.binding!r}")
    return (scenario.binding,) if scenario.binding else BINDINGS


@contextmanager
def opened(scenario: Scenario, procedure: Path, forms: Path, binding: str, database: str) -> Iterator[World]:
    """Set an office up for one scenario and clear it away afterwards.

    ``procedure`` is the folder of the diagrams, with ``parameters.yaml``, ``clerks.yaml`` and ``messages/``;
    ``forms`` that of its forms.
    """
    clock = VirtualClock(moment(scenario.at))
    with DemoServers(now=clock.now) as servers:
        servers.rspo.schools = _schools(scenario, procedure) or servers.rspo.schools
        registry = HandlerRegistry()
        messages = procedure / "messages"
        kept = {
            "OBIEG_SMTP_MESSAGES": str(messages),
            "OBIEG_RSPO_SNAPSHOT": str(servers.directory / "rspo-migawka.json"),
        }
        settings = settings_from(servers.environment | _MAILBOXES | kept)
        register_all(registry, settings)
        engine = ProcessEngine(database, clock=clock, handlers=registry)
        try:
            folders = [folder for folder in (procedure, forms) if folder.is_dir()]
            deployment = engine.deploy(reading.files(folders), by="test")
            parameters = _parameters(scenario, procedure, binding)
            for each in deployment.definitions:
                if each.kind == "process":
                    engine.parameters.set(each.id, parameters, by="test")
            yield World(engine, servers, clock, procedure, binding, settings)
        finally:
            engine.close()


def _is_file(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"file", "content"}


def _mapping(path: Path) -> dict[str, Any]:
    """Return the entries of one of the procedure's own files, none where there is no such file."""
    return (yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader) or {}) if path.is_file() else {}


def _parameters(scenario: Scenario, procedure: Path, binding: str) -> bytes:
    """Return the procedure's parameters with what the scenario sets differently."""
    path = procedure / "parameters.yaml"
    known = _mapping(path)
    wanted = scenario.parameters | ({PARAMETER: binding} if binding else {})
    for name, value in wanted.items():
        if name not in known:
            raise EngineError(f"expected a parameter of {path}, but it has no {name!r}")
        known[name] = {**known[name], "value": value}
    return yaml.dump(known, Dumper=yaml.CSafeDumper, allow_unicode=True).encode()


def _schools(scenario: Scenario, procedure: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in scenario.rspo:
        path = procedure / "scenarios" / name
        if not path.is_file():
            raise EngineError(f"expected a file of schools at {path}, but there is none")
        content = msgspec.json.decode(path.read_bytes())
        found += content if isinstance(content, list) else [content]
    return found
