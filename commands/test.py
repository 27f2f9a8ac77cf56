"""``obieg test``: plays scenario files, process tests that owners can read."""

from __future__ import annotations

from pathlib import Path

import click

from commands import output
from commands.office import Command, Office, pass_office
from commands.scenario.coverage import Coverage, Tracks
from commands.scenario.run import Played, bindings_of, play_file
from engine import EngineError


@click.command(cls=Command)
@click.argument(
    "paths", nargs=-1, required=True, metavar="FILE…", type=click.Path(path_type=Path, exists=True)
)
@pass_office
@click.pass_context
def command(context: click.Context, office: Office, paths: tuple[Path, ...]) -> None:
    """Play scenario files (or the scenarios/*.yaml of folders); exit code 1 unless all went as expected.

    Each runs in a database in memory under a virtual clock, with the real handlers against the demo servers,
    once in every binding of its procedure. Afterwards: what of each diagram was reached.
    """
    tracks = Tracks()
    played = []
    for path in _files(paths):
        for binding in bindings_of(path):
            played.append(play_file(path, office.forms, tracks, binding))
            if not office.as_json:
                output.show(_line(played[-1]))
    _tell_coverage(office, played, tracks)
    if any(each.reason for each in played):
        context.exit(1)


def _files(paths: tuple[Path, ...]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        found += (
            sorted(path.rglob("scenarios/*.yaml")) or sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        )
    if not found:
        raise EngineError(f"expected scenarios/*.yaml in {', '.join(map(str, paths))}, but there are none")
    return found


def _line(played: Played) -> str:
    if played.reason:
        return click.style("failed", fg="red") + f"  {played.reason}"
    binding = f"{played.binding}, " if played.binding else ""
    return click.style("ok", fg="green") + f"      {played.file} ({binding}{played.steps} steps)"


def _tell_coverage(office: Office, played: list[Played], tracks: Tracks) -> None:
    found = tracks.result()
    if office.as_json:
        coverage = [
            {
                "process": each.process,
                "elements": len(each.elements),
                "elements_reached": len(each.elements & each.reached),
                "flows": len(each.flows),
                "flows_reached": len(each.flows & each.reached),
                "missing": each.missing,
                "bindings": {binding: len(one.missing) for binding, one in _by_binding(tracks, each.process)},
            }
            for each in found
        ]  # fmt: skip
        output.show_json({"played": played, "coverage": coverage})
        return
    for each in found:
        output.show()
        output.show(f"{each.process}: elements {each.share(each.elements)}, flows {each.share(each.flows)}")
        if each.missing:
            output.show(f"  not reached: {', '.join(each.missing)}")
        for binding, one in _by_binding(tracks, each.process):
            shares = f"elements {one.share(one.elements)}, flows {one.share(one.flows)}"
            output.show(f"  in the binding {binding}: {shares}")


def _by_binding(tracks: Tracks, process: str) -> list[tuple[str, Coverage]]:
    """Return what each binding reached of a process."""
    return [
        (binding, one)
        for binding in tracks.bindings()
        for one in tracks.result(binding)
        if one.process == process
    ]
