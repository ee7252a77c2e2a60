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

# Two hosts 3 and 4 hold atoms of types 1 and 2, which exchange their types between stretches of Langevin dynamics.
# Springs E = e + k r² / 2: type 1 at host 3 is lower in energy and vibrates in a narrower well than elsewhere.
TOY = """units metal
atom_style atomic
atom_modify map array
boundary p p p
region box block 0 40 0 20 0 20
create_box 4 box
create_atoms 1 single 10.1 10 10
create_atoms 2 single 30.1 10 10
create_atoms 3 single 10 10 10
create_atoms 4 single 30 10 10
mass * 30
pair_style table linear 4000
pair_coeff * * toy.table NOTHING
pair_coeff 1*2 3*4 toy.table WIDE
pair_coeff 1 3 toy.table NARROW
timestep 0.005
group free id 1 2
velocity free create {kelvin} 5
fix integrate free nve
fix bath free langevin {kelvin} {kelvin} 0.1 11
fix swap free atom/swap 20 2 7 {kelvin} ke yes types 1 2
variable place equal type[1]
thermo 20
thermo_style custom step v_place f_swap[1] f_swap[2]
run {steps}
"""


def test_exchanges_between_stretches_of_dynamics_obey_detailed_balance(tmp_path):
    """Populations follow ΔF = Δe + 3/2 kT ln(k_narrow / k_wide), the energy and the entropy of vibrations."""
    kelvin, energy_eV, wide, narrow = 823.0, -0.1, 2.0, 6.0  # k in eV/Å²
    r = np.linspace(0.001, 8.0, 4000)
    table = ""
    for name, k, e in (("NOTHING", 0.0, 0.0), ("WIDE", wide, 0.0), ("NARROW", narrow, energy_eV)):
        rows = "\n".join(f"{n} {x} {e + k * x * x / 2} {-k * x}" for n, x in enumerate(r, start=1))
        table += f"{name}\nN {len(r)}\n\n{rows}\n\n"
    (tmp_path / "toy.table").write_text(table)
    (tmp_path / "in.toy").write_text(TOY.format(kelvin=kelvin, steps=600_000))
    command = [*lammps_command(), "-in", "in.toy", "-log", "log.toy", "-screen", "none"]
    subprocess.run(command, cwd=tmp_path, env=lammps_environment(), check=True)
    rows = [line.split() for line in (tmp_path / "log.toy").read_text().splitlines()]
    states = np.array([float(row[1]) for row in rows if len(row) == 4 and row[0].isdigit()])
    odds = np.mean(states == 1) / np.mean(states == 2)
    kT = BOLTZMANN_EV_K * kelvin
    assert odds == pytest.approx(np.exp(-energy_eV / kT) * (wide / narrow) ** 1.5, rel=0.08)


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
