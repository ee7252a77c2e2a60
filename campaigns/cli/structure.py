"""Command `argyro structure`: build an argyrodite cell, or order a CIF."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.campaigns.cli.output_files import PICTURES, require_file, require_structure_file
from argyro.platform.common.errors import InputError

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.ase_calculator import MTPCalculator


def structure(
    file: Annotated[Path | None, typer.Argument(help="Disordered CIF; replaces --composition.")] = None,
    composition: Annotated[str | None, typer.Option(help="Composition, such as Li6PS5Cl0.5Br0.5.")] = None,
    disorder: Annotated[
        float | None, typer.Option(help="Share of the halide that moved from 4a to 4c, 0 to 1; default 0.")
    ] = None,
    boundary: Annotated[
        str | None, typer.Option(help='Grain boundary, such as "sigma5(001)[001]"; default: bulk.')
    ] = None,
    supercell: Annotated[
        tuple[int, int, int] | None, typer.Option(help="Conventional cells along each axis; default 1 1 1.")
    ] = None,
    min_atoms: Annotated[
        int | None, typer.Option(help="Least number of atoms for a CIF; replaces --supercell.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Output file in any format of ASE.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Picture of the cell, PNG.")] = None,
    thickness_nm: Annotated[float, typer.Option(help="Least grain thickness between boundaries in nm.")] = 1.5,
    vacuum_nm: Annotated[float, typer.Option(help="Vacuum that replaces the second boundary, in nm.")] = 0.0,
    arrangement: Annotated[str, typer.Option(help="Arrangement of the free anions: random or quasirandom.")] = "random",
    potential: Annotated[Path | None, typer.Option(help="Potential (.mtp) for relaxation and boundary energy.")] = None,
    species: Annotated[
        str | None, typer.Option(help="Elements in the order of a potential without names: Li,P,S,Cl.")
    ] = None,
    list_boundaries: Annotated[bool, typer.Option("--list-boundaries", help="List the known boundaries.")] = False,
    json_: JsonFlag = False,
) -> None:
    """Build an argyrodite cell, bulk or with grain boundaries, or order the crystal of a CIF."""
    from argyro.platform.structures import report

    if list_boundaries:
        rows = report.boundaries_table()
        print_json({"boundaries": rows}) if json_ else console.print(_boundary_list(rows))
        return
    require_structure_file(output, "--output")
    require_file(picture, "--picture", PICTURES)
    if file is not None:
        given = {"composition": composition, "disorder": disorder, "boundary": boundary, "potential": potential}
        _refuse_beside_a_cif(supercell=supercell, min_atoms=min_atoms, **given)
        _order(file, supercell, min_atoms, seed, output, picture, json_)
        return
    if composition is None:
        raise InputError("no structure is given; give a CIF or a --composition, for example --composition Li6PS5Cl")
    if min_atoms is not None:
        raise InputError("--min-atoms needs a CIF; give --supercell with --composition")
    document = report.structure(
        composition,
        disorder or 0.0,
        boundary,
        supercell or (1, 1, 1),
        seed,
        output,
        min_grain_thickness_nm=thickness_nm,
        vacuum_nm=vacuum_nm,
        arrangement=arrangement,
        picture=picture,
        calculator=_calculator(potential, species),
    )
    if json_:
        print_json(document)
    else:
        _print_structure(document)
        if output:
            console.print(f"written  {output}")


def _refuse_beside_a_cif(*, supercell: object, min_atoms: object, **given: object) -> None:
    """Refuse options that a CIF determines."""
    beside = [f"--{name}" for name, value in given.items() if value is not None]
    if beside:
        raise InputError(f"{', '.join(beside)} cannot be combined with a CIF; remove it")
    if supercell is not None and min_atoms is not None:
        raise InputError("give --supercell or --min-atoms, not both")


def _order(
    file: Path,
    supercell: tuple[int, int, int] | None,
    min_atoms: int | None,
    seed: int,
    output: Path | None,
    picture: Path | None,
    json_: bool,
) -> None:
    """Order a CIF, write the cell and print its description."""
    from argyro.platform.structures import report
    from argyro.platform.structures.cif.order_cif import order_cif
    from argyro.platform.structures.cif.report import describe_ordered

    ordered = order_cif(file, supercell, min_atoms, seed)
    document = describe_ordered(ordered)
    if document["composition"]:  # `argyro predict --structure` reads them
        ordered.atoms.info |= {name: document[name] for name in ("composition", "disorder")} | {"boundary": "bulk"}
    if output:
        report.write_structure(ordered.atoms, output)
    if picture:
        from argyro.platform.structures.plots import draw

        draw(ordered.atoms, picture)
    print_json(document) if json_ else _print_ordered(document)
    if output and not json_:
        console.print(f"written  {output}")


def _print_ordered(document: dict) -> None:
    cell = " × ".join(map(str, document["supercell"]))
    console.print(f"{document['formula']}, {document['atoms']} atoms, {cell} conventional cells")
    if document["composition"]:
        lithium = document["lithium_per_formula_unit"]
        per_unit = f"Li {lithium['refined']:.3f} (CIF), {lithium['realised']:.3f} (cell)"
        console.print(f"argyrodite {document['composition']}, {per_unit} per formula unit")
    if document["disorder"] is not None:
        console.print(f"disorder {document['refined_disorder']:.3f} (CIF), {document['disorder']:.3f} (cell)")
    for row in document["occupancies"]:
        console.print(f"  {row['site']:6} {row['element']:2}  {row['refined']:.3f} (CIF)  {row['realised']:.3f} (cell)")
    for note in document["notes"]:
        console.print(note, style="yellow")
    _print_checks(document)


def _print_checks(document: dict) -> None:
    for name, passed in document["checks"].items():
        console.print(f"{'ok    ' if passed else 'FAILED'}  {name}", style=None if passed else "red")


def _calculator(potential: Path | None, species: str | None) -> MTPCalculator | None:
    if potential is None:
        return None
    from argyro.campaigns.cli.potential import species_of
    from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
    from argyro.platform.potential.mtp.model import MTP

    return MTPCalculator(MTP.read(potential, species_of(species)))


def _boundary_list(rows: list[dict]) -> Table:
    table = Table("boundary", "kind", "angle (°)", "sides", box=None)
    for row in rows:
        sides = "equal" if row["sides_equal"] else f"differ: {', '.join(row['sides'])}"
        table.add_row(row["name"], row["kind"], f"{row['angle_deg']:g}", sides)
    return table


def _material(keys: dict) -> str:
    return f"{keys['composition']}, disorder {100 * keys['disorder']:g} %"


def _print_structure(document: dict) -> None:
    console.print(f"{document['formula']}, {document['atoms']} atoms, {document['boundaries']} boundaries")
    if document["nearest_of"]:
        asked, held = _material(document["nearest_of"]), _material(document)
        console.print(f"{asked} becomes {held} in this cell; a larger --supercell is closer", style="yellow")
    if document.get("thickness_nm") is not None:
        from argyro.campaigns.spec.boundary_share import MAX_BOUNDARY_SHARE

        widest_nm = MAX_BOUNDARY_SHARE * document["thickness_nm"]
        console.print(f"grains {document['thickness_nm']:.3g} nm thick, for boundary widths up to {widest_nm:.2g} nm")
    if document.get("energy_J_m2") is not None:
        well = "" if document["well_relaxed"] else ", not well relaxed"
        console.print(f"boundary energy {document['energy_J_m2']:.2f} J/m²{well}")
    _print_checks(document)
