"""The local cut keeps what it protects and is a box that can exist."""

from collections import Counter

import numpy as np
import pytest
from ase import Atoms
from ase.data import atomic_numbers
from ase.neighborlist import neighbor_list

from argyro.platform.labels.frame_filters import ps4_intact
from argyro.platform.learning.cutout import CutFailed, CutOptions, local_cut
from argyro.platform.learning.cutout_box import CHARGES, Parent, stoichiometric_counts
from argyro.platform.learning.initial_frames import hot
from argyro.platform.structures.crystal.bulk import build_bulk

CUTOFF_A = 5.0


@pytest.fixture(scope="module")
def cell() -> Atoms:
    return hot(build_bulk("Li6PS5Cl", 0.5, (3, 3, 3), seed=1), 300.0, np.random.default_rng(3))


@pytest.fixture(scope="module", params=[5, 640, 1300])
def centre(request) -> int:
    return request.param


@pytest.fixture(scope="module")
def box(cell, centre) -> Atoms:
    return local_cut(cell, centre, CutOptions())


def neighbourhood(atoms: Atoms, index: int) -> np.ndarray:
    """Species and vectors to all neighbours within the cutoff, in an order that is no matter of indices."""
    first, second, vectors = neighbor_list("ijD", atoms, CUTOFF_A)
    mine = first == index
    rows = np.column_stack([atoms.numbers[second[mine]], vectors[mine].round(6)])
    return rows[np.lexsort(rows.T)]


def test_neighbourhood_of_the_centre_is_that_of_the_cell(cell, centre, box):
    where = int(np.flatnonzero(box.arrays["parent"] == centre)[0])
    np.testing.assert_allclose(neighbourhood(box, where), neighbourhood(cell, centre), atol=2e-6)


def test_box_is_small_stoichiometric_neutral_and_of_whole_groups(cell, box):
    assert len(box) < 0.25 * len(cell)
    counts = Counter(box.get_chemical_symbols())
    assert counts["Li"] == 6 * counts["P"] and counts["S"] == 5 * counts["P"] and counts["Cl"] == counts["P"]
    assert sum(CHARGES[symbol] for symbol in box.get_chemical_symbols()) == 0
    assert ps4_intact(box)


def test_border_is_no_closer_than_eighty_percent_of_the_closest_in_the_cell(cell, box):
    closest_A = Parent.of(cell).closest_A
    for pair in (("Li", "Li"), ("Li", "S"), ("Li", "Cl"), ("S", "Cl")):
        first, second = (atomic_numbers[symbol] for symbol in pair)
        assert closest_A[first, second] <= neighbor_list("d", cell, {pair: 4.0}).min() + 1e-9
        assert neighbor_list("d", box, {pair: 4.0}).min() >= 0.8 * closest_A[first, second] - 1e-9


def test_short_cell_vectors_are_kept_whole():
    slab = build_bulk("Li6PS5I", 0.0, (1, 1, 4), seed=2)
    box = local_cut(slab, 0, CutOptions())
    np.testing.assert_allclose(box.cell.lengths()[:2], slab.cell.lengths()[:2])
    assert box.cell.lengths()[2] < slab.cell.lengths()[2]


def test_box_that_cannot_exist_is_refused(cell):
    with pytest.raises(CutFailed, match="label the whole cell"):
        local_cut(cell, 0, CutOptions(min_density=1.5))


@pytest.mark.parametrize(
    ("ratio", "groups", "expected"),
    [
        ({"PS4": 1, "Li": 6, "S": 1, "Cl": 1}, 7, {"PS4": 7, "Li": 42, "S": 7, "Cl": 7}),
        ({"PS4": 1, "Li": 6, "S": 1, "Cl": 0.5, "Br": 0.5}, 3, {"PS4": 3, "Li": 18, "S": 3, "Cl": 2, "Br": 1}),
        ({"PS4": 1, "Li": 5.5, "S": 0.5, "Cl": 1.5}, 4, {"PS4": 4, "Li": 22, "S": 2, "Cl": 6}),
    ],
)
def test_counts_are_whole_neutral_and_nearest_to_the_formula(ratio, groups, expected):
    assert stoichiometric_counts(ratio, groups) == expected
