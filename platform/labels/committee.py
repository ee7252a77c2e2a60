"""Teacher: a committee of MACE models, trained on few expensive labels, that gives any number of cheap labels.

Frames on which the models disagree are outside their training set. Such frames are doubtful and go to the expensive
reference.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.labels.client import Labeller
from argyro.platform.labels.mace_training import MaceSettings, train_mace
from argyro.platform.labels.source import LabelSource

REPORT = "teacher.json"
LEAST_FRAMES = 10


@dataclass(frozen=True)
class TeacherOptions:
    """Training options of a committee.

    Args:
        members: number of models, which differ by seed and by the tenth of the frames used for early stopping.
        channels: width of the models.
        cutoff_A: cutoff of each of the two message-passing layers.
        epochs: number of passes over the training set.
        foundation: model file to fine-tune, or a name that mace-torch downloads; None for training from scratch.
        held_out: share of the frames excluded from training of all members.
        max_force_error_meV_A: largest allowed force RMSE on held-out frames.
        doubt: disagreement limit over the largest disagreement on held-out frames; above it a frame is
            doubtful.
        seed: seed of the split and the models.
    """

    members: int = 2
    channels: int = 32
    cutoff_A: float = 5.0
    epochs: int = 200
    foundation: str | None = None
    held_out: float = 0.15
    max_force_error_meV_A: float = 150.0
    doubt: float = 2.0
    seed: int = 0


@dataclass(frozen=True)
class Teacher:
    """A trained committee.

    Args:
        models: files of the members.
        force_error_meV_A: force RMSE of the committee's mean on held-out frames, per component.
        energy_error_meV_atom: energy RMSE on held-out frames.
        disagreement_eV_A: largest disagreement on held-out frames, see `LabelSource.doubt_eV_A`.
        doubt_eV_A: disagreement above which a frame is doubtful.
        frames: number of training frames.
        held_out: number of held-out frames.
    """

    models: tuple[Path, ...]
    force_error_meV_A: float
    energy_error_meV_atom: float
    disagreement_eV_A: float
    doubt_eV_A: float
    frames: int
    held_out: int

    def source(self) -> LabelSource:
        """Return the committee as a label source: the mean of its members, doubtful where they disagree."""
        return committee(self.models, self.doubt_eV_A)

    def to_json(self) -> dict:
        """Return all numbers by name."""
        return {name: value for name, value in asdict(self).items() if name != "models"}


def committee(models: Sequence[Path], doubt_eV_A: float | None = None) -> LabelSource:
    """Return a label source that gives the mean of MACE models."""
    return LabelSource(source="mace", kwargs={"model": [str(path) for path in models]}, doubt_eV_A=doubt_eV_A)


def train_teacher(frames: Sequence[Atoms], options: TeacherOptions, workdir: Path) -> Teacher:
    """Train a committee, or read a finished one from its folder.

    Args:
        frames: frames labelled by one reference.
        options: training options.
        workdir: folder of this teacher only; complete members are not trained again.

    Raises:
        InputError: there are too few frames, or labels of several references.
        ArgyroError: a training failed, or the force error on held-out frames exceeds its limit.
    """
    frames = _checked(frames)
    order = np.random.default_rng(options.seed).permutation(len(frames))
    count = max(2, round(options.held_out * len(frames)))
    held_out, seen = [frames[i] for i in order[:count]], [frames[i] for i in order[count:]]
    models = [
        train_mace(seen, _settings(options, member), workdir / f"member-{member}") for member in range(options.members)
    ]
    if not (workdir / REPORT).exists():
        (workdir / REPORT).write_text(json.dumps(_judge(models, held_out, len(seen), options), indent=1))
    teacher = Teacher(tuple(models), **json.loads((workdir / REPORT).read_text()))
    if teacher.force_error_meV_A > options.max_force_error_meV_A:
        raise ArgyroError(
            f"the teacher has a force error of {teacher.force_error_meV_A:.0f} meV/Å on {count} held-out frames, above "
            f"the limit of {options.max_force_error_meV_A:g}; give it more than {len(frames)} labels, or raise "
            "labels.teacher.max_force_error_meV_A"
        )
    return teacher


def _checked(frames: Sequence[Atoms]) -> list[Atoms]:
    if len(frames) < LEAST_FRAMES:
        raise InputError(
            f"{len(frames)} labels are too few to train a teacher; give at least {LEAST_FRAMES}",
            accepted=f">= {LEAST_FRAMES}",
        )
    sources = sorted({str(frame.info["label_source"]) for frame in frames})
    if len(sources) > 1:
        raise InputError(
            f"a teacher needs labels of one reference, these are of {', '.join(sources)}; relabel all with one"
        )
    return list(frames)


def _settings(options: TeacherOptions, member: int) -> MaceSettings:
    seed = 1 + 1000 * options.seed + member
    return MaceSettings(options.channels, options.cutoff_A, options.epochs, options.foundation, seed)


def _judge(models: Sequence[Path], held_out: Sequence[Atoms], seen: int, options: TeacherOptions) -> dict:
    """Return errors and disagreement of a committee on held-out frames."""
    with Labeller(committee(models)) as labeller:
        taught = labeller.label(held_out)
    force = [(mine.get_forces() - true.get_forces()).ravel() for mine, true in zip(taught, held_out, strict=True)]
    energy = [
        (mine.get_potential_energy() - true.get_potential_energy()) / len(true)
        for mine, true in zip(taught, held_out, strict=True)
    ]
    disagreement = max(frame.info["disagreement_eV_A"] for frame in taught)
    return {
        "force_error_meV_A": 1e3 * float(np.sqrt(np.mean(np.square(np.concatenate(force))))),
        "energy_error_meV_atom": 1e3 * float(np.sqrt(np.mean(np.square(energy)))),
        "disagreement_eV_A": disagreement,
        "doubt_eV_A": options.doubt * disagreement,
        "frames": seen,
        "held_out": len(held_out),
    }
