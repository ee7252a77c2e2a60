from itertools import combinations

import numpy as np
import pytest

from argyro.platform.potential.extrapolation.maxvol import SWAP_TOLERANCE, coordinates, greedy_rows, maximal_volume


@pytest.mark.parametrize("seed", range(20))
def test_no_exchange_raises_the_volume_and_brute_force_is_near(seed):
    rows = np.random.default_rng(seed).normal(size=(11, 3))
    chosen = maximal_volume(rows)
    volume = abs(np.linalg.det(rows[chosen]))
    best = max(abs(np.linalg.det(rows[list(picked)])) for picked in combinations(range(11), 3))
    exchanged = [abs(np.linalg.det(rows[np.where(np.arange(3) == j, i, chosen)])) for i in range(11) for j in range(3)]
    assert volume * SWAP_TOLERANCE >= max(exchanged)
    assert volume >= best / 3**1.5  # Goreinov's bound on a dominant submatrix, m^(m/2)


def test_brute_force_optimum_is_found_for_most_small_matrices():
    found = 0
    for seed in range(50):
        rows = np.random.default_rng(seed).normal(size=(9, 2))
        best = max(abs(np.linalg.det(rows[list(picked)])) for picked in combinations(range(9), 2))
        found += abs(np.linalg.det(rows[maximal_volume(rows)])) > best * (1 - 1e-12)
    assert found > 40


def test_coordinates_reproduce_the_rows_and_grades_of_active_rows_are_one():
    rows = np.random.default_rng(1).normal(size=(200, 12))
    active = rows[maximal_volume(rows)]
    c = coordinates(rows, active)
    np.testing.assert_allclose(c @ active, rows, atol=1e-10)
    assert np.abs(c).max() <= SWAP_TOLERANCE
    np.testing.assert_allclose(coordinates(active, active), np.eye(12), atol=1e-10)


def test_padding_is_replaced_by_rows_that_span_the_space():
    rng = np.random.default_rng(2)
    rows = np.vstack([rng.normal(size=(60, 8)), 1e-5 * np.eye(8)])
    assert (maximal_volume(rows) < 60).all()
    flat = np.vstack([rng.normal(size=(60, 3)) @ rng.normal(size=(3, 8)), 1e-5 * np.eye(8)])
    assert (maximal_volume(flat) < 60).sum() == 3


def test_a_start_far_from_the_best_ends_as_well_as_the_greedy_one():
    rng = np.random.default_rng(3)
    rows = np.vstack([1e-3 * rng.normal(size=(10, 10)), rng.normal(size=(500, 10))])
    from_bad = maximal_volume(rows, start=np.arange(10))
    assert (from_bad >= 10).all()
    assert np.abs(coordinates(rows, rows[from_bad])).max() <= SWAP_TOLERANCE


def test_sampling_of_many_rows_keeps_full_rank():
    rng = np.random.default_rng(4)
    rows = np.zeros((45_000, 5))
    rows[:, :2] = rng.normal(size=(45_000, 2))
    rows[-5:] = 1e-5 * np.eye(5)
    assert np.linalg.matrix_rank(rows[greedy_rows(rows)]) == 5
    assert np.abs(coordinates(rows, rows[maximal_volume(rows)])).max() <= SWAP_TOLERANCE
