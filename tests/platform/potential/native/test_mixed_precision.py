"""Single-precision lanes against double precision, in the kernel and in `lmp`."""

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from potential_examples import random_cell, random_potential
from test_lammps_run import STATIC, SYMBOL_ORDER, close_packed, numbers, run, salt, stable_potential
from test_lammps_run import random_potential as salt_potential

from argyro.platform.common.errors import InputError
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native.lammps_commands import lammps_pair_commands
from argyro.platform.structures.crystal.bulk import build_bulk

REFERENCE = Path(__file__).parents[4] / "campaigns" / "reference" / "potentials" / "Cl-Li-P-S.mtp"
MIXED = lammps_pair_commands("pot.mtp", SYMBOL_ORDER, precision="mixed")
FORCE_LIMIT_EV_A = 1e-5


def both(mtp: MTP, atoms: Atoms, **wanted) -> tuple[dict, dict]:
    frame = mtp.frame(atoms)
    return mtp.kernel.compute(frame, **wanted), mtp.kernel.compute(frame, mixed=True, **wanted)


@pytest.mark.parametrize("amplitude_A", [0.05, 0.2])
def test_forces_of_a_trained_potential(amplitude_A):
    atoms, mtp = build_bulk("Li6PS5Cl", disorder=0.5, seed=1), MTP.read(REFERENCE)
    atoms.positions += np.random.default_rng(0).normal(scale=amplitude_A, size=atoms.positions.shape)
    exact, mixed = both(mtp, atoms, basis=True)
    assert np.sqrt(np.mean((mixed["forces"] - exact["forces"]) ** 2)) < FORCE_LIMIT_EV_A
    terms_eV = np.abs(exact["basis"] * mtp.coefficients).sum(axis=1)  # they cancel: 50 eV of a P atom leave 3 eV
    errors_eV = mixed["energies"] - exact["energies"]
    assert np.all(np.abs(errors_eV) < 8 * np.finfo(np.float32).eps * terms_eV)
    assert abs(errors_eV.sum()) < 1e-6 * len(atoms)
    np.testing.assert_allclose(mixed["strain_derivative"], exact["strain_derivative"], atol=1e-4)


@pytest.mark.parametrize("level", [2, 8, 14, 20])
@pytest.mark.parametrize("species", [("Li",), ("Li", "P", "S", "Cl"), ("Li", "P", "S", "Cl", "Br", "I")])
def test_random_potentials(level, species):
    atoms, mtp = random_cell(9, species, seed=level), random_potential(level, species)
    exact, mixed = both(mtp, atoms, basis=True)
    for name in ("forces", "energies", "strain_derivative"):
        np.testing.assert_allclose(mixed[name], exact[name], atol=2e-5 * np.abs(exact[name]).max())
    scale = np.abs(exact["basis"]).max(axis=0)
    assert np.all(np.abs(mixed["basis"] - exact["basis"]) <= 1e-4 * scale + 1e-30)


def test_atoms_without_neighbours():
    atoms, mtp = Atoms("LiS", positions=[[0, 0, 0], [0, 0, 30.0]]), random_potential(10)
    exact, mixed = both(mtp, atoms)
    np.testing.assert_array_equal(mixed["energies"], exact["energies"])
    np.testing.assert_array_equal(mixed["forces"], 0.0)


@pytest.mark.parametrize(("ranks", "threads"), [(1, 1), (2, 1), (1, 2)])
def test_lammps_agrees_with_double_precision(tmp_path, ranks, threads):
    atoms, mtp = salt(), salt_potential()
    exact = mtp.evaluate(atoms)
    output = run(atoms, mtp, tmp_path, STATIC, ranks, threads, MIXED)
    table = np.loadtxt(tmp_path / "forces.dump", skiprows=9)
    assert numbers(output, "THERMO")[0] == pytest.approx(exact.energy_eV, abs=1e-6 * len(atoms))
    np.testing.assert_allclose(table[:, 1:4], exact.forces_eV_A, atol=1e-5 * np.abs(exact.forces_eV_A).max())
    per_atom = -numbers(output, "PERATOM") / atoms.cell.volume
    thermo = numbers(output, "THERMO")[1:]
    np.testing.assert_allclose(per_atom, thermo, atol=1e-8 * np.abs(thermo).max())


NVE = [
    "velocity all create 600 1 loop geom",
    "thermo_style custom step temp etotal",
    "thermo 10",
    "thermo_modify format float %.12g",
    "timestep 0.001",
    "fix 1 all nve",
]


def test_energy_is_conserved_as_in_double_precision(tmp_path):
    atoms, mtp = close_packed(), stable_potential()
    energies = {}
    for precision in ("double", "mixed"):
        pair = lammps_pair_commands("pot.mtp", SYMBOL_ORDER, precision=precision)
        output = run(atoms, mtp, tmp_path, [*NVE, "run 1000"], pair=pair)
        rows = output.split("TotEng")[-1].split("Loop time")[0].splitlines()[1:]
        energies[precision] = np.array([float(row.split()[2]) for row in rows if row.strip()]) / len(atoms)
    spread = {name: np.std(values[1:]) for name, values in energies.items()}
    assert spread["mixed"] < 1.2 * spread["double"]


def test_a_restart_continues_bit_by_bit(tmp_path):
    """Atoms keep their order and both runs renew their lists at the steps of restart files."""
    atoms, mtp = close_packed(), stable_potential()
    dump = ["dump 1 all custom 100 {} id x y z vx vy vz", "dump_modify 1 sort id format float %.17g"]
    whole = [NVE[0], *NVE[4:], "atom_modify sort 0 0", "restart 100 half.*", dump[0].format("whole.dump"), dump[1]]
    run(atoms, mtp, tmp_path, [*whole, "run 200"], pair=MIXED)
    script = ["units metal", "boundary p p p", "read_restart half.100", *MIXED, *NVE[4:], "atom_modify sort 0 0"]
    again = [*script, "restart 100 half.*", dump[0].format("again.dump"), dump[1], "run 100"]
    execute(tmp_path, again)
    lines = [(tmp_path / name).read_text().split("ITEM: TIMESTEP")[-1] for name in ("whole.dump", "again.dump")]
    assert lines[0] == lines[1]


def execute(folder: Path, script: list[str]) -> None:
    import subprocess

    from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment

    (folder / "in.lammps").write_text("\n".join(script) + "\n")
    command = [*lammps_command(), "-in", "in.lammps", "-log", "none"]
    done = subprocess.run(command, cwd=folder, env=lammps_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


def test_an_unknown_precision_is_refused():
    with pytest.raises(InputError, match="unknown precision 'half'"):
        lammps_pair_commands("pot.mtp", ["Li"], precision="half")
