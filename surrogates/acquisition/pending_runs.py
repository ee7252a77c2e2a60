"""Surrogate conditioned on selected but unfinished runs; avoids redundant runs in a batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.surrogates.acquisition.expected_gain import Run, run_noise
from argyro.surrogates.models.candidates import Candidate, prior_means
from argyro.surrogates.models.gaussian_process import ArrheniusProcess, Data
from argyro.surrogates.models.kernels import Rows
from argyro.surrogates.models.surrogate import Surrogate


def anticipate(surrogate: Surrogate, run: Run) -> Surrogate:
    """Condition on the expected outcome of a run.

    The covariance of a normal posterior depends on the measured quantities and their noise, not on the outcomes. The
    expected outcome leaves the mean unchanged.

    Args:
        surrogate: a surrogate without graph networks.
        run: the pending run; its length sets the noise.

    Raises:
        InputError: the surrogate has graph networks.

    Source: the "kriging believer" of Ginsbourger, Le Riche, Carraro, Computational Intelligence in Expensive
    Optimization Problems (2010).
    """
    if surrogate.ensemble is not None:
        raise InputError(
            "a surrogate with graph networks cannot anticipate runs; train with candidates mean, ridge or gp"
        )
    rows, processes = surrogate.rows(run.query.identity, run.targets), surrogate.candidate.processes
    (mean,) = prior_means(len(rows), surrogate.prior)
    kelvin = np.full(len(rows), run.temperature_K)
    coefficients = np.mean([process.coefficients(rows, mean).mean for process in processes], axis=0)
    expected = surrogate.prior.log_diffusivity(coefficients, kelvin[:1])[:, 0]
    noise = run_noise(np.exp(expected), run.length_ps, run.lithium)
    seen = Data(rows, kelvin, expected, noise, np.zeros(len(rows), dtype=bool))
    believed = [_believe(process, seen, mean) for process in processes]
    return replace(surrogate, candidate=Candidate(surrogate.candidate.kind, surrogate.candidate.hyper, believed))


def _believe(process: ArrheniusProcess, seen: Data, mean: np.ndarray) -> ArrheniusProcess:
    """Condition the process on the expected outcomes, too; mean: coefficients before conditioning."""
    data = process.data
    joined = Data(
        Rows.join([data.rows, seen.rows]),
        np.concatenate([data.temperatures_K, seen.temperatures_K]),
        np.concatenate([data.log_values, seen.log_values]),
        np.concatenate([data.log_sigmas, seen.log_sigmas]),
        np.concatenate([data.censored, seen.censored]),
    )
    return ArrheniusProcess(process.kind, process.hyper, joined, np.concatenate([process.mean, mean]), process.prior)
