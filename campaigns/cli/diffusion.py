"""`argyro diffusion`: tracer diffusivity from trajectories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from argyro.campaigns.cli.output import JsonFlag, console, print_json


def diffusion(
    trajectories: Annotated[list[Path], typer.Argument(help="Consecutive pieces of one run.", show_default=False)],
    temperature: Annotated[float, typer.Option(help="Of the run, K.")],
    timestep_fs: Annotated[
        float | None, typer.Option(help="Between frames, fs; argyro's own trajectories know it.")
    ] = None,
    species: Annotated[str, typer.Option(help="Mobile element.")] = "Li",
    axes: Annotated[str, typer.Option(help="xyz, xy, z ...")] = "xyz",
    plot: Annotated[Path | None, typer.Option(help="Picture of the mean-square displacement.")] = None,
    density: Annotated[list[Path] | None, typer.Option(help="Map of the ions: .cube or a picture.")] = None,
    jumps: Annotated[bool, typer.Option("--jumps", help="Count jumps between the sites of a bulk cell.")] = False,
    rdf: Annotated[list[str] | None, typer.Option(help="Radial distribution of a pair, such as Li-S.")] = None,
    reference: Annotated[list[Path] | None, typer.Option(help="Trajectory to compare --rdf with.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Tracer diffusivity with its interval from trajectories: XDATCAR(.gz), extxyz, LAMMPS dump."""
    from argyro.platform.dynamics.diffusion.report import diffusion_report, load, plot_diffusion
    from argyro.platform.dynamics.sites import report

    trajectory = load(trajectories, timestep_fs, species)
    document = diffusion_report(trajectory, temperature, axes)
    if plot:
        plot_diffusion(trajectory, document, plot)
    for path in density or ():
        report.write_density(trajectory, path)
    if jumps:
        document["jumps"] = report.jump_report(trajectory)
    if rdf:
        document["radial"] = report.radial_report(trajectories, rdf, reference or ())
    print_json(document) if json_ else _print_diffusion(document)


def _print_diffusion(document: dict) -> None:
    value = document["diffusivity_cm2_s"]
    if value:
        limits = f"95 % {value['low']:.3g} to {value['high']:.3g}"
        console.print(f"D = {value['value']:.3g} cm²/s, {limits}, at {document['temperature_K']:g} K")
    else:
        bound = f"D < {document['upper_bound_cm2_s']:.3g} cm²/s"
        console.print(f"no valid D: {document['reason']}; {bound}", style="yellow")
    low, high = document["window_ps"]
    run = f"{document['ions']} {document['species']}, {document['frames']} frames, {document['duration_ps']:.4g} ps"
    console.print(f"{run}, lags {low:.3g} to {high:.3g} ps fitted")
    errors = [document[name] for name in ("relative_error", "relative_error_blocks", "relative_error_he_zhu_mo")]
    if value:
        console.print("relative error {:.0%} (thirds of the run {:.0%}, He-Zhu-Mo {:.0%})".format(*errors))
    if document["haven_ratio"]:
        console.print("Haven ratio {value:.2f}, 95 % {low:.2f} to {high:.2f}".format(**document["haven_ratio"]))
    console.print(document["advice"])
    for kind, words in (("pair", "within pairs"), ("cage", "within cages"), ("between", "between cages")):
        if "jumps" in document:
            rate = document["jumps"][f"{kind}_per_ns"]
            console.print("jumps {}: {value:.3g} per Li and ns, 95 % {low:.3g} to {high:.3g}".format(words, **rate))
    for pair, found in document.get("radial", {}).items():
        beside = "" if found["mismatch"] is None else f", {found['mismatch']:.1%} off the reference"
        console.print(f"g(r) of {pair}: {found['peak']:.2f} at {found['peak_A']:.2f} Å{beside}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(diffusion)
