"""`argyro homogenize`: effective diffusivity of a polycrystal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.campaigns.cli.output_files import require_file
from argyro.platform.common.errors import InputError

if TYPE_CHECKING:
    from argyro.platform.continuum.mesh.mesh import Mesh


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
    """Compute the effective diffusivity of a polycrystal from those of bulk and boundary: one point or a table."""
    require_file(output, "--output")
    if output is not None and table is None:
        raise InputError("--output takes the answers to a --table; remove it, or give a table")
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
        raise InputError(f"{', '.join(missing)} missing; give all of {', '.join(point)}, or a --table")
    polycrystal = mesh(voronoi_polycrystal(grains, seed))
    if table is None:
        _homogenize_point(polycrystal, [value for value in point.values() if value is not None], method, json_)
    else:
        _homogenize_table(polycrystal, table, output, method, json_)


def _homogenize_point(polycrystal: Mesh, point: Sequence[float], method: str, json_: bool) -> None:
    from argyro.platform.continuum.homogenize import effective_diffusivity

    d_bulk, d_par, d_perp, width_nm, grain_size_nm = point
    query = (d_bulk, d_par, d_perp, width_nm, grain_size_nm)
    answer = effective_diffusivity(polycrystal, *query, method, estimate_mesh_error=True)
    if json_:
        print_json(answer.to_json())
        return
    console.print(
        f"D_eff = {answer.mean_cm2_s:.4g} cm²/s ({answer.mean_cm2_s / d_bulk:.4g} of the bulk), {answer.method}, "
        f"relative error at most {answer.basis_error:.1e} on this mesh, "
        f"about {answer.mesh_error:.1e} through the mesh"
    )
    if answer.note:
        console.print(answer.note, style="dim")


def _homogenize_table(polycrystal: Mesh, table: Path, output: Path | None, method: str, json_: bool) -> None:
    import pandas as pd

    from argyro.platform.continuum.query_table import homogenize_table

    try:
        points = pd.read_csv(table)
    except (OSError, ValueError) as error:
        raise InputError(f"{table} cannot be read as CSV: {error}") from error
    answers = homogenize_table(polycrystal, points, method)
    if output:
        answers.to_csv(output, index=False)
    if json_:
        print_json({"rows": answers.to_dict(orient="records")})
    elif output:
        console.print(f"written  {output}, {len(answers)} rows")
    else:
        print(answers.to_csv(index=False), end="")
