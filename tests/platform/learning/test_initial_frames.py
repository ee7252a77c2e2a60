"""Seed frames: reproducible, possible, and as hot as asked."""

import numpy as np
import pytest
from ase import Atoms
from ase.geometry import find_mic
from ase.neighborlist import neighbor_list

from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.platform.labels.frame_filters import min_distance_A, ps4_intact
from argyro.platform.learning.initial_frames import LI_SPRING_EV_A2, crowded, hot, seed_frames, strained
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.ps4_groups import ps4_groups
from argyro.platform.structures.crystal.bulk import build_bulk


@pytest.fixture(scope="module")
def cell():
    return build_bulk("Li6PS5Cl", 0.5, (2, 1, 1), seed=1)


def test_hot_li_has_the_mean_square_displacement_of_its_well(cell):
    rng = np.random.default_rng(0)
    li = cell.symbols == "Li"
    moves = [find_mic(hot(cell, 900.0, rng).positions - cell.positions, cell.cell)[0][li] for _ in range(100)]
    expected_A2 = BOLTZMANN_EV_K * 900.0 / LI_SPRING_EV_A2
    assert np.mean(np.square(moves)) == pytest.approx(expected_A2, rel=0.03)


def test_hot_ps4_groups_move_almost_rigidly(cell):
    frame = hot(cell, 900.0, np.random.default_rng(1))
    assert ps4_intact(frame)
    bonds = [frame.get_distances(group[0], group[1:], mic=True) for group in ps4_groups(frame)]
    assert np.std(bonds) < 0.15


def test_an_s_between_two_p_belongs_to_the_nearer_alone():
    """As happens for a moment when a group opens at 900 K."""
    shared = Atoms("P2S3", positions=[[x, 0, 0] for x in (0.0, 4.6, 2.4, -2.0, 6.6)], cell=[20] * 3, pbc=True)
    assert [group.tolist() for group in ps4_groups(shared)] == [[0, 3], [1, 2, 4]]


def test_crowded_anions_fill_the_gap_between_bonds_and_next_neighbours(cell):
    frames = [crowded(cell, np.random.default_rng(seed)) for seed in range(5)]
    for frame in frames:
        moved = np.abs(frame.positions - cell.positions).max(axis=1) > 1e-9
        assert set(frame.symbols[moved]) == {"S", "Cl"} and not moved[np.concatenate(ps4_groups(cell))].any()
        assert ps4_intact(frame) and min_distance_A(frame) >= min(1.8, min_distance_A(cell))
    for anion in ("S", "Cl"):
        assert _in_gap([cell], anion) == 0 < 10 <= _in_gap(frames, anion)


def _in_gap(frames, anion):
    """Number of distances between P and an anion from 2.7 to 3.3 Å."""
    found = [neighbor_list("d", frame, {("P", anion): 3.3}) for frame in frames]
    return int(sum((distances_A > 2.7).sum() for distances_A in found))


def test_strain_is_bounded_and_keeps_fractional_coordinates(cell):
    frame = strained(cell, 0.05, np.random.default_rng(2))
    np.testing.assert_allclose(frame.get_scaled_positions(), cell.get_scaled_positions(), atol=1e-9)
    deformation = np.linalg.solve(cell.cell.array, frame.cell.array) - np.eye(3)
    assert 0.0 < np.abs(deformation).max() <= 0.05


def test_seed_frames_are_reproducible_labelled_and_nowhere_too_close(cell):
    options = LearningOptions(seeds_per_structure=7, seed=3)
    frames = seed_frames([cell, build_bulk("Li6PS5Cl", 0.5, (2, 2, 1), seed=1)], options)
    again = seed_frames([cell], options)
    assert [frame.info["structure"] for frame in frames] == [0] * 7 + [1] * 3
    assert {frame.info["made_by"] for frame in frames} == {"as built", "crowded", "strained", "rattled"}
    assert min(min_distance_A(frame) for frame in frames) >= options.sanity.min_distance_A
    for one, other in zip(frames, again, strict=False):
        np.testing.assert_array_equal(one.positions, other.positions)
