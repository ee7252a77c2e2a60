"""Training observation: one direction of one molecular dynamics run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import A2_PER_PS_IN_CM2_S, NM_IN_A
from argyro.platform.dynamics.boundaries.window_slopes import WindowSlopes, window_slopes
from argyro.platform.dynamics.diffusion.run_length_bias import StretchPair, size_evidence
from argyro.platform.dynamics.diffusion.validity_checks import CONVERGED_A
from argyro.surrogates.data.excess import Excess

if TYPE_CHECKING:
    from argyro.platform.dynamics.diffusion.run_observation import RunObservation

TARGETS = ("bulk", "parallel", "perpendicular")


@dataclass(frozen=True)
class Observation:
    """Diffusion of a whole cell in one direction, as a run shows it.

    Args:
        structure: the simulated cell, with the labels that `argyro.platform.structures` writes.
        target: ``bulk``, or ``parallel`` or ``perpendicular`` to the grain boundaries (GB) of the cell.
        temperature_K: temperature of the run.
        log_value: ln of the fitted slope in cm²/s, not corrected for its run-length bias; None if the run shows no
            diffusion.
        log_sigma: its standard deviation.
        reach: 7 Å over the root-mean-square displacement; the run-length bias scales with it.
        fall: further scale of this bias, from the fall of the slope.
        jumps: jumps that a run without a value shows.
        jumps_per_cm2_s: expected jumps per D in cm²/s.
        duration_ps: length of the run.
        thickness_nm: length of cell per GB; None for the bulk.
        width_nm: width that the GB diffusivity refers to; None for the bulk.
        realisation: number of the arrangement of atoms.
        material: name of the composition and disorder in the campaign.
        boundary: name of the GB, ``bulk`` without one.
        label_source: source of the potential's training labels.
        excess: energy and volume of the GB in the run; None for the bulk, or where they are not known.
        pairs: first parts of the run against the whole run, which inform about the size of the run-length bias.
        windows: slopes in several windows of lags of a perpendicular run; None where only the fit window is known.

    Raises:
        InputError: the target does not exist, value and jumps are both missing, a GB value lacks its width, or a bulk
            value has an excess.
    """

    structure: Atoms
    target: str
    temperature_K: float
    log_value: float | None
    log_sigma: float = 0.0
    reach: float = 0.0
    fall: float = 0.0
    jumps: float = 0.0
    jumps_per_cm2_s: float = 0.0
    duration_ps: float = 100.0
    thickness_nm: float | None = None
    width_nm: float | None = None
    realisation: int = 0
    material: str = ""
    boundary: str = "bulk"
    label_source: str = ""
    excess: Excess | None = None
    pairs: Sequence[StretchPair] = ()
    windows: WindowSlopes | None = None

    def __post_init__(self) -> None:
        if self.target not in TARGETS:
            raise InputError(f"target '{self.target}' is not one of {', '.join(TARGETS)}")
        if not self.temperature_K > 0:
            raise InputError(f"temperature {self.temperature_K} K is not positive")
        if self.log_value is not None and not (np.isfinite(self.log_value) and self.log_sigma > 0):
            raise InputError(
                f"ln D {self.log_value} needs a finite value and a positive standard deviation, got {self.log_sigma}"
            )
        if self.log_value is None and not self.jumps_per_cm2_s > 0:
            raise InputError("an observation without a value needs jumps_per_cm2_s, its expected jumps per D")
        if self.target != "bulk" and not 0 < (self.width_nm or 0) < (self.thickness_nm or 0):
            raise InputError(
                f"a {self.target} run needs 0 < width_nm < thickness_nm, got {self.width_nm} and {self.thickness_nm}"
            )
        if self.target == "bulk" and self.excess is not None:
            raise InputError("a bulk observation has no excess; give excess with boundary diffusivities only")

    @property
    def bounded(self) -> bool:
        """Whether the run shows no diffusion and only bounds D."""
        return self.log_value is None

    @property
    def upper_bound_cm2_s(self) -> float:
        """95 % upper bound of the observed diffusivity from the jumps; for a GB, whatever the grain does."""
        from scipy.special import gammaincinv

        cell_cm2_s = float(gammaincinv(self.jumps + 1, 0.95)) / self.jumps_per_cm2_s
        return cell_cm2_s / (self.boundary_share or 1.0)

    @property
    def size_evidence(self) -> np.ndarray:
        """Log likelihood of each size of the run-length bias; none across a GB, where crossing it also slows ions."""
        return size_evidence(() if self.target == "perpendicular" else self.pairs)

    @property
    def boundary_share(self) -> float:
        """Volume share of the GB in the cell; 0 in the bulk."""
        return 0.0 if self.target == "bulk" else (self.width_nm or 0) / (self.thickness_nm or 1)

    @property
    def log_scale(self) -> float:
        """Return ln(T / L²) in s/cm² of the run's length T and the cell length L per GB; 0 in the bulk."""
        if self.target == "bulk":
            return 0.0
        period_A = (self.thickness_nm or 1) * NM_IN_A
        return float(np.log(self.duration_ps / period_A**2 / A2_PER_PS_IN_CM2_S))


def of_run(run: RunObservation, **context: Any) -> Observation:
    """Describe a run for training.

    Args:
        run: facts of the run.
        context: fields of `Observation` that the run does not state.
    """
    shown: dict[str, Any] = {"log_value": run.log_cm2_s, "log_sigma": run.log_sigma}
    if run.standing == "bound":
        shown = {"log_value": None, "jumps": run.jumps.count, "jumps_per_cm2_s": run.jumps.per_cm2_s}
    return Observation(
        temperature_K=run.temperature_K,
        duration_ps=run.duration_ps,
        reach=CONVERGED_A / float(np.sqrt(max(run.end_msd_A2, 1e-3))),
        fall=run.fall,
        windows=window_slopes(run) if context.get("target") == "perpendicular" else None,
        **shown,
        **context,
    )
