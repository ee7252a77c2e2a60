import numpy as np
import pytest
from scipy.stats import norm

from argyro.platform.common.errors import InputError
from argyro.surrogates.acquisition.expected_gain import (
    Prospect,
    Run,
    RunScatter,
    expected_uncertainty,
    outcome_noise,
    ranking_uncertainty,
    run_noise,
)
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.models.surrogate import Query
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate


def test_uncertainty_of_two_independent_normals():
    """P(wrong) = Φ(-1/√2) for means one apart and unit variances."""
    scores = np.random.default_rng(0).normal(loc=[0.0, 1.0], size=(200000, 2))
    assert ranking_uncertainty(scores) == pytest.approx(norm.cdf(-1 / 2**0.5), abs=0.005)
    assert expected_uncertainty(scores, np.zeros((200000, 0)), np.zeros(0)) == pytest.approx(
        norm.cdf(-1 / 2**0.5), abs=0.005
    )


def test_expected_uncertainty_equals_simulated_experiments():
    """Make the experiment many times: see the noisy outcome, update the pair, average the chance of being wrong."""
    rng = np.random.default_rng(1)
    scores = rng.normal(loc=[0.0, 0.7], scale=[1.0, 0.5], size=(100000, 2))
    noise = 0.4
    expected = expected_uncertainty(scores, scores[:, :1], np.array([noise]))
    seen = rng.normal(size=100000) * np.hypot(1.0, noise)
    mean = seen / (1 + noise**2) - 0.7
    sigma = np.sqrt(noise**2 / (1 + noise**2) + 0.25)
    assert expected == pytest.approx(norm.cdf(-np.abs(mean) / sigma).mean(), abs=0.003)


def test_useless_and_perfect_experiments():
    scores = np.random.default_rng(2).normal(size=(4000, 3))
    nothing = np.random.default_rng(3).normal(size=(4000, 1))
    now = expected_uncertainty(scores, np.zeros((4000, 0)), np.zeros(0))
    assert expected_uncertainty(scores, nothing, np.array([0.1])) == pytest.approx(now, rel=0.02)
    assert expected_uncertainty(scores, scores, np.full(3, 1e-4)) < 0.02 * now


def test_noise_falls_with_length():
    """He et al.: 10 000 effective jumps leave 3.43 % + 4 %."""
    assert run_noise(np.array(9e-6), 1000.0, 167)[()] == pytest.approx(0.0743, abs=1e-3)


def test_chooses_the_pair_that_is_undecided(cell, world):
    """Two materials measured well, two only once: the undecided pair is simulated next, and cheap runs before dear
    ones.
    """
    known = [cell("Li6PS5Cl", 0.5), cell("Li6PS5I", 0.0)]
    observations = world.observe(known, (600.0, 750.0, 900.0), noise=0.05)
    surrogate = train_surrogate(observations, SurrogateOptions(candidates=("gp",)), seed=0)
    names = [("Li6PS5Cl", 0.5), ("Li6PS5I", 0.0), ("Li6PS5Br", 0.3), ("Li6PS5Cl0.5Br0.5", 0.3)]
    queries = [Query(Identity.of(*name)) for name in names]
    runs = [Run(query, 600.0, 100.0, 192, hours) for query in queries for hours in (1.0, 3.0)]

    def log_bulk(predictions):
        return np.log(np.stack([p.samples[:, 0, 0] for p in predictions], axis=1))

    ordered = Prospect(surrogate, runs, log_bulk, queries, (300.0,)).ranked(runs)
    assert ordered[0][0].query in queries[2:]
    assert ordered[0][0].core_hours == 1.0
    gains = [gain for _, gain in ordered]
    assert gains == sorted(gains, reverse=True)
    with pytest.raises(InputError, match="at least one run"):
        Prospect(surrogate, [], log_bulk, queries, (300.0,))


def test_a_lengthened_run_adds_only_what_it_adds():
    """Information: from s to t and from nothing to s add up to that from nothing to t."""
    query, spread = Query(Identity.of("Li6PS5Cl", 0.5)), RunScatter(0.1, 0.05, 0.3)
    drawn = np.array([3e-6])
    whole, first, rest = (
        outcome_noise(Run(query, 600.0, length, 192, 1.0, begun_ps=begun), drawn, spread)
        for length, begun in ((400.0, 0.0), (100.0, 0.0), (400.0, 100.0))
    )
    assert 1 / first**2 + 1 / rest**2 == pytest.approx(1 / whole**2)


def test_a_pending_run_takes_the_gain_of_its_repetition(cell, world):
    observations = world.observe([cell("Li6PS5Cl", 0.5), cell("Li6PS5I", 0.0)], (600.0, 900.0), noise=0.05)
    surrogate = train_surrogate(observations, SurrogateOptions(candidates=("gp",)), seed=0)
    queries = [Query(Identity.of(*name)) for name in (("Li6PS5Br", 0.3), ("Li6PS5Cl0.5Br0.5", 0.3))]
    runs = [Run(query, 600.0, 500.0, 192, 1.0) for query in queries]

    def log_bulk(predictions):
        return np.log(np.stack([p.samples[:, 0, 0] for p in predictions], axis=1))

    prospect = Prospect(surrogate, runs, log_bulk, queries, (300.0,))
    alone = dict(prospect.ranked(runs))
    after = dict(prospect.ranked(runs, pending=runs[:1]))
    assert after[runs[0]] < 0.5 * alone[runs[0]]
    assert after[runs[1]] > after[runs[0]]
