"""The posterior against closed forms, quadrature and scikit-learn."""

import numpy as np
import pytest
from scipy.stats import norm

from argyro.surrogates.models.arrhenius_prior import ArrheniusPrior
from argyro.surrogates.models.censored import pseudo_values
from argyro.surrogates.models.gaussian_process import ArrheniusProcess, Data
from argyro.surrogates.models.hyperparameter_posterior import hyperparameter_samples, negative_log_posterior
from argyro.surrogates.models.hyperparameters import COUNT, Hyperparameters
from argyro.surrogates.models.kernels import Rows

PRIOR = ArrheniusPrior()


def one_material(temperatures, log_values, sigma, censored=None):
    n = len(temperatures)
    rows = Rows(np.zeros((n, 12)), np.zeros(n, dtype=int), np.array(["m"] * n), np.array(["m|bulk"] * n))
    censored = np.zeros(n, dtype=bool) if censored is None else np.array(censored)
    return Data(rows, np.array(temperatures), np.array(log_values), np.full(n, sigma), censored)


def test_prior_is_the_meyer_neldel_rule():
    barrier, kelvin = 0.3, 300.0
    expected = np.log(1e-7) + 8.46 * barrier + 7.12 - barrier / (8.617333262e-5 * kelvin)
    assert PRIOR.log_diffusivity(np.array([0.0, barrier]), np.array([kelvin]))[0] == pytest.approx(expected)


def test_posterior_equals_bayesian_linear_regression():
    """For one material the process is a straight line in 1/T with a normal prior; its posterior is known in closed
    form.
    """
    kelvin = np.array([600.0, 700.0, 800.0, 900.0])
    data = one_material(kelvin, [-11.0, -10.4, -10.1, -9.7], 0.1)
    hyper = Hyperparameters(departure=1.0, shared=1.0, own_departure=0.0, own_barrier=0.0, jitter=0.05)
    posterior = ArrheniusProcess("gp", hyper, data, np.tile(PRIOR.mean, (4, 1)), PRIOR).coefficients(
        data.rows.take(np.array([0])), PRIOR.mean[None]
    )
    design, noise = PRIOR.basis(kelvin), 0.1**2 + 0.05**2
    precision = design.T @ design / noise + np.diag(PRIOR.sigma**-2)
    right = design.T @ (data.log_values - PRIOR.offset) / noise + PRIOR.mean / PRIOR.sigma**2
    np.testing.assert_allclose(posterior.mean[0], np.linalg.solve(precision, right), rtol=1e-8)
    np.testing.assert_allclose(posterior.covariance[0, :, 0, :], np.linalg.inv(precision), rtol=1e-7)


