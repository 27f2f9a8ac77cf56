"""``obieg group``: what the groups are called that lanes and assignments name by an id."""

from __future__ import annotations

import click

from commands import output
from commands.office import Command, Office, actor_of, pass_office


@click.group()
def command() -> None:
    """Name and list groups."""


@command.command(cls=Command, name="name")
@click.argument("group")
@click.argument("name")
@pass_office
def call(office: Office, group: str, name: str) -> None:
    """Call GROUP NAME on the pages from now on, also one that nobody is in yet; "" takes its name away."""
    with office.engine() as engine:
        engine.groups.call(group, name, by=actor_of(office))
    output.show(f"{group} is called {name.strip()}" if name.strip() else f"{group} has no name")


@command.command(cls=Command, name="list")
@pass_office
def known(office: Office) -> None:
    """List the groups that procedures, open tasks, people or names know."""
    with office.engine() as engine:
        groups = engine.known_groups()
    if office.as_json:
        output.show_json(groups)
        return
    output.show_table(
        ("GROUP", "NAME", "MEMBERS", "PROCESSES"),
        [(each.id, each.name, each.members, list(each.processes)) for each in groups],
        empty="no groups",
    )
