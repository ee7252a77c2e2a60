"""Single engines from the command line: structure, diffusion, homogenize."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.platform.common.errors import InputError


def structure(
    composition: Annotated[str | None, typer.Option(help="For instance Li6PS5Cl0.5Br0.5.")] = None,
    disorder: Annotated[float, typer.Option(help="Share of the halide that left 4a, 0 to 1.")] = 0.0,
    boundary: Annotated[str | None, typer.Option(help='For instance "sigma5(001)[001]"; none builds the bulk.')] = None,
    supercell: Annotated[tuple[int, int, int], typer.Option(help="Conventional cells of the bulk.")] = (1, 1, 1),
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 0,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File in any format of ASE.")] = None,
    picture: Annotated[Path | None, typer.Option(help="PNG file.")] = None,
    thickness_nm: Annotated[float, typer.Option(help="Grain thickness between boundaries, at least.")] = 1.5,
    vacuum_nm: Annotated[float, typer.Option(help="Vacuum in place of the second boundary.")] = 0.0,
    arrangement: Annotated[str, typer.Option(help="Free anions: random or quasirandom.")] = "random",
    potential: Annotated[Path | None, typer.Option(help="Relax with this .mtp and tell the boundary energy.")] = None,
    list_boundaries: Annotated[bool, typer.Option("--list-boundaries", help="List the known boundaries.")] = False,
    json_: JsonFlag = False,
) -> None:
    """Build an argyrodite cell, bulk or with grain boundaries, and check it."""
    from argyro.platform.structures import report

    if list_boundaries:
        rows = report.boundaries_table()
        print_json({"boundaries": rows}) if json_ else console.print(_boundary_list(rows))
        return
    if composition is None:
        raise InputError("name a --composition, for instance Li6PS5Cl", path="composition", accepted="a formula")
    document = report.structure(
        composition,
        disorder,
        boundary,
        supercell,
        seed,
        output,
        min_grain_thickness_nm=thickness_nm,
        vacuum_nm=vacuum_nm,
        arrangement=arrangement,
        picture=picture,
        calculator=_calculator(potential),
    )
    if json_:
        print_json(document)
    else:
        _print_structure(document)
        if output:
            console.print(f"written  {output}")


def _calculator(potential: Path | None):
    if potential is None:
        return None
    from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
    from argyro.platform.potential.mtp.model import MTP

    return MTPCalculator(MTP.read(potential))


def _boundary_list(rows: list[dict]) -> Table:
    table = Table("boundary", "kind", "angle (°)", "its two sides", box=None)
    for row in rows:
        sides = "equal" if row["sides_equal"] else f"differ: {', '.join(row['sides'])}"
        table.add_row(row["name"], row["kind"], f"{row['angle_deg']:g}", sides)
    return table


def _print_structure(document: dict) -> None:
    console.print(f"{document['formula']}, {document['atoms']} atoms, {document['boundaries']} boundaries")
    if document["nearest_of"]:
        console.print(f"nearest that this cell can hold to {document['nearest_of']}", style="yellow")
    if document.get("energy_J_m2") is not None:
        well = "" if document["well_relaxed"] else ", not well relaxed"
        console.print(f"boundary energy {document['energy_J_m2']:.2f} J/m²{well}")
    for name, passed in document["checks"].items():
        console.print(f"{'ok    ' if passed else 'FAILED'}  {name}", style=None if passed else "red")


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


def homogenize(
    d_bulk: Annotated[float | None, typer.Option(help="Diffusivity of the grains, cm²/s.")] = None,
    d_par: Annotated[float | None, typer.Option(help="Along the boundary, cm²/s.")] = None,
    d_perp: Annotated[float | None, typer.Option(help="Across the boundary, cm²/s.")] = None,
    width_nm: Annotated[float | None, typer.Option(help="Width that the two refer to.")] = None,
    grain_size_nm: Annotated[float | None, typer.Option(help="Equivalent-sphere diameter.")] = None,
    table: Annotated[Path | None, typer.Option(help="CSV of many such points, in place of the five options.")] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="CSV of the answers to --table.")] = None,
    grains: Annotated[int, typer.Option(help="Grains of the periodic polycrystal.")] = 27,
    seed: Annotated[int, typer.Option(help="Of the polycrystal.")] = 0,
    method: Annotated[str, typer.Option(help="auto, direct, reduced or voxel.")] = "auto",
    json_: JsonFlag = False,
) -> None:
    """Effective diffusivity of a polycrystal from those of bulk and boundary: one point, or a table of them."""
    from argyro.platform.continuum.mesh.mesh import mesh
    from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal

    point = {
        "--d-bulk": d_bulk,
        "--d-par": d_par,
        "--d-perp": d_perp,
        "--width-nm": width_nm,
        "--grain-size-nm": grain_size_nm,
    }
    missing = [name for name, value in point.items() if value is None]
    if table is None and missing:
        raise InputError(
            f"{', '.join(missing)} missing; give all of {', '.join(point)}, or a --table", accepted="numbers"
        )
    polycrystal = mesh(voronoi_polycrystal(grains, seed))
    if table is None:
        _homogenize_point(polycrystal, tuple(point.values()), method, json_)
    else:
        _homogenize_table(polycrystal, table, output, method, json_)


def _homogenize_point(polycrystal, point: tuple, method: str, json_: bool) -> None:
    from argyro.platform.continuum.homogenize import effective_diffusivity

    answer = effective_diffusivity(polycrystal, *point, method)
    if json_:
        print_json(answer.to_json())
        return
    console.print(
        f"D_eff = {answer.mean_cm2_s:.4g} cm²/s ({answer.mean_cm2_s / point[0]:.4g} of the bulk), {answer.method}, "
        f"relative error at most {answer.relative_error_bound:.1e} on this mesh"
    )
    if answer.note:
        console.print(answer.note, style="dim")


def _homogenize_table(polycrystal, table: Path, output: Path | None, method: str, json_: bool) -> None:
    import pandas as pd

    from argyro.platform.continuum.query_table import homogenize_table

    try:
        points = pd.read_csv(table)
    except (OSError, ValueError) as error:
        raise InputError(f"{table} cannot be read as CSV: {error}", path="table", given=str(table)) from error
    answers = homogenize_table(polycrystal, points, method)
    if output:
        answers.to_csv(output, index=False)
    if json_:
        print_json({"rows": answers.to_dict(orient="records")})
    elif output:
        console.print(f"written  {output}, {len(answers)} rows")
    else:
        print(answers.to_csv(index=False), end="")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (structure, diffusion, homogenize):
        app.command()(command)