def test_process_equals_scikit_learn():
    """At one temperature, one target and the plain Matérn kernel this is the textbook Gaussian process."""
    gaussian_process = pytest.importorskip("sklearn.gaussian_process")
    rng = np.random.default_rng(0)
    features, log_values = rng.normal(size=(12, 12)), PRIOR.offset + rng.normal(size=12)
    features[:, 8:] = 0.0  # no boundary
    words = np.array([f"m{i}" for i in range(12)])
    data = Data(
        Rows(features, np.zeros(12, dtype=int), words, words),
        np.full(12, 700.0),
        log_values,
        np.full(12, 0.3),
        np.zeros(12, bool),
    )
    hyper = Hyperparameters(
        departure=1.0, length=2.0, shared=0.0, own_departure=0.0, own_barrier=0.0, jitter=0.0, linear=0.0
    )
    new = Rows(
        np.pad(rng.normal(size=(5, 8)), ((0, 0), (0, 4))),
        np.zeros(5, dtype=int),
        words[:5],
        np.array([f"n{i}" for i in range(5)]),
    )
    zero = np.zeros((12, 2))
    posterior = ArrheniusProcess("gp", hyper, data, zero, PRIOR).coefficients(new, zero[:5])
    basis = PRIOR.basis(np.array([700.0]))[0]
    variance = float(basis**2 @ PRIOR.sigma**2)
    kernel = gaussian_process.kernels.ConstantKernel(variance, "fixed") * gaussian_process.kernels.Matern(
        2.0, "fixed", nu=1.5
    )
    other = gaussian_process.GaussianProcessRegressor(kernel, alpha=0.09, optimizer=None).fit(
        features, log_values - PRIOR.offset
    )
    mean, sigma = other.predict(new.descriptors, return_std=True)
    np.testing.assert_allclose(posterior.mean @ basis, mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(np.einsum("c,rcrd,d->r", basis, posterior.covariance, basis), sigma**2, rtol=1e-5)


def test_bound_equals_quadrature():
    """One bound on one normal number: moments of N(0, 4) Φ((b - f)/s) by quadrature."""
    values, variances = pseudo_values(np.array([[4.0]]), np.array([-1.0]), np.array([0.2]), np.array([True]))
    precision = 1 / 4.0 + 1 / variances[0]
    mean = values[0] / variances[0] / precision
    f = np.linspace(-12, 12, 200001)
    weight = norm.pdf(f, scale=2) * norm.cdf((-1.0 - f) / 0.2)
    weight /= weight.sum()
    expected = weight @ f
    assert mean == pytest.approx(expected, rel=1e-4)
    assert 1 / precision == pytest.approx(weight @ (f - expected) ** 2, rel=1e-4)


def test_bound_far_above_says_nothing_and_far_below_pulls_down():
    kelvin, values = np.array([700.0, 800.0, 900.0]), [-11.0, -10.5, -10.1]
    free = one_material(kelvin, values, 0.1)

    def log_d_at_500(bound):
        data = one_material([*kelvin, 500.0], [*values, bound], 0.1, [False, False, False, True])
        process = ArrheniusProcess("gp", Hyperparameters(), data, np.tile(PRIOR.mean, (4, 1)), PRIOR)
        mean = process.coefficients(data.rows.take(np.array([0])), PRIOR.mean[None]).mean
        return PRIOR.log_diffusivity(mean, np.array([500.0]))[0, 0]

    process = ArrheniusProcess("gp", Hyperparameters(), free, np.tile(PRIOR.mean, (3, 1)), PRIOR)
    alone = process.coefficients(free.rows.take(np.array([0])), PRIOR.mean[None]).mean
    assert log_d_at_500(0.0) == pytest.approx(PRIOR.log_diffusivity(alone, np.array([500.0]))[0, 0], abs=1e-3)
    assert log_d_at_500(-14.0) < log_d_at_500(0.0) - 0.3


def test_boundaries_follow_their_bulk():
    """Without freedom of its own a boundary of slope β departs from the prior by β times what its bulk departs."""
    bulk = one_material([600.0, 750.0, 900.0], [-9.0, -8.5, -8.2], 0.01)
    rows = Rows(np.zeros((1, 12)), np.array([1]), np.array(["m"]), np.array(["m|sigma"]))
    hyper = Hyperparameters(slope=0.4, boundary=0.0, own_departure=0.0, own_barrier=0.0, jitter=0.01)
    process = ArrheniusProcess("gp", hyper, bulk, np.tile(PRIOR.mean, (3, 1)), PRIOR)
    departures = [
        process.coefficients(r, PRIOR.mean[None]).mean[0] - PRIOR.mean for r in (bulk.rows.take(np.array([0])), rows)
    ]
    np.testing.assert_allclose(departures[1], 0.4 * departures[0], rtol=1e-9)


def many_materials(jitter, seed=0, count=40):
    """Materials of eight descriptors drawn at random whose laws are draws of the kernel itself."""
    from argyro.surrogates.models.gaussian_process import covariance_of_log
    from argyro.surrogates.models.kernels import Pairs

    rng = np.random.default_rng(seed)
    words = np.repeat([f"m{i}" for i in range(count)], 3)
    features = np.repeat(np.pad(rng.normal(size=(count, 8)), ((0, 0), (0, 4))), 3, axis=0)
    rows = Rows(features, np.zeros(3 * count, dtype=int), words, words)
    kelvin, basis = np.tile([600.0, 700.0, 800.0], count), PRIOR.basis(np.tile([600.0, 700.0, 800.0], count))
    matrix = covariance_of_log(Pairs("gp", rows, rows).covariance(Hyperparameters()), basis * PRIOR.sigma**2, basis)
    matrix += (0.05**2 + jitter**2) * np.eye(3 * count)
    values = PRIOR.offset + basis @ PRIOR.mean + np.linalg.cholesky(matrix) @ rng.normal(size=3 * count)
    return Data(rows, kelvin, values, np.full(3 * count, 0.05), np.zeros(3 * count, dtype=bool))


def test_hyperparameters_are_drawn_about_the_truth():
    """Of a world made with known scatter between runs the samples find it, and differ where the data leave open."""
    data = many_materials(jitter=0.4)
    drawn = hyperparameter_samples("gp", data, np.tile(PRIOR.mean, (len(data), 1)), PRIOR)
    assert np.median([h.jitter for h in drawn]) == pytest.approx(0.4, rel=0.25)
    assert np.std([h.slope for h in drawn]) > 0.05  # nothing was seen of boundaries


def test_marginal_likelihood_equals_the_normal_density():
    from scipy.stats import multivariate_normal

    from argyro.surrogates.models.gaussian_process import covariance_of_log
    from argyro.surrogates.models.kernels import Pairs

    data = many_materials(jitter=0.1, count=4)
    loss = negative_log_posterior("gp", data, np.tile(PRIOR.mean, (len(data), 1)), PRIOR)
    basis = PRIOR.basis(data.temperatures_K)

    def log_density(x):
        hyper = Hyperparameters.of_standard(x)
        pairs = Pairs("gp", data.rows, data.rows)
        matrix = covariance_of_log(pairs.covariance(hyper), basis * PRIOR.sigma**2, basis)
        matrix += np.diag(data.log_sigmas**2 + hyper.jitter**2)
        mean = PRIOR.offset + basis @ PRIOR.mean
        return multivariate_normal(mean, matrix).logpdf(data.log_values) + norm.logpdf(x).sum()

    zero, other = np.zeros(COUNT), np.linspace(-1, 1, COUNT)
    assert loss(other) - loss(zero) == pytest.approx(log_density(zero) - log_density(other), rel=1e-9)
