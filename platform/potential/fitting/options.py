"""Options of a fit."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a fit.

    Attributes:
        max_iterations: largest number of L-BFGS iterations, summed over all restarts.
        first_restart: iterations before the first restart; doubled before each further restart.
        restart_every: iterations between two restarts, which solve the linear coefficients again and rescale the
            variables, at most.
        energy_scale_meV_atom: energy error with the weight of `force_scale_meV_A` and `stress_scale_GPa`; a frame's
            ``info["weight"]`` multiplies all three.
        force_scale_meV_A: see `energy_scale_meV_atom`.
        stress_scale_GPa: see `energy_scale_meV_atom`.
        lithium_force_weight: weight of squared force errors of Li over those of other atoms.
        large_force_eV_A: force on an atom at which the weight of its squared error is half of that at rest.
        ridge: ridge of the linear coefficients, relative to the data.
        radial_ridge: penalty of a radial coefficient as large as the median of its function over pairs of species, in
            units of the loss.
        repulsion: whether ZBL acts below the shortest distance of each pair of species in the frames.
        patience: restarts without a better validation loss before the fit stops; only with a validation set.
        tolerance: smallest relative decrease of the loss between restarts; below it the fit stops.
        threads: number of threads; 0 for OMP_NUM_THREADS.
    """

    max_iterations: int = 300
    first_restart: int = 15
    restart_every: int = 50
    energy_scale_meV_atom: float = 3.0
    force_scale_meV_A: float = 100.0
    stress_scale_GPa: float = 0.3
    lithium_force_weight: float = 1.0
    large_force_eV_A: float = math.inf
    ridge: float = 1e-9
    radial_ridge: float = 3e-5
    repulsion: bool = True
    patience: int = 2
    tolerance: float = 1e-3
    threads: int = 0


DEFAULTS = TrainingOptions()
