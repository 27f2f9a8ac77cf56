"""``obieg demo``: carries one case of ZSZO-03 through, with everything real but the systems outside."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from commands import output
from commands.demonstration import case, proof
from commands.demonstration.stage import Stage, opened
from commands.office import Office, pass_office


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("var/demo"), show_default=True,
    help="Where the database and the mails are left to explore.",
)  # fmt: skip
@pass_office
def command(office: Office, folder: Path) -> None:
    """Carry one case of ZSZO-03 through: task, mail, text message, decrypted package, deadline, proof.

    Demo servers for mail, SMS, RSPO, SEOD and ZSZO run on this machine; the database is left to be explored.
    Only the business clock is moved, over the hour in which a mail may bounce. Exit code 1 if anything is not
    as it should be.
    """
    _clear(folder)
    with opened(office, folder) as stage:
        key = _play(stage)
    _what_next(folder, key)


def _play(stage: Stage) -> int:
    key = case.file_report(stage)
    case.take_up(stage, key)
    case.approve(stage, key)
    package = proof.mailed_package(stage)
    case.pass_the_hour(stage, key)
    password = proof.opened_package(stage, package)
    proof.logged_in(stage, password)
    case.confirm(stage, key)
    proof.history(stage, key)
    proof.verified(stage, key)
    proof.nothing_in_clear(stage, password)
    return key


def _clear(folder: Path) -> None:
    """Remove what an earlier run left there, and nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in (*folder.glob("obieg.db*"), folder / "dane-dostepowe.pdf"):
        left.unlink(missing_ok=True)
    shutil.rmtree(folder / "outside", ignore_errors=True)


def _what_next(folder: Path, key: int) -> None:
    output.show_section("Explore it")
    program = sys.argv[0] if Path(sys.argv[0]).name == "obieg" else "obieg"
    prefix = f"{program} --database sqlite:///{folder.as_posix()}/obieg.db"
    for command_line in (f"show {key}", f"history {key}", f"replay {key} --at 5", f"verify {key}"):
        output.show(f"  {prefix} {command_line}")
    output.show(f"  mails, SMS and journals of the outside systems: {folder.as_posix()}/outside/")
