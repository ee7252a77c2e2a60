import numpy as np
import pytest
from scipy.stats import norm

from argyro.platform.common.errors import InputError
from argyro.surrogates.acquisition.expected_gain import Run, run_noise
from argyro.surrogates.acquisition.pending_runs import anticipate
from argyro.surrogates.acquisition.ranking_certainty import DEX, certainty
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.models.surrogate import Query
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate


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


@pytest.fixture
def trained(cell, world):
    observations = world.observe([cell("Li6PS5Cl", 0.5), cell("Li6PS5I", 0.0)], (600.0, 900.0), noise=0.05)
    return train_surrogate(observations, SurrogateOptions(candidates=("gp",)), seed=0)


def test_an_anticipated_run_narrows_what_it_measures_and_moves_nothing(trained):
    query = Query(Identity.of("Li6PS5Br", 0.3))
    run = Run(query, 600.0, 500.0, 192, 1.0)
    after = anticipate(trained, run)
    (before_log, after_log) = (np.log(m.predict(query, [600.0], 4000).samples[:, 0, 0]) for m in (trained, after))
    jitter = np.mean([hyper.jitter for hyper in trained.candidate.hyper])
    noise = np.hypot(run_noise(np.exp(before_log.mean()), 500.0, 192), jitter)
    spread = before_log.std()
    assert after_log.std() == pytest.approx(spread * noise / np.hypot(spread, noise), rel=0.3)
    assert after_log.std() < 0.5 * spread
    assert after_log.mean() == pytest.approx(before_log.mean(), abs=0.15 * spread)
    known = Query(Identity.of("Li6PS5I", 0.0))
    same = [np.log(m.predict(known, [900.0], 4000).samples[:, 0, 0]).std() for m in (trained, after)]
    assert same[1] == pytest.approx(same[0], rel=0.1)


def test_networks_are_not_anticipated(trained):
    from dataclasses import replace

    with pytest.raises(InputError, match="cannot anticipate runs"):
        anticipate(replace(trained, ensemble=object()), Run(Query(Identity.of("Li6PS5Br", 0.3)), 600.0, 100.0, 50, 1.0))
