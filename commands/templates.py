"""``obieg templates``: the element templates by which tasks are configured, to look at or to take away."""

from __future__ import annotations

from pathlib import Path

import click

from commands import output
from commands.office import Command, Office, pass_office
from engine import ElementTemplate, EngineError


@click.command(cls=Command)
@click.argument("template_id", required=False, metavar="[TEMPLATE]")
@click.option(
    "--export",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the files into this folder, for Camunda Modeler (resources/element-templates).",
)
@pass_office
def command(office: Office, template_id: str | None, folder: Path | None) -> None:
    """List the element templates, print the file of one, or export them.

    TEMPLATE is an id such as obieg.email.send.
    """
    known = office.templates().templates
    if template_id is not None and template_id not in known:
        raise EngineError(f"expected an element template, but there is no {template_id}; list them")
    chosen = known if template_id is None else {template_id: known[template_id]}
    if folder is not None:
        export(folder, {key: content for key, (_, content) in chosen.items()})
    elif template_id is not None:
        output.show(known[template_id][1].decode())
    else:
        show(office, [template for template, _ in chosen.values()])


def export(folder: Path, files: dict[str, bytes]) -> None:
    """Write one file per template, named by its id."""
    folder.mkdir(parents=True, exist_ok=True)
    for key, content in files.items():
        (folder / f"{key}.json").write_bytes(content)
    output.show(f"{len(files)} templates in {folder}")


def show(office: Office, templates: list[ElementTemplate]) -> None:
    """Print each with its version, the job it does and the settings it asks for."""
    if office.as_json:
        output.show_json(templates)
        return
    rows = [
        (each.id, each.version, each.name, each.job_type, ", ".join(_required(each))) for each in templates
    ]
    output.show_table(("template", "version", "name", "job", "required"), rows, widest=0)


def _required(template: ElementTemplate) -> list[str]:
    return [setting.name for setting in template.settings if setting.required]
