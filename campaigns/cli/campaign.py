"""`argyro run`."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from argyro.campaigns.cli.output import JsonFlag, console, errors, print_json
from argyro.campaigns.cli.setup import OutsideFlag, SpecFile
from argyro.platform.common.estimate import limits_in_words, significant


def run(
    spec: SpecFile,
    workdir: Annotated[Path | None, typer.Option(help="Folder of the campaign; default: runs/NAME.")] = None,
    address: Annotated[str | None, typer.Option(help="Ray cluster: auto, local or its URL; default: local.")] = None,
    inline: Annotated[bool, typer.Option("--inline", help="Everything in this process, without Ray.")] = False,
    outside: OutsideFlag = False,
    json_: JsonFlag = False,
) -> None:
    """Run a campaign, or go on with one: what is complete is never computed again."""
    from argyro.campaigns.reporting.progress_display import live_display
    from argyro.campaigns.run import run_campaign
    from argyro.campaigns.spec.load import load_campaign

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the end of a batch job is treated as Ctrl-C
    campaign = load_campaign(spec, workdir, outside)
    folder = workdir or Path("runs") / campaign.name
    screen = errors if json_ else console
    try:
        outcome = run_campaign(
            campaign, folder, inline=inline, address=address, display=lambda scheduler: live_display(scheduler, screen)
        )
    except KeyboardInterrupt:
        go_on = _command(spec, folder, address, inline)
        errors.print(f"\nstopped; nothing that was finished is lost. Go on with: {go_on}", soft_wrap=True)
        raise typer.Exit(1) from None
    if json_:
        print_json(outcome.to_json())
    else:
        _print_outcome(outcome, folder)
    if not outcome.complete:
        raise typer.Exit(1)


def _command(spec: Path, folder: Path, address: str | None, inline: bool) -> str:
    """What goes on with this run."""
    return f"argyro run {spec} --workdir {folder}" + f" --address {address}" * bool(address) + " --inline" * inline


def _print_outcome(outcome, folder: Path) -> None:
    for name, error in outcome.progress.failed.items():
        console.print(f"failed: {name}: {error.splitlines()[0]}", style="red", markup=False)
    if outcome.ranking:
        console.print(ranking_table(outcome.ranking))
    for warning in outcome.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False)
    console.print(f"\nreport   {folder / 'report.html'}")
    console.print(f"next     argyro ui {folder}        compare the runs in MLflow")
    console.print(f"         argyro status {folder}    what was computed")


def ranking_table(ranking: list[dict]) -> Table:
    """Candidates, best first."""
    temperature = ranking[0]["temperature_K"]
    columns = ("", "material", "boundary", "grain (nm)", f"σ({temperature:g} K) (mS/cm)", "95 %", "P(best)")
    table = Table(box=None)
    for column in columns:
        table.add_column(column, no_wrap=True)
    for place, row in enumerate(ranking[:10], start=1):
        sigma = row["conductivity_mS_cm"]
        table.add_row(
            str(place),
            row["material"],
            row["boundary"],
            f"{row['grain_size_nm']:g}",
            significant(sigma["value"], 3),
            limits_in_words(sigma),
            f"{row['probability_best']:.2f}",
        )
    return table


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(run)
