"""``obieg user``: the people who may act."""

from __future__ import annotations

import click

from commands import output
from commands.office import Command, Office, actor_of, pass_office
from engine import Person


@click.group()
def command() -> None:
    """Add and list people."""


@command.command(cls=Command, name="add")
@click.argument("person")
@click.option("--name", required=True, help="First name and surname.")
@click.option("--role", "roles", multiple=True, help="What they may do; may be given several times.")
@click.option(
    "--group", "groups", multiple=True, help="Whose tasks they may take; may be given several times."
)
@click.option("--school", default="", metavar="RSPO", help="The applicant's own school.")
@pass_office
def add(
    office: Office, person: str, name: str, roles: tuple[str, ...], groups: tuple[str, ...], school: str
) -> None:
    """Add PERSON."""
    with office.engine(create=True) as engine:
        added = engine.people.add(
            person, name=name, roles=roles, groups=groups, school=school, by=actor_of(office)
        )
    _tell(office, [added])


@command.command(cls=Command, name="list")
@click.option("--group", metavar="GROUP", help="Only people of this group.")
@pass_office
def everybody(office: Office, group: str | None) -> None:
    """List people."""
    with office.engine() as engine:
        _tell(office, engine.people.everybody(group=group))


def _tell(office: Office, people: list[Person]) -> None:
    if office.as_json:
        output.show_json(people)
        return
    output.show_table(
        ("PERSON", "NAME", "ROLES", "GROUPS", "SCHOOL", "ACTIVE"),
        [(p.id, p.name, [str(role) for role in p.roles], list(p.groups), p.school, p.active) for p in people],
        empty="no people",
    )


@command.command(cls=Command, name="password")
@click.argument("person")
@click.password_option(help="Asked for when not given; at least 12 characters.")
@pass_office
def password(office: Office, person: str, password: str) -> None:
    """Give PERSON a password to sign in with; their open sessions end."""
    with office.engine() as engine:
        engine.accounts.set_password(person, password, by=actor_of(office))
    output.show(f"{person} can sign in with the new password")
