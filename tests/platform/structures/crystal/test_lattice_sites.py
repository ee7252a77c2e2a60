"""Ideal crystal: comparison with the space group and with literature distances."""

import numpy as np
import pytest
import spglib
from ase import Atoms

from argyro.platform.structures import build_bulk
from argyro.platform.structures.crystal.lattice_sites import LITHIUM_PAIRS, bulk_skeleton
from argyro.platform.structures.crystal.neighbours import close_distances, nearest_distance

A = 9.8614


@pytest.fixture(scope="module")
def midpoints() -> Atoms:
    """Build ordered Li6PS5Cl with Li at the midpoint of each close pair."""
    atoms = build_bulk("Li6PS5Cl")
    framework = atoms[np.array(atoms.get_chemical_symbols()) != "Li"]
    middles = bulk_skeleton(A).pairs.mean(axis=1)
    return framework + Atoms(["Li"] * len(middles), positions=middles)


def test_ordered_cell_has_space_group_216(midpoints):
    cell = (midpoints.cell[:], midpoints.get_scaled_positions(), midpoints.numbers)
    assert len(midpoints) == 52
    assert spglib.get_spacegroup(cell, symprec=1e-4) == "F-43m (216)"


def test_all_li_sites_have_space_group_216(midpoints):
    sites = bulk_skeleton(A).pairs.reshape(-1, 3)
    assert len(sites) == 48
    cell = (midpoints.cell[:], np.linalg.solve(midpoints.cell[:].T, sites.T).T, np.ones(48))
    assert spglib.get_spacegroup(cell, symprec=1e-4) == "F-43m (216)"


def _shortest(atoms, first, second):
    symbols, site = np.array(atoms.get_chemical_symbols()), atoms.arrays["site"]
    mine, other = symbols == first[0], symbols == second[0]
    if len(first) > 1:
        mine &= site == first[1]
    if len(second) > 1:
        other &= site == second[1]
    _, _, r = close_distances(atoms.positions[mine], atoms.positions[other], atoms.cell[:], 8.0)
    return r.min()


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        (("P",), ("S", "16e"), 2.02, 2.06),
        (("Cl", "4a"), ("P",), 4.92, 4.94),
        (("S", "4c"), ("P",), 4.26, 4.41),
        (("S", "16e"), ("S", "4c"), 3.2, 4.5),
        (("S",), ("S",), 3.2, 3.6),
    ],
)
def test_distances_of_the_literature(first, second, low, high):
    assert low <= _shortest(build_bulk("Li6PS5Cl"), first, second) <= high


def test_free_anion_on_4a_has_six_centres_and_on_4c_four():
    skeleton = bulk_skeleton(A, (2, 2, 2))
    for column, expected in ((0, 6), (1, 4)):
        i, _, _ = close_distances(skeleton.free[:, column], skeleton.centres, skeleton.cell, 0.52 * A)
        assert np.all(np.bincount(i, minlength=skeleton.units) == expected)


def test_li_pairs_are_close_and_jumps_within_the_cage_longer():
    pair = np.linalg.norm(LITHIUM_PAIRS[:, 1] - LITHIUM_PAIRS[:, 0], axis=1) * A
    assert np.allclose(pair, 1.877, atol=0.01)
    sites = bulk_skeleton(A).pairs.reshape(-1, 3)
    i, j, r = close_distances(sites, sites, np.eye(3) * A, 2.6)
    other = r[i // 2 != j // 2]
    assert other.min() == pytest.approx(2.25, abs=0.05)


def test_pairs_across_every_image_of_a_tiny_cell():
    """Count 6, 12, 8 and 6 neighbours at 1, √2, √3 and 2 in the simple cubic lattice."""
    _, _, r = close_distances(np.zeros((1, 3)), np.zeros((1, 3)), np.eye(3), 2.01)
    assert np.allclose(np.sort(r), np.repeat([1, np.sqrt(2), np.sqrt(3), 2], [6, 12, 8, 6]))


def test_nearest_distance_looks_across_the_cell():
    distance = nearest_distance(np.array([[0.1, 0, 0], [5.0, 5, 5]]), np.array([[9.9, 0, 0]]), np.eye(3) * 10, 1.0)
    assert np.allclose(distance[0], 0.2) and np.isinf(distance[1])
