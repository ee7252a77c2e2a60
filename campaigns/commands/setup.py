"""Commands before a campaign: template, schema, validate, plan, doctor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from argyro.campaigns.commands.output import JsonFlag, console, print_json
from argyro.platform.errors import InputError

SpecFile = Annotated[Path, typer.Argument(help="Campaign file (YAML).", show_default=False)]


def template(
    name: Annotated[str, typer.Argument(help="quickstart, ...")] = "quickstart", json_: JsonFlag = False
) -> None:
    """Print a commented campaign file to begin with."""
    folder = Path(__file__).parent.parent
    known = sorted(file.stem for file in folder.glob("*.yaml"))
    if name not in known:
        raise InputError(
            f"there is no template {name!r}; there are {', '.join(known)}", given=name, accepted=", ".join(known)
        )
    text = (folder / f"{name}.yaml").read_text()
    print_json({"name": name, "yaml": text}) if json_ else print(text, end="")


def schema(json_: JsonFlag = False) -> None:
    """Print the JSON schema of a campaign file, for editors."""
    from argyro.campaigns.spec import Campaign

    print_json(Campaign.model_json_schema())


def validate(
    spec: SpecFile,
    workdir: Annotated[Path | None, typer.Option(help="Check this folder too.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Report every mistake in a campaign file at once."""
    from argyro.campaigns.validate import load_campaign

    campaign = load_campaign(spec, workdir)
    if json_:
        print_json({"valid": True, "errors": []})
    else:
        console.print(f"{spec}: valid, campaign {campaign.name!r}; next: argyro plan {spec}")


def plan(
    spec: SpecFile, nodes: Annotated[int, typer.Option(help="Machines like this one.")] = 1, json_: JsonFlag = False
) -> None:
    """Dry run: work items per stage, labels, core-hours, wall time, disk; fails if an item cannot fit a machine."""
    from argyro.campaigns.plan import make_plan
    from argyro.campaigns.validate import load_campaign

    document = make_plan(load_campaign(spec), nodes)
    if json_:
        print_json(document)
    else:
        _print_plan(document, spec)
    if not document["fits"]:
        raise typer.Exit(1)


def _print_plan(document: dict, spec: Path) -> None:
    table = Table("stage", "items", "core-hours", box=None)
    for stage in document["stages"]:
        table.add_row(stage["name"], str(stage["waiting"]), f"{stage['core_hours']:.3g}")
    console.print(table)
    console.print(
        f"at most {document['labels']} labels, {document['core_hours']:.2g} core-hours, "
        f"about {document['wall_hours']:.2g} h on {document['cores']} cores, {document['disk_GB']:.2g} GB on disk"
    )
    for warning in document["warnings"]:
        console.print(f"warning: {warning}", style="yellow")
    console.print(f"next: argyro run {spec}" if document["fits"] else "does not fit; see the warnings")


def doctor(json_: JsonFlag = False) -> None:
    """Tell what works on this machine and what to install for the rest."""
    from argyro.campaigns.doctor import examine

    findings = examine()
    if json_:
        print_json({"checks": findings})
    else:
        for finding in findings:
            mark = "ok     " if finding["ok"] else ("MISSING" if finding["required"] else "absent ")
            console.print(f"{mark}  {finding['name']:<22} {finding['detail']}", markup=False)
    if any(finding["required"] and not finding["ok"] for finding in findings):
        raise typer.Exit(1)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (template, schema, validate, plan, doctor):
        app.command()(command)
