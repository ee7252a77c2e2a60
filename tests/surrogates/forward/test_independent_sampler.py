"""Expectation propagation and Hamiltonian Monte Carlo against emcee, with the density written anew."""

from dataclasses import replace

import emcee
import numpy as np
import pytest
from scipy.stats import multivariate_normal, poisson, skewnorm

from argyro.benchmarks.synthetic_campaigns import draw_campaign
from argyro.platform.dynamics.boundaries.layered_medium import log_parallel, log_perpendicular
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameters import Hyperparameters
from argyro.surrogates.forward.kernels import Pairs
from argyro.surrogates.forward.posterior import sample_posterior
from argyro.surrogates.forward.process import Process
from argyro.surrogates.forward.runs import Runs

PRIOR, HYPER = ArrheniusPrior(), Hyperparameters()


def one_material() -> Runs:
    """Return the runs of one bulk and one boundary of a synthetic campaign; one run only counts jumps."""
    runs = draw_campaign(np.random.default_rng(5)).runs
    keys = ("Li6PS5Cl|0.5|bulk", "Li6PS5Cl|0.5|sigma5(001)[001]")
    mine = runs.take(np.isin(runs.rows.keys[runs.own], keys))
    used = np.unique([mine.own, mine.grain])
    mine = replace(
        mine,
        rows=mine.rows.take(used),
        own=np.searchsorted(used, mine.own),
        grain=np.searchsorted(used, mine.grain),
        arrangements=np.unique(mine.arrangements, return_inverse=True)[1],
    )
    first = np.arange(len(mine)) == 0
    return replace(
        mine,
        windows=np.full(len(mine), None),
        log_values=np.where(first, np.nan, mine.log_values),
        counts=np.where(first, 2.0, 0.0),
        exposures=np.where(first, 4 * np.exp(-mine.log_values[0]), 1.0),
    )


def values_of(runs: Runs, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ln D of grain and boundary of each run, from coefficients (…, 2u) and offsets of the arrangements."""
    u = len(runs.rows)
    z = PRIOR.slope_per_eV - 1 / (8.617333262e-5 * runs.temperatures_K)
    offset = points[:, 2 * u :][:, runs.arrangements]
    grain, own = (
        PRIOR.offset + points[:, index] + points[:, u + index] * z + offset for index in (runs.grain, runs.own)
    )
    return grain, own


def log_density(runs: Runs, points: np.ndarray) -> np.ndarray:
    """Write the posterior of (points, 2u + arrangements) by distributions of scipy."""
    u = len(runs.rows)
    blocks, scale = Pairs("gp", runs.rows, runs.rows).covariance(HYPER), PRIOR.sigma
    total = multivariate_normal(np.full(u, 0.0), blocks[0] * scale[0] ** 2, allow_singular=True).logpdf(points[:, :u])
    total = total + multivariate_normal(
        np.full(u, PRIOR.activation_energy_eV), blocks[1] * scale[1] ** 2, allow_singular=True
    ).logpdf(points[:, u : 2 * u])
    total = total - 0.5 * ((points[:, 2 * u :] / HYPER.scatter) ** 2).sum(axis=1)
    grain, own = values_of(runs, points)
    along, across, few = runs.targets == 1, runs.targets == 2, np.isnan(runs.log_values)
    cell = grain.copy()
    cell[:, along] = log_parallel(grain[:, along], own[:, along], runs.fractions[along])
    cell[:, across] = log_perpendicular(
        grain[:, across], own[:, across], runs.fractions[across], runs.log_scales[across]
    )
    total = total + poisson.logcdf(runs.counts[few], np.exp(np.minimum(cell[:, few], 0)) * runs.exposures[few]).sum(1)
    noise, bias = np.hypot(runs.log_sigmas, HYPER.jitter)[~few], (HYPER.bias * runs.reaches)[~few]
    total = total + skewnorm.logpdf(runs.log_values[~few], bias / noise, cell[:, ~few], np.hypot(noise, bias)).sum(1)
    return np.where(np.isfinite(total), total, -np.inf)


@pytest.mark.slow
def test_both_agree_with_an_ensemble_sampler():
    runs, rng = one_material(), np.random.default_rng(0)
    u, mean = len(runs.rows), np.tile(PRIOR.mean, (len(runs.rows), 1))
    centre, covariance = Process.fit("gp", HYPER, runs, mean, PRIOR).latent_values()
    posterior = sample_posterior("gp", [HYPER] * 8, runs, np.tile(mean, (8, 1, 1)), PRIOR)
    drawn = posterior.draw(runs.rows, np.tile(mean, (8, 1, 1)), PRIOR, 4000, seed=0)
    size = 2 * u + runs.arrangements.max() + 1
    start = np.concatenate([drawn[:64].transpose(0, 2, 1).reshape(64, -1), np.zeros((64, size - 2 * u))], axis=1)
    start[:, 2 * u :] = HYPER.scatter * rng.standard_normal((64, size - 2 * u))
    sampler = emcee.EnsembleSampler(64, size, lambda points: log_density(runs, points), vectorize=True)
    sampler.random_state = np.random.RandomState(0).get_state()
    sampler.run_mcmc(start, 900)
    chain = sampler.get_chain(discard=300, thin=5, flat=True)
    exact = np.where(runs.targets == 0, *values_of(runs, chain))
    own = (np.arange(len(runs)), np.where(runs.targets == 0, 0, 1))
    spread = exact.std(axis=0)
    np.testing.assert_allclose((centre[own] - exact.mean(axis=0)) / spread, 0.0, atol=0.2)
    np.testing.assert_allclose(np.sqrt(covariance[(*own, own[1])]) / spread, 1.0, atol=0.15)
    basis = PRIOR.basis(np.array([600.0]))[0]
    walked, ensemble = PRIOR.offset + drawn @ basis, chain[:, :u] * basis[0] + chain[:, u : 2 * u] * basis[1]
    ensemble = PRIOR.offset + ensemble
    np.testing.assert_allclose((walked.mean(axis=0) - ensemble.mean(axis=0)) / ensemble.std(axis=0), 0.0, atol=0.15)
    np.testing.assert_allclose(walked.std(axis=0) / ensemble.std(axis=0), 1.0, atol=0.12)
    for share in (0.025, 0.975):
        apart = np.quantile(walked, share, axis=0) - np.quantile(ensemble, share, axis=0)
        np.testing.assert_allclose(apart / ensemble.std(axis=0), 0.0, atol=0.35)
