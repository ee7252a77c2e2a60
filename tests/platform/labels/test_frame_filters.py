"""The filters between a label and the training set."""

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator

from argyro.platform.labels.frame_filters import SanityLimits, accept, objections, ps4_intact

TETRAHEDRON = np.array([[1, 1, 1], [-1, -1, 1], [-1, 1, -1], [1, -1, -1]]) / np.sqrt(3)


def thiophosphate(bond_A: float = 2.05, energy_eV: float = -20.0, force_eV_A: float = 0.5) -> Atoms:
    positions = np.vstack([[0, 0, 0], TETRAHEDRON * bond_A, [4.5, 0, 0]]) + 5.0
    atoms = Atoms("PS4Li", positions=positions, cell=[12, 12, 12], pbc=True, info={"status": "converged"})
    forces = np.zeros((6, 3))
    forces[0, 0] = force_eV_A
    atoms.calc = SinglePointCalculator(atoms, energy=energy_eV, forces=forces, stress=np.zeros(6))
    return atoms


def test_plausible_frame_is_accepted_and_flagged_intact():
    accepted, rejected = accept([thiophosphate()], [], SanityLimits())
    assert accepted[0].info["ps4_intact"] and not rejected


def test_broken_group_is_flagged_not_rejected():
    frame = thiophosphate()
    broken = frame.positions.copy()
    broken[1] += 2.0 * TETRAHEDRON[0]
    results = frame.calc.results
    frame.positions = broken
    frame.calc = SinglePointCalculator(frame, **results)
    assert not ps4_intact(frame)
    accepted, _ = accept([frame], [], SanityLimits())
    assert not accepted[0].info["ps4_intact"]


@pytest.mark.parametrize(
    ("change", "words"),
    [({"bond_A": 1.0}, "apart"), ({"force_eV_A": 40.0}, "exceeds"), ({"energy_eV": -30.0}, "from the median")],
)
def test_impossible_frame_is_rejected_with_a_physical_statement(change, words):
    known = [thiophosphate() for _ in range(3)]
    accepted, rejected = accept([thiophosphate(**change)], known, SanityLimits())
    assert not accepted and words in rejected[0].info["objections"]


@pytest.mark.parametrize("status", ["unconverged", "failed", "timeout"])
def test_only_converged_labels_train(status):
    frame = thiophosphate()
    frame.info["status"] = status
    assert status in objections(frame, SanityLimits())[0]
