"""Refit of the potential and its active set to all labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from argyro.platform.common.units import EV_A3_IN_GPA
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.stopwatch import FIT, MAXVOL, Stopwatch
from argyro.platform.potential.fitting.options import TrainingOptions

if TYPE_CHECKING:
    from argyro.platform.potential.extrapolation.active_set import ActiveSet
    from argyro.platform.potential.mtp.model import MTP


@dataclass(frozen=True)
class Fit:
    """A fitted potential with its active set and training errors (meV/atom, meV/Å, GPa)."""

    mtp: MTP
    active_set: ActiveSet
    train_rmse: dict[str, float]


def untrained(structures: Sequence[Atoms], options: LearningOptions) -> MTP:
    """Make an untrained potential of the first level for all species of a family."""
    from argyro.platform.potential.mtp.model import MTP

    species = {symbol for structure in structures for symbol in structure.get_chemical_symbols()}
    ordered = tuple(sorted(species, key=lambda symbol: atomic_numbers[symbol]))
    return MTP.untrained(
        ordered,
        options.levels[0],
        options.cutoff_A,
        options.min_dist_A,
        radial_size=options.radial_size,
        seed=options.seed,
    )


def fit(
    frames: Sequence[Atoms],
    initial: MTP,
    options: LearningOptions,
    watch: Stopwatch | None = None,
    trained: bool = False,
) -> Fit:
    """Continue training from the last round and select the new active set.

    Args:
        frames: all accepted frames.
        initial: potential of the wanted level with the initial parameters.
        options: options with the number of iterations.
        watch: stopwatch of the parts.
        trained: whether `initial` was trained at this level on most of the frames, so that fewer iterations suffice.

    Raises:
        InputError: the frames have labels of different references.
    """
    from argyro.platform.potential.extrapolation.active_set import ActiveSet
    from argyro.platform.potential.fitting.fit import train

    watch = watch or Stopwatch()
    with watch.time(FIT):
        result = train(frames, initial, _training(options, trained))
    with watch.time(MAXVOL):
        active_set = ActiveSet.from_frames(result.mtp, frames)
    return Fit(result.mtp, active_set, dict(result.rmse))


def _training(options: LearningOptions, trained: bool) -> TrainingOptions:
    fit = TrainingOptions(
        max_iterations=options.training_iterations,
        energy_scale_meV_atom=options.energy_scale_meV_atom,
        force_scale_meV_A=options.force_scale_meV_A,
        stress_scale_GPa=options.stress_scale_GPa,
        lithium_force_weight=options.lithium_force_weight,
        large_force_eV_A=options.large_force_eV_A,
    )
    most = options.refit_iterations
    return replace(fit, max_iterations=most, first_restart=max(1, most // 2)) if trained else fit


def rmse(mtp: MTP, frames: Sequence[Atoms]) -> dict[str, float]:
    """Compute the root-mean-square errors of a potential on labelled frames.

    Returns:
        ``energy_meV_atom``, ``force_meV_A`` (per component), ``stress_GPa`` (per component); empty for no frames.
    """
    if not frames:
        return {}
    energy, force, stress = [], [], []
    for frame in frames:
        found = mtp.evaluate(frame)
        energy.append((found.energy_eV - frame.get_potential_energy()) / len(frame))
        force.append((found.forces_eV_A - frame.get_forces()).ravel())
        stress.append(found.stress_eV_A3 - frame.get_stress())
    return {
        "energy_meV_atom": 1e3 * float(np.sqrt(np.mean(np.square(energy)))),
        "force_meV_A": 1e3 * float(np.sqrt(np.mean(np.square(np.concatenate(force))))),
        "stress_GPa": EV_A3_IN_GPA * float(np.sqrt(np.mean(np.square(stress)))),
    }
