"""Validation of a level on fresh frames of an exploration without high grades.

The grade detects states outside the training set in the space of the basis functions. A low level has few of them. Its
dynamics can reach states with a wrong, too low energy at grades below one. Labels of the last frames detect this.

At the border of a box, atoms have neighbours that they never have in a cell. They make the energy error of a box twice
that of a whole cell. Therefore only the outlier limit applies to the energies of boxes.
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


USUAL, OUTLIER = 0.95, 3.0  # share of the frames within the tolerance, and its multiple for the others


def frames_hold(mtp: MTP, fresh: Sequence[Atoms], train_force_meV_A: float, options: LearningOptions) -> bool:
    """Return whether the potential is as accurate on fresh frames as on its training set.

    The conditions are |ΔE|/N <= ε for the energies of 95 % of the whole cells and 3 ε for every frame, and RMSE(fresh)
    <= τ RMSE(training) for forces. The largest error alone would grow with the number of cells.

    Args:
        mtp: the potential.
        fresh: labelled frames outside the training set.
        train_force_meV_A: force RMSE on the training set.
        options: options with ε and τ.
    """
    if not fresh:
        return True
    energies = [(mtp.evaluate(frame).energy_eV - frame.get_potential_energy()) / len(frame) for frame in fresh]
    errors_meV, allowed_meV = 1e3 * np.abs(energies), options.energy_tolerance_meV_atom
    whole_meV = errors_meV[[not frame.info.get("cut_from") for frame in fresh]]
    usual = not whole_meV.size or np.quantile(whole_meV, USUAL) <= allowed_meV
    force = rmse(mtp, fresh)["force_meV_A"]
    return bool(
        usual and errors_meV.max() <= OUTLIER * allowed_meV and force <= options.force_tolerance * train_force_meV_A
    )
