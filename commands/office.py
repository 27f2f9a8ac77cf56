"""The options every command knows, and the engine they describe.

The options may stand before the command or after it: `obieg --format json tasks` is the same as
`obieg tasks --format json`. Each is also an environment variable (`OBIEG_DATABASE`, `OBIEG_AS`, …).
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from engine import (
    Clock,
    EngineError,
    HandlerRegistry,
    Keyring,
    ProcessEngine,
    celery_transport,
    read_element_templates,
)

if TYPE_CHECKING:
    from handlers import Settings

DATABASE = "sqlite:///obieg.db"
_TEMPLATES = Path(__file__).parent.parent / "handlers" / "element_templates"
_MAGIC = b"SQLite format 3\0"
F = TypeVar("F", bound=Callable[..., Any])


class Office(msgspec.Struct, kw_only=True):
    """One invocation: which installation, who acts, how to answer; ``processes``, ``forms``,
    ``element_templates``: those shipped.

    Filled by the options as they are read, before the command runs.
    """

    processes: Path
    forms: Path
    database: str = DATABASE
    keyring: Path | None = None
    actor: str = ""
    format: str = "table"
    element_templates: Path = _TEMPLATES

    @property
    def as_json(self) -> bool:
        """Return whether the answer is to be JSON."""
        return self.format == "json"

    @property
    def database_file(self) -> Path | None:
        """Return the file of an embedded database, None for any other."""
        path = self.database.removeprefix("sqlite:///").partition("?")[0]
        embedded = self.database.startswith("sqlite:///") and path not in ("", ":memory:")
        return Path(path) if embedded else None

    @contextmanager
    def engine(
        self,
        *,
        create: bool = False,
        clock: Clock | None = None,
        handlers: HandlerRegistry | None = None,
        broker: str | None = None,
    ) -> Iterator[ProcessEngine]:
        """Open the engine for one command; raises ``EngineError``, also for a database that is not there.

        Only what sets an installation up (``create``) makes a new database: a mistyped folder shall not.
        With a ``broker`` its verbs hint a Celery fleet.
        """
        self.require_database(create=create)
        keyring = Keyring.load(self.keyring) if self.keyring is not None else None
        transport = celery_transport(broker) if broker else None
        with ProcessEngine(
            self.database,
            clock=clock,
            handlers=handlers or self.templates(),
            keyring=keyring,
            transport=transport,
        ) as engine:
            yield engine

    def require_database(self, *, create: bool = False) -> str:
        """Return the address of the database; raises ``EngineError`` for a file that is none.

        Also for one that is not there, unless ``create``.
        """
        if self.database_file is not None:
            _require_database(self.database_file, create=create)
        return self.database

    def handlers(self, environment: Mapping[str, str] = os.environ) -> HandlerRegistry:
        """Return every handler, set up from ``OBIEG_SMTP_…`` and its like; raises ``EngineError``."""
        from handlers import register_all  # typst, pikepdf and httpx: only where handlers run

        registry = self.templates()
        try:
            register_all(registry, self.settings(environment))
        except ValueError as error:
            raise EngineError(str(error)) from None
        return registry

    def templates(self) -> HandlerRegistry:
        """Return a registry without a handler: it knows what the element templates say, and no more."""
        return HandlerRegistry(read_element_templates(self.element_templates), check_message=_check_message)

    def settings(self, environment: Mapping[str, str] = os.environ) -> Settings:
        """Return what ``OBIEG_SMTP_…`` and its like say of the outside systems; raises ``EngineError``."""
        from handlers import settings_from

        messages = os.pathsep.join(str(folder) for folder in sorted(self.processes.glob("*/messages")))
        try:
            return settings_from({"OBIEG_SMTP_MESSAGES": messages, **environment})
        except ValueError as error:
            raise EngineError(str(error)) from None


def _check_message(template_id: str, text: str, html: str) -> str:
    from handlers import templates  # with all that handlers need: only where a template is deployed

    return templates.complaint(template_id, text, html)


pass_office = click.make_pass_decorator(Office)


def shared_options(*, environment: bool) -> list[click.Parameter]:
    """Return fresh copies of the options every command knows; ``environment``: also read their variables."""

    def option(name: str, field: str, **more: Any) -> click.Option:
        # The engine itself reads OBIEG_KEYRING, which may also be the keyring's content.
        variable = f"OBIEG_{name.removeprefix('--').upper()}" if environment and field != "keyring" else None
        return click.Option(
            [name, f"shared_{field}"], expose_value=False, callback=_keep(field), envvar=variable,
            show_envvar=variable is not None, allow_from_autoenv=False, **more,
        )  # fmt: skip

    return [
        option(
            "--database", "database", metavar="URL", help=f"Where everything is kept; {DATABASE} unless told."
        ),
        option(
            "--keyring",
            "keyring",
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
            help="The keyring's file; else OBIEG_KEYRING.",
        ),
        option("--as", "actor", metavar="PERSON", help="Who acts; your user name unless told."),
        option(
            "--format",
            "format",
            type=click.Choice(["table", "json"]),
            help="How to answer; table unless told.",
        ),
    ]


class Command(click.Command):
    """A command that also takes the shared options, after its own."""

    def __init__(self, name: str | None, *, params: Sequence[click.Parameter] = (), **named: Any) -> None:
        super().__init__(name, params=[*params, *shared_options(environment=False)], **named)


def actor_of(office: Office) -> str:
    """Return who acts: the person named, else the user of the operating system."""
    if office.actor:
        return office.actor
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        raise EngineError("expected a person who acts, but there is none; give --as PERSON") from None


def _keep(field: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        if value is not None:
            setattr(context.ensure_object(Office), field, value)

    return keep


def _require_database(path: Path, *, create: bool) -> None:
    if not path.is_file():
        if not create:
            raise EngineError(
                f"expected a database at {path}, but there is none; "
                "create it with `obieg deploy` or name another with --database"
            )
        return
    with path.open("rb") as file:
        head = file.read(len(_MAGIC))
    if head and head != _MAGIC:  # SQLite itself would overwrite a short file of something else
        raise EngineError(f"expected an SQLite database at {path}, but the file is something else")
