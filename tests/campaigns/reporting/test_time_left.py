"""Time left: the plain rate after enough work, nothing before."""

import pytest

from argyro.campaigns.reporting.time_left import LEAST_S, time_left_s


def test_time_left_is_work_left_over_the_rate():
    assert time_left_s(100.0, 300.0, 60.0) == pytest.approx(180.0)


def test_the_first_small_items_give_no_estimate():
    assert time_left_s(1.0, 2000.0, 30.0) is None
    assert time_left_s(0.0, 2000.0, 10 * LEAST_S) is None


def test_a_long_campaign_gives_an_estimate_after_a_quarter_of_an_hour():
    assert time_left_s(1.0, 100.0, LEAST_S) == pytest.approx(100 * LEAST_S)
