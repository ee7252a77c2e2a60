"""Options of a fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingOptions:
    """Options of a fit.

    Attributes:
        max_iterations: of L-BFGS, summed over all restarts.
        restart_every: iterations between two restarts, at which the linear coefficients are solved for again and the
            variables are rescaled; the first restarts follow each other faster.
        energy_scale_meV_atom: energy error of the same weight as `force_scale_meV_A` and `stress_scale_GPa`; a frame's
            ``info["weight"]`` multiplies all three.
        force_scale_meV_A: see `energy_scale_meV_atom`.
        stress_scale_GPa: see `energy_scale_meV_atom`.
        ridge: of the linear coefficients, relative to the data.
        repulsion: ZBL below the shortest distance of each pair of species in the frames.
        patience: restarts without a better validation loss before stopping; only with a validation set.
        tolerance: stop when the loss falls by less than this fraction between restarts.
        threads: 0 for as many as OMP_NUM_THREADS allows.
    """

    max_iterations: int = 300
    restart_every: int = 50
    energy_scale_meV_atom: float = 3.0
    force_scale_meV_A: float = 100.0
    stress_scale_GPa: float = 0.3
    ridge: float = 1e-9
    repulsion: bool = True
    patience: int = 2
    tolerance: float = 1e-3
    threads: int = 0


DEFAULTS = TrainingOptions()
