"""The pair style in `lmp` against `MTP.evaluate`: same kernel, different neighbour lists, bookkeeping and units."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from ase.io import write

from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment, lammps_pair_commands

SPECIES = ("Li", "S", "Cl")
SYMBOL_ORDER = ("Cl", "Li", "S")  # types in another order than the potential's species


def random_potential(level: int = 10, seed: int = 0, cutoff_A: float = 4.0) -> MTP:
    """Random coefficients, small enough that atoms in a crystal feel a few eV/Å."""
    mtp = MTP.untrained(SPECIES, level, cutoff_A, 1.5, seed=seed)
    rng = np.random.default_rng(seed)
    coefficients = 1e-3 * rng.normal(size=mtp.basis_size)
    return mtp.with_coefficients(mtp.radial_coefficients, rng.normal(size=3), coefficients)


def stable_potential() -> MTP:
    """Pair repulsion (r_c - r)² plus a little of every other function, so that atoms stay near their sites."""
    mtp = MTP.untrained(SPECIES, 8, 4.0, 1.5)
    radial = 0.02 * np.random.default_rng(1).normal(size=mtp.radial_coefficients.shape)
    radial[:, :, 0, 0] += 1.0
    shaped = mtp.with_coefficients(radial, np.zeros(3), mtp.coefficients)
    rattled = close_packed()
    rattled.rattle(0.3, seed=3)
    typical = np.abs(shaped.basis(rattled)).max(axis=0)
    coefficients = 0.05 * np.random.default_rng(2).normal(size=mtp.basis_size) / typical
    coefficients[0] = 20.0
    return mtp.with_coefficients(radial, np.array([-1.0, -2.0, -3.0]), coefficients)


def close_packed() -> Atoms:
    """Face-centred cubic, its first shell just within the cutoff: stable under a pair repulsion that vanishes there."""
    atoms = bulk("Li", "fcc", a=5.1, cubic=True).repeat(3)
    atoms.symbols = np.random.default_rng(0).choice(SPECIES, len(atoms))
    return atoms


def salt(repeat=(3, 3, 2), strained: bool = True, amplitude_A: float = 0.15, seed: int = 0) -> Atoms:
    """Rattled rock salt of three species in a triclinic cell."""
    atoms = bulk("LiCl", "rocksalt", a=5.2, cubic=True).repeat(repeat)
    rng = np.random.default_rng(seed)
    chlorine = np.flatnonzero(atoms.symbols == "Cl")
    atoms.symbols[rng.choice(chlorine, len(chlorine) // 3, replace=False)] = "S"
    if strained:
        atoms.set_cell(atoms.cell.array + np.array([[0, 0, 0], [0.9, 0, 0], [-0.6, 0.4, 0]]), scale_atoms=True)
    atoms.positions += rng.normal(scale=amplitude_A, size=atoms.positions.shape)
    return atoms


def run(atoms: Atoms, mtp: MTP, folder: Path, lines: list[str], ranks: int = 1, threads: int = 1, pair=None) -> str:
    mtp.write(folder / "pot.mtp")
    write(folder / "atoms.data", atoms, format="lammps-data", specorder=list(SYMBOL_ORDER), masses=True)
    pair = pair or lammps_pair_commands("pot.mtp", SYMBOL_ORDER)
    script = ["units metal", "boundary p p p", "read_data atoms.data", *pair, "thermo_modify line one", *lines]
    (folder / "in.lammps").write_text("\n".join(script) + "\n")
    command = [*lammps_command(ranks), "-in", "in.lammps", "-log", "none"]
    done = subprocess.run(
        command, cwd=folder, env=lammps_environment(threads), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


STATIC = [
    "compute site all pe/atom",
    "compute stress all stress/atom NULL virial",
    "compute total all reduce sum c_stress[1] c_stress[2] c_stress[3] c_stress[4] c_stress[5] c_stress[6]",
    "thermo_style custom step pe pxx pyy pzz pyz pxz pxy",
    "dump 1 all custom 1 forces.dump id fx fy fz c_site",
    "dump_modify 1 sort id format float %.15g",
    "run 0",
    'print "THERMO $(pe:%.15g) $(pxx:%.15g) $(pyy:%.15g) $(pzz:%.15g) $(pyz:%.15g) $(pxz:%.15g) $(pxy:%.15g)"',
    'print "PERATOM $(c_total[1]:%.15g) $(c_total[2]:%.15g) $(c_total[3]:%.15g) $(c_total[6]:%.15g) '
    '$(c_total[5]:%.15g) $(c_total[4]:%.15g)"',
]


def numbers(output: str, key: str) -> np.ndarray:
    line = next(line for line in output.splitlines() if line.startswith(key))
    return np.array(line.split()[1:], float)


@pytest.mark.parametrize(("ranks", "threads"), [(1, 1), (2, 1), (1, 2)])
def test_energy_forces_site_energies_and_stress_agree_with_evaluate(tmp_path, ranks, threads):
    atoms, mtp = salt(), random_potential()
    expected = mtp.evaluate(atoms)
    output = run(atoms, mtp, tmp_path, STATIC, ranks, threads)
    thermo = numbers(output, "THERMO")
    table = np.loadtxt(tmp_path / "forces.dump", skiprows=9)
    assert thermo[0] == pytest.approx(expected.energy_eV, rel=1e-11)
    np.testing.assert_allclose(table[:, 1:4], expected.forces_eV_A, atol=1e-9 * np.abs(expected.forces_eV_A).max())
    np.testing.assert_allclose(table[:, 4], expected.energies_eV, rtol=1e-9)
    stress = -thermo[1:] * units.bar  # LAMMPS' constants are of an older CODATA set, off by 1e-7
    np.testing.assert_allclose(stress, expected.stress_eV_A3, atol=1e-6 * np.abs(expected.stress_eV_A3).max())
    per_atom = -numbers(output, "PERATOM") / atoms.cell.volume
    np.testing.assert_allclose(per_atom, thermo[1:], atol=1e-8 * np.abs(thermo[1:]).max())


def test_pressure_is_the_derivative_of_the_energy_with_the_volume(tmp_path):
    atoms, mtp = salt(repeat=(2, 2, 2)), random_potential()
    pressure_bar = numbers(run(atoms, mtp, tmp_path, STATIC), "THERMO")[1:4].mean()
    energies, volumes = [], []
    for scale in (0.9999, 1.0001):
        strained = atoms.copy()
        strained.set_cell(atoms.cell * scale, scale_atoms=True)
        energies.append(numbers(run(strained, mtp, tmp_path, STATIC), "THERMO")[0])
        volumes.append(strained.cell.volume)
    expected = -(energies[1] - energies[0]) / (volumes[1] - volumes[0]) / units.bar
    assert pressure_bar == pytest.approx(expected, rel=1e-5)


def test_cells_smaller_than_the_cutoff(tmp_path):
    atoms = salt(repeat=(1, 1, 1), strained=False)
    mtp = random_potential(cutoff_A=6.0)
    thermo = numbers(run(atoms, mtp, tmp_path, STATIC), "THERMO")
    assert thermo[0] == pytest.approx(mtp.evaluate(atoms).energy_eV, rel=1e-11)


def test_a_process_without_atoms(tmp_path):
    atoms, mtp = salt(repeat=(2, 2, 1), strained=False), random_potential()
    atoms.cell[2, 2] *= 8
    atoms.positions[:, 2] += 1.0  # all in the lower half, none across the boundary
    thermo = numbers(run(atoms, mtp, tmp_path, STATIC, ranks=2), "THERMO")
    assert thermo[0] == pytest.approx(mtp.evaluate(atoms).energy_eV, rel=1e-11)


@pytest.mark.parametrize("ranks", [1, 2])
def test_energy_is_conserved_and_its_drift_falls_with_the_timestep(tmp_path, ranks):
    atoms, mtp = close_packed(), stable_potential()

    def spread_eV(timestep_ps: float) -> float:
        steps = round(0.4 / timestep_ps)
        lines = [
            "velocity all create 600 1 loop geom",
            "thermo_style custom step temp etotal",
            f"thermo {steps // 20}",
            "thermo_modify format float %.12g",
            f"timestep {timestep_ps}",
            "fix 1 all nve",
            f"run {steps}",
        ]
        rows = run(atoms, mtp, tmp_path, lines, ranks).split("TotEng")[-1].split("Loop time")[0].splitlines()[1:]
        energies = np.array([float(row.split()[2]) for row in rows if row.strip()])
        return np.ptp(energies[1:]) / len(atoms)

    coarse, fine = spread_eV(0.002), spread_eV(0.001)
    assert coarse < 1e-3
    assert fine < coarse / 3  # velocity Verlet: second order


BAD_INPUTS = {
    "pair_coeff * * pot.mtp Cl Li": "names 2 elements but there are 3 atom types",
    "pair_coeff * * pot.mtp Cl Li Br": "pot.mtp: element 'Br' is not in it; it knows Li S Cl",
    "pair_coeff * * nowhere.mtp Cl Li S": "nowhere.mtp",
    "pair_coeff 1 1 pot.mtp Cl": "for pair style mtp",  # LAMMPS' own: must use pair_coeff * *
    "pair_coeff * *": "for pair style mtp",
}


@pytest.mark.parametrize("line", BAD_INPUTS)
def test_mistakes_in_the_input_end_with_one_clear_error(tmp_path, line):
    with pytest.raises(AssertionError) as failure:
        run(salt(repeat=(1, 1, 1)), random_potential(), tmp_path, ["run 0"], pair=["pair_style mtp", line])
    assert BAD_INPUTS[line] in str(failure.value)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("grade set", "grade needs every N"),
        ("every 10", "need grade ACTIVE_SET"),
        ("grade set every ten", "needs a positive number, not 'ten'"),
        ("grade set often 10", "unknown word 'often'"),
        ("grade", "'grade' needs a value"),
        ("precision half", "precision is mixed or double, not 'half'"),
    ],
)
def test_mistakes_in_the_settings_end_with_one_clear_error(tmp_path, words, message):
    with pytest.raises(AssertionError) as failure:
        run(salt(repeat=(1, 1, 1)), random_potential(), tmp_path, ["run 0"], pair=[f"pair_style mtp {words}"])
    assert message in str(failure.value)


def test_overlapping_atoms_end_the_run_with_one_clear_error(tmp_path):
    atoms = salt(repeat=(2, 2, 2), strained=False, amplitude_A=0.0)
    atoms.positions[5] = atoms.positions[9] + (0.3, 0.0, 0.0)
    with pytest.raises(AssertionError, match=r"atoms (6 and 10|10 and 6) are 0\.300 Å apart"):
        run(atoms, random_potential(), tmp_path, ["run 0"])


def test_atoms_of_another_style_are_not_seen(tmp_path):
    atoms, mtp = salt(repeat=(2, 2, 2)), random_potential()
    alone = atoms[[symbol != "S" for symbol in atoms.symbols]]
    pair = ["pair_style hybrid/overlay mtp zero 4.0", "pair_coeff * * mtp pot.mtp Cl Li NULL", "pair_coeff * * zero"]
    thermo = numbers(run(atoms, mtp, tmp_path, STATIC, pair=pair), "THERMO")
    assert thermo[0] == pytest.approx(mtp.evaluate(alone).energy_eV, rel=1e-11)


def nameless(folder: Path, mtp: MTP) -> None:
    """Writes the potential as other programs do: no names, LAMMPS' comment at the top."""
    mtp.write(folder / "named.mtp")
    lines = (folder / "named.mtp").read_text().splitlines(keepends=True)
    kept = "".join(line for line in lines if not line.startswith("potential_tag"))
    (folder / "nameless.mtp").write_text(f"# DATE: 2024-05-01 UNITS: metal CITATION: none\n{kept}")


