import numpy as np
import pytest

from argyro.platform.common.estimate import Limits, Uncertain, in_words, significant


@pytest.mark.parametrize(
    ("number", "digits", "written"),
    [
        (1189.3, 3, "1190"),
        (4511.0, 2, "4500"),
        (99999.0, 5, "99999"),
        (99999.0, 2, "1.0e+05"),
        (0.0471, 2, "0.047"),
        (0.00999, 2, "0.010"),
        (0.0094, 2, "9.4e-03"),
        (9.96, 2, "10"),
        (12.0, 3, "12.0"),
        (-3.14159, 3, "-3.14"),
        (0.0, 2, "0.0"),
        (float("nan"), 2, "nan"),
        (float("inf"), 2, "inf"),
    ],
)
def test_significant_digits(number, digits, written):
    assert significant(number, digits) == written


def test_value_and_limits():
    assert in_words({"value": 1189.3, "low": 370.97, "high": 4511.4}) == "1190 (370 to 4500)"
    assert in_words({"value": 1.2e-6, "low": 4e-7, "high": 3.9e-6}, digits=2) == "1.2e-06 (4.0e-07 to 3.9e-06)"


def test_both_intervals_survive_json_and_a_change_of_unit():
    rng = np.random.default_rng(0)
    given = rng.normal(10, 1, 100_000)
    number = Uncertain.from_samples(given + rng.normal(0, 2, given.shape), given)
    assert number.given_reference is not None
    assert number.given_reference.high - number.given_reference.low == pytest.approx(2 * 1.96, rel=0.02)
    assert number.high - number.low == pytest.approx(2 * 1.96 * np.sqrt(5), rel=0.02)
    assert Uncertain.from_json(number.to_json()) == number
    assert number.columns()["given_reference_low"] == number.given_reference.low
    assert number.scaled(10).given_reference == Limits(
        number.given_reference.low * 10, number.given_reference.high * 10
    )


def test_a_number_without_a_reference_keeps_the_short_form():
    assert Uncertain(2.0, 1.0, 3.0).to_json() == {"value": 2.0, "low": 1.0, "high": 3.0}
