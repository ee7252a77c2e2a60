"""Grading inside `lmp`: the same grades as ActiveSet, dumps that ASE reads, one clean stop on all ranks."""

import subprocess

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import read, write

from argyro.platform.potential.extrapolation.active_set import ActiveSet
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native.lammps_commands import (
    BREAK_MARKER,
    lammps_command,
    lammps_environment,
    lammps_pair_commands,
)

SPECIES = ("Li", "Cl")
TYPES = ("Cl", "Li")


def potential(seed: int = 0) -> MTP:
    """All energies zero: atoms fly straight, so that where they are is known."""
    return MTP.untrained(SPECIES, 10, 4.5, 1.5, seed=seed)


def crystal(amplitude_A: float = 0.1, seed: int = 0) -> Atoms:
    atoms = bulk("LiCl", "rocksalt", a=5.2, cubic=True).repeat((2, 2, 2))
    atoms.set_cell(atoms.cell.array + np.array([[0, 0, 0], [0.5, 0, 0], [0.2, -0.3, 0]]), scale_atoms=True)
    atoms.positions += np.random.default_rng(seed).normal(scale=amplitude_A, size=atoms.positions.shape)
    return atoms


@pytest.fixture(scope="module")
def active_set():
    return ActiveSet.from_frames(potential(), [crystal(seed=seed) for seed in range(4)])


def run(folder, active_set, lines, ranks=1, threads=1, expect=0, mtp=None, **grading):
    (mtp or potential()).write(folder / "pot.mtp")
    active_set.write(folder / "active_set")
    write(folder / "atoms.data", crystal(seed=9), format="lammps-data", specorder=list(TYPES), masses=True)
    pair = lammps_pair_commands("pot.mtp", TYPES, active_set_path="active_set", **grading)
    script = ["units metal", "read_data atoms.data", *pair, *lines]
    (folder / "in.lammps").write_text("\n".join(script) + "\n")
    command = [*lammps_command(ranks), "-in", "in.lammps", "-log", "none"]
    environment = lammps_environment(threads)
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == expect, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


HOT = ["velocity all create 3000 1 loop geom", "timestep 0.001", "fix 1 all nve"]


@pytest.mark.parametrize(("ranks", "threads"), [(1, 1), (2, 1), (1, 2)])
def test_grades_in_the_run_are_those_of_the_active_set(tmp_path, active_set, ranks, threads):
    lines = [*HOT, "compute largest all pair mtp", "run 20", 'print "LARGEST $(c_largest[1]:%.12g)"']
    output = run(tmp_path, active_set, lines, ranks, threads, grade_every=10, select=1e-3, dump="out.xyz")
    frames = read(tmp_path / "out.xyz", ":")
    assert [int(atoms.info["step"]) for atoms in frames] == [0, 10, 20]
    for atoms in frames:
        expected = active_set.grades(potential(), atoms)
        np.testing.assert_allclose(atoms.arrays["grade"], expected, rtol=2e-3)
        assert atoms.info["max_grade"] == pytest.approx(expected.max(), rel=2e-3)
    assert f"LARGEST {frames[-1].info['max_grade']:.6g}"[:14] in output


def test_dumped_frames_have_the_cell_and_the_species_of_the_run(tmp_path, active_set):
    run(tmp_path, active_set, ["run 0"], grade_every=1, select=1e-3, dump="out.xyz")
    dumped, original = read(tmp_path / "out.xyz"), crystal(seed=9)
    assert dumped.get_chemical_symbols() == original.get_chemical_symbols()
    np.testing.assert_allclose(dumped.cell.cellpar(), original.cell.cellpar(), rtol=1e-8)
    np.testing.assert_allclose(dumped.get_all_distances(mic=True), original.get_all_distances(mic=True), atol=1e-6)
    assert dumped.pbc.all()
    assert (dumped.arrays["id"] == np.arange(1, len(original) + 1)).all()


def test_frames_below_the_threshold_are_not_dumped(tmp_path, active_set):
    run(tmp_path, active_set, ["run 0"], grade_every=1, select=1e6, dump="out.xyz")
    assert (tmp_path / "out.xyz").read_text() == ""


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_run_above_break_ends_cleanly_for_all_ranks(tmp_path, active_set, ranks):
    start = active_set.grade(potential(), crystal(seed=9))
    lines = [*HOT, "run 2000", "run 100", 'print "LAST STEP $(step)"', "write_data end.data"]
    output = run(tmp_path, active_set, lines, ranks, grade_every=5, select=2 * start, break_=4 * start, dump="out.xyz")
    messages = [line for line in output.splitlines() if line.startswith(BREAK_MARKER)]
    assert len(messages) == 1
    last = int(output.split("LAST STEP")[1].split()[0])
    assert 0 < last < 2000
    assert f"at step {last - last % 5} " in messages[0]
    assert last % 5 <= 1
    frames = read(tmp_path / "out.xyz", ":")
    assert frames[-1].info["max_grade"] > 4 * start
    assert all(2 * start < atoms.info["max_grade"] <= 4 * start for atoms in frames[:-1])
    assert (tmp_path / "end.data").exists()


def test_a_set_of_another_potential_is_refused(tmp_path, active_set):
    output = run(tmp_path, active_set, ["run 0"], expect=1, mtp=potential(seed=5), grade_every=1)
    assert "active_set belongs to another potential" in output


def test_a_configuration_set_is_refused(tmp_path):
    whole = ActiveSet.from_frames(potential(), [crystal(seed=seed) for seed in range(4)], mode="configuration")
    output = run(tmp_path, whole, ["run 0"], expect=1, grade_every=1)
    assert "runs are graded by neighbourhood" in output


def test_damaged_sets_are_refused(tmp_path, active_set):
    active_set.write(tmp_path / "whole")
    text = (tmp_path / "whole").read_text()

    class Damaged:
        def __init__(self, content):
            self.write = lambda path: path.write_text(content)

    for content in (text[: len(text) // 2], text[:-40], text.replace("\ninverse\n", "\ninverse\nnan ", 1), "", "hello"):
        output = run(tmp_path, Damaged(content), ["run 0"], expect=1, grade_every=1)
        assert "is not a complete active set" in output
