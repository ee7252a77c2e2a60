import numpy as np
import pytest
from scipy.stats import norm

from argyro.surrogates.acquisition.ranking_certainty import DEX, certainty


def test_certainty_of_two_independent_normals():
    """P(best) = Φ(Δ/√2); the regret of taking the better one is √2 φ(Δ/√2) - Δ Φ(-Δ/√2), in natural units."""
    scores = np.random.default_rng(0).normal(loc=[1.0, 0.0], size=(200000, 2))
    found = certainty(scores)
    assert found.leader == 0
    assert found.probability_best == pytest.approx(norm.cdf(1 / 2**0.5), abs=0.005)
    regret = 2**0.5 * norm.pdf(1 / 2**0.5) - norm.cdf(-1 / 2**0.5)
    assert found.regret_dex == pytest.approx(regret * DEX, rel=0.02)
    assert found.wrong_pairs == pytest.approx(norm.cdf(-1 / 2**0.5), abs=0.005)


def test_what_candidates_share_costs_no_certainty():
    rng = np.random.default_rng(1)
    scores = 5 * rng.normal(size=(1000, 1)) + np.array([0.1, 0.0, -0.1])
    assert certainty(scores).to_json() == {"leader": 0, "probability_best": 1, "regret_dex": 0, "wrong_pairs": 0}
