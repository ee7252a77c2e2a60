"""The surrogate as it will be after runs that are decided but not made, so that a batch does not ask twice."""

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

    A normal posterior's covariance depends on what is measured and how well, not on the outcome; with the expected
    outcome the mean stays, so that only the spread falls.

    Args:
        surrogate: one without graph networks.
        run: taken as made, with the noise that its length leaves.

    Raises:
        InputError: the surrogate has graph networks.

    Source: the "kriging believer" of Ginsbourger, Le Riche, Carraro, Computational Intelligence in Expensive
    Optimization Problems (2010).
    """
    if surrogate.ensemble is not None:
        raise InputError("runs are anticipated with kernels only; train with candidates mean, ridge or gp")
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
    """The process conditioned on what is believed to be seen as well; mean: its coefficients before conditioning."""
    data = process.data
    joined = Data(
        Rows.join([data.rows, seen.rows]),
        np.concatenate([data.temperatures_K, seen.temperatures_K]),
        np.concatenate([data.log_values, seen.log_values]),
        np.concatenate([data.log_sigmas, seen.log_sigmas]),
        np.concatenate([data.censored, seen.censored]),
    )
    return ArrheniusProcess(process.kind, process.hyper, joined, np.concatenate([process.mean, mean]), process.prior)
