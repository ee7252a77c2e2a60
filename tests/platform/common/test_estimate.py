import pytest

from argyro.platform.common.estimate import in_words, significant


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
