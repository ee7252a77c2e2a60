"""Estimated disorder: published values are met, and unknown chemistry is uncertain."""

from math import exp

import pytest

from argyro.platform.common.estimate import Limits, Uncertain
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.surrogates.data.disorder_estimate import (
    KnownDisorder,
    at_temperature,
    best_disorder,
    calibrated,
    estimated_disorder,
    left_out_disorders,
)


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


def test_predictions_are_judged_by_refined_values():
    """Refined 62, 22 and 0 %: predictions one unit of logit(d) too high lose most of the offset."""
    high = {"Li6PS5Cl": 0.816, "Li6PS5Br": 0.434, "Li6PS5I": 0.0135, "Li6.5P0.5Ge0.5S5I": 0.5}
    known = [
        KnownDisorder.predicted(name, Uncertain(share, share - 1e-3, share + 1e-3)) for name, share in high.items()
    ]
    found = {one.composition: one for one in calibrated(known)}
    assert found["Li6PS5Cl"].disorder == pytest.approx(0.62, abs=0.06)
    assert 0.27 < found["Li6.5P0.5Ge0.5S5I"].disorder < 0.4
    assert found["Li6PS5Br"].logit_sigma == pytest.approx(0.5, abs=0.05)


def test_predictions_that_scatter_about_refined_values_say_little():
    wrong = [
        KnownDisorder.predicted("Li6PS5Cl", Uncertain(0.1, 0.09, 0.11)),
        KnownDisorder.predicted("Li6PS5Br", Uncertain(0.9, 0.89, 0.91)),
        KnownDisorder.predicted("Li6PS4SeBr", Uncertain(0.5, 0.49, 0.51)),
    ]
    assert all(one.logit_sigma > 2.0 for one in calibrated(wrong))
    assert calibrated([wrong[-1]])[0].logit_sigma == pytest.approx(1.0, abs=0.01)
    assert calibrated([wrong[-1]])[0].disorder == pytest.approx(0.5)


def test_a_refined_compound_left_out_is_judged_by_the_others_alone():
    """Three predictions are right, that of the bromide is far off: its refined value would draw it back."""
    shares = {"Li6PS5Cl": 0.62, "Li6PS5Cl0.5Br0.5": 0.5, "Li6PS5I": 0.005, "Li6PS5Br": 0.9, "Li6PS4SeBr": 0.5}
    predicted = {name: Uncertain(share, share - 1e-3, share + 1e-3) for name, share in shares.items()}
    found = left_out_disorders(predicted)
    assert set(found) == set(shares) - {"Li6PS4SeBr"}
    assert found["Li6PS5Br"].value > best_disorder("Li6PS5Br", predicted).value + 0.1
    assert found["Li6PS5Br"].given_reference == Limits(0.899, 0.901)
    right = left_out_disorders(predicted | {"Li6PS5Br": Uncertain(0.22, 0.219, 0.221)})
    assert all(right[name].low < shares[name] < right[name].high for name in ("Li6PS5Cl", "Li6PS5Cl0.5Br0.5"))


def test_a_disorder_moves_between_temperatures_as_on_two_ideal_sublattices():
    """d = 1 / (1 + e^(ΔE / 2kT)) at both temperatures."""
    energy_eV = 0.12
    cold, hot = (1 / (1 + exp(energy_eV / (2 * BOLTZMANN_EV_K * kelvin))) for kelvin in (600.0, 823.0))
    given = Uncertain(hot, 0.0, 1.0, given_reference=Limits(hot, 0.5))
    moved = at_temperature(given, 823.0, 600.0)
    assert moved.value == pytest.approx(cold) and (moved.low, moved.high) == (0.0, 1.0)
    assert moved.given_reference == Limits(pytest.approx(cold), pytest.approx(0.5))
    assert at_temperature(given, 823.0, 823.0) is given
