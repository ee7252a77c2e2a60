"""Posterior samples against the moments that they are drawn from."""

import numpy as np

from argyro.surrogates.models.prediction import draw


def members(rows, seed=0):
    """Two normal members over the coefficients of some rows, one of them singular."""
    rng = np.random.default_rng(seed)
    means, roots = rng.normal(size=(2, rows, 2)), rng.normal(size=(2, 2 * rows, 2 * rows))
    roots[1, :, -1] = 0.0
    return means, (roots @ roots.swapaxes(1, 2)).reshape(2, rows, 2, rows, 2)


def test_samples_have_the_moments_of_the_mixture():
    means, covariances = members(3)
    drawn = draw(means, covariances, np.ones(3), 200_000, seed=1).reshape(-1, 6)
    spread = (means - means.mean(axis=0)).reshape(2, 6)
    expected = covariances.reshape(2, 6, 6).mean(axis=0) + spread.T @ spread / 2
    scale = np.sqrt(np.diag(expected))
    np.testing.assert_allclose(drawn.mean(axis=0), means.mean(axis=0).ravel(), atol=0.02 * scale.max())
    np.testing.assert_allclose(np.cov(drawn.T) / np.outer(scale, scale), expected / np.outer(scale, scale), atol=0.02)


def test_widening_acts_on_its_row_alone():
    means, covariances = members(2)
    plain, wide = (draw(means, covariances, np.array([1.0, w]), 1000, seed=2) for w in (1.0, 3.0))
    centre = means.mean(axis=0)
    np.testing.assert_allclose(wide[:, 0], plain[:, 0])
    np.testing.assert_allclose(wide[:, 1] - centre[1], 3 * (plain[:, 1] - centre[1]))


def test_first_row_is_the_same_whatever_comes_behind():
    means, covariances = members(3)
    alone = draw(means[:, :1], covariances[:, :1, :, :1, :], np.ones(1), 1000, seed=3)
    np.testing.assert_allclose(draw(means, covariances, np.ones(3), 1000, seed=3)[:, :1], alone, atol=1e-9)
