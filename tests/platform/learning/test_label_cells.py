"""What goes to the reference: small cells whole, large ones as boxes round the atoms that extrapolate."""

import numpy as np
import pytest
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.learning.initial_frames import hot, seed_frames
from argyro.platform.learning.label_cells import centres, labelable, relax_border
from argyro.platform.learning.options import LearningOptions
from argyro.platform.potential.mtp.model import Evaluation
from argyro.platform.structures.boundaries.build import build_boundary
from argyro.platform.structures.crystal.bulk import build_bulk


def test_small_frames_are_labelled_whole_and_large_ones_as_boxes():
    small, large = (
        build_bulk("Li6PS5I"),
        hot(build_bulk("Li6PS5I", supercell=(2, 2, 3)), 700.0, np.random.default_rng(0)),
    )
    grade = np.ones(len(large))
    grade[[7, 300]] = 3.0, 2.5
    large.set_array("grade", grade)
    frames = labelable([small, large], LearningOptions(), mtp=None, seed=0)
    assert frames[0] is small
    assert 1 <= len(frames) - 1 <= 2
    assert all(frame.info["cut_from"] == len(large) and len(frame) < len(large) for frame in frames[1:])
    assert 7 in frames[1].arrays["parent"][frames[1].arrays["protected"]]


def test_centres_are_the_highest_grades_that_lie_apart():
    cell = build_bulk("Li6PS5I", supercell=(2, 2, 2))
    grade = np.ones(len(cell))
    near = int(np.argsort(cell.get_distances(10, range(len(cell)), mic=True))[1])
    far = int(np.argmax(cell.get_distances(10, range(len(cell)), mic=True)))
    grade[10], grade[near], grade[far] = 5.0, 4.0, 3.0
    cell.set_array("grade", grade)
    assert centres(cell, 1.7, 8.0, 4, np.random.default_rng(0)) == [10, far]


def test_ungraded_cell_is_cut_near_its_boundary():
    cell = build_bulk("Li6PS5I", supercell=(1, 1, 4))
    cell.set_array("boundary_distance_A", np.abs(cell.positions[:, 2] - 20.0))
    (centre,) = centres(cell, 1.7, 8.0, 4, np.random.default_rng(0))
    assert abs(cell.positions[centre, 2] - 20.0) <= 3.0


@pytest.mark.slow
def test_seeds_of_a_large_boundary_cell_are_cut_where_a_box_can_be():
    """Half of the atoms near this boundary have none; a reference that scales with the cube must not see the cell."""
    cell = build_boundary("Li6PS5Cl", 0.5, "sigma5(001)[001]", 3.5, seed=1)
    options = LearningOptions()
    frames = labelable(seed_frames([cell], options), options, mtp=None, seed=0)
    assert len(frames) >= 4 and max(len(frame) for frame in frames) < 200 < len(cell)


def test_a_border_that_falls_into_itself_stays_as_it_was():
    """Two Li outside the protected radius under a potential that pulls ever harder, as untrained ones may."""
    box = Atoms("Li3", positions=[[1, 1, 1], [6, 6, 6], [6, 6, 8.5]], cell=[14] * 3, pbc=True)
    box.set_array("protected", np.array([True, False, False]))
    relaxed = relax_border(box, Attraction(), 400)
    assert 1.4 <= relaxed.get_distance(1, 2) < 2.5 and np.array_equal(relaxed.positions[0], box.positions[0])


class Attraction:
    """Energy -10/r of the two moving atoms; like a potential it refuses what is closer than 0.5 Å."""

    def evaluate(self, atoms, threads=1):
        vector = atoms.positions[2] - atoms.positions[1]
        r = float(np.linalg.norm(vector))
        if r < 0.5:
            raise InputError("two atoms are too close")
        forces = np.zeros((3, 3))
        forces[1], forces[2] = 10 * vector / r**3, -10 * vector / r**3
        return Evaluation(-10 / r, forces, np.zeros(6), np.zeros(3))
