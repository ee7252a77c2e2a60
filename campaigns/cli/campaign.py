"""Command `argyro run`."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from argyro.campaigns.cli.output import JsonFlag, console, errors, print_json
from argyro.campaigns.cli.output_files import require_folder
from argyro.campaigns.cli.prepare import OutsideFlag, SpecFile, TrustFlag
from argyro.platform.common.errors import InputError

if TYPE_CHECKING:
    from argyro.campaigns.reporting.published_values import PublishedRow
    from argyro.campaigns.run import CampaignRun


def run(
    spec: SpecFile,
    workdir: Annotated[Path | None, typer.Option(help="Folder of the campaign; default: runs/NAME.")] = None,
    address: Annotated[str | None, typer.Option(help="Ray cluster: auto, local or its URL; default: local.")] = None,
    inline: Annotated[bool, typer.Option("--inline", help="Run in this process, without Ray.")] = False,
    outside: OutsideFlag = False,
    trust: TrustFlag = False,
    json_: JsonFlag = False,
) -> None:
    """Run or resume a campaign; complete items are not computed again."""
    from argyro.campaigns.planning.readiness import references_lacking
    from argyro.campaigns.reporting.progress_display import live_display
    from argyro.campaigns.run import run_campaign
    from argyro.campaigns.spec.consent import require_consent
    from argyro.campaigns.spec.load import load_campaign

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the end of a batch job acts like Ctrl-C
    require_folder(workdir, "--workdir")
    campaign = load_campaign(spec, workdir, outside or trust)
    folder = workdir or Path("runs") / campaign.name
    require_consent(campaign, str(spec), trust=trust, run=True)
    if lacks := references_lacking(campaign, ask=True):
        raise InputError(f"this machine is not ready for {spec}: {'; '.join(lacks)}")
    screen = errors if json_ else console
    try:
        outcome = run_campaign(
            campaign,
            folder,
            inline=inline,
            address=address,
            display=lambda scheduler: live_display(scheduler, screen),
            say=lambda line: screen.print(line, markup=False, soft_wrap=True),
        )
    except KeyboardInterrupt:
        resume = _command(spec, folder, address, inline)
        errors.print(f"\nstopped; complete items are kept. Resume with: {resume}", soft_wrap=True, markup=False)
        raise typer.Exit(1) from None
    if json_:
        print_json(outcome.to_json())
    else:
        _print_outcome(outcome, folder)
    if not outcome.complete:
        raise typer.Exit(1)


def _command(spec: Path, folder: Path, address: str | None, inline: bool) -> str:
    """Return the command that resumes this run."""
    return f"argyro run {spec} --workdir {folder}" + f" --address {address}" * bool(address) + " --inline" * inline


def _print_outcome(outcome: CampaignRun, folder: Path) -> None:
    for name, error in outcome.progress.failed.items():
        console.print(f"failed: {name}: {error.splitlines()[0]}", style="red", markup=False)
    if outcome.ranking:
        console.print(ranking_table(outcome.ranking))
    if outcome.published:
        from argyro.campaigns.reporting.published_values import PELLET_NOTE

        console.print(published_table(outcome.published))
        console.print(PELLET_NOTE, style="dim", markup=False, soft_wrap=True)
    for warning in outcome.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False)
    console.print(f"\nreport   {folder / 'report.html'}", markup=False, soft_wrap=True)
    console.print(f"next     argyro ui {folder}        compare the runs in MLflow", markup=False, soft_wrap=True)
    console.print(f"         argyro status {folder}    list computed items", markup=False, soft_wrap=True)


def published_table(rows: Sequence[PublishedRow]) -> Table:
    """Make the table of numbers beside published values."""
    table = Table("", "here", "published MD", "pressed pellets", box=None)
    for row in rows:
        table.add_row(row.quantity, row.here, row.dynamics, row.pellets)
    return table


def ranking_table(ranking: list[dict]) -> Table:
    """Make the table of candidates, best first."""
    from argyro.platform.common.estimate import limits_in_words, significant

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
