"""`argyro structure`: build an argyrodite cell, or order a CIF."""

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


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(structure)
