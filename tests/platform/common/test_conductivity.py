from math import exp

import pytest

from argyro.platform.common.conductivity import conductivity_S_cm, with_haven_ratio
from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Limits, Uncertain


def test_nernst_einstein_against_a_hand_calculation():
    """n = 24 Li in (10 Å)³ = 2.4e28 /m³, D = 1e-11 m²/s, 300 K: σ = n e² D / kT = 1.487 S/m."""
    assert conductivity_S_cm(1e-7, 0.024, 300.0) == pytest.approx(1.487e-2, rel=1e-3)


def test_the_interval_scales_and_the_haven_ratio_divides():
    plain = conductivity_S_cm(Uncertain(1e-7, 0.5e-7, 2e-7), 0.024, 300.0)
    assert plain.low == pytest.approx(plain.value / 2)
    assert conductivity_S_cm(Uncertain(1e-7, 0.5e-7, 2e-7), 0.024, 300.0, 0.5).value == pytest.approx(2 * plain.value)


def test_adeli_2019_measured_diffusivity_and_conductivity_agree():
    """Li5.5PS4.5Cl1.5: tracer D(300 K) = 1.01e-11 m²/s, a = 9.8061 Å with 22 Li, σ = 9.4 to 12 mS/cm: H_R about 1.3."""
    sigma = conductivity_S_cm(1.01e-7, 22 / 9.8061**3, 300.0)
    assert 9.4e-3 < sigma < 1.6e-2


@pytest.mark.parametrize("wrong", [(0.0, 300.0, 1.0), (0.02, -1.0, 1.0), (0.02, 300.0, 0.0)])
def test_values_without_meaning_are_refused(wrong):
    with pytest.raises(InputError, match="must be positive"):
        conductivity_S_cm(1e-7, *wrong)


def test_the_error_of_an_exact_conductivity_is_that_of_the_haven_ratio():
    exact = with_haven_ratio(Uncertain(2.0, 2.0, 2.0), Uncertain(0.5, 0.25, 1.0))
    assert (exact.value, exact.low, exact.high) == pytest.approx((4.0, 2.0, 8.0))


def test_errors_of_conductivity_and_haven_ratio_add_in_squares():
    found = with_haven_ratio(
        Uncertain(1.0, exp(-0.3), exp(0.3), given_reference=Limits(1.0, 1.0)), Uncertain(1.0, exp(-0.4), exp(0.4))
    )
    assert (found.low, found.high) == pytest.approx((exp(-0.5), exp(0.5)))
    assert (found.given_reference.low, found.given_reference.high) == pytest.approx((exp(-0.4), exp(0.4)))