@pytest.mark.parametrize(
    "pair",
    [
        ["pair_style mtp nameless.mtp", "pair_coeff * *"],
        ["pair_style mtp named.mtp", "pair_coeff * *"],
        ["pair_style mtp", "pair_coeff * * nameless.mtp 0 1 2"],
        ["pair_style mtp", "pair_coeff * * nameless.mtp Li S Cl"],
        ["pair_style mtp", "pair_coeff * * named.mtp Li S Cl"],
        ["pair_style mtp nameless.mtp", "pair_coeff * * Li S Cl"],
    ],
)
def test_the_forms_of_upstreams_pair_style(tmp_path, pair):
    """Atom type i is species i - 1 of the file."""
    atoms, mtp = salt(repeat=(2, 2, 2)), random_potential()
    nameless(tmp_path, mtp)
    write(tmp_path / "upstream.data", atoms, format="lammps-data", specorder=list(SPECIES), masses=True)
    output = run(atoms, mtp, tmp_path, ["clear", "units metal", "read_data upstream.data", *pair, *STATIC])
    assert "atom types 1=species 0" in output
    assert numbers(output, "THERMO")[0] == pytest.approx(mtp.evaluate(atoms).energy_eV, rel=1e-11)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (["pair_style mtp", "pair_coeff * * nameless.mtp Li S Li"], "it names no elements; name all 3"),
        (["pair_style mtp", "pair_coeff * * nameless.mtp 0 1 3"], "it holds the species 0 to 2, not 3"),
        (["pair_style mtp none.mtp", "pair_coeff * *"], "none.mtp: cannot open it"),
    ],
)
def test_mistakes_in_upstreams_forms(tmp_path, pair, message):
    nameless(tmp_path, random_potential())
    with pytest.raises(AssertionError) as failure:
        run(salt(repeat=(1, 1, 1)), random_potential(), tmp_path, ["run 0"], pair=pair)
    assert message in str(failure.value)


def test_a_box_in_other_units_is_refused_before_memory_fills(tmp_path):
    atoms = salt(repeat=(2, 2, 2), strained=False)
    atoms.set_cell(atoms.cell / 40, scale_atoms=True)
    with pytest.raises(AssertionError, match=r"about \S+ neighbours within the cutoff of 4 Å, at most 10000"):
        run(atoms, random_potential(), tmp_path, ["run 0"])
