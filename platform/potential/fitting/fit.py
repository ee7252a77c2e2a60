"""Fit of a potential by L-BFGS to weighted squares of energy, force and stress errors, with exact gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
from ase import Atoms
from threadpoolctl import threadpool_limits

from argyro.platform.common.errors import InputError
from argyro.platform.potential.fitting.dataset import Dataset
from argyro.platform.potential.fitting.linear_solve import solve_linear
from argyro.platform.potential.fitting.options import DEFAULTS, TrainingOptions
from argyro.platform.potential.fitting.preconditioner import Whitening, whiten
from argyro.platform.potential.fitting.training_frames import require_trainable
from argyro.platform.potential.fitting.zbl_radii import repulsion_radii
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native import _kernel

TINY = 1e-12  # least squared radial coefficient to which others are compared

Progress = Callable[[dict[str, float]], None]


@dataclass(frozen=True)
class TrainingResult:
    """The trained potential, the loss and errors over the iterations, and the final errors on the training frames.

    `validation` holds the final errors on the validation frames with the prefix `validation_`, empty without frames.
    """

    mtp: MTP
    history: list[dict[str, float]] = field(repr=False)
    rmse: dict[str, float]
    validation: dict[str, float] = field(default_factory=dict)


@threadpool_limits.wrap(
    limits=1, user_api="blas"
)  # the number of BLAS threads changes the rounding, and with it the minimum
def train(
    frames: Sequence[Atoms],
    initial: MTP,
    options: TrainingOptions = DEFAULTS,
    validation: Sequence[Atoms] | None = None,
    progress: Progress | None = None,
) -> TrainingResult:
    """Fit a potential to labelled frames.

    The loss is the mean over frames of (ΔE/N)²/σ_E² + mean(ΔF²)/σ_F² + mean(Δσ²)/σ_σ², with a penalty on radial
    coefficients that the frames hardly determine, such as those of P-P with few distances below the cutoff. Least
    squares first gives the linear parameters, ξ and species energies. L-BFGS then varies all parameters in variables
    that make the loss nearly spherical. Both steps are repeated every few iterations.

    Args:
        frames: frames with energy, forces and, if periodic, stress in a SinglePointCalculator.
        initial: potential with level, species, cutoffs and initial coefficients, such as `MTP.untrained`.
        options: options of the fit.
        validation: validation frames; the potential with the lowest loss on them is returned.
        progress: callback for every entry of the history.

    Raises:
        InputError: the frames cannot be used for training, or the potential lacks a species.
    """
    require_trainable(frames)
    started = perf_counter()
    training = Dataset(frames, initial, options)
    held_out = Dataset(validation, initial, options) if validation else None
    outer = repulsion_radii(training.shortest_A, initial) if options.repulsion else np.zeros_like(training.shortest_A)
    mtp, best = initial.with_repulsion(outer), initial
    history: list[dict[str, float]] = []
    while not _finished(history, options):
        done = int(history[-1]["iteration"]) if history else 0
        mtp = solve_linear(training, mtp, options)
        ridge = _ridge(mtp, options)
        whitening = whiten(training, mtp, done, options.threads, ridge)
        limit = min(options.restart_every, options.first_restart * 2 ** len(history), options.max_iterations - done)
        mtp, iterations = _descend(training, mtp, whitening, limit, options, ridge)
        entry = {"iteration": done + iterations, "seconds": perf_counter() - started}
        entry |= training.errors(mtp, options.threads)
        if held_out:
            errors = held_out.errors(mtp, options.threads)
            entry |= {f"validation_{name}": value for name, value in errors.items()}
        if all(_judged(entry) < _judged(earlier) for earlier in history):
            best = mtp
        history.append(entry)
        if progress:
            progress(entry)
    errors = training.errors(best, options.threads)
    chosen = min(history, key=_judged)
    return TrainingResult(best, history, _without_loss(errors), _without_loss(chosen, "validation_"))


def _without_loss(errors: dict[str, float], prefix: str = "") -> dict[str, float]:
    """Return the errors whose names begin with the prefix, without the loss."""
    return {name: value for name, value in errors.items() if name.startswith(prefix) and not name.endswith("loss")}


def _judged(entry: dict[str, float]) -> float:
    """Return the loss that selects the best potential: on the validation frames if given."""
    return entry.get("validation_loss", entry["loss"])


def _finished(history: list[dict[str, float]], options: TrainingOptions) -> bool:
    if not history:
        return False
    judged = [_judged(entry) for entry in history]
    since_best = len(judged) - 1 - int(np.argmin(judged))
    losses = [entry["loss"] for entry in history[-2:]]
    stalled = len(losses) == 2 and losses[1] > losses[0] * (1.0 - options.tolerance)
    return history[-1]["iteration"] >= options.max_iterations or stalled or since_best > options.patience


def _ridge(mtp: MTP, options: TrainingOptions) -> np.ndarray:
    """Return the penalty factors of the squared radial coefficients, relative to the usual coefficient of a function.

    Factors of a radial function and of ξ can cancel, so that only coefficients relative to others have a meaning.
    """
    squared = np.square(mtp.radial_coefficients)
    usual = np.median(squared.mean(axis=3), axis=(0, 1))
    return np.broadcast_to(options.radial_ridge / np.maximum(usual, TINY)[:, None], squared.shape)


def _descend(
    training: Dataset, mtp: MTP, whitening: Whitening, iterations: int, options: TrainingOptions, ridge: np.ndarray
) -> tuple[MTP, int]:
    """Run L-BFGS over radial and whitened linear coefficients."""
    from scipy.optimize import minimize

    if iterations <= 0:
        return mtp, 0
    start, kernel = whitening.pack(mtp), _kernel.Potential(mtp.parameters)

    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        coefficients = whitening.unpack(x)
        kernel.set_coefficients(*coefficients)
        value, (radial, *linear) = training.loss_and_gradient(kernel, options.threads)
        penalty = ridge * coefficients[0]
        value += float(np.vdot(penalty, coefficients[0]))
        return value, whitening.pull((radial.reshape(ridge.shape) + 2 * penalty, *linear))

    found = minimize(
        loss,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": iterations, "maxcor": 30, "maxfun": 3 * iterations},
    )
    if not np.isfinite(found.fun):
        raise InputError("the training loss is not finite; remove frames with very large forces")
    return mtp.with_coefficients(*whitening.unpack(found.x)), int(found.nit)
