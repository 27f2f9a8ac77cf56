"""``obieg choose``: chooses what is to be done in an ad-hoc sub-process."""

from __future__ import annotations

import click

from commands import reading, standing
from commands.office import Command, Office, pass_office


@click.command(cls=Command)
@click.argument("key")
@click.argument("activities", nargs=-1, required=True, metavar="ACTIVITY...")
@click.option(
    "--inside", type=reading.KEY, default=0, help="Key of the sub-process, where several are active."
)
@click.option("--reason", default="", help="Kept in the history.")
@pass_office
def command(office: Office, key: str, activities: tuple[str, ...], inside: int, reason: str) -> None:
    """Begin ACTIVITY... of an ad-hoc sub-process of the instance KEY; any of them, again and again."""
    standing.change(
        office,
        key,
        lambda engine, case, who: engine.activate_activities(
            case, activities, inside=inside, actor=who, reason=reason
        ),
    )
