"""Hybrid Monte Carlo in LAMMPS: exchanges obey detailed balance."""

import subprocess

import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.platform.dynamics.disorder.swap_run import SwapSettings, disorder_series, exchanges, mean_of, swap_script
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment
from argyro.platform.structures.crystal.bulk import build_bulk

# Two sites that exchange elements 1 and 2; element 1 beside the fixed element 3 costs 0.1 eV.
TOY = """units metal
atom_style atomic
atom_modify map array
boundary p p p
region box block 0 20 0 20 0 20
create_box 3 box
create_atoms 1 single 3 10 10
create_atoms 2 single 12 10 10
create_atoms 3 single 14 10 10
mass * 30
pair_style table linear 100
pair_coeff * * toy.table ZERO
pair_coeff 1 3 toy.table STEP
neigh_modify every 1 delay 0 check no
group free id 1 2
fix swap free atom/swap 1 1 7 {kelvin} ke no types 1 2
variable place equal type[2]
thermo 1
thermo_style custom step v_place f_swap[1] f_swap[2]
run {steps}
"""


def test_exchanges_obey_detailed_balance_on_two_levels(tmp_path):
    """Populations of the two states follow e^(-ΔE / kT)."""
    kelvin, energy_eV, steps = 823.0, 0.1, 20_000
    lines = [f"{n} {0.5 + 0.025 * n} {{energy}} 0.0" for n in range(1, 101)]
    table = "".join(
        f"{name}\nN 100\n\n" + "\n".join(lines).format(energy=energy) + "\n\n"
        for name, energy in (("ZERO", 0.0), ("STEP", energy_eV))
    )
    (tmp_path / "toy.table").write_text(table)
    (tmp_path / "in.toy").write_text(TOY.format(kelvin=kelvin, steps=steps))
    command = [*lammps_command(), "-in", "in.toy", "-log", "log.toy", "-screen", "none"]
    subprocess.run(command, cwd=tmp_path, env=lammps_environment(), check=True)
    rows = [line.split() for line in (tmp_path / "log.toy").read_text().splitlines()]
    states = np.array([float(row[1]) for row in rows if len(row) == 4 and row[0].isdigit()])
    high = np.mean(states == 1)
    boltzmann = np.exp(-energy_eV / (BOLTZMANN_EV_K * kelvin))
    assert high / (1 - high) == pytest.approx(boltzmann, rel=0.08)


def test_script_exchanges_free_anions_only():
    atoms = build_bulk("Li6PS5Br", 0.5)
    script = swap_script(atoms, MDSettings(823.0, 0.0, 1.0), SwapSettings(stretches=5), ["pair_style none"], None)
    free = next(line for line in script.splitlines() if line.startswith("group free id"))
    numbers = [int(word) - 1 for word in free.split()[3:]]
    assert set(atoms.arrays["site"][numbers]) == {"4a", "4c"} and len(numbers) == 8
    assert exchanges(atoms) == [("free", ("Br", "S"))]


def test_mixtures_exchange_every_pair_of_species():
    atoms = build_bulk("Li6PS4.5Se0.5Cl0.5Br0.5", 0.5, (2, 1, 1))
    pairs = exchanges(atoms)
    assert ("free", ("Cl", "Br")) in pairs and ("chalcogens", ("S", "Se")) in pairs


def test_cells_of_one_free_anion_are_refused():
    with pytest.raises(InputError, match="alike"):
        exchanges(build_bulk("Li7PS6"))


def test_series_counts_halides_on_4c(tmp_path):
    atoms = build_bulk("Li6PS5Br", 0.25)
    free = np.flatnonzero(np.isin(atoms.arrays["site"], ("4a", "4c")))
    frame = "".join(f"{n + 1} {atoms.symbols[n]}\n" for n in free)
    box = "ITEM: BOX BOUNDS pp pp pp\n0 1\n0 1\n0 1\n"
    head = f"ITEM: NUMBER OF ATOMS\n8\n{box}ITEM: ATOMS id element\n{frame}"
    (tmp_path / "sites.dump").write_text("".join(f"ITEM: TIMESTEP\n{step}\n{head}" for step in (0, 10)))
    series = disorder_series(atoms, tmp_path / "sites.dump")
    assert series.tolist() == [0.25, 0.25]
    assert mean_of(series).value == 0.25
