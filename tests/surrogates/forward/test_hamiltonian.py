import numpy as np
import pytest

from argyro.platform.common.errors import ArgyroError
from argyro.surrogates.forward.hamiltonian import mixing, require_mixed, walk


def test_moments_of_a_correlated_normal_density():
    root = np.array([[1.0, 0.0], [0.5, 0.8]])
    precision = np.linalg.inv(root @ root.T)
    found = walk(lambda x: (-0.5 * np.einsum("...i,ij,...j", x, precision, x), -x @ precision), (40, 2), seed=0)
    flat = found.samples.reshape(-1, 2)
    np.testing.assert_allclose(flat.mean(axis=0), 0.0, atol=0.08)
    np.testing.assert_allclose(np.cov(flat.T), root @ root.T, atol=0.12)
    assert found.acceptance > 0.6


def test_chains_that_disagree_are_refused():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(24, 8, 4, 3))
    require_mixed(mixing(mixed))
    assert mixing(mixed)["r_hat"] < 1.1
    apart = mixed + 3.0 * np.arange(4)[:, None]
    with pytest.raises(ArgyroError, match="R-hat"):
        require_mixed(mixing(apart))
