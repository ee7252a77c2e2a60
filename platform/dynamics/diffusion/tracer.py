"""Tracer diffusivity of a run with its interval, or an upper bound if the run does not support a value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.jump_exposure import JUMP_A, JumpExposure
from argyro.platform.dynamics.diffusion.msd import mean_square_displacement
from argyro.platform.dynamics.diffusion.msd_slope import Points, exact_slopes, kinisi_slopes
from argyro.platform.dynamics.diffusion.observe_run import WINDOW, Inspected, inspect_run
from argyro.platform.dynamics.diffusion.run_length_bias import SIZE
from argyro.platform.dynamics.diffusion.run_observation import RunObservation
from argyro.platform.dynamics.diffusion.validity_checks import Standing
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

SAMPLERS = {"kinisi": kinisi_slopes, "exact": exact_slopes}


@dataclass(frozen=True)
class Diffusivity:
    """A diffusivity with its interval or upper bound, its validity checks and its provenance.

    Args:
        estimate: D in cm²/s with its 95 % interval, which includes the run-length bias; None for a bound.
        valid: whether there is an `estimate`.
        standing: converged, short (the run-length bias is large) or bound.
        shortness: reason why the run counts as short; empty otherwise.
        bias_scale: scale of the run-length bias of ln D, see `run_length_bias`; 0 for a bound.
        apparent_cm2_s: D from the slope alone, without the bias; None for a bound.
        jump_exposure: expected count of jumps, which bounds D.
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
    standing: Standing
    shortness: str
    bias_scale: float
    apparent_cm2_s: float | None
    jump_exposure: JumpExposure
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
        kept |= {"jump_exposure": JumpExposure(**data["jump_exposure"])}
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
    return {
        name: measured for name, (measured, _) in measure_run(trajectory, temperature_K, axes, seed, estimator).items()
    }


def measure_run(
    trajectory: Trajectory,
    temperature_K: float,
    axes: tuple[str, ...],
    seed: int = 0,
    estimator: str = "kinisi",
    bias_size: float = SIZE,
) -> dict[str, tuple[Diffusivity, RunObservation]]:
    """Measure a run along several sets of axes, as diffusivities and as observations for a statistical model.

    Args:
        trajectory: run of at least 50 frames.
        temperature_K: temperature of the run.
        axes: sets of axes.
        seed: seed of the sampler.
        estimator: "kinisi" or "exact".
        bias_size: size of the run-length bias, of a single run or learned from a campaign.
    """
    if not temperature_K > 0:
        raise InputError(f"the temperature {temperature_K:g} K must be positive; give it in kelvin")
    inspected = inspect_run(trajectory, axes)
    blocks = np.array([_block_slopes(trajectory, third, axes) for third in range(3)])
    result = {}
    for one, spread in zip(inspected, blocks.T, strict=True):
        seen = one.observation(trajectory, temperature_K)
        estimate = None
        if one.gate.standing != "bound":
            estimate = _estimate(one, seen.bias_scale(bias_size), seed, estimator)
        result[one.axes] = _diffusivity(trajectory, one, seen, estimate, estimator, bias_size, spread), seen
    return result


def _estimate(one: Inspected, bias_scale: float, seed: int, estimator: str) -> Uncertain:
    """Return D with its limits.

    The bias lowers the lower limit, and for a short run the value. It may be absent: the upper limit is the slope's.
    """
    slopes = SAMPLERS[estimator](one.fitted, seed) * one.to_cm2_s
    bias = np.abs(np.random.default_rng(seed).normal(scale=bias_scale, size=slopes.shape))
    apparent, corrected = (Uncertain.from_samples(draws) for draws in (slopes, slopes * np.exp(-bias)))
    value = corrected.value if one.gate.standing == "short" else apparent.value
    return Uncertain(value, corrected.low, apparent.high)


def _diffusivity(
    trajectory: Trajectory,
    one: Inspected,
    seen: RunObservation,
    estimate: Uncertain | None,
    estimator: str,
    bias_size: float,
    blocks: np.ndarray,
) -> Diffusivity:
    gate, valid = one.gate, estimate is not None
    jumps = trajectory.ions * gate.msd_A2 / JUMP_A**2
    return Diffusivity(
        estimate=estimate,
        valid=valid,
        standing=gate.standing,
        shortness=gate.shortness if gate.standing == "short" else "",
        bias_scale=seen.bias_scale(bias_size) if valid else 0.0,
        apparent_cm2_s=one.slope_A2_ps * one.to_cm2_s if valid else None,
        jump_exposure=seen.jumps,
        upper_bound_cm2_s=None if valid else seen.jumps.upper_bound_cm2_s(),
        reason=gate.reason,
        window_ps=(float(one.fitted.lags_ps[0]), float(one.fitted.lags_ps[-1])),
        temperature_K=seen.temperature_K,
        axes=one.axes,
        estimator=estimator,
        species=trajectory.species,
        frames=trajectory.frames,
        ions=trajectory.ions,
        ions_per_A3=trajectory.ions_per_A3,
        duration_ps=trajectory.duration_ps,
        loglog_slope=_loglog_slope(one.fitted),
        drift=gate.drift,
        drift_sigma=gate.drift_sigma,
        msd_A2=gate.msd_A2,
        effective_jumps=float(jumps),
        ion_correlation=seen.ion_correlation,
        relative_error=one.relative_error,
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
