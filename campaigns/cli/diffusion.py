"""Command `argyro diffusion`: tracer diffusivity from trajectories."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.campaigns.cli.output_files import PICTURES, require_file
from argyro.platform.common.errors import InputError

if TYPE_CHECKING:
    from argyro.platform.dynamics.trajectories.frame import ReadOptions


def diffusion(
    trajectories: Annotated[
        list[Path], typer.Argument(help="Consecutive trajectory files of one run.", show_default=False)
    ],
    temperature: Annotated[float, typer.Option(help="Temperature of the run in K.")],
    frame_interval_fs: Annotated[
        float | None, typer.Option(help="Time between frames in fs; default: from the file.")
    ] = None,
    timestep_fs: Annotated[float | None, typer.Option(hidden=True)] = None,
    species: Annotated[str, typer.Option(help="Mobile element.")] = "Li",
    elements: Annotated[str | None, typer.Option(help="Elements of the types, such as Li,P,S,Cl.")] = None,
    cell: Annotated[str | None, typer.Option(help="Cell in Å for files without one: 9.86 or a,b,c,90,90,90.")] = None,
    topology: Annotated[Path | None, typer.Option(help="Structure file with the elements of a DCD.")] = None,
    axes: Annotated[str, typer.Option(help="Averaged directions: xyz, xy, z ...")] = "xyz",
    plot: Annotated[Path | None, typer.Option(help="Picture of the mean-square displacement.")] = None,
    density: Annotated[list[Path] | None, typer.Option(help="Density map of the ions: .cube or a picture.")] = None,
    jumps: Annotated[bool, typer.Option("--jumps", help="Count jumps between the sites of a bulk cell.")] = False,
    rdf: Annotated[list[str] | None, typer.Option(help="Radial distribution function of a pair, such as Li-S.")] = None,
    reference: Annotated[list[Path] | None, typer.Option(help="Reference trajectory for --rdf.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Measure a tracer diffusivity with its 95 % interval from trajectories of VASP, LAMMPS, CP2K, ASE or DCD."""
    from argyro.platform.dynamics.diffusion.report import diffusion_report, load, plot_diffusion
    from argyro.platform.dynamics.sites import report

    require_file(plot, "--plot", PICTURES)
    for path in density or ():
        require_file(path, "--density", (".cube", *PICTURES))
    options = _read_options(elements, cell, topology)
    interval_fs, renamed = _interval(frame_interval_fs, timestep_fs)
    trajectory = load(trajectories, interval_fs, species, options)
    document = diffusion_report(trajectory, temperature, axes)
    document["warnings"] = renamed + document["warnings"]
    if plot:
        plot_diffusion(trajectory, document, plot)
    for path in density or ():
        report.write_density(trajectory, path)
    if jumps:
        document["jumps"] = report.jump_report(trajectory)
    if rdf:
        document["radial"] = report.radial_report(trajectories, rdf, reference or (), options)
    print_json(document) if json_ else _print_diffusion(document)


def _interval(frame_interval_fs: float | None, timestep_fs: float | None) -> tuple[float | None, list[dict]]:
    """Return the time between frames and, for the old option name, a warning."""
    if timestep_fs is None:
        return frame_interval_fs, []
    if frame_interval_fs is not None and frame_interval_fs != timestep_fs:
        raise InputError(
            f"--frame-interval-fs {frame_interval_fs:g} and --timestep-fs {timestep_fs:g} (its old name) contradict;"
            " give one of them"
        )
    message = "--timestep-fs is now --frame-interval-fs: the time between frames, not the time step of the run"
    return timestep_fs, [{"code": "old_option", "message": message}]


def _read_options(elements: str | None, cell: str | None, topology: Path | None) -> ReadOptions:
    from argyro.platform.dynamics.trajectories.elements import elements_of
    from argyro.platform.dynamics.trajectories.formats.cp2k_cell import parse_cell
    from argyro.platform.dynamics.trajectories.frame import ReadOptions

    names = [name.strip() for name in elements.split(",")] if elements else []
    return ReadOptions(
        elements=elements_of(names, "--elements"),
        cell_A=parse_cell(cell) if cell else None,
        topology=topology,
    )


def _print_diffusion(document: dict) -> None:
    value = document["diffusivity_cm2_s"]
    if value:
        limits = f"95 % {value['low']:.3g} to {value['high']:.3g}"
        at = f"at {document['temperature_K']:g} K, {document['standing']}"
        console.print(f"D = {value['value']:.3g} cm²/s, {limits}, {at}")
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
    for warning in document["warnings"]:
        console.print(f"warning: {warning['message']}", style="yellow", soft_wrap=True, markup=False)
    for kind, words in (("pair", "within pairs"), ("cage", "within cages"), ("between", "between cages")):
        if "jumps" in document:
            rate = document["jumps"][f"{kind}_per_ns"]
            console.print("jumps {}: {value:.3g} per Li and ns, 95 % {low:.3g} to {high:.3g}".format(words, **rate))
    for pair, found in document.get("radial", {}).items():
        beside = "" if found["mismatch"] is None else f", {found['mismatch']:.1%} off the reference"
        console.print(f"g(r) of {pair}: {found['peak']:.2f} at {found['peak_A']:.2f} Å{beside}")
