"""Commands before a run: template, schema, validate, plan, doctor."""

from __future__ import annotations

from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from argyro.campaigns.cli.output import JsonFlag, console, errors, print_json
from argyro.platform.common.errors import ArgyroError, InputError

if TYPE_CHECKING:
    from argyro.campaigns.spec.schema import Campaign

SpecFile = Annotated[Path, typer.Argument(help="Campaign file (YAML).", show_default=False)]


def template(
    name: Annotated[str, typer.Argument(help="Name of the template: quickstart, halide_series, ...")] = "quickstart",
    json_: JsonFlag = False,
) -> None:
    """Print a template of a campaign file with comments."""
    folder = files("argyro.campaigns") / "templates"
    known = sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
    if name not in known:
        raise InputError(f"template {name!r} does not exist; use one of {', '.join(known)}")
    text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
    print_json({"name": name, "yaml": text}) if json_ else print(text, end="")


OutsideFlag = Annotated[bool, typer.Option("--outside", help="Allow files outside this directory.")]
TrustFlag = Annotated[
    bool, typer.Option("--trust", help="Allow the run to execute code named in the file; includes --outside.")
]


def schema(json_: JsonFlag = False) -> None:
    """Print the JSON schema of a campaign file, for editors."""
    from argyro.campaigns.spec.schema import Campaign

    print_json(Campaign.model_json_schema())


def validate(
    spec: SpecFile,
    workdir: Annotated[Path | None, typer.Option(help="Also check that this folder is writable.")] = None,
    outside: OutsideFlag = False,
    trust: TrustFlag = False,
    json_: JsonFlag = False,
) -> None:
    """Report all mistakes in a campaign file; execute no code named in it."""
    from argyro.campaigns.spec.consent import require_consent
    from argyro.campaigns.spec.load import load_campaign
    from argyro.campaigns.spec.yaml_reader import read_yaml

    campaign = load_campaign(spec, workdir, outside or trust)
    require_consent(campaign, str(spec), trust=trust, run=False)
    if not json_:
        for hint in read_yaml(spec).hints:
            errors.print(f"note: {hint}", style="yellow", markup=False, soft_wrap=True)
    if json_:
        print_json({"valid": True, "errors": []})
    else:
        console.print(
            f"{spec}: valid, campaign {campaign.name!r}; next: argyro plan {spec}", markup=False, soft_wrap=True
        )


def plan(
    spec: SpecFile,
    nodes: Annotated[int, typer.Option(min=1, help="Number of machines.")] = 1,
    cores: Annotated[int | None, typer.Option(min=1, help="Cores per machine; default: as on this one.")] = None,
    memory_GB: Annotated[
        float | None, typer.Option("--memory-gb", help="Memory per machine in GB; default: as on this one.")
    ] = None,
    label_s: Annotated[
        float | None, typer.Option(min=1e-3, help="Seconds of one label on its cores; see argyro labels check.")
    ] = None,
    workdir: Annotated[Path | None, typer.Option(help="Folder of an existing campaign: plan only new items.")] = None,
    outside: OutsideFlag = False,
    trust: TrustFlag = False,
    json_: JsonFlag = False,
) -> None:
    """Estimate work items, labels, core-hours, wall time, memory and disk; fail if an item fits no machine."""
    from argyro.campaigns.planning.machine_benchmark import measure_costs
    from argyro.campaigns.planning.plan import Machine, make_plan, this_machine
    from argyro.campaigns.spec.load import load_campaign
    from argyro.campaigns.workload.costs import Costs

    campaign, here = load_campaign(spec, workdir, outside or trust), this_machine()
    machine = Machine(cores or here.cores, memory_GB or here.memory_GB)
    campaign, done = _as_found(campaign, workdir) if workdir else (campaign, frozenset())
    costs = Costs()
    with suppress(ArgyroError, OSError):  # the plan lists a missing lmp
        costs = measure_costs()
    costs = costs.model_copy(update={"label_s": label_s})
    document = make_plan(campaign, costs, nodes * [machine], done, disk=workdir)
    if json_:
        print_json(document)
    else:
        _print_plan(document, spec, workdir)
    if not document["fits"]:
        raise typer.Exit(1)


