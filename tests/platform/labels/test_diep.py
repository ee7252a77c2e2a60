"""DIEP, the default reference: forces and every component of the stress against differences of its energy."""

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.spacegroup import crystal

from argyro.platform.labels import references
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.references import ENGINES, describe
from argyro.platform.labels.source import LabelSource

VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


@pytest.fixture(scope="module")
def cell():
    """Antifluorite Li2S, 12 atoms, rattled and sheared: every component of the stress differs."""
    atoms = crystal(("Li", "S"), [(0.25, 0.25, 0.25), (0, 0, 0)], spacegroup=225, cellpar=[5.5, 5.7, 5.9, 88, 92, 95])
    atoms.rattle(0.1, seed=0)
    return atoms


@pytest.fixture(scope="module")
def labeller():
    with Labeller(LabelSource(kwargs={"dtype": "float64"})) as labeller:
        yield labeller


@pytest.mark.slow
def test_forces_and_stress_are_slopes_of_the_energy(cell, labeller):
    """In double precision, ASE's sign and order: σ = dE/dε / V in eV/Å³."""
    step_A, strain = 1e-3, 2e-3  # the energy has steps of some 1e-5 eV where edges of a triplet exchange their order
    largest = 7
    frames = [cell]
    for sign in (1, -1):
        moved = cell.copy()
        moved.positions[largest, 0] += sign * step_A
        frames.append(moved)
    for row, column in VOIGT:
        for sign in (1, -1):
            deformation = np.eye(3)
            deformation[row, column] += sign * strain / 2
            deformation[column, row] += sign * strain / 2
            strained = cell.copy()
            strained.set_cell(cell.cell.array @ deformation, scale_atoms=True)
            frames.append(strained)
    labelled = labeller.label(frames)
    energies = np.array([frame.get_potential_energy() for frame in labelled])
    force = -(energies[1] - energies[2]) / (2 * step_A)
    stress = (energies[3::2] - energies[4::2]) / (2 * strain * cell.get_volume())
    assert labelled[0].get_forces()[largest, 0] == pytest.approx(force, abs=1e-3)
    assert labelled[0].get_stress() == pytest.approx(stress, abs=5e-4)
    assert np.abs(stress).max() > 1e-3  # so that a wrong sign or unit would show


@pytest.mark.slow
def test_unknown_element_is_named_and_trains_nothing(labeller):
    frame = Atoms("LiFr", positions=[[0, 0, 0], [2.5, 2.5, 2.5]], cell=[5, 5, 5], pbc=True)
    (labelled,) = labeller.label([frame])
    assert labelled.info["status"] == "failed" and labelled.calc is None
    assert "diep does not support Fr" in labelled.info["log"]


def test_changed_weights_of_the_wheel_are_refused(monkeypatch):
    assert describe("diep", None, {})["available"]
    monkeypatch.setitem(references.SHIPPED_WEIGHTS, ("diep", describe("diep", None, {})["version"]), "0" * 12)
    answer = describe("diep", None, {})
    assert not answer["available"] and "reinstall" in answer["reason"]


def test_model_is_that_of_the_wheel_whatever_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("DIEP_MODEL_DIR", str(tmp_path))
    weights = ENGINES["diep"].weights({})
    assert {path.name for path in weights} == {"model.json", "model.pt", "state.pt"}
    assert all(path.is_file() and tmp_path not in path.parents for path in weights)
    assert ENGINES["diep"].weights({"model": str(tmp_path)}) == [Path(tmp_path) / path.name for path in weights]
