"""A MACE model given as a file: trained here on generated data, then used as a reference like any other."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.io import write

from argyro.platform.labels.check import check_source
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.descriptors import atom_descriptors
from argyro.platform.labels.source import LabelSource

EPOCHS = 4


def generated(count: int, seed: int) -> list:
    """Distorted fcc Ar cells with Lennard-Jones labels under the keys that MACE reads."""
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(count):
        frame = bulk("Ar", "fcc", a=float(rng.uniform(4.9, 5.4)), cubic=True)
        frame.rattle(0.15, seed=1000 * seed + number)
        frame.calc = LennardJones(sigma=3.4, epsilon=0.05, rc=6.0, smooth=True)
        frame.info["REF_energy"] = frame.get_potential_energy()
        frame.arrays["REF_forces"] = frame.get_forces()
        frame.info["REF_stress"] = frame.get_stress()
        frame.calc = None
        frames.append(frame)
    return frames


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("mace")
    write(folder / "train.xyz", generated(20, 1))
    write(folder / "valid.xyz", generated(4, 2))
    words = (
        "--name=small --train_file=train.xyz --valid_file=valid.xyz --E0s=average --model=MACE --num_interactions=1 "
        "--num_channels=8 --max_L=0 --correlation=2 --r_max=5.0 --max_ell=2 --hidden_irreps=8x0e --MLP_irreps=8x0e "
        f"--batch_size=5 --valid_batch_size=4 --max_num_epochs={EPOCHS} --lr=0.02 --device=cpu --default_dtype=float64 "
        "--energy_key=REF_energy --forces_key=REF_forces --stress_key=REF_stress --seed=1 --num_workers=0"
    ).split()
    program = Path(sys.executable).with_name("mace_run_train")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True, env=environment, check=False)
    assert (folder / "small.model").exists(), done.stderr[-2000:]
    return folder / "small.model"


@pytest.mark.slow
def test_model_file_labels_with_forces_that_are_slopes_and_is_named_by_its_hash(model):
    source = LabelSource(source="mace", kwargs={"model": str(model)})
    frame = generated(1, 3)[0]
    with Labeller(source) as labeller:
        result = check_source(labeller, frame, components=1)
        (labelled,) = labeller.label([frame])
    assert result.force_error_eV_A < 5e-3 and result.stress_error_GPa < 1e-2
    assert labelled.get_potential_energy() / len(frame) == pytest.approx(result.energy_eV_atom, abs=1e-9)
    assert labelled.info["label_source"].endswith(source.identity()["weights"]) and source.identity()["weights"]


@pytest.mark.slow
def test_model_file_describes_atoms(model):
    """A permuted and moved cell has the same descriptors atom by atom; a stretched one has others."""
    source, frame = LabelSource(source="mace", kwargs={"model": str(model)}), generated(1, 4)[0]
    expected, order = atom_descriptors(source, frame), [2, 0, 3, 1]
    moved = frame[order]
    moved.translate((0.7, -0.3, 1.1))
    assert expected.shape == (4, 8)
    np.testing.assert_allclose(atom_descriptors(source, moved), expected[order], atol=1e-8)
    frame.set_cell(frame.cell * 1.05, scale_atoms=True)
    assert np.abs(atom_descriptors(source, frame) - expected).max() > 1e-3
