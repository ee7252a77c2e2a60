"""Comparison of a potential with its reference: exact when the reference is the potential itself."""

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from argyro.platform.common.estimate import Uncertain
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.reference_bias import ALL
from argyro.platform.labels.source import LabelSource
from argyro.platform.learning.reference_comparison import (
    compare_diffusion,
    compare_forces,
    production_frames,
    ratio,
)
from argyro.platform.learning.reference_dynamics import FRAME_PS, labelled_copy, run_reference_md
from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

POTENTIAL = Path(__file__).with_name("reference.mtp")
ITSELF = LabelSource(source="ase", factory=f"{Path(__file__).with_name('mtp_reference.py')}:make")


@pytest.fixture(scope="module")
def labeller(tmp_path_factory):
    with Labeller(ITSELF, tmp_path_factory.mktemp("labels")) as opened:
        yield opened


@pytest.fixture(scope="module")
def bulk():
    return build_bulk("Li6PS5Cl", 0.5, seed=1)


def test_ratio_of_two_log_normal_numbers_adds_their_variances():
    found = ratio(Uncertain(2.0, 1.0, 4.0), Uncertain(1.0, 0.5, 2.0))
    assert found.value == 2.0 and np.log(found.high / 2.0) == pytest.approx(np.sqrt(2) * np.log(2))
    assert found.low * found.high == pytest.approx(4.0)


def test_forces_of_frames_of_md_are_those_of_the_reference(bulk, labeller, tmp_path):
    frames = production_frames([bulk, bulk.copy()], POTENTIAL, 600.0, 3, labeller, tmp_path, seed=1)
    assert len(frames) == 3 and not np.allclose(frames[0].positions, frames[1].positions)
    found = compare_forces(MTP.read(POTENTIAL), frames)
    assert found["Li"].slope.value == pytest.approx(1.0, abs=1e-3) and found[ALL].rmse_eV_A < 1e-3
    assert found["Li"].rms_eV_A > 0.1


def test_an_interrupted_run_with_the_reference_continues(bulk, tmp_path):
    calculator = MTPCalculator(MTP.read(POTENTIAL))
    first = run_reference_md(bulk, calculator, 600.0, 1.0, tmp_path, seed=1, on_frame=lambda frame, atoms: frame < 3)
    assert first.frames == 3
    seen = []
    whole = run_reference_md(
        bulk, calculator, 600.0, 6 * FRAME_PS, tmp_path, on_frame=lambda frame, atoms: not seen.append(frame)
    )
    assert seen == [4, 5, 6] and whole.frames == 6
    assert np.array_equal(whole.relative_A()[:3], first.relative_A())
    steps_A = np.linalg.norm(np.diff(whole.relative_A(), axis=0), axis=2)
    assert 0.0 < steps_A.max() < 2.0  # in 0.1 ps at 600 K


def test_a_labelled_copy_keeps_the_labels_and_wraps_the_atoms(bulk):
    moved = bulk.copy()
    moved.positions += 30.0
    moved.calc = MTPCalculator(MTP.read(POTENTIAL))
    copy = labelled_copy(moved)
    assert np.array_equal(copy.get_forces(), moved.get_forces())
    assert (copy.get_scaled_positions(wrap=False) >= 0.0).all() and (copy.get_scaled_positions(wrap=False) < 1.0).all()


@pytest.mark.slow
def test_diffusivity_by_the_reference_is_that_of_the_potential(bulk, tmp_path):
    """With a potential that holds when hot: the chloride's of the reference campaign."""
    hot = files("argyro.campaigns") / "reference" / "potentials" / "Cl-Li-P-S.mtp"
    source = LabelSource(source="ase", factory=ITSELF.factory, kwargs={"mtp": str(hot)})
    with Labeller(source, tmp_path / "labels") as labeller:
        found = compare_diffusion(bulk, Path(str(hot)), 900.0, 20.0, labeller, tmp_path, seed=1)
    assert len(found.frames) == 10
    assert compare_forces(MTP.read(str(hot)), found.frames)[ALL].rmse_eV_A < 1e-3
    assert found.ratio.low < 1.0 < found.ratio.high
