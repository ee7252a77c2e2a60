"""Build, write, draw, relax and describe a structure for `argyro structure`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import EV_A2_IN_J_M2, NM_IN_A
from argyro.platform.structures.boundaries.build import MIN_WIDTH_NM, build_boundary
from argyro.platform.structures.boundaries.csl import list_boundaries
from argyro.platform.structures.boundaries.relaxed import relax_boundary
from argyro.platform.structures.checks import check
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.platform.structures.crystal.composition import CHARGES, Composition
from argyro.platform.structures.relaxation import BoundaryEnergy, relax


def structure(
    composition: str,
    disorder: float = 0.0,
    boundary: str | None = None,
    supercell: tuple[int, int, int] = (1, 1, 1),
    seed: int = 0,
    output: Path | str | None = None,
    *,
    min_grain_thickness_nm: float = 1.5,
    min_width_nm: float = MIN_WIDTH_NM,
    vacuum_nm: float = 0.0,
    arrangement: str = "random",
    picture: Path | str | None = None,
    calculator: Calculator | None = None,
) -> dict:
    """Build a structure, write it and describe it with the keys of `argyro structure --json`.

    Args:
        composition: formula.
        disorder: fraction of exchanged free anions.
        boundary: name of a boundary; None or "bulk" builds the crystal.
        supercell: number of cubic cells of the bulk.
        seed: random seed of the anion and Li arrangement.
        output: structure file; the extension sets the ASE format.
        min_grain_thickness_nm: minimum thickness of each grain.
        min_width_nm: minimum side length of the cell in the boundary plane.
        vacuum_nm: width of a vacuum that replaces the second boundary; 0 for none.
        arrangement: "random" or "quasirandom" free anions.
        picture: PNG file of the structure.
        calculator: ASE calculator that relaxes the structure and gives the boundary energy.

    Returns:
        `atoms`, `formula`, `boundaries`, `charge`, `checks`, the realised `composition` and `disorder`. `nearest_of`
        has the requested values if the cell cannot realise them, otherwise null. A boundary adds `thickness_nm`,
        `area_A2`, `sides`, `sides_equal`, `side_energies_J_m2`, and `energy_J_m2`, `energy_meV_A2` and `well_relaxed`
        (null without relaxation).

    Raises:
        InputError: the structure cannot be built or written.
    """
    if boundary is None or boundary == "bulk":
        atoms = build_bulk(composition, disorder, supercell, seed, arrangement=arrangement)
        atoms = relax(atoms, calculator) if calculator else atoms
    else:
        widths = {"min_width_nm": min_width_nm, "vacuum_nm": vacuum_nm, "arrangement": arrangement}
        options: dict[str, Any] = {"min_grain_thickness_nm": min_grain_thickness_nm, "seed": seed, **widths}
        if calculator and not vacuum_nm:
            atoms = relax_boundary(composition, disorder, boundary, calculator, **options)
        else:
            atoms = build_boundary(composition, disorder, boundary, **options)
    if output:
        write_structure(atoms, Path(output))
    if picture:
        from argyro.platform.structures.plots import draw

        draw(atoms, Path(picture))
    return describe(atoms)


def describe(atoms: Atoms) -> dict:
    """Describe a built structure with the keys of `argyro structure --json`; see `structure`."""
    keys = {
        "atoms": len(atoms),
        "formula": atoms.get_chemical_formula(),
        "boundaries": int(atoms.info["boundaries"]),
        "charge": int(sum(CHARGES[symbol] for symbol in atoms.get_chemical_symbols())),
        "checks": check(atoms),
        "composition": atoms.info["realised_composition"],
        "disorder": float(atoms.info["realised_disorder"]),
        "nearest_of": _asked(atoms),
    }
    if keys["boundaries"]:
        energy = atoms.info.get("boundary_energy_eV_A2")
        energy = None if energy is None else BoundaryEnergy(float(energy))
        keys |= {
            "thickness_nm": float(atoms.info["grain_thickness_A"]) / NM_IN_A,
            "area_A2": float(np.linalg.norm(np.cross(atoms.cell[0], atoms.cell[1]))),
            "energy_J_m2": energy and energy.J_m2,
            "energy_meV_A2": energy and energy.meV_A2,
            "well_relaxed": energy and energy.well_relaxed,
            "sides": str(atoms.info["boundary_sides"]).split(),
            "side_energies_J_m2": [float(side) * EV_A2_IN_J_M2 for side in atoms.info.get("side_energies_eV_A2", ())],
            "sides_equal": bool(atoms.info["sides_equal"]),
        }
    return keys


def _asked(atoms: Atoms) -> dict | None:
    """Return the requested composition and disorder if the cell is too small to realise them exactly."""
    asked, realised = (Composition.parse(atoms.info[key]) for key in ("composition", "realised_composition"))
    same = all(abs(asked[element] - realised[element]) < 1e-6 for element in CHARGES)
    if same and abs(atoms.info["disorder"] - atoms.info["realised_disorder"]) < 1e-9:
        return None
    return {"composition": asked.formula, "disorder": float(atoms.info["disorder"])}


def write_structure(atoms: Atoms, path: Path) -> None:
    """Write a structure in the format of the file extension.

    Raises:
        InputError: the extension is not a format that ASE writes, or the file cannot be written.
    """
    from ase.io import write
    from ase.io.formats import UnknownFileTypeError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, atoms)
    except UnknownFileTypeError as error:
        message = f"'{path.name}' has no extension of an ASE format; use for instance .extxyz, .cif, .vasp or .xyz"
        raise InputError(message, accepted="a format of ASE") from error
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}; give a file in a writable folder"
        raise InputError(message) from error


def boundaries_table() -> list[dict]:
    """List the boundaries as rows of plain values, as printed by `argyro structure --list-boundaries`."""
    return [
        {
            "name": boundary.name,
            "kind": boundary.kind,
            "angle_deg": round(boundary.angle_deg, 2),
            "polar": boundary.is_polar,
            "sides": list(boundary.sides),
            "sides_equal": boundary.sides_equal,
        }
        for boundary in list_boundaries()
    ]
