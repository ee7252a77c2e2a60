"""Exploring runs: what LAMMPS dumps and prints becomes frames, grades and times."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.learning.explore import Sampler, explore, graded_frames, samplers
from argyro.platform.learning.initial_frames import rattled
from argyro.platform.learning.options import LearningOptions
from argyro.platform.potential.extrapolation.active_set import ActiveSet
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

OPTIONS = LearningOptions(break_=1e9, volume_change=100.0)


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A free gas of Li, P, S, Cl, whose atoms soon come to places that the active set does not hold."""
    folder = tmp_path_factory.mktemp("known")
    structure = build_bulk("Li6PS5Cl", 0.5)
    mtp = MTP.untrained(("Li", "P", "S", "Cl"), 6, 5.0, 1.6).with_repulsion(np.full((4, 4), 1.9))
    active_set = ActiveSet.from_frames(mtp, [rattled(structure, 0.05, np.random.default_rng(0))])
    mtp.write(folder / "potential.mtp")
    active_set.write(folder / "active_set.txt")
    return structure, mtp, active_set, folder


def run(known, folder: Path, ps: float, **changes):
    structure, _, _, files = known
    options = replace(OPTIONS, **changes)
    sampler = Sampler(0, 900.0, 3)
    return explore(structure, sampler, files / "potential.mtp", files / "active_set.txt", ps, options, folder / "run")


def test_an_exploration_runs_in_a_folder_with_letters_beyond_ascii(known, tmp_path):
    files = known[3]
    folder = tmp_path / "Föhn"
    shutil.copytree(files, folder)
    found = run((*known[:3], folder), folder, 0.4)
    assert found.ps == 0.4 and found.frames and (folder / "run" / "potential.mtp").is_symlink()


def test_frames_above_select_come_back_with_the_grade_that_the_active_set_gives(known, tmp_path):
    structure, mtp, active_set, _ = known
    found = run(known, tmp_path, 0.4)
    assert found.ps == 0.4 and not found.broke and found.extrapolated
    assert found.times_ps[0] == 0.0 and (np.diff(found.times_ps) > 0).all() and len(found.grades) == len(found.times_ps)
    by_step = {frame.info["step"]: frame.info["max_grade"] for frame in found.frames}
    traced = {round(time_ps / 0.002): grade for time_ps, grade in zip(found.times_ps, found.grades, strict=True)}
    both = by_step.keys() & traced.keys()
    assert both and all(by_step[step] == pytest.approx(traced[step], rel=1e-4) for step in both)
    for frame in found.frames[:3]:
        assert active_set.grade(mtp, frame) == pytest.approx(frame.info["max_grade"], rel=1e-4)
        assert frame.get_chemical_symbols() == structure.get_chemical_symbols()
        assert frame.info["boundary"] == "bulk" and frame.arrays["site"].tolist() == structure.arrays["site"].tolist()


def test_run_ends_at_the_break_and_says_when(known, tmp_path):
    unbroken = run(known, tmp_path / "unbroken", 0.4)
    seen = [frame.info["max_grade"] for frame in unbroken.frames]
    limit = float(np.median(seen))
    found = run(known, tmp_path / "broken", 0.4, break_=limit)
    assert found.broke and found.ps < 0.4
    grades = [frame.info["max_grade"] for frame in found.frames]
    assert grades[-1] > limit >= max(grades[:-1], default=0.0)
    assert found.frames[-1].info["step"] * 0.002 == pytest.approx(found.ps) and found.max_grade == grades[-1]


def test_last_frame_is_returned_whatever_its_grade(known, tmp_path):
    structure = known[0]
    found = run(known, tmp_path, 0.02, select=1e8)
    assert not found.extrapolated and len(found.last) == len(structure)
    assert found.last.get_chemical_symbols() == structure.get_chemical_symbols()


def test_of_a_dump_that_ends_anywhere_the_whole_frames_are_taken(tmp_path):
    structure, path = Atoms("LiCl", [[0, 0, 0], [2.5, 0, 0]], cell=[5, 5, 5], pbc=True), tmp_path / "dump.extxyz"
    frames = [
        f'2\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3:id:I:1:grade:R:1 step={step} max_grade=3 '
        f'pbc="T T T"\nLi 0 0 0 1 2.25\nCl 2.5 0 0.12{step} 2 3.125\n'
        for step in (10, 20)
    ]
    whole = len(frames[0])
    for end in range(whole, 2 * whole + 1):
        path.write_text("".join(frames)[:end])
        count, found = graded_frames(structure, path)
        assert count == len(found) == (2 if end == 2 * whole else 1), f"cut {2 * whole - end} characters before the end"
        assert found[0].positions[1, 2] == 0.1210 and found[-1].arrays["grade"].tolist() == [2.25, 3.125]


def test_lammps_that_does_not_start_is_an_error(known, tmp_path):
    structure, _, _, files = known
    with pytest.raises(ArgyroError, match="did not start"):
        explore(structure, Sampler(0, 900.0, 3), files / "none.mtp", files / "none.txt", 0.1, OPTIONS, tmp_path / "run")


def test_samplers_cover_structures_and_temperatures_with_new_velocities_every_round():
    options = LearningOptions(temperatures_K=(500.0, 900.0))
    first, second = (samplers([None] * 3, options, number) for number in (1, 2))
    assert {(sampler.structure, sampler.temperature_K) for sampler in first} == {
        (structure, heat) for structure in range(3) for heat in (500.0, 900.0)
    }
    assert not {sampler.seed for sampler in first} & {sampler.seed for sampler in second}


def test_vapour_ends_a_run_without_counting_as_extrapolation(known, tmp_path):
    found = run(known, tmp_path, 1.0, select=1e8, volume_change=0.3)
    assert found.swollen and not found.broke and not found.extrapolated
    assert 0.0 < found.ps < 1.0
    assert found.last.cell.volume > 1.3 * known[0].cell.volume
