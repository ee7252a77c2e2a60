"""Fresh frames of an exploration that met no high grade, held against the reference before a level is left.

The grade tells what the potential's basis has not seen. A low level has few basis functions: its dynamics can drift, at
grades below one, into states that it takes for low in energy and that are not. Labelling where the runs ended tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import rmse

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP


def frames_hold(mtp: MTP, fresh: Sequence[Atoms], train_force_meV_A: float, options: LearningOptions) -> bool:
    """Whether the potential is as good on fresh frames as on those it was trained on.

    Every frame's energy within the tolerance, |ΔE|/N <= ε, and the forces RMSE(fresh) <= τ RMSE(training).

    Args:
        mtp: the potential.
        fresh: labelled frames that it has not seen.
        train_force_meV_A: its force RMSE on the training set.
        options: ε and τ.
    """
    if not fresh:
        return True
    energies = [(mtp.evaluate(frame).energy_eV - frame.get_potential_energy()) / len(frame) for frame in fresh]
    force = rmse(mtp, fresh)["force_meV_A"]
    within = 1e3 * np.abs(energies).max() <= options.energy_tolerance_meV_atom
    return bool(within and force <= options.force_tolerance * train_force_meV_A)
