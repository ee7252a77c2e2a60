"""The posterior against closed forms, quadrature and sampling."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from argyro.benchmarks.synthetic_campaigns import draw_campaign
from argyro.platform.dynamics.boundaries.layered_medium import log_perpendicular
from argyro.platform.dynamics.boundaries.window_slopes import WindowSlopes
from argyro.platform.dynamics.diffusion.run_length_bias import SIZES
from argyro.surrogates.forward import run_likelihood, window_likelihood
from argyro.surrogates.forward.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.forward.hyperparameter_posterior import fit_hyperparameters, most_probable
from argyro.surrogates.forward.hyperparameters import COUNT, Hyperparameters
from argyro.surrogates.forward.kernels import Pairs, Rows
from argyro.surrogates.forward.marginal_likelihood import MarginalLikelihood
from argyro.surrogates.forward.posterior import sample_posterior
from argyro.surrogates.forward.process import Process, covariance_of, design_of
from argyro.surrogates.forward.runs import Runs

PRIOR = ArrheniusPrior()
FREE = Hyperparameters(departure=1.0, shared=1.0, own_departure=0.0, own_barrier=0.0, scatter=1e-6, bias=1e-6)


def bulk_runs(kelvin, log_values, sigma=0.1, arrangements=None, reach=0.0):
    """Runs of one bulk material."""
    n = len(kelvin)
    rows = Rows(np.zeros((1, 14)), np.zeros(1, dtype=int), np.array(["m"]), np.array(["m|bulk"]))
    zero, index = np.zeros(n), np.zeros(n, dtype=int)
    return Runs(
        rows=rows,
        own=index,
        grain=index,
        arrangements=index if arrangements is None else np.array(arrangements),
        temperatures_K=np.array(kelvin, dtype=float),
        log_values=np.array(log_values, dtype=float),
        log_sigmas=np.full(n, sigma),
        reaches=np.full(n, reach),
        falls=zero,
        counts=zero,
        exposures=np.full(n, 1e8),
        fractions=zero,
        log_scales=zero,
        size_evidence=np.zeros((n, len(SIZES))),
        windows=np.full(n, None),
    )


def fitted(runs, hyper, exact=True):
    mean, covariance = Process.fit(
        "gp", hyper, runs, np.tile(PRIOR.mean, (len(runs.rows), 1)), PRIOR, exact=exact
    ).latent_values()
    return mean[:, 0], np.sqrt(covariance[:, 0, 0])


def test_prior_is_the_meyer_neldel_rule():
    barrier, kelvin = 0.3, 300.0
    expected = np.log(1e-7) + 8.46 * barrier + 7.12 - barrier / (8.617333262e-5 * kelvin)
    assert PRIOR.log_diffusivity(np.array([0.0, barrier]), np.array([kelvin]))[0] == pytest.approx(expected)


@pytest.mark.parametrize("exact", [True, False])
def test_unbiased_bulk_runs_are_bayesian_linear_regression(exact):
    kelvin = np.array([600.0, 700.0, 800.0, 900.0])
    runs = bulk_runs(kelvin, [-11.0, -10.4, -10.1, -9.7])
    design, noise = PRIOR.basis(kelvin), 0.1**2 + FREE.jitter**2
    precision = design.T @ design / noise + np.diag(PRIOR.sigma**-2)
    right = design.T @ (runs.log_values - PRIOR.offset) / noise + PRIOR.mean / PRIOR.sigma**2
    mean, sigma = fitted(runs, FREE, exact)
    np.testing.assert_allclose(mean, PRIOR.offset + design @ np.linalg.solve(precision, right), atol=2e-3)
    expected = np.sqrt(np.einsum("ni,ij,nj->n", design, np.linalg.inv(precision), design))
    np.testing.assert_allclose(sigma, expected, rtol=5e-3)


def test_one_biased_run_equals_quadrature():
    """The half-normal bias moves the posterior below the value and skews it; moments by quadrature over ln D."""
    hyper = replace(FREE, bias=0.5)
    runs = bulk_runs([700.0], [-11.0], reach=1.0)
    basis = PRIOR.basis(np.array([700.0]))[0]
    grid = np.linspace(-16, -8, 8001)
    before = norm(PRIOR.offset + basis @ PRIOR.mean, np.sqrt(basis**2 @ PRIOR.sigma**2))
    logs = run_likelihood.log_likelihood(runs, grid[:, None], hyper)[:, 0]
    weights = before.pdf(grid) * np.exp(logs)
    weights /= weights.sum()
    expected = weights @ grid
    mean, sigma = fitted(runs, hyper)
    assert mean[0] == pytest.approx(expected, abs=5e-3)
    assert sigma[0] == pytest.approx(np.sqrt(weights @ (grid - expected) ** 2), rel=0.02)
    assert mean[0] < -11.3


def test_likelihood_is_a_density_and_its_score_its_slope():
    runs, hyper = bulk_runs([700.0, 700.0], [0.0, np.nan], reach=1.0), Hyperparameters()
    runs = replace(runs, counts=np.array([0.0, 4.0]), exposures=np.array([1e8, 1e6]))
    values = np.linspace(-3, 5, 4001)
    densities = [
        np.exp(run_likelihood.log_likelihood(replace(runs, log_values=np.array([v, np.nan])), np.zeros((1, 2)), hyper))
        for v in values
    ]
    assert np.trapezoid(np.array(densities)[:, 0, 0], values) == pytest.approx(1.0, abs=1e-6)
    at = np.array([[-0.4, -12.5]])
    higher, lower = (run_likelihood.log_likelihood(runs, at + step, hyper) for step in (1e-5, -1e-5))
    np.testing.assert_allclose(run_likelihood.score(runs, at, hyper), (higher - lower) / 2e-5, rtol=1e-5)


def test_few_jumps_are_the_poisson_distribution():
    from scipy.stats import poisson

    counts, expected = np.array([0.0, 3.0, 20.0]), np.array([0.5, 8.0, 15.0])
    found = run_likelihood.log_few_jumps(counts, np.log(expected)[None])[0]
    np.testing.assert_allclose(found, poisson.logcdf(counts, expected), rtol=1e-10)


def test_a_bound_pulls_down_only_where_it_contradicts():
    kelvin, values = [700.0, 800.0, 900.0], [-11.0, -10.5, -10.1]

    def cold(exposure):
        runs = bulk_runs([*kelvin, 500.0], [*values, np.nan])
        return fitted(replace(runs, exposures=np.full(4, exposure)), FREE)[0][3]

    alone = fitted(bulk_runs([*kelvin, 500.0], [*values, np.nan]).take(np.arange(3)), FREE)
    assert alone[0].shape == (3,)
    assert cold(1.0) - cold(1e3) == pytest.approx(0.0, abs=0.02)
    assert cold(1e7) < cold(1.0) - 0.2


def test_marginal_likelihood_equals_the_normal_density():
    runs = bulk_runs([600.0, 700.0, 800.0, 700.0], [-11.0, -10.6, -10.1, -10.5], arrangements=[0, 0, 1, 1], reach=0.5)
    mean = np.tile(PRIOR.mean, (1, 1))
    loss = MarginalLikelihood("gp", runs, mean, PRIOR, Hyperparameters())
    pairs, design = Pairs("gp", runs.rows, runs.rows), design_of(runs, PRIOR)[:, 0]

    def log_density(x):
        hyper = Hyperparameters.of_standard(x)
        offset, variance = run_likelihood.moments(runs, hyper)
        matrix = design @ covariance_of(runs, pairs.covariance(hyper), hyper.scatter**2) @ design.T + np.diag(variance)
        expected = PRIOR.offset + PRIOR.basis(runs.temperatures_K) @ PRIOR.mean + offset
        return multivariate_normal(expected, matrix).logpdf(runs.log_values) + norm.logpdf(x).sum()

    zero, other = np.zeros(COUNT), np.linspace(-1, 1, COUNT)
    assert loss.value(other) - loss.value(zero) == pytest.approx(log_density(zero) - log_density(other), rel=1e-7)


def test_gradient_of_the_marginal_likelihood_is_that_of_finite_differences():
    runs = draw_campaign(np.random.default_rng(2)).runs
    runs = runs.take(~runs.bounded)
    mean = np.tile(PRIOR.mean, (len(runs.rows), 1))
    loss, x = MarginalLikelihood("gp", runs, mean, PRIOR, Hyperparameters()), np.linspace(-1, 1, COUNT)
    steps = 1e-4 * np.eye(COUNT)
    expected = [(loss.value(x + step) - loss.value(x - step)) / 2e-4 for step in steps]
    np.testing.assert_allclose(loss.value_and_gradient(x)[1], expected, rtol=2e-3, atol=2e-3)


def test_left_out_groups_are_conditional_normal_densities():
    runs = draw_campaign(np.random.default_rng(2)).runs
    runs = runs.take(~runs.bounded)
    mean = np.tile(PRIOR.mean, (len(runs.rows), 1))
    loss, x = MarginalLikelihood("gp", runs, mean, PRIOR, Hyperparameters()), np.linspace(-0.5, 0.5, COUNT)
    hyper, groups = Hyperparameters.of_standard(x), np.unique(runs.rows.materials[runs.own], return_inverse=True)[1] - 1
    offset, variance = run_likelihood.moments(runs, hyper)
    blocks = loss.pairs.covariance(hyper)
    matrix = loss.design @ covariance_of(runs, blocks, hyper.scatter**2) @ loss.design.T + np.diag(variance)
    expected = 0.0
    for group in (0, 1):
        out = groups == group
        gain = matrix[np.ix_(out, ~out)] @ np.linalg.inv(matrix[np.ix_(~out, ~out)])
        spread = np.diag(matrix[np.ix_(out, out)] - gain @ matrix[np.ix_(~out, out)])
        centre = gain @ (loss.seen - offset)[~out]
        expected += norm(centre, np.sqrt(spread)).logpdf((loss.seen - offset)[out]).sum()
    assert loss.left_out(x, groups) == pytest.approx(expected, rel=1e-6)


def test_parts_of_the_runs_decide_the_size_of_their_bias():
    """Two runs inform little about the size; pairs that prefer 0.5 move it there, and their gradient is that slope."""
    runs, mean = bulk_runs([600.0, 700.0], [-11.0, -10.6], reach=1.0), np.tile(PRIOR.mean, (1, 1))
    evidence = -0.5 * (np.log(SIZES / 0.5) / 0.1) ** 2
    seen = replace(runs, size_evidence=np.stack([evidence, np.zeros(len(SIZES))]))
    alone, informed = (most_probable("gp", each, mean, PRIOR, np.zeros(COUNT)).samples[0].bias for each in (runs, seen))
    assert alone == pytest.approx(0.25, rel=0.2)
    assert informed == pytest.approx(0.5, rel=0.1)


def test_scatter_between_arrangements_is_found():
    rng = np.random.default_rng(0)
    arrangements, kelvin = np.repeat(np.arange(30), 4), np.tile([600.0, 700.0, 800.0, 900.0], 30)
    truth = PRIOR.log_diffusivity(np.array([0.2, 0.3]), kelvin)
    values = truth + rng.normal(0, 0.3, 30)[arrangements] + rng.normal(0, 0.05, 120)
    runs = bulk_runs(kelvin, values, 0.05, arrangements)
    samples = fit_hyperparameters("gp", runs, np.tile(PRIOR.mean, (1, 1)), PRIOR).samples
    assert np.median([h.scatter for h in samples]) == pytest.approx(0.3, rel=0.35)
    assert np.median([h.jitter for h in samples]) < 0.1


def test_another_run_never_widens():
    """Given the hyperparameters, a second identical run and a run of another arrangement narrow every interval."""
    hyper = replace(FREE, scatter=0.1, bias=0.3)
    one = bulk_runs([500.0, 700.0], [-12.0, -11.0], arrangements=[0, 0], reach=0.5)
    two = bulk_runs([500.0, 700.0, 500.0], [-12.0, -11.0, -12.0], arrangements=[0, 0, 0], reach=0.5)
    other = bulk_runs([500.0, 700.0, 500.0], [-12.0, -11.0, -12.1], arrangements=[0, 0, 1], reach=0.5)
    first, same, new = (fitted(runs, hyper)[1][:2] for runs in (one, two, other))
    assert (same <= first * 1.001).all()
    assert (new <= first * 1.001).all()


def test_samples_agree_with_the_gaussian_posterior_where_it_is_exact():
    runs = bulk_runs([600.0, 700.0, 800.0], [-11.0, -10.4, -10.1])
    means = np.tile(PRIOR.mean, (8, 1, 1))
    posterior = sample_posterior("gp", [FREE] * 8, runs, means, PRIOR)
    drawn = posterior.draw(runs.rows, means, PRIOR, 4000, seed=0)[:, 0] @ PRIOR.basis(np.array([700.0]))[0]
    mean, sigma = fitted(runs, FREE)
    assert PRIOR.offset + drawn.mean() == pytest.approx(mean[1], abs=0.01)
    assert drawn.std() == pytest.approx(sigma[1], rel=0.1)


def test_samples_without_the_meyer_neldel_rule_are_regression_with_independent_coefficients():
    kelvin, values = np.array([600.0, 700.0, 800.0]), np.array([-11.0, -10.4, -10.1])
    runs, means = bulk_runs(kelvin, values), np.tile(PRIOR.mean, (8, 1, 1))
    posterior = sample_posterior("gp", [FREE] * 8, runs, means, PRIOR)
    both = posterior.draw(runs.rows, means, PRIOR, 4000, seed=0, without_rule=True)[:, 0]
    cold = PRIOR.offset + both[:, 2:] @ PRIOR.basis(np.array([300.0]))[0]
    inverse = 1 / (8.617333262e-5 * np.append(kelvin, 300.0))
    design = np.stack([np.ones(4), -inverse], axis=1)  # of (ln D0, Ea)
    widths = np.array([np.hypot(1.0, 8.46 * 0.15), 0.15])
    centre = np.array([np.log(1e-7) + 7.12 + 8.46 * 0.35, 0.35])
    noise = 0.1**2 + FREE.jitter**2
    precision = design[:3].T @ design[:3] / noise + np.diag(widths**-2)
    mean = np.linalg.solve(precision, design[:3].T @ values / noise + centre / widths**2)
    assert cold.mean() == pytest.approx(design[3] @ mean, abs=0.05)
    assert cold.std() == pytest.approx(np.sqrt(design[3] @ np.linalg.solve(precision, design[3])), rel=0.06)


def test_intervals_of_synthetic_campaigns_hold_the_truth():
    """Three campaigns with known hyperparameters: no truth lies far outside of the samples."""
    inside = []
    for seed in range(3):
        campaign = draw_campaign(np.random.default_rng(seed))
        means = np.tile(PRIOR.mean, (4, len(campaign.runs.rows), 1))
        posterior = sample_posterior("gp", [campaign.hyper] * 4, campaign.runs, means, PRIOR, seed)
        basis = PRIOR.basis(np.array([600.0]))[0]
        drawn = posterior.draw(campaign.runs.rows, means, PRIOR, 400, seed) @ basis
        rank = (drawn < campaign.coefficients @ basis).mean(axis=0)
        inside += ((rank > 0.025) & (rank < 0.975)).tolist()
    assert np.mean(inside) > 0.75


def windowed_runs():
    """Two runs across a boundary; the first shows slopes in three windows."""
    runs = draw_campaign(np.random.default_rng(3)).runs
    runs = runs.take(np.flatnonzero((runs.targets == 2) & ~runs.bounded)[:2])
    root = np.array([[0.2, 0.0, 0.0], [0.05, 0.1, 0.0], [0.1, 0.02, 0.15]])
    seen = WindowSlopes(np.array([-11.0, -10.7, -10.9]), root @ root.T, np.array([0.5, 1.2, 0.8]))
    windows = np.full(2, None)
    windows[0] = seen
    return replace(runs, windows=windows, falls=np.array([0.1, 0.0])), seen


def test_windows_of_a_run_have_the_density_of_a_common_bias():
    """The density is the integral of the normal density of the slopes over the common half-normal bias."""
    runs, seen = windowed_runs()
    hyper, grain, own = Hyperparameters(), np.array([[-11.2, -11.0]]), np.array([[-10.0, -10.0]])
    setting = grain[0, 0], own[0, 0], runs.fractions[0], runs.log_scales[0]
    cells = np.array([log_perpendicular(*setting, window)[0] for window in window_likelihood.WINDOWS])
    scale = np.hypot(hyper.bias * seen.reaches, 0.1)
    normal = multivariate_normal(np.zeros(3), seen.covariance + hyper.jitter**2 * window_likelihood.SHARED)
    z = np.linspace(0, 8, 4001)
    values = normal.pdf(seen.log_cm2_s - cells - z[:, None] * scale) * 2 * norm.pdf(z)
    found = window_likelihood.log_likelihood(runs, grain, own, hyper)
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(np.log(np.trapezoid(values, z)), abs=1e-4)


def test_windows_have_the_gradient_of_their_density_for_stacked_hyperparameters():
    runs, _ = windowed_runs()
    hyper = Hyperparameters.stacked([Hyperparameters(), Hyperparameters(jitter=0.2, bias=0.6)])
    grain, own = np.full((2, 3, 2), -11.2), np.full((2, 3, 2), -10.0)
    value, gradient = window_likelihood.with_gradient(runs, grain, own, hyper)
    assert value.shape == (2, 3, 1)
    higher, lower = (window_likelihood.log_likelihood(runs, grain + h, own, hyper) for h in (1e-3, -1e-3))
    np.testing.assert_allclose(gradient[..., 0], (higher - lower) / 2e-3, rtol=5e-3, atol=1e-3)
    higher, lower = (window_likelihood.log_likelihood(runs, grain, own + h, hyper) for h in (1e-3, -1e-3))
    np.testing.assert_allclose(gradient[..., 1], (higher - lower) / 2e-3, rtol=5e-3, atol=1e-3)


def test_windows_enter_both_posteriors():
    """Windows that agree with the fit window narrow D across the boundary; sampling agrees with its Gaussian."""
    campaign = draw_campaign(np.random.default_rng(3))
    plain = replace(campaign.runs, windows=np.full(len(campaign.runs), None))
    mean = np.tile(PRIOR.mean, (len(plain.rows), 1))
    across = np.flatnonzero((plain.targets == 2) & ~plain.bounded)
    basis = PRIOR.basis(plain.temperatures_K)
    grain, own = (PRIOR.offset + (basis * campaign.coefficients[i]).sum(axis=1) for i in (plain.grain, plain.own))
    windows = plain.windows.copy()
    for i in across:
        setting = grain[i], own[i], plain.fractions[i], plain.log_scales[i]
        values = [log_perpendicular(*setting, window)[0] for window in window_likelihood.WINDOWS]
        windows[i] = WindowSlopes(np.array(values), 0.05**2 * np.eye(3), np.full(3, 0.3))
    runs = replace(plain, windows=windows)
    (_, before), (_, after) = (
        Process.fit("gp", campaign.hyper, each, mean, PRIOR).latent_values() for each in (plain, runs)
    )
    assert np.median(after[across, 1, 1] / before[across, 1, 1]) < 0.9
    posterior = sample_posterior("gp", [campaign.hyper] * 4, runs, np.tile(mean, (4, 1, 1)), PRIOR)
    assert posterior.diagnostics["r_hat"] < 1.3
