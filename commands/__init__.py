"""The command line: one module per command, named like it, each with one object ``command``.

A command opens an engine, calls one or two verbs of the public door and shows the answer; it decides
nothing. Beside the commands: ``office`` (the options every command knows, opening the engine), ``reading``
(what people type), ``output`` (what they see).
"""

from __future__ import annotations

import importlib

import click

# In the order of the help: the life of a procedure, then of a case, then of the installation.
NAMES = (
    "import-spiff", "check", "deploy", "test", "deviations", "templates", "decide", "start", "instances",
    "show", "tasks", "claim", "unclaim", "assign", "complete", "message", "signal", "incidents", "retry",
    "suspend", "activate", "cancel", "modify", "choose", "migrate", "batch", "process", "history",
    "replay", "verify", "worker", "mail-in", "rspo", "reconcile", "celery", "nodes", "doctor", "retention",
    "user", "group", "secrets", "db", "demo", "serve",
)  # fmt: skip


class CommandLine(click.Group):
    """A group that imports only the command that is asked for: `obieg tasks` need not load typst."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the help."""
        return list(NAMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name, or None."""
        if cmd_name not in NAMES:
            return None
        command = importlib.import_module(f"commands.{cmd_name.replace('-', '_')}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"expected commands/{cmd_name}.py to define a command, but it does not")
        return command
