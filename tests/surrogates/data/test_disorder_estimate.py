"""Estimated disorder: published values are met, and unknown chemistry is uncertain."""

import pytest

from argyro.platform.common.estimate import Uncertain
from argyro.surrogates.data.disorder_estimate import KnownDisorder, estimated_disorder


def test_published_disorders_lie_in_the_intervals_in_their_order():
    chloride, bromide, iodide = (estimated_disorder(f"Li6PS5{halide}") for halide in ("Cl", "Br", "I"))
    assert chloride.value > bromide.value > iodide.value
    assert chloride.low < 0.62 < chloride.high and bromide.low < 0.22 < bromide.high
    assert iodide.value < 0.1


def test_far_compositions_have_wide_intervals():
    near, far = estimated_disorder("Li6PS5Cl0.5Br0.5"), estimated_disorder("Li6.6Sb0.4Si0.6Se5I")
    assert far.high - far.low > near.high - near.low


def test_a_prediction_of_a_campaign_draws_the_estimate_to_itself():
    predicted = KnownDisorder.predicted("Li6.5P0.5Ge0.5S5I", Uncertain(0.3, 0.28, 0.32))
    before, after = estimated_disorder("Li6.5P0.5Ge0.5S5I"), estimated_disorder("Li6.5P0.5Ge0.5S5I", [predicted])
    assert after.value == pytest.approx(0.3, abs=0.03)
    assert after.high - after.low < before.high - before.low


def test_nothing_to_exchange_is_no_disorder():
    assert estimated_disorder("Li5PS4Cl2") == Uncertain(0.0, 0.0, 0.0)
