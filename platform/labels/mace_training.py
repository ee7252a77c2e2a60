"""Training of one MACE model by `mace_run_train` in a separate process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import write

from argyro.platform.common.errors import ArgyroError
from argyro.platform.execution.child_processes import die_with_parent

MODEL = "teacher.model"
LOG_TAIL_CHARACTERS = 1500


@dataclass(frozen=True)
class MaceSettings:
    """Size and training settings of a model.

    Args:
        channels: width of the model.
        cutoff_A: cutoff of each of the two message-passing layers.
        epochs: number of passes over the training set.
        foundation: model file to fine-tune, or a name that mace-torch downloads; None for training from scratch.
        seed: seed of the parameters and of the tenth of the frames used for early stopping.
    """

    channels: int
    cutoff_A: float
    epochs: int
    foundation: str | None
    seed: int


def train_mace(frames: Sequence[Atoms], settings: MaceSettings, folder: Path) -> Path:
    """Train a model on labelled frames, or reuse the finished one in the folder.

    Args:
        frames: frames with energy, forces and stress.
        settings: settings of the model.
        folder: folder of this model only.

    Returns:
        The model file.

    Raises:
        ArgyroError: the training failed; the message gives the end of its output.
    """
    if (folder / MODEL).exists():
        return folder / MODEL
    folder.mkdir(parents=True, exist_ok=True)
    order = np.random.default_rng(settings.seed).permutation(len(frames))
    best = max(1, len(frames) // 10)
    write(folder / "valid.xyz", [_for_mace(frames[i]) for i in order[:best]], format="extxyz")
    write(folder / "train.xyz", [_for_mace(frames[i]) for i in order[best:]], format="extxyz")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mace_run_train")), *_words(settings)],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
        check=False,
        preexec_fn=die_with_parent,
    )
    made = folder / "member.model"
    if not made.exists():
        raise ArgyroError(f"mace_run_train failed in {folder}: {(done.stdout + done.stderr)[-LOG_TAIL_CHARACTERS:]}")
    return made.rename(folder / MODEL)


def _words(settings: MaceSettings) -> list[str]:
    given: dict[str, object] = {
        "name": "member",
        "train_file": "train.xyz",
        "valid_file": "valid.xyz",
        "energy_key": "REF_energy",
        "forces_key": "REF_forces",
        "stress_key": "REF_stress",
        "E0s": "average",
        "loss": "stress",
        "energy_weight": 10,
        "forces_weight": 100,
        "stress_weight": 100,
        "compute_stress": True,
        "ema_decay": 0.99,
        "batch_size": 4,
        "valid_batch_size": 4,
        "max_num_epochs": settings.epochs,
        "eval_interval": 5,
        "patience": settings.epochs,
        "device": "cpu",
        "default_dtype": "float64",
        "num_workers": 0,
        "plot": False,
        "seed": settings.seed,
    }
    if settings.foundation is None:
        size = {"num_channels": settings.channels, "max_L": 1, "r_max": settings.cutoff_A, "num_interactions": 2}
        given |= size | {"model": "MACE", "correlation": 2, "max_ell": 2, "lr": 0.01}
    else:
        given |= {"foundation_model": settings.foundation, "lr": 1e-3}
    return [f"--{name}={value}" for name, value in given.items()] + ["--ema", "--amsgrad"]


def _for_mace(frame: Atoms) -> Atoms:
    """Return the frame with its labels under the keys of `mace_run_train`."""
    copy = Atoms(frame.numbers, positions=frame.positions, cell=frame.cell, pbc=True)
    copy.info |= {"REF_energy": frame.get_potential_energy(), "REF_stress": frame.get_stress(voigt=False)}
    copy.set_array("REF_forces", frame.get_forces())
    return copy
