"""Tracer diffusivity of a run with its interval, or an upper bound if the run does not support a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import A2_PER_PS_IN_CM2_S
from argyro.platform.dynamics.diffusion import validity_checks as gates
from argyro.platform.dynamics.diffusion.msd import AXES, MeanSquareDisplacement, mean_square_displacement
from argyro.platform.dynamics.diffusion.msd_slope import Points, exact_slopes, kinisi_slopes, lag_grid, line, points
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

WINDOW = (
    1 / 6,
    1 / 2,
)  # shares of the run; later lags have few origins and bias the fit: large MSD, large variance, low weight
SAMPLERS = {"kinisi": kinisi_slopes, "exact": exact_slopes}


@dataclass(frozen=True)
class Diffusivity:
    """A diffusivity with its interval or upper bound, its validity checks and its provenance.

    Args:
        estimate: D in cm²/s with its 95 % interval, None if the run does not support a value.
        valid: whether there is an `estimate`.
        upper_bound_cm2_s: 95 % upper bound; None if valid.
        reason: reason for a missing estimate; empty if valid.
        window_ps: fitted lags.
        temperature_K: temperature of the run.
        axes: axes of the displacement.
        estimator: "kinisi", or "exact" for the same posterior in closed form.
        species: the mobile element.
        frames: number of frames.
        ions: number of mobile ions.
        ions_per_A3: density of the mobile ions.
        duration_ps: length of the run.
        loglog_slope: log-log slope of the MSD over the window, for orientation only: the vibrational offset lowers it.
        drift: late slope over early slope.
        drift_sigma: standard error of `drift`.
        msd_A2: largest reliable MSD in three dimensions.
        effective_jumps: N_eff = N MSD / a², a = 3 Å.
        ion_correlation: factor g of correlated motion, which widens the interval by √g; 1 for independent ions.
        relative_error: relative error of D from the posterior.
        relative_error_he_zhu_mo: empirical estimate 3.43 / √N_eff + 0.04 (npj Comput. Mater. 4, 18 (2018)).
        relative_error_blocks: relative error from the spread of three thirds of the run, a rough cross-check.
    """

    estimate: Uncertain | None
    valid: bool
    upper_bound_cm2_s: float | None
    reason: str
    window_ps: tuple[float, float]
    temperature_K: float
    axes: str
    estimator: str
    species: str
    frames: int
    ions: int
    ions_per_A3: float
    duration_ps: float
    loglog_slope: float
    drift: float
    drift_sigma: float
    msd_A2: float
    effective_jumps: float
    ion_correlation: float
    relative_error: float
    relative_error_he_zhu_mo: float
    relative_error_blocks: float

    def to_json(self) -> dict:
        """Return the stable JSON keys of `argyro diffusion`."""
        data = asdict(self) | {"window_ps": list(self.window_ps)}
        del data["estimate"]
        return {"diffusivity_cm2_s": self.estimate.to_json() if self.estimate else None} | data

    @classmethod
    def from_json(cls, data: dict) -> Diffusivity:
        """Restore the diffusivity from `to_json`; other keys are ignored."""
        known = {field.name for field in fields(cls)}
        value = data["diffusivity_cm2_s"]
        kept = {key: item for key, item in data.items() if key in known}
        kept |= {"estimate": Uncertain.from_json(value) if value else None, "window_ps": tuple(data["window_ps"])}
        return cls(**kept)


def diffusivity(
    trajectory: Trajectory, temperature_K: float, axes: str = "xyz", seed: int = 0, estimator: str = "kinisi"
) -> Diffusivity:
    """Measure the tracer diffusivity D = slope of MSD(t) / 2d along the axes, with the framework drift removed.

    Args:
        trajectory: run of at least 50 frames.
        temperature_K: temperature of the run, kept with the result.
        axes: any combination of "x", "y" and "z"; "xy" is the plane of a boundary, "z" its normal.
        seed: seed of the sampler.
        estimator: "kinisi" (Markov chain) or "exact" (the same posterior in closed form, 1000 times faster).

    Raises:
        InputError: the run has fewer than 50 frames.

    Source: McCluskey, Coles, Morgan, J. Chem. Theory Comput. 21, 79 (2025).
    """
    return diffusivities(trajectory, temperature_K, (axes,), seed, estimator)[axes]


def diffusivities(
    trajectory: Trajectory,
    temperature_K: float,
    axes: tuple[str, ...] = ("xyz", "xy", "z"),
    seed: int = 0,
    estimator: str = "kinisi",
) -> dict[str, Diffusivity]:
    """Measure diffusivities in several directions in one pass; other arguments as for `diffusivity`."""
    _require_meaning(temperature_K, axes)
    if trajectory.frames < 50:
        raise InputError(
            f"{trajectory.frames} frames are too few for a diffusivity; give at least 50",
            given=trajectory.frames,
            accepted=">= 50 frames",
        )
    msd = mean_square_displacement(trajectory)
    lags = _lags(msd.steps)
    blocks = [_block_slopes(trajectory, third, axes) for third in range(3)]
    result = {}
    for i, data in enumerate(points(trajectory, msd, lags, axes)):
        spread = np.array([block[i] for block in blocks])
        result[axes[i]] = _judge(trajectory, msd, data, axes[i], temperature_K, seed, estimator, spread)
    return result


def _require_meaning(temperature_K: float, axes: tuple[str, ...]) -> None:
    if not temperature_K > 0:
        raise InputError(
            f"the temperature {temperature_K:g} K must be positive; give it in kelvin",
            path="temperature",
            given=temperature_K,
            accepted="> 0 K",
        )
    for names in axes:
        if not names or len(set(names)) < len(names) or set(names) - set(AXES):
            raise InputError(
                f"'{names}' is not a set of axes", path="axes", given=names, accepted="xyz, xy, z ..., each once"
            )


def _lags(steps: int) -> np.ndarray:
    """Return the lags of the fit and of both windows of the validity checks."""
    windows = (WINDOW, gates.EARLY, gates.LATE)
    grids = [lag_grid(steps, int(np.ceil(start * steps)), int(end * steps)) for start, end in windows]
    return np.unique(np.concatenate(grids))


def _window(duration_ps: float) -> tuple[float, float]:
    return WINDOW[0] * duration_ps, WINDOW[1] * duration_ps


def _judge(
    trajectory: Trajectory,
    msd: MeanSquareDisplacement,
    data: Points,
    axes: str,
    temperature_K: float,
    seed: int,
    estimator: str,
    blocks: np.ndarray,
) -> Diffusivity:
    duration_ps = trajectory.duration_ps
    fitted = data.between(*_window(duration_ps))
    best, covariance = line(fitted)
    relative_error = float(np.sqrt(covariance[0, 0]) / max(best[0], 1e-12))
    gate = gates.inspect(data, duration_ps, relative_error)
    to_cm2_s = A2_PER_PS_IN_CM2_S / (2 * data.dimensions)
    estimate = bound = None
    if gate.valid:
        estimate = Uncertain.from_samples(SAMPLERS[estimator](fitted, seed) * to_cm2_s)
    else:
        bound = gates.upper_bound_A2_ps(data, trajectory.ions, duration_ps) * A2_PER_PS_IN_CM2_S
    jumps = trajectory.ions * gate.msd_A2 / gates.JUMP_A**2
    return Diffusivity(
        estimate=estimate,
        valid=gate.valid,
        upper_bound_cm2_s=bound,
        reason=gate.reason,
        window_ps=(float(fitted.lags_ps[0]), float(fitted.lags_ps[-1])),
        temperature_K=float(temperature_K),
        axes=axes,
        estimator=estimator,
        species=trajectory.species,
        frames=trajectory.frames,
        ions=trajectory.ions,
        ions_per_A3=trajectory.ions_per_A3,
        duration_ps=duration_ps,
        loglog_slope=_loglog_slope(fitted),
        drift=gate.drift,
        drift_sigma=gate.drift_sigma,
        msd_A2=gate.msd_A2,
        effective_jumps=float(jumps),
        ion_correlation=data.ion_correlation,
        relative_error=relative_error,
        relative_error_he_zhu_mo=float(3.43 / np.sqrt(max(jumps, 1e-9)) + 0.04),
        relative_error_blocks=float(blocks.std(ddof=1) / np.sqrt(len(blocks)) / max(abs(blocks.mean()), 1e-12)),
    )


def _loglog_slope(data: Points) -> float:
    return float(np.polyfit(np.log(data.lags_ps), np.log(np.maximum(data.msd_A2, 1e-12)), 1)[0])


def _block_slopes(trajectory: Trajectory, third: int, axes: tuple[str, ...]) -> np.ndarray:
    """Fit the slope in each direction to one third of the run by least squares."""
    length = trajectory.frames // 3
    msd = mean_square_displacement(trajectory.part(third * length, (third + 1) * length))
    start, end = int(length * WINDOW[0]), int(length * WINDOW[1]) + 1
    return np.array([np.polyfit(msd.lags_ps[start:end], msd.along(names)[start:end], 1)[0] for names in axes])