def _as_found(campaign: Campaign, workdir: Path) -> tuple[Campaign, frozenset[str]]:
    """Return the campaign with the disorders of a folder's store, and the names of its complete items."""
    from argyro.campaigns.pipeline.build_graph import assumed_campaign
    from argyro.campaigns.pipeline.grow_graph import found_disorders, grown_graph
    from argyro.campaigns.runtime.workspace import CampaignFolder

    folder = CampaignFolder(workdir)
    folder.campaign()  # refuses other folders
    store = folder.store(campaign)
    done = frozenset(name for name, item in grown_graph(campaign, store).items().items() if store.has(item))
    return assumed_campaign(campaign, found_disorders(campaign, store)), done


def _print_plan(document: dict, spec: Path, workdir: Path | None) -> None:
    from argyro.campaigns.planning.assumptions import assumption_lines

    table = Table("stage", "new items", *(["done"] if workdir else []), "core-hours", box=None)
    for stage in document["stages"]:
        done = [str(stage["done"])] if workdir else []
        table.add_row(stage["name"], str(stage["waiting"]), *done, f"{stage['core_hours']:.3g}")
    console.print(table)
    nodes = document["nodes"]
    where = f"{document['cores']:g} cores" + (f" of {nodes} nodes" if nodes > 1 else "")
    wall = "" if document["wall_hours"] is None else f", about {document['wall_hours']:.2g} h on {where}"
    longer = document["most_core_hours"] > 1.001 * document["core_hours"]
    most = f" (up to {document['most_core_hours']:.2g} if all runs reach md.until.max_ps)" if longer else ""
    known = f" and {document['known_labels']} known" if document["known_labels"] else ""
    console.print(
        f"at most {document['labels']} new labels{known}, {document['core_hours']:.2g} core-hours{most}{wall}; "
        f"{document['memory_GB']:.1f} GB of memory for the largest item, {document['disk_GB']:.2g} GB on disk"
    )
    for line in assumption_lines(document["assumptions"]):
        console.print(f"assumes {line}", markup=False, soft_wrap=True)
    if shares := document["boundary_shares"]:
        listed = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
        console.print(f"boundary share f = w / L of the cells: {listed}", markup=False, soft_wrap=True)
    for family in document["families"]:
        console.print(f"potential {family['name']}: {', '.join(family['materials'])}", markup=False, soft_wrap=True)
    if adaptive := document["acquisition"]:
        console.print(
            f"adaptive: starts with {adaptive['start_runs']} of {adaptive['possible_runs']} possible MD runs, "
            f"{adaptive['start_core_hours']:.2g} core-hours; all figures above are upper limits"
        )
    for warning in document["warnings"]:
        console.print(f"warning: {warning}", style="yellow", markup=False)
    for line in document["advice"]:
        console.print(f"advice: {line}", markup=False, soft_wrap=True)
    for one in document["executes"]:
        console.print(f"executes  {one['setting']}: {one['runs']} ({one['how']})", markup=False, soft_wrap=True)
    for lack in document["ready"]:
        console.print(f"not ready: {lack}", style="yellow", markup=False, soft_wrap=True)
    unknown = any(not one["known"] for one in document["executes"])
    go = f"argyro run {spec}" + (f" --workdir {workdir}" if workdir else "") + " --trust" * unknown
    console.print(
        f"next: {go}" if document["fits"] else "an item fits no machine; see the warnings", markup=False, soft_wrap=True
    )


def doctor(json_: JsonFlag = False) -> None:
    """Check this machine: list working components and installation commands for the others."""
    from argyro.campaigns.planning.environment_check import examine

    findings = examine()
    if json_:
        print_json({"checks": findings})
    else:
        for finding in findings:
            mark = "ok     " if finding["ok"] else ("MISSING" if finding["required"] else "absent ")
            console.print(f"{mark}  {finding['name']:<22} {finding['detail']}", markup=False)
    if any(finding["required"] and not finding["ok"] for finding in findings):
        raise typer.Exit(1)
