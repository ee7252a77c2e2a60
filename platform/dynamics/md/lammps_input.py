"""LAMMPS input scripts of the equilibration and production stages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.ions import CENTRES, CHALCOGENS, bond_cutoffs_A
from argyro.platform.dynamics.md.settings import MDSettings

GPA_IN_BAR = 1e4
THERMOSTAT_PS, BAROSTAT_PS = 0.1, 1.0
SKIN_A = 1.0
BROKEN_BOND_A = 0.2  # beyond the longest thermal bond; 2.8 Å for P-S, whose next S is further than 3.3 Å
LARGEST_BOND_A = 3.1  # below the distance of the next chalcogens, 3.3 Å
SNAPSHOT_PS = 1.0
ATOM_STEPS_PER_SECOND = 20_000  # pessimistic for one core; restart files come more often on anything faster
RESTART_EVERY_S = 20.0
THERMO = "step temp press pe ke econserve vol lx ly lz xy xz yz c_centre[1] c_centre[2] c_centre[3]"


def species_order(atoms: Atoms) -> list[str]:
    """Return the elements in the order of their LAMMPS types."""
    return sorted(set(atoms.symbols))


def write_structure(atoms: Atoms, path: Path) -> None:
    """Write the LAMMPS data file with a lower triangular cell, which keeps a boundary normal along z."""
    from ase.io import write

    write(path, atoms, format="lammps-data", specorder=species_order(atoms), masses=True, atom_style="atomic")


def equilibration(atoms: Atoms, settings: MDSettings, pair_commands: Sequence[str], restart: Path | None) -> str:
    """Return the script that minimises and runs at constant pressure, or continues from a restart file."""
    lines = start_of_run(atoms, settings, pair_commands, restart)
    temperature = f"temp {settings.temperature_K} {settings.temperature_K} {THERMOSTAT_PS}"
    lines += [
        f"fix integrate all npt {temperature} {_barostat(atoms, settings)}",
        *output_of_run(atoms, settings),
        f"run {settings.equilibrate_steps} upto",
        "write_restart restart.*",
    ]
    return "\n".join(lines) + "\n"


def start_of_run(atoms: Atoms, settings: MDSettings, pair_commands: Sequence[str], restart: Path | None) -> list[str]:
    """Return the lines that read the structure, minimise it and draw velocities, or read a restart file."""
    lines = _system(atoms, settings, pair_commands, restart)
    if restart is None:
        lines += [
            "minimize 1e-8 1e-3 200 2000",
            "reset_timestep 0",
            # After minimisation, half of the kinetic energy becomes potential energy within a few vibrations.
            f"velocity all create {2 * settings.temperature_K} {settings.seed + 1} mom yes rot no dist gaussian",
        ]
    return lines


def production(
    atoms: Atoms,
    settings: MDSettings,
    pair_commands: Sequence[str],
    restart: Path | None,
    box_A: np.ndarray | None,
) -> str:
    """Return the script that runs at constant volume and writes the mobile ions.

    Args:
        atoms: the structure.
        settings: settings of the run.
        pair_commands: LAMMPS lines of the potential.
        restart: restart file to continue from; None to start from the structure.
        box_A: (lx, ly, lz, xy, xz, yz) set at the start of production; None to keep the cell.
    """
    lines = _system(atoms, settings, pair_commands, restart)
    if box_A is not None:
        lx, ly, lz, xy, xz, yz = box_A
        tilts = f"xy final {xy} xz final {xz} yz final {yz}" if _is_tilted(atoms) else ""
        lengths = f"x final 0 {lx} y final 0 {ly} z final 0 {lz}"
        lines += [f"change_box all {lengths} {tilts} remap units box", "reset_timestep 0"]
    if restart is None:
        lines += [
            f"velocity all create {settings.temperature_K} {settings.seed + 1} mom yes rot no dist gaussian",
        ]
    types = species_order(atoms)
    temperature = f"temp {settings.temperature_K} {settings.temperature_K} {THERMOSTAT_PS}"
    snapshot_steps = max(1, round(SNAPSHOT_PS * 1000 / settings.frame_every_fs)) * settings.frame_steps
    lines += [
        f"fix integrate all {'nve' if settings.ensemble == 'nve' else f'nvt {temperature}'}",
        *output_of_run(atoms, settings),
        f"group mobile type {types.index(settings.mobile) + 1}",
        f"dump mobile mobile dcd {settings.frame_steps} mobile.dcd",
        "dump_modify mobile unwrap yes",
        f"dump all all custom {snapshot_steps} snapshots.dump id element x y z",
        f'dump_modify all sort id append yes element {" ".join(types)} format float "%.4f"',
        f"run {settings.production_steps} upto",
        "write_restart restart.*",
    ]
    return "\n".join(lines) + "\n"


def _system(atoms: Atoms, settings: MDSettings, pair_commands: Sequence[str], restart: Path | None) -> list[str]:
    start = "read_data structure.data" if restart is None else f"read_restart {restart.name}"
    lines = [
        "units metal",
        "atom_style atomic",
        "atom_modify sort 0 0",  # a resumed run sums in the order of the unbroken one: equal to the last bit
        "boundary p p p",
        "newton on",
        "box tilt large",
        start,
        *pair_commands,
        f"neighbor {SKIN_A} bin",
        "neigh_modify every 1 delay 0 check yes",
        f"timestep {settings.timestep_fs / 1000}",
    ]
    if settings.wall_time_s is not None:
        seconds = max(1, int(settings.wall_time_s))
        lines.append(
            f"timer timeout {seconds // 3600}:{seconds // 60 % 60}:{seconds % 60} every {settings.frame_steps}"
        )
    return lines


def output_of_run(
    atoms: Atoms, settings: MDSettings, more_columns: Sequence[str] = (), types: Sequence[str] = ()
) -> list[str]:
    """Return the output commands: each frame has the framework's centre and the fewest corners of a tetrahedron.

    Args:
        atoms: the structure.
        settings: settings of the run.
        more_columns: further columns of the thermodynamic lines.
        types: element of each LAMMPS type; by default those of `species_order`.
    """
    types = types or species_order(atoms)
    framework = [str(i + 1) for i, element in enumerate(types) if element != settings.mobile] or ["1"]
    lines = [f"group framework type {' '.join(framework)}", "compute centre framework com"]
    columns = THERMO.replace("press", " ".join([*more_columns, "press"]))
    centres, corners = (
        " ".join(str(i + 1) for i, element in enumerate(types) if element in kind) for kind in (CENTRES, CHALCOGENS)
    )
    if centres and corners:
        lines += [
            f"group centres type {centres}",
            f"group chalcogens type {corners}",
            f"compute bonds centres coord/atom cutoff {_longest_bond_A(types):.2f} group chalcogens",
            "compute fewest centres reduce min c_bonds",
        ]
        columns += " c_fewest"
    return [
        *lines,
        f"thermo {settings.frame_steps}",
        f"thermo_style custom {columns}",
        "thermo_modify flush yes lost error format float %.10g",
        f"restart {restart_steps(len(atoms), settings)} restart.*",
    ]


def _longest_bond_A(types: Sequence[str]) -> float:
    """Return the distance beyond which a bond of the most extended tetrahedron is broken."""
    return min(max(bond_cutoffs_A(types).values()) + BROKEN_BOND_A, LARGEST_BOND_A)


def restart_steps(atoms: int, settings: MDSettings) -> int:
    """Return the steps between restart files: whole frames, about 20 s on one slow core."""
    frames = RESTART_EVERY_S * ATOM_STEPS_PER_SECOND / (atoms * settings.frame_steps)
    return max(1, int(frames)) * settings.frame_steps


def _barostat(atoms: Atoms, settings: MDSettings) -> str:
    """Return the barostat: isotropic for a bulk cell; with a boundary z alone and x coupled to y.

    The coupling keeps the grains commensurate.
    """
    bar = settings.pressure_GPa * GPA_IN_BAR
    target = f"{bar} {bar} {BAROSTAT_PS}"
    if atoms.info.get("boundary", "bulk") == "bulk":
        return f"iso {target}"
    return f"x {target} y {target} z {target} couple xy"


def _is_tilted(atoms: Atoms) -> bool:
    return bool(np.any(np.abs(atoms.cell.angles() - 90.0) > 1e-4))
